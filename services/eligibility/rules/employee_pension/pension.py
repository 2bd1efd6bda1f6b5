"""The parts of an employee's basic pension, each rounded half up to the fen, and the conditions of drawing it."""

from services.eligibility.book.ops import BP, MONTHS_A_YEAR, half_up, logical_and, where
from services.eligibility.book.rule import rule

TENTHS = 10
HALVES = 2


@rule("国发〔2005〕38号 第六条；鲁政发〔2006〕92号")
def basic_pension_fen(
    calculation_base_fen: int, avg_index_bp: int, total_contribution_months: int, basic_rate_bp: int
) -> int:
    """Pension of the pool: a share of the mean of the base and the base at one's index for each year of contribution.

    The law's share is 1 %; months count as fractions of years.
    """
    twice_mean_bp = calculation_base_fen * (BP + avg_index_bp)
    return half_up(twice_mean_bp * total_contribution_months * basic_rate_bp, HALVES * BP * MONTHS_A_YEAR * BP)


@rule("国发〔2005〕38号 第六条、附件")
def account_pension_fen(account_balance_fen: int, payout_months_tenths: int) -> int:
    """Account pension: the balance over the payout months."""
    return half_up(account_balance_fen * TENTHS, payout_months_tenths)


@rule("国发〔2005〕38号 第六条；鲁政发〔2006〕92号")
def transitional_pension_fen(
    calculation_base_fen: int, avg_index_bp: int, deemed_months: int, transitional_coefficient_bp: int
) -> int:
    """Transitional pension for years before the account system."""
    return half_up(
        calculation_base_fen * avg_index_bp * deemed_months * transitional_coefficient_bp, BP * MONTHS_A_YEAR * BP
    )


@rule("国发〔2005〕38号 第六条")
def total_pension_fen(basic_pension_fen: int, account_pension_fen: int, transitional_pension_fen: int) -> int:
    """Monthly pension."""
    return basic_pension_fen + account_pension_fen + transitional_pension_fen


@rule("社会保险经办惯例：退休次月起发")
def first_payment_month(retirement_month: int) -> int:
    """First month that is paid: the one after retirement."""
    return retirement_month + 1


@rule("社会保险法 第十六条")
def retirement_month_reached(as_of_month: int, retirement_month: int) -> bool:
    """Whether the month of retirement is reached."""
    return as_of_month >= retirement_month


@rule("国发〔1978〕104号；国务院关于渐进式延迟法定退休年龄的办法 第三条")
def earliest_pension_month(
    claims_early_ground: bool, early_retirement_month: int, earliest_retirement_month: int
) -> int:
    """Earliest month of retirement: that of the ground claimed, or else the earliest that may be chosen."""
    return where(claims_early_ground, early_retirement_month, earliest_retirement_month)


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条")
def not_before_earliest_month(retirement_month: int, earliest_pension_month: int) -> bool:
    """Whether the month of retirement is not earlier than may be chosen.

    There is no latest month: who pays on to the minimum retires later than the limit for late retirement by agreement.
    """
    return retirement_month >= earliest_pension_month


@rule("社会保险法 第十六条；国务院关于渐进式延迟法定退休年龄的办法 第二条、第三条")
def enough_months_at_choice(total_contribution_months: int, chosen_min_contribution_months: int) -> bool:
    """Whether contributions were paid for the minimum of months that counts for the month of retirement."""
    return total_contribution_months >= chosen_min_contribution_months


@rule("社会保险法 第十六条；国发〔2005〕38号 第六条")
def may_draw_employee_pension(
    retirement_month_reached: bool,
    not_before_earliest_month: bool,
    enough_months_at_choice: bool,
    early_ground_open: bool,
    early_ground_confirmed_if_claimed: bool,
) -> bool:
    """Whether the employee may draw a monthly pension."""
    return logical_and(
        retirement_month_reached,
        not_before_earliest_month,
        enough_months_at_choice,
        early_ground_open,
        early_ground_confirmed_if_claimed,
    )
