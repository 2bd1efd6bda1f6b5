"""The retirement age before the reform (国发〔1978〕104号)."""

from services.eligibility.book.ops import least
from services.eligibility.book.rule import rule


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条；安置老弱病残干部的暂行办法第四条", until="2024-12-31")
def statutory_age_months(former_age_months: int) -> int:
    """Statutory retirement age.

    Illness and special posts are kept apart: they are other matters with facts of their own.
    """
    return former_age_months


@rule("国发〔1978〕104号；当时没有弹性退休", until="2024-12-31")
def earliest_retirement_month(statutory_retirement_month: int) -> int:
    """Earliest month of retirement that may be chosen."""
    return statutory_retirement_month


@rule("社会保险法 第十六条", until="2024-12-31")
def minimum_month(retirement_month: int, statutory_retirement_month: int) -> int:
    """Month whose minimum of contributions counts: the statutory one, or that of retirement on a ground before it."""
    return least(retirement_month, statutory_retirement_month)
