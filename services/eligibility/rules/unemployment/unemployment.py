"""The unemployment benefit: who draws it, for how long, until when, and how much."""

from services.eligibility.book.ops import BP, MONTHS_A_YEAR, half_up, least, logical_and, logical_or, most, where
from services.eligibility.book.rule import rule


@rule("社会保险法 第四十六条")
def unemployment_row_years(unemployment_paid_months: int, unemployment_longest_from_months: int) -> int:
    """Row of the table of months: whole years of contribution, and 10 for all that is more."""
    return least(unemployment_paid_months, unemployment_longest_from_months) // MONTHS_A_YEAR


@rule("社会保险法 第四十六条（合并计算，最长不超过24个月）")
def unemployment_term_months(
    unemployment_table_months: int, carried_over_months: int, longest_unemployment_months: int
) -> int:
    """Months for which the benefit is drawn: those of this spell and the unused ones of the last, up to the limit."""
    return least(unemployment_table_months + carried_over_months, longest_unemployment_months)


@rule("失业保险条例 第十六条（自办理失业登记之日起计算）")
def unemployment_term_end_month(registration_month: int, unemployment_term_months: int) -> int:
    """Last month of the term, which begins with the registration."""
    return registration_month + unemployment_term_months - 1


@rule(
    "国发〔2019〕28号；国务院关于渐进式延迟法定退休年龄的办法（延长至法定退休年龄，按月计，待核）",
    unverified=True,
)
def goes_on_until_retirement(
    unemployment_term_end_month: int, statutory_retirement_month: int, near_retirement_months: int
) -> bool:
    """Whether the benefit goes on to the statutory age, because it is near when the term has ended."""
    remaining = statutory_retirement_month - (unemployment_term_end_month + 1)
    return logical_and(remaining >= 0, remaining < near_retirement_months)


@rule("社会保险法 第四十六条；国发〔2019〕28号；国务院关于渐进式延迟法定退休年龄的办法")
def unemployment_last_month(
    goes_on_until_retirement: bool, statutory_retirement_month: int, unemployment_term_end_month: int
) -> int:
    """Last month that is paid; a pension begins the month after the statutory one."""
    return where(goes_on_until_retirement, statutory_retirement_month, unemployment_term_end_month)


@rule("社会保险法 第四十六条")
def unemployment_remaining_months(as_of_month: int, registration_month: int, unemployment_last_month: int) -> int:
    """Months that are still to be paid, this one among them."""
    return most(unemployment_last_month - most(as_of_month, registration_month) + 1, 0)


@rule("社会保险法 第四十七条；失业保险条例 第十八条（低于最低工资、不低于最低生活保障）")
def unemployment_benefit_fen(minimum_wage_fen: int, unemployment_benefit_rate_bp: int, living_minimum_fen: int) -> int:
    """Monthly benefit: the province's share of the minimum wage, and not below the living minimum."""
    return most(half_up(minimum_wage_fen * unemployment_benefit_rate_bp, BP), living_minimum_fen)


@rule(
    "社会保险法 第四十五条（一）；失业保险金申领发放办法（不满一年再次失业，续领未领的，待核）",
    unverified=True,
)
def enough_unemployment_months(
    unemployment_paid_months: int, least_unemployment_paid_months: int, carried_over_months: int
) -> bool:
    """Whether employer and worker paid for a year, or months of the last spell are left."""
    return logical_or(unemployment_paid_months >= least_unemployment_paid_months, carried_over_months > 0)


@rule("社会保险法 第四十五条（二）")
def lost_work_not_by_own_will(lost_work_involuntarily: int) -> bool:
    """Whether the work was lost not by the worker's own will."""
    return lost_work_involuntarily == 1


@rule("社会保险法 第四十五条（三）")
def is_registered_and_seeks_work(registered_seeking_work: int) -> bool:
    """Whether the person is registered as unemployed and looks for work."""
    return registered_seeking_work == 1


@rule("社会保险法 第四十六条")
def within_unemployment_term(as_of_month: int, registration_month: int, unemployment_last_month: int) -> bool:
    """Whether the month lies between the registration and the last month that is paid."""
    return logical_and(as_of_month >= registration_month, as_of_month <= unemployment_last_month)


@rule("社会保险法 第五十一条（一）")
def not_reemployed(works_again: int) -> bool:
    """Whether no new work was taken up."""
    return works_again == 0


@rule("社会保险法 第五十一条（二）")
def not_called_up(called_up: int) -> bool:
    """Whether the person was not called up to the army."""
    return called_up == 0


@rule("社会保险法 第五十一条（三）")
def not_moved_abroad(moved_abroad: int) -> bool:
    """Whether the person did not move abroad."""
    return moved_abroad == 0


@rule("社会保险法 第五十一条（四）")
def draws_no_basic_pension(draws_employee_pension: int, draws_resident_pension: int) -> bool:
    """Whether no basic pension is drawn."""
    return logical_and(draws_employee_pension == 0, draws_resident_pension == 0)


@rule("失业保险条例 第十五条（被判刑收监执行）")
def not_in_prison(in_prison: int) -> bool:
    """Whether no sentence is served in prison."""
    return in_prison == 0


@rule("社会保险法 第五十一条（五）（无正当理由拒不接受适当工作或者培训）")
def refused_no_suitable_work(refused_suitable_work: int) -> bool:
    """Whether no suitable work or training was refused without a good reason."""
    return refused_suitable_work == 0


@rule("社会保险法 第四十五条、第五十一条")
def may_draw_unemployment_benefit(
    enough_unemployment_months: bool,
    lost_work_not_by_own_will: bool,
    is_registered_and_seeks_work: bool,
    within_unemployment_term: bool,
    not_reemployed: bool,
    not_called_up: bool,
    not_moved_abroad: bool,
    draws_no_basic_pension: bool,
    not_in_prison: bool,
    refused_no_suitable_work: bool,
) -> bool:
    """Whether the unemployment benefit is drawn in the month."""
    return logical_and(
        enough_unemployment_months,
        lost_work_not_by_own_will,
        is_registered_and_seeks_work,
        within_unemployment_term,
        not_reemployed,
        not_called_up,
        not_moved_abroad,
        draws_no_basic_pension,
        not_in_prison,
        refused_no_suitable_work,
    )
