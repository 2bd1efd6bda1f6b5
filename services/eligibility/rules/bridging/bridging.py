"""Moving between the employees' and the residents' scheme at the statutory age (城乡养老保险制度衔接暂行办法)."""

from services.eligibility.book.ops import least, logical_and, logical_not, most, where
from services.eligibility.book.rule import rule


@rule("城乡养老保险制度衔接暂行办法 第二条")
def belongs_to_both_schemes(
    total_contribution_months: int, resident_contribution_months: int, resident_account_balance_fen: int
) -> bool:
    """Whether the person paid into both schemes."""
    in_residents = most(resident_contribution_months, resident_account_balance_fen) > 0
    return logical_and(total_contribution_months > 0, in_residents)


@rule("城乡养老保险制度衔接暂行办法 第二条（已经领取待遇的不再办理）")
def draws_no_pension_yet(draws_employee_pension: int, draws_resident_pension: int) -> bool:
    """Whether no pension of either scheme is drawn yet."""
    return logical_and(draws_employee_pension == 0, draws_resident_pension == 0)


@rule("城乡养老保险制度衔接暂行办法 第三条")
def may_bridge_schemes(statutory_age_reached: bool, belongs_to_both_schemes: bool, draws_no_pension_yet: bool) -> bool:
    """Whether one scheme may be moved into the other."""
    return logical_and(statutory_age_reached, belongs_to_both_schemes, draws_no_pension_yet)


@rule("城乡养老保险制度衔接暂行办法 第三条（满最低缴费年限，含延长缴费）")
def moves_to_employees(enough_months: bool) -> bool:
    """Whether the residents' account moves to the employees' scheme: months are enough for a pension there."""
    return logical_and(enough_months)


@rule("城乡养老保险制度衔接暂行办法 第三条（不满最低缴费年限）")
def moves_to_residents(enough_months: bool) -> bool:
    """Whether the employees' account moves to the residents' scheme."""
    return logical_not(enough_months)


@rule("城乡养老保险制度衔接暂行办法 第七条")
def has_overlap(overlap_months: int) -> bool:
    """Whether both schemes were paid for the same months."""
    return overlap_months > 0


@rule("城乡养老保险制度衔接暂行办法 第七条（退还居民养老保险个人和集体缴费）")
def overlap_refund_fen(resident_overlap_paid_fen: int, resident_account_balance_fen: int) -> int:
    """Amount of the residents' account that is paid back for months paid twice."""
    return least(resident_overlap_paid_fen, resident_account_balance_fen)


@rule("城乡养老保险制度衔接暂行办法 第七条（同一时段重复缴费的，只计算职工缴费年限，居民缴费退还本人）")
def refunds_overlap(has_overlap: bool) -> bool:
    """Whether something is paid back for months paid to both schemes."""
    return logical_and(has_overlap)


@rule("城乡养老保险制度衔接暂行办法 第七条（退还居民养老保险个人和集体缴费）")
def overlap_refund_due_fen(overlap_refund_fen: int, overlap_refunded_fen: int) -> int:
    """Amount that is still to be paid back for months paid twice, once."""
    return most(overlap_refund_fen - overlap_refunded_fen, 0)


@rule("城乡养老保险制度衔接暂行办法 第五条、第六条（个人账户全部储存额并入）")
def bridged_account_fen(account_balance_fen: int, resident_account_balance_fen: int, overlap_refund_fen: int) -> int:
    """Account after the move: both together, without what is paid back."""
    return account_balance_fen + resident_account_balance_fen - overlap_refund_fen


@rule("城乡养老保险制度衔接暂行办法 第五条（居民缴费年限不合并计算）")
def bridged_employee_months(moves_to_employees: bool, total_contribution_months: int) -> int:
    """Months of contribution to the employees' scheme after the move: the residents' ones are not counted."""
    return where(moves_to_employees, total_contribution_months, 0)


@rule("城乡养老保险制度衔接暂行办法 第六条（职工缴费年限合并计算）、第七条")
def bridged_resident_months(
    moves_to_residents: bool, total_contribution_months: int, resident_contribution_months: int, overlap_months: int
) -> int:
    """Months of contribution to the residents' scheme after the move: both together, months paid twice once."""
    together = most(total_contribution_months + resident_contribution_months - overlap_months, 0)
    return where(moves_to_residents, together, 0)
