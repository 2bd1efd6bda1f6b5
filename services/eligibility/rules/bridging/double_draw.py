"""What becomes of two benefits that one person draws for the same months (重复领取)."""

from services.eligibility.book.ops import least, logical_and, logical_or, most, where
from services.eligibility.book.rule import rule

TWO_EMPLOYEE_PENSIONS = 1
EMPLOYEE_AND_PUBLIC_PENSION = 2
EMPLOYEE_AND_RESIDENT_PENSION = 3
TWO_RESIDENT_PENSIONS = 4
PENSION_AND_UNEMPLOYMENT = 5
PENSION_AND_INJURY_ALLOWANCE = 6
PENSION_AND_SURVIVOR_ALLOWANCE = 7


@rule("人社部规〔2016〕5号 第五条（与本人协商，保留其中一个）；城乡居民基本养老保险经办规程")
def keeps_one_by_agreement(benefit_pair: int) -> bool:
    """Whether the person agrees with the agency which one of two pensions stays."""
    two_pensions = logical_or(benefit_pair == TWO_EMPLOYEE_PENSIONS, benefit_pair == EMPLOYEE_AND_PUBLIC_PENSION)
    return logical_or(two_pensions, benefit_pair == TWO_RESIDENT_PENSIONS)


@rule("城乡养老保险制度衔接暂行办法 第八条（终止并解除居民养老保险关系）")
def keeps_employee_pension(benefit_pair: int) -> bool:
    """Whether the employees' pension stays and the residents' relation ends."""
    return benefit_pair == EMPLOYEE_AND_RESIDENT_PENSION


@rule("社会保险法 第五十一条")
def stops_unemployment_benefit(benefit_pair: int) -> bool:
    """Whether the unemployment benefit stops because a pension is drawn."""
    return benefit_pair == PENSION_AND_UNEMPLOYMENT


@rule("社会保险法 第四十条；工伤保险条例 第三十五条")
def pays_injury_difference(benefit_pair: int) -> bool:
    """Whether the pension is drawn and the injury fund pays what it lacks to the disability allowance."""
    return benefit_pair == PENSION_AND_INJURY_ALLOWANCE


@rule("遗属待遇与本人养老金能否并领由地方规定，待核", unverified=True)
def needs_review_by_hand(benefit_pair: int) -> bool:
    """Whether the two must be looked at: a survivor's allowance beside the survivor's own pension."""
    return benefit_pair == PENSION_AND_SURVIVOR_ALLOWANCE


@rule("社会保险法 第五十一条；人社部规〔2016〕5号 第五条；城乡养老保险制度衔接暂行办法 第八条")
def excludes_each_other(
    keeps_one_by_agreement: bool, keeps_employee_pension: bool, stops_unemployment_benefit: bool
) -> bool:
    """Whether the two benefits may not be drawn for one month."""
    return logical_or(keeps_one_by_agreement, keeps_employee_pension, stops_unemployment_benefit)


@rule("人社部规〔2016〕5号 第五条；城乡养老保险制度衔接暂行办法 第八条")
def closes_an_account(keeps_one_by_agreement: bool, keeps_employee_pension: bool) -> bool:
    """Whether a pension relation with a personal account is cleared."""
    return logical_or(keeps_one_by_agreement, keeps_employee_pension)


@rule("社会保险法 第五十一条；人社部规〔2016〕5号 第五条；城乡养老保险制度衔接暂行办法 第八条")
def drawn_in_same_months(both_drawn_months: int) -> bool:
    """Whether both were drawn for the same months."""
    return both_drawn_months > 0


@rule("城乡养老保险制度衔接暂行办法 第八条；人社部规〔2016〕5号 第五条；社会保险经办条例 第四十六条")
def double_draw_to_return_fen(excludes_each_other: bool, improper_paid_fen: int, improper_returned_fen: int) -> int:
    """Amount still to be returned of the benefit that ends."""
    return where(excludes_each_other, most(improper_paid_fen - improper_returned_fen, 0), 0)


@rule("人社厅发〔2019〕94号（从清退的个人账户中抵扣）；城乡养老保险制度衔接暂行办法 第八条")
def offset_from_account_fen(double_draw_to_return_fen: int, closing_account_fen: int) -> int:
    """Amount offset from the account that is cleared."""
    return least(double_draw_to_return_fen, closing_account_fen)


@rule("城乡养老保险制度衔接暂行办法 第八条（除政府补贴外退还本人）；人社部规〔2016〕5号 第五条")
def account_paid_out_fen(closing_account_fen: int, offset_from_account_fen: int) -> int:
    """Amount of the account, without public subsidies, that is paid to the person at once."""
    return closing_account_fen - offset_from_account_fen


@rule("人社厅发〔2019〕94号（从保留的养老金中逐月抵扣）；城乡养老保险制度衔接暂行办法 第八条")
def offset_from_pension_fen(double_draw_to_return_fen: int, offset_from_account_fen: int) -> int:
    """Amount left to be offset month by month from the pension that stays."""
    return double_draw_to_return_fen - offset_from_account_fen


@rule("社会保险法 第五十一条；人社部规〔2016〕5号 第五条；城乡养老保险制度衔接暂行办法 第八条")
def is_double_draw(drawn_in_same_months: bool, excludes_each_other: bool) -> bool:
    """Whether the person drew twice what may be drawn once."""
    return logical_and(drawn_in_same_months, excludes_each_other)
