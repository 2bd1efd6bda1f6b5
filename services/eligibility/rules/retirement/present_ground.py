"""The grounds of early retirement since the disability allowance (病残津贴) came."""

from services.eligibility.book.ops import logical_or
from services.eligibility.book.rule import rule

ILLNESS = 3


@rule("人社部发〔2024〕72号（因病退休改为病残津贴）；国务院关于渐进式延迟法定退休年龄的办法", since="2025-01-01")
def early_ground_open(retirement_ground: int, retirement_month: int, last_illness_retirement_month: int) -> bool:
    """Whether the law still knows the ground: special posts, and illness for those who retired while it was one."""
    return logical_or(retirement_ground != ILLNESS, retirement_month <= last_illness_retirement_month)
