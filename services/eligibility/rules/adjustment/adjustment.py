"""The yearly adjustment of an employee's pension: a fixed part, one by years, one by level, and one for old age.

It holds from January of its year, whenever it is published: a publication in June makes back pay of the months before.
"""

from services.eligibility.book.ops import BP, MONTHS_A_YEAR, half_up, logical_and, where
from services.eligibility.book.rule import rule


@rule("国发〔2005〕38号 第七条；每年的调整通知（自当年1月1日起）")
def adjustment_month(as_of_month: int) -> int:
    """January of the year, from which its adjustment holds."""
    return as_of_month - as_of_month % MONTHS_A_YEAR


@rule("每年的调整通知（上年12月31日前已按规定办理退休手续并按月领取）")
def retired_before_the_year(pension_start_month: int, adjustment_month: int) -> bool:
    """Whether the pension was drawn before the year began; retirement in December is paid from January on."""
    return pension_start_month <= adjustment_month


@rule("劳社厅函〔2001〕44号（服刑、管制、缓刑、监外执行期间不参加调整）")
def adjustment_not_barred(serves_sentence: int) -> bool:
    """Whether no sentence is served that excludes adjustments."""
    return serves_sentence == 0


@rule("国发〔2005〕38号 第七条；每年的调整通知")
def may_be_adjusted(retired_before_the_year: bool, adjustment_not_barred: bool) -> bool:
    """Whether the pension takes part in the adjustment."""
    return logical_and(retired_before_the_year, adjustment_not_barred)


@rule("每年的调整通知（定额调整）")
def fixed_raise_fen(adjustment_fixed_fen: int, adjustment_not_barred: bool) -> int:
    """Part that is equal for all."""
    return where(adjustment_not_barred, adjustment_fixed_fen, 0)


@rule("每年的调整通知（挂钩调整：缴费年限；不满一年的按月折算，待核）", unverified=True)
def years_raise_fen(total_contribution_months: int, adjustment_yearly_fen: int, adjustment_not_barred: bool) -> int:
    """Part by years of contribution."""
    raise_fen = half_up(total_contribution_months * adjustment_yearly_fen, MONTHS_A_YEAR)
    return where(adjustment_not_barred, raise_fen, 0)


@rule("每年的调整通知（挂钩调整：养老金水平）")
def level_raise_fen(former_pension_fen: int, adjustment_rate_bp: int, adjustment_not_barred: bool) -> int:
    """Part by the level of the pension in December."""
    return where(adjustment_not_barred, half_up(former_pension_fen * adjustment_rate_bp, BP), 0)


@rule("每年的调整通知（倾斜调整：高龄，按上年12月31日年龄）")
def age_raise_fen(
    adjustment_month: int,
    birth_month: int,
    aged_from_years: int,
    very_aged_from_years: int,
    aged_raise_fen: int,
    very_aged_raise_fen: int,
    adjustment_not_barred: bool,
) -> int:
    """Part for old age: by the age at the end of the year before."""
    age_years = (adjustment_month - 1 - birth_month) // MONTHS_A_YEAR
    very_aged = where(age_years >= very_aged_from_years, very_aged_raise_fen, aged_raise_fen)
    return where(logical_and(age_years >= aged_from_years, adjustment_not_barred), very_aged, 0)


@rule("国发〔2005〕38号 第七条；每年的调整通知")
def pension_raise_fen(fixed_raise_fen: int, years_raise_fen: int, level_raise_fen: int, age_raise_fen: int) -> int:
    """By how much the monthly pension rises."""
    return fixed_raise_fen + years_raise_fen + level_raise_fen + age_raise_fen


@rule("国发〔2005〕38号 第七条；每年的调整通知")
def adjusted_pension_fen(former_pension_fen: int, pension_raise_fen: int) -> int:
    """Monthly pension from January on."""
    return former_pension_fen + pension_raise_fen
