"""The number of months over which the personal account is paid out (计发月数)."""

from services.eligibility.book.ops import MONTHS_A_YEAR, half_up, logical_and, where
from services.eligibility.book.rule import rule

TENTHS = 10


@rule("国发〔2005〕38号 第六条、附件")
def payout_age_months(birth_month: int, retirement_month: int) -> int:
    """Age at retirement, with which the table is entered."""
    return retirement_month - birth_month


@rule("国发〔2005〕38号 附件")
def payout_age_years(payout_age_months: int) -> int:
    """Whole years of that age."""
    return payout_age_months // MONTHS_A_YEAR


@rule("国发〔2005〕38号 附件")
def payout_age_over_months(payout_age_months: int) -> int:
    """Months of that age beyond whole years."""
    return payout_age_months % MONTHS_A_YEAR


@rule("国发〔2005〕38号 附件")
def next_payout_age_years(payout_age_years: int, payout_age_over_months: int, interpolate_payout_months: int) -> int:
    """Row of the table up to which the months beyond whole years lead, where they count."""
    between = logical_and(payout_age_over_months > 0, interpolate_payout_months == 1)
    return where(between, payout_age_years + 1, payout_age_years)


@rule("国发〔2005〕38号 附件；济南市对延迟退休后计发月数的答复（2025年起退休的按月内插，保留一位小数）")
def payout_months_tenths(
    payout_months: int, next_payout_months: int, payout_age_over_months: int, interpolate_payout_months: int
) -> int:
    """Payout months, in tenths of a month: between two rows in proportion to the months, if the bureau does so."""
    rest = MONTHS_A_YEAR - payout_age_over_months
    between = payout_months * rest + next_payout_months * payout_age_over_months
    return where(interpolate_payout_months == 1, half_up(between * TENTHS, MONTHS_A_YEAR), payout_months * TENTHS)
