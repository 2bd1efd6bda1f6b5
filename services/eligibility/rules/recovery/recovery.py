"""Overpayment: what is still to be returned, by offset and in which months, and the fine for fraud."""

from services.eligibility.book.ops import BP, least, logical_and, most, where
from services.eligibility.book.rule import rule


@rule("社会保险经办条例 第四十六条（责令退回）；社会保险法 第八十八条")
def outstanding_fen(overpaid_fen: int, overpayment_returned_fen: int) -> int:
    """Amount still to be returned."""
    return most(overpaid_fen - overpayment_returned_fen, 0)


@rule("社会保险经办条例 第四十六条（从个人账户余额中抵扣）")
def offset_from_balance_fen(outstanding_fen: int, offsettable_account_fen: int) -> int:
    """Amount that may be offset from the balance of an account."""
    return least(outstanding_fen, offsettable_account_fen)


@rule("社会保险经办条例 第四十六条（从后续待遇中抵扣，保留基本生活）")
def monthly_offset_fen(
    outstanding_fen: int, offset_from_balance_fen: int, monthly_benefit_fen: int, living_minimum_fen: int
) -> int:
    """Amount that may be offset from each month's benefit: what lies above the living minimum, at most what is left."""
    above_minimum = most(monthly_benefit_fen - living_minimum_fen, 0)
    return least(above_minimum, outstanding_fen - offset_from_balance_fen)


@rule("社会保险经办条例 第四十六条")
def offset_months(outstanding_fen: int, offset_from_balance_fen: int, monthly_offset_fen: int) -> int:
    """Months until all is offset, the last of them in part; 0 when nothing can be offset monthly."""
    left = outstanding_fen - offset_from_balance_fen
    months = (left + monthly_offset_fen - 1) // most(monthly_offset_fen, 1)
    return where(monthly_offset_fen > 0, months, 0)


@rule("社会保险经办条例 第四十六条（不能抵扣的订立还款协议）")
def to_agree_on_fen(outstanding_fen: int, offset_from_balance_fen: int, monthly_offset_fen: int) -> int:
    """Amount left for an agreement on instalments, because nothing can be offset monthly."""
    return where(monthly_offset_fen > 0, 0, outstanding_fen - offset_from_balance_fen)


@rule("社会保险法 第八十八条（骗取金额二倍以上）")
def least_fine_fen(fraud_found: int, overpaid_fen: int, least_fine_bp: int) -> int:
    """Least fine, by the department, when there was fraud."""
    return where(fraud_found == 1, overpaid_fen * least_fine_bp // BP, 0)


@rule("社会保险法 第八十八条（骗取金额五倍以下）")
def most_fine_fen(fraud_found: int, overpaid_fen: int, most_fine_bp: int) -> int:
    """Highest fine, by the department, when there was fraud."""
    return where(fraud_found == 1, overpaid_fen * most_fine_bp // BP, 0)


@rule("刑法 第二百六十六条；人社部发〔2015〕14号")
def goes_to_the_police(fraud_found: int, overpaid_fen: int, police_threshold_fen: int) -> bool:
    """Whether the fraud is large enough to be handed to the police."""
    return logical_and(fraud_found == 1, overpaid_fen >= police_threshold_fen)


@rule("社会保险经办条例 第四十六条")
def something_outstanding(outstanding_fen: int) -> bool:
    """Whether something is still to be returned."""
    return outstanding_fen > 0


@rule("社会保险经办条例 第四十六条；社会保险法 第八十八条")
def must_return_overpayment(something_outstanding: bool) -> bool:
    """Whether the agency orders the return."""
    return logical_and(something_outstanding)
