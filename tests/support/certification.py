"""The law of certification as the rule book has it, for tests of what decides by it."""

from datetime import date

from services.eligibility.book.book import Book
from services.eligibility.rules.certification.certification import certification_parameters

LAW = certification_parameters(Book.load(), date(2026, 1, 1))
