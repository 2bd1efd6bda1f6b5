"""The parameters of cards as the service reads them, on the day that tests of cards take for today."""

from datetime import date

from services.card.parameters import load_parameters

BOOK = load_parameters()
PARAMETERS = BOOK.on(date(2026, 11, 24))
