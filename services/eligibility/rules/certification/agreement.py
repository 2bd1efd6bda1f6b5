"""When two reports against a person are one matter that two offices know of: then the entitlement ends unasked."""

from services.eligibility.book.ops import logical_and, logical_or
from services.eligibility.book.rule import rule

DEATH = 1
SENTENCE = 2


@rule("社会保险经办条例 第二十六条（确认丧失待遇领取资格的，停止待遇）；劳社厅函〔2001〕44号")
def matter_ends_entitlement(report_matter: int) -> bool:
    """Whether what is reported ends the entitlement once it is certain: a death, a sentence; all else only holds."""
    return logical_or(report_matter == DEATH, report_matter == SENTENCE)


@rule("社会保险经办条例 第二十六条（核实）；两个部门一致即确认为本系统的设定", unverified=True)
def concerns_same_matter(has_same_matter: int) -> bool:
    """Whether both report the same: a death does not confirm a sentence."""
    return has_same_matter == 1


@rule("社会保险经办条例 第二十六条（核实）；两个部门一致即确认为本系统的设定", unverified=True)
def comes_from_two_offices(has_same_office: int) -> bool:
    """Whether two offices know of it: one that says it twice has said it once."""
    return has_same_office == 0


@rule("本系统的设定，待业务部门确认", unverified=True)
def is_dated_near(reports_apart_days: int, certification_agreement_days: int) -> bool:
    """Whether both date it so near that they mean the same event."""
    return reports_apart_days <= certification_agreement_days


@rule("社会保险经办条例 第二十六条（核实）；两个部门一致即确认为本系统的设定", unverified=True)
def two_offices_agree(
    matter_ends_entitlement: bool, concerns_same_matter: bool, comes_from_two_offices: bool, is_dated_near: bool
) -> bool:
    """Whether two offices agree on what ends the entitlement."""
    return logical_and(matter_ends_entitlement, concerns_same_matter, comes_from_two_offices, is_dated_near)
