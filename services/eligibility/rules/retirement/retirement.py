"""Retirement at the statutory age: age and contributions."""

from services.eligibility.book.ops import logical_and, most
from services.eligibility.book.rule import rule


@rule("国务院关于渐进式延迟法定退休年龄的办法 附表1-3（按出生月份）")
def statutory_retirement_month(birth_month: int, statutory_age_months: int) -> int:
    """Month in which the statutory age is reached."""
    return birth_month + statutory_age_months


@rule("社会保险法 第十六条")
def statutory_age_reached(as_of_month: int, statutory_retirement_month: int) -> bool:
    """Whether the statutory age is reached."""
    return as_of_month >= statutory_retirement_month


@rule("社会保险法 第十六条；国发〔2005〕38号 第六条（视同缴费年限）")
def total_contribution_months(contribution_months: int, deemed_months: int) -> int:
    """Months of contribution, deemed ones among them."""
    return contribution_months + deemed_months


@rule("社会保险法 第十六条；国务院关于渐进式延迟法定退休年龄的办法 第二条")
def enough_months(total_contribution_months: int, min_contribution_months: int) -> bool:
    """Whether contributions were paid for the minimum of months."""
    return total_contribution_months >= min_contribution_months


@rule("社会保险法 第十六条；国务院关于渐进式延迟法定退休年龄的办法 第二条")
def may_retire(statutory_age_reached: bool, enough_months: bool) -> bool:
    """Whether the worker may retire and draw a monthly pension."""
    return logical_and(statutory_age_reached, enough_months)


@rule("社会保险法 第十六条（可以缴费至满最低年限）")
def lacking_contribution_months(total_contribution_months: int, min_contribution_months: int) -> int:
    """Months still to be paid for a monthly pension."""
    return most(min_contribution_months - total_contribution_months, 0)


@rule("社会保险法 第十六条")
def remaining_months(as_of_month: int, statutory_retirement_month: int) -> int:
    """Months until the statutory age is reached."""
    return most(statutory_retirement_month - as_of_month, 0)
