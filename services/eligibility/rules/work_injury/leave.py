"""The leave with pay after a work injury (停工留薪期): the employer goes on to pay the wage."""

from services.eligibility.book.ops import logical_and, where
from services.eligibility.book.rule import rule


@rule("工伤保险条例 第三十三条（一般不超过12个月；经确认可以适当延长，不超过12个月）")
def longest_leave_months(leave_extension_confirmed: int, usual_leave_months: int, further_leave_months: int) -> int:
    """Months of leave at most: the usual ones, and further ones if the commission confirmed them."""
    return usual_leave_months + where(leave_extension_confirmed == 1, further_leave_months, 0)


@rule("工伤保险条例 第三十三条")
def leave_last_month(injury_month: int, longest_leave_months: int) -> int:
    """Last month of the leave at most, the month of the accident being the first."""
    return injury_month + longest_leave_months - 1


@rule("工伤保险条例 第三十三条")
def within_leave(as_of_month: int, injury_month: int, leave_last_month: int) -> bool:
    """Whether the month lies within the longest leave."""
    return logical_and(as_of_month >= injury_month, as_of_month <= leave_last_month)


@rule("工伤保险条例 第三十三条（评定伤残等级后停发原待遇）")
def not_graded_yet(disability_graded: int) -> bool:
    """Whether no grade of disability was given yet: with it the leave ends."""
    return disability_graded == 0


@rule("工伤保险条例 第三十三条")
def may_take_injury_leave(injury_is_recognized: bool, within_leave: bool, not_graded_yet: bool) -> bool:
    """Whether the worker is on leave with pay in the month."""
    return logical_and(injury_is_recognized, within_leave, not_graded_yet)
