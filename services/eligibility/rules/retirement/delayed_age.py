"""The retirement age since the reform (全国人大常委会2024年9月13日决定；国务院关于渐进式延迟法定退休年龄的办法)."""

from services.eligibility.book.ops import least, most, where
from services.eligibility.book.rule import rule


@rule("国务院关于渐进式延迟法定退休年龄的办法 第一条", since="2025-01-01")
def delay_months(
    birth_month: int, first_delayed_birth_month: int, delay_step_months: int, longest_delay_months: int
) -> int:
    """Months by which the statutory age is put off for this month of birth."""
    past = birth_month - first_delayed_birth_month
    return where(past < 0, 0, least(past // delay_step_months + 1, longest_delay_months))


@rule("国务院关于渐进式延迟法定退休年龄的办法 第一条", since="2025-01-01")
def statutory_age_months(former_age_months: int, delay_months: int) -> int:
    """Statutory retirement age."""
    return former_age_months + delay_months


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条；人社部发〔2024〕94号", since="2025-01-01")
def earliest_retirement_month(
    birth_month: int, former_age_months: int, statutory_retirement_month: int, longest_early_months: int
) -> int:
    """Earliest month of retirement that may be chosen: some years early, but never below the former age."""
    return most(birth_month + former_age_months, statutory_retirement_month - longest_early_months)


@rule("人社部发〔2024〕94号（提前按选定年份、延后按法定年份，待核）", since="2025-01-01", unverified=True)
def minimum_month(retirement_month: int, statutory_retirement_month: int) -> int:
    """Month whose minimum of contributions counts: the chosen one if early, the statutory one if late."""
    return least(retirement_month, statutory_retirement_month)
