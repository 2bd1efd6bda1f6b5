"""Retirement before the statutory age on a ground of its own: special posts, and illness until 2024."""

from services.eligibility.book.ops import logical_and, logical_not, logical_or, where
from services.eligibility.book.rule import rule

STATUTORY = 1
SPECIAL_POST = 2


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条")
def claims_early_ground(retirement_ground: int) -> bool:
    """Whether retirement is asked for on a ground other than the statutory age."""
    return retirement_ground != STATUTORY


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条")
def early_age_months(
    retirement_ground: int, former_age_months: int, special_post_age_months: int, illness_age_months: int
) -> int:
    """Age at which the ground opens retirement; it is not put off by the reform."""
    ground_age = where(retirement_ground == SPECIAL_POST, special_post_age_months, illness_age_months)
    return where(retirement_ground == STATUTORY, former_age_months, ground_age)


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条")
def early_retirement_month(birth_month: int, early_age_months: int) -> int:
    """Month in which the age of the ground is reached."""
    return birth_month + early_age_months


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条")
def early_age_reached(as_of_month: int, early_retirement_month: int) -> bool:
    """Whether the age of the ground is reached."""
    return as_of_month >= early_retirement_month


@rule("国发〔1978〕104号；社会保险经办条例 第十八条（特殊工种经历、劳动能力鉴定须经确认）")
def early_ground_confirmed_if_claimed(claims_early_ground: bool, early_ground_confirmed: int) -> bool:
    """Whether the years in the special post, or the loss of all capacity to work, are confirmed if they are claimed."""
    return logical_or(logical_not(claims_early_ground), early_ground_confirmed == 1)


@rule("社会保险法 第十六条；国务院关于渐进式延迟法定退休年龄的办法 第二条（按退休年份）")
def enough_months_for_early_ground(total_contribution_months: int, early_min_contribution_months: int) -> bool:
    """Whether contributions were paid for the minimum of the year in which the age of the ground is reached."""
    return total_contribution_months >= early_min_contribution_months


@rule("国发〔1978〕104号；国务院关于渐进式延迟法定退休年龄的办法（特殊工种、高海拔地区可以申请提前退休）")
def may_retire_early(
    claims_early_ground: bool,
    early_ground_open: bool,
    early_ground_confirmed_if_claimed: bool,
    early_age_reached: bool,
    enough_months_for_early_ground: bool,
) -> bool:
    """Whether the worker may retire on a ground of its own."""
    return logical_and(
        claims_early_ground,
        early_ground_open,
        early_ground_confirmed_if_claimed,
        early_age_reached,
        enough_months_for_early_ground,
    )
