"""What is paid when a worker dies by work, or is missing after an accident (因工死亡)."""

from services.eligibility.book.ops import BP, half_up, logical_and, logical_or, where
from services.eligibility.book.rule import rule

DIED = 1
DIED_AFTER_LEAVE = 2
MISSING = 3


@rule("工伤保险条例 第四十一条")
def is_missing_in_accident(injury_death_kind: int) -> bool:
    """Whether the worker is missing after an accident and not declared dead."""
    return injury_death_kind == MISSING


@rule("工伤保险条例 第三十九条（一）；社会保险法 第四十九条（几项保险的丧葬补助金只选领一项）")
def injury_funeral_fen(
    is_missing_in_accident: bool,
    funeral_grant_drawn_elsewhere: int,
    average_wage_at_death_fen: int,
    injury_funeral_months: int,
) -> int:
    """Funeral grant: some months of the average wage, unless another insurance paid one."""
    none = logical_or(is_missing_in_accident, funeral_grant_drawn_elsewhere == 1)
    return where(none, 0, average_wage_at_death_fen * injury_funeral_months)


@rule("工伤保险条例 第三十九条（三）（上一年度全国城镇居民人均可支配收入的20倍）、第四十一条（预支50%）")
def death_lump_fen(
    injury_death_kind: int,
    is_missing_in_accident: bool,
    family_in_need: int,
    national_income_fen: int,
    death_lump_years: int,
    advance_of_lump_bp: int,
) -> int:
    """Lump at death: not in grades 1 to 4 after the leave; of somebody missing, an advance if the family is in need."""
    full_fen = national_income_fen * death_lump_years
    needs_advance = logical_and(is_missing_in_accident, family_in_need == 1)
    advance_fen = where(needs_advance, half_up(full_fen * advance_of_lump_bp, BP), 0)
    return where(injury_death_kind == DIED, full_fen, advance_fen)


@rule("工伤保险条例 第四十一条（3个月内照发工资）")
def missing_wage_fen(is_missing_in_accident: bool, own_wage_fen: int, missing_wage_months: int) -> int:
    """Wage that the employer goes on to pay while the worker is missing."""
    return where(is_missing_in_accident, own_wage_fen * missing_wage_months, 0)


@rule("工伤保险条例 第三十九条、第四十一条（从第4个月起）；工伤保险经办规程（死亡次月起，待核）", unverified=True)
def dependants_first_month(death_month: int, is_missing_in_accident: bool, missing_wage_months: int) -> int:
    """First month of the dependants' allowance: after the death, or when the wage of the missing ends."""
    return where(is_missing_in_accident, death_month + missing_wage_months, death_month + 1)


@rule("工伤保险条例 第三十九条、第四十一条")
def injury_death_is_compensated(injury_is_recognized: bool, death_happened: bool) -> bool:
    """Whether the benefits for a death by work are paid."""
    return logical_and(injury_is_recognized, death_happened)


@rule("工伤保险条例 第三十九条（一）、（三）")
def injury_death_total_fen(injury_funeral_fen: int, death_lump_fen: int) -> int:
    """Amount that the fund pays the family once: the funeral grant and the lump."""
    return injury_funeral_fen + death_lump_fen
