"""What the survivors of an employee or pensioner are paid once: the funeral grant and the lump (丧葬补助金、抚恤金)."""

from services.eligibility.book.ops import MONTHS_A_YEAR, half_up, least, logical_and, most, where
from services.eligibility.book.rule import rule


@rule("人社部发〔2021〕18号 第二条（死亡后方可申领）")
def death_happened(as_of_month: int, death_month: int) -> bool:
    """Whether the person died by the month that is decided for."""
    return death_month <= as_of_month


@rule("社会保险法 第十七条；人社部发〔2021〕18号 第二条（因病或者非因工死亡）")
def death_was_not_by_work(died_by_work_injury: int) -> bool:
    """Whether the death was by illness or otherwise not by work: the work injury insurance pays for the others."""
    return died_by_work_injury == 0


@rule("人社部发〔2021〕18号 第二条")
def took_part_in_employee_scheme(total_contribution_months: int) -> bool:
    """Whether the dead took part in the employees' scheme."""
    return total_contribution_months > 0


@rule("劳社厅函〔2001〕44号（服刑期间死亡的，不享受遗属待遇，个人缴费本息由继承人继承）")
def did_not_die_serving_sentence(died_serving_sentence: int) -> bool:
    """Whether the dead served no sentence: else the heirs get the own contributions with interest, and no more."""
    return died_serving_sentence == 0


@rule("社会保险法 第十七条；人社部发〔2021〕18号 第二条")
def survivors_are_entitled(
    death_happened: bool,
    death_was_not_by_work: bool,
    took_part_in_employee_scheme: bool,
    did_not_die_serving_sentence: bool,
) -> bool:
    """Whether the survivors get the funeral grant and the lump."""
    return logical_and(
        death_happened, death_was_not_by_work, took_part_in_employee_scheme, did_not_die_serving_sentence
    )


@rule("人社部发〔2021〕18号 第四条；社会保险法 第四十九条（几项保险的丧葬补助金只选领一项）")
def funeral_grant_fen(survivors_income_fen: int, funeral_grant_months: int, funeral_grant_drawn_elsewhere: int) -> int:
    """Funeral grant: some months of the province's income per head, unless another insurance paid one.

    The income is kept by the year, and the amount rounded once: a monthly income rounded first would be another one.
    """
    grant_fen = half_up(survivors_income_fen * funeral_grant_months, MONTHS_A_YEAR)
    return where(funeral_grant_drawn_elsewhere == 1, 0, grant_fen)


@rule("人社部发〔2021〕18号 第五条（一）")
def survivor_lump_row_years(total_contribution_months: int, lump_rising_from_months: int) -> int:
    """Row of the table of months: whole years of contribution, and 15 for all that is more."""
    return least(total_contribution_months, lump_rising_from_months) // MONTHS_A_YEAR


@rule("人社部发〔2021〕18号 第五条（一）（每多缴费1年增加1个月，缴费年限计算到月）")
def highest_lump_twelfths_count(
    total_contribution_months: int, lump_rising_from_months: int, lump_table_months: int, longest_lump_months: int
) -> int:
    """Months of the lump by the time of contribution, in twelfths: one more for each month beyond 15 years."""
    beyond = most(total_contribution_months - lump_rising_from_months, 0)
    return least(lump_table_months * MONTHS_A_YEAR + beyond, longest_lump_months * MONTHS_A_YEAR)


@rule("人社部发〔2021〕18号 第五条")
def died_drawing_pension(drew_employee_pension_at_death: int) -> bool:
    """Whether the dead drew a pension of the scheme."""
    return drew_employee_pension_at_death == 1


@rule("人社部发〔2021〕18号 第五条（二）（每领取1年减少1个月，最低9个月，领取时间计算到月）")
def survivor_lump_twelfths_count(
    died_drawing_pension: bool,
    highest_lump_twelfths_count: int,
    pension_drawn_months: int,
    least_pensioner_lump_months: int,
) -> int:
    """Months of the lump in twelfths of a month: a pensioner's are one twelfth fewer for each month drawn."""
    left = highest_lump_twelfths_count - pension_drawn_months
    return where(
        died_drawing_pension, most(left, least_pensioner_lump_months * MONTHS_A_YEAR), highest_lump_twelfths_count
    )


@rule("人社部发〔2021〕18号 第五条")
def survivor_lump_fen(survivors_income_fen: int, survivor_lump_twelfths_count: int) -> int:
    """Lump, before the limit for few years."""
    return half_up(survivors_income_fen * survivor_lump_twelfths_count, MONTHS_A_YEAR * MONTHS_A_YEAR)


@rule("人社部发〔2021〕18号 第六条（累计缴费年限不足5年的，不得超过个人缴费之和）")
def limited_by_own_contributions(total_contribution_months: int, unlimited_from_months: int) -> bool:
    """Whether contributions were paid for so short a time that the benefit is limited by them."""
    return total_contribution_months < unlimited_from_months


@rule("人社部发〔2021〕18号 第六条（累计缴费年限不足5年的，不得超过个人缴费之和）")
def survivors_total_fen(
    funeral_grant_fen: int, survivor_lump_fen: int, limited_by_own_contributions: bool, own_contributions_fen: int
) -> int:
    """Amount that the survivors are paid, once; with few years at most what the dead paid in."""
    both_fen = funeral_grant_fen + survivor_lump_fen
    return where(limited_by_own_contributions, least(both_fen, own_contributions_fen), both_fen)
