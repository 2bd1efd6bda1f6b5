"""The grounds of early retirement before illness became a matter of its own."""

from services.eligibility.book.rule import rule

ILLNESS = 3


@rule("国发〔1978〕104号 工人退休、退职的暂行办法第一条", until="2024-12-31")
def early_ground_open(retirement_ground: int) -> bool:
    """Whether the law knows the ground: special posts and illness."""
    return retirement_ground <= ILLNESS
