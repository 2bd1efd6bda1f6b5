"""Retirement in a month of one's own choice (弹性退休, since 2025)."""

from services.eligibility.book.ops import logical_and, logical_not, logical_or, most
from services.eligibility.book.rule import rule


@rule("人社部发〔2024〕94号 第一条", since="2025-01-01")
def retires_early(retirement_month: int, statutory_retirement_month: int) -> bool:
    """Whether the month chosen lies before the statutory one."""
    return retirement_month < statutory_retirement_month


@rule("社会保险法 第十六条；实施《社会保险法》若干规定 第二条", since="2025-01-01", unverified=True)
def pays_on_to_minimum(
    as_of_month: int,
    retirement_month: int,
    statutory_retirement_month: int,
    total_contribution_months: int,
    min_contribution_months: int,
) -> bool:
    """Whether the months after the statutory age are those that were still lacking then.

    Only the month itself tells: what somebody will have paid by a month to come is not known.
    """
    late_months = most(retirement_month - statutory_retirement_month, 0)
    lacked = total_contribution_months - late_months < min_contribution_months
    return logical_and(late_months > 0, lacked, as_of_month >= retirement_month)


@rule("人社部发〔2024〕94号 第二条", since="2025-01-01")
def retires_late(retirement_month: int, statutory_retirement_month: int, pays_on_to_minimum: bool) -> bool:
    """Whether the month chosen lies after the statutory one by agreement, not for want of months."""
    return logical_and(retirement_month > statutory_retirement_month, logical_not(pays_on_to_minimum))


@rule("人社部发〔2024〕94号 第一条、第二条", since="2025-01-01")
def chooses_another_month(retires_early: bool, retires_late: bool) -> bool:
    """Whether another month than the statutory one is chosen."""
    return logical_or(retires_early, retires_late)


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条", since="2025-01-01")
def latest_retirement_month(statutory_retirement_month: int, longest_late_months: int) -> int:
    """Latest month that worker and employer may agree on."""
    return statutory_retirement_month + longest_late_months


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条", since="2025-01-01")
def not_before_flexible_month(retirement_month: int, earliest_retirement_month: int) -> bool:
    """Whether the month chosen is at most the allowed months early, and not below the former age."""
    return retirement_month >= earliest_retirement_month


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条", since="2025-01-01")
def not_after_latest_month(retires_late: bool, retirement_month: int, latest_retirement_month: int) -> bool:
    """Whether the month chosen is at most the allowed months late, if it is late by agreement."""
    return logical_or(logical_not(retires_late), retirement_month <= latest_retirement_month)


@rule("人社部发〔2024〕94号 第一条（至少提前3个月书面告知单位）", since="2025-01-01")
def told_in_time(retires_early: bool, retirement_month: int, notice_month: int, early_notice_months: int) -> bool:
    """Whether the employer was told in writing early enough, if the month chosen is early."""
    return logical_or(logical_not(retires_early), notice_month <= retirement_month - early_notice_months)


@rule("人社部发〔2024〕94号 第二条（提前1个月书面明确）", since="2025-01-01")
def agreed_in_time(
    retires_late: bool, statutory_retirement_month: int, notice_month: int, late_notice_months: int
) -> bool:
    """Whether staying on was agreed in writing early enough, if the month chosen is late."""
    return logical_or(logical_not(retires_late), notice_month <= statutory_retirement_month - late_notice_months)


@rule("人社部发〔2024〕94号 第二条（所在单位与职工协商一致）", since="2025-01-01")
def employer_agrees_if_late(retires_late: bool, employer_agrees: int) -> bool:
    """Whether the employer agrees, if the month chosen is late."""
    return logical_or(logical_not(retires_late), employer_agrees == 1)


@rule("人社部发〔2024〕94号（公务员、国有企事业单位领导人员及其他管理人员到龄应及时退休）", since="2025-01-01")
def late_is_open_to_post(retires_late: bool, leading_post: int) -> bool:
    """Whether the worker's post is none of those that may not stay on, if the month chosen is late."""
    return logical_or(logical_not(retires_late), leading_post == 0)


@rule("国务院关于渐进式延迟法定退休年龄的办法 第三条；人社部发〔2024〕94号", since="2025-01-01")
def may_retire_flexibly(
    not_before_flexible_month: bool,
    not_after_latest_month: bool,
    enough_months_at_choice: bool,
    told_in_time: bool,
    agreed_in_time: bool,
    employer_agrees_if_late: bool,
    late_is_open_to_post: bool,
) -> bool:
    """Whether the worker may retire in the month chosen."""
    return logical_and(
        not_before_flexible_month,
        not_after_latest_month,
        enough_months_at_choice,
        told_in_time,
        agreed_in_time,
        employer_agrees_if_late,
        late_is_open_to_post,
    )
