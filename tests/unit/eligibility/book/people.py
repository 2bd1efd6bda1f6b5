"""Somebody of whom every fact is known that a benefit must know; a new fact of the book is added here."""

MAN = {
    "birth_month": 1965 * 12,
    "retirement_group": 1,
    "contribution_months": 360,
    "deemed_months": 24,
    "avg_index_bp": 8_000,
    "account_balance_fen": 12_000_000,
}
"""Born in January 1965: he retires in February 2025, one month after the reform begins to put off."""
