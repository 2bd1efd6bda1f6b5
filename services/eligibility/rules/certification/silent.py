"""Whether a pensioner still qualifies, as a sweep of a day decides it: strength, decay and combination of evidence.

These are the sentences of the state machine (待遇领取资格认证), with the article of each. The machine that goes through
the days of one person, the sweep, and the survey of populations take all their answers from here (certification.py).
"""

from services.eligibility.book.ops import logical_and, logical_not, logical_or, where
from services.eligibility.book.rule import rule

MEDIUM = 2
STRONG = 3
CERTIFIED = 1
WARNED = 2
SUSPENDED = 3


@rule("社会保险经办条例 第二十六条（通过信息比对核验待遇领取资格）")
def evidence_is_known(has_evidence: int) -> bool:
    """Whether any evidence stands that can decide."""
    return has_evidence == 1


@rule("青岛市静默认证办法（认可的信息）；弱证据不能单独认证为本系统的设定", unverified=True)
def evidence_certifies(evidence_is_known: bool, evidence_strength: int) -> bool:
    """Whether the newest event proves enough: a weak one, which anybody can make with the card, never does."""
    return logical_and(evidence_is_known, evidence_strength >= MEDIUM)


@rule("民法典 第四十五条（失踪人重新出现）；强弱分级为本系统的设定", unverified=True)
def shows_the_missing(evidence_certifies: bool, evidence_strength: int) -> bool:
    """Whether the event proves so much that somebody reported missing before it has been found."""
    return logical_and(evidence_certifies, evidence_strength >= STRONG)


@rule("人社厅发〔2018〕107号（周期不超过12个月）")
def covered_months(evidence_certifies: bool, certification_validity_months: int) -> int:
    """Months that the event covers: what it proves fades with them."""
    return where(evidence_certifies, certification_validity_months, 0)


@rule("社会保险经办条例 第二十六条；人社厅发〔2018〕107号")
def is_covered(evidence_certifies: bool, evidence_age_months: int, covered_months: int) -> bool:
    """Whether the day lies within the months that the event covers."""
    return logical_and(evidence_certifies, evidence_age_months <= covered_months)


@rule("青岛市静默认证办法（警示期3个月）")
def is_silently_certified(
    evidence_certifies: bool, validity_left_months: int, certification_warning_months: int
) -> bool:
    """Whether nobody needs to be reminded: the end of validity is further away than the warning."""
    return logical_and(evidence_certifies, validity_left_months >= certification_warning_months)


@rule("人社厅发〔2018〕107号；宽限月数为本系统的设定", unverified=True)
def validity_is_over(evidence_certifies: bool, overdue_months: int, certification_grace_months: int) -> bool:
    """Whether the validity has ended, and the grace after it."""
    return logical_or(logical_not(evidence_certifies), overdue_months > certification_grace_months)


@rule("青岛市静默认证办法（对高龄、病残人员上门服务）")
def visit_comes_first(holder_age_years: int, certification_home_visit_age_years: int, is_infirm: int) -> bool:
    """Whether only a visit at home may come before a suspension: of the old and the infirm."""
    return logical_or(holder_age_years >= certification_home_visit_age_years, is_infirm == 1)


@rule("青岛市静默认证办法（街道通过短信、电话等提醒并上门）；社会保险经办条例 第二十六条")
def was_noticed(visit_comes_first: bool, has_notice: int, has_visit: int) -> bool:
    """Whether a notice of this warning reached the person, by a visit where one is needed."""
    reached = logical_and(logical_not(visit_comes_first), has_notice == 1)
    return logical_or(reached, has_visit == 1)


@rule("青岛市静默认证办法（警示期3个月）；由巡查逐步处理为本系统的设定", unverified=True)
def is_certified(is_silently_certified: bool, certification_before: int, is_swept: int) -> bool:
    """Whether it stands certified: also one whose warning is near, until a sweep has looked at it."""
    waits = logical_and(certification_before == CERTIFIED, is_swept == 0)
    return logical_or(is_silently_certified, waits)


@rule("青岛市静默认证办法（未认证的，暂停待遇；先提醒后暂停）")
def is_payment_suspended(
    is_silently_certified: bool,
    is_covered: bool,
    certification_before: int,
    validity_is_over: bool,
    was_noticed: bool,
    is_swept: int,
) -> bool:
    """Whether payment is suspended: one step a sweep, after warning and notice, until evidence covers again."""
    steps_on = logical_and(is_swept == 1, certification_before == WARNED, validity_is_over, was_noticed)
    stays = logical_and(certification_before == SUSPENDED, logical_not(is_covered))
    return logical_and(logical_not(is_silently_certified), logical_or(steps_on, stays))


@rule("社会保险经办条例 第二十六条（两个以上部门信息一致的，停止待遇）；间隔天数为本系统的设定", unverified=True)
def is_qualification_lost(agreeing_reports_count: int, has_judgment: int) -> bool:
    """Whether the qualification is lost: two offices agree on a death or a sentence, or a court has judged."""
    return logical_or(agreeing_reports_count > 0, has_judgment == 1)


@rule("社会保险经办条例 第二十六条（疑似丧失待遇领取资格的，核实）")
def is_to_be_verified(grave_reports_count: int, missing_reports_count: int) -> bool:
    """Whether a report says that the person died, is in prison, or is missing: payment is held and it is asked."""
    return logical_or(grave_reports_count > 0, missing_reports_count > 0)


@rule("社会保险经办条例 第二十六条")
def qualification_stands(is_qualification_lost: bool) -> bool:
    """Whether nothing confirmed has ended the entitlement."""
    return logical_not(is_qualification_lost)


@rule("社会保险经办条例 第二十六条")
def nothing_is_asked(is_to_be_verified: bool) -> bool:
    """Whether no report has to be cleared first."""
    return logical_not(is_to_be_verified)


@rule("青岛市静默认证办法")
def is_not_suspended(is_payment_suspended: bool) -> bool:
    """Whether payment was not suspended for want of evidence."""
    return logical_not(is_payment_suspended)


@rule("社会保险经办条例 第二十六条")
def may_be_paid(qualification_stands: bool, nothing_is_asked: bool, is_not_suspended: bool) -> bool:
    """Whether the pension may be paid as far as certification goes."""
    return logical_and(qualification_stands, nothing_is_asked, is_not_suspended)
