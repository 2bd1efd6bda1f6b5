"""Payout months before ages with months could occur: the former ages are whole years."""

from services.eligibility.book.rule import rule

TENTHS = 10


@rule("国发〔2005〕38号 附件（按整岁）", until="2024-12-31")
def payout_months_tenths(payout_months: int) -> int:
    """Payout months, in tenths of a month."""
    return payout_months * TENTHS
