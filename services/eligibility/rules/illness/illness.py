"""The allowance that took the place of retirement by illness (企业职工基本养老保险病残津贴暂行办法).

The month from which it is asked for is `retirement_month`: its amounts are those of a pension that began then.
"""

from services.eligibility.book.ops import MONTHS_A_YEAR, least, logical_and, logical_not, most, where
from services.eligibility.book.rule import rule


@rule("人社部发〔2024〕72号 第二条（经鉴定为完全丧失劳动能力）")
def lost_all_capacity(wholly_incapable: int) -> bool:
    """Whether the person is appraised as wholly unable to work."""
    return wholly_incapable == 1


@rule("人社部发〔2024〕72号 第二条（达到法定退休年龄前）")
def asked_before_statutory_age(retirement_month: int, statutory_retirement_month: int) -> bool:
    """Whether the allowance is asked for from a month before the statutory age."""
    return retirement_month < statutory_retirement_month


@rule("人社部发〔2024〕72号 第二条（达到法定退休年龄时应办理退休手续）")
def within_allowance_months(as_of_month: int, retirement_month: int, statutory_retirement_month: int) -> bool:
    """Whether the month lies between the one asked from and the statutory one."""
    return logical_and(as_of_month >= retirement_month, as_of_month < statutory_retirement_month)


@rule("人社部发〔2024〕72号（继续就业并缴费的，自恢复缴费次月起停发）")
def pays_no_contributions_again(works_again: int) -> bool:
    """Whether no work with contributions was taken up again."""
    return works_again == 0


@rule("人社部发〔2024〕72号 第三条（距离法定退休年龄5年（含）以内）")
def statutory_age_is_near(retirement_month: int, statutory_retirement_month: int, illness_near_months: int) -> bool:
    """Whether the statutory age is so near that the allowance is the whole pension."""
    return statutory_retirement_month - retirement_month <= illness_near_months


@rule("人社部发〔2024〕72号 第三条")
def may_draw_illness_allowance(
    lost_all_capacity: bool,
    asked_before_statutory_age: bool,
    within_allowance_months: bool,
    pays_no_contributions_again: bool,
    enough_months_at_choice: bool,
    statutory_age_is_near: bool,
) -> bool:
    """Whether the allowance is drawn at the amount of the whole pension."""
    return logical_and(
        lost_all_capacity,
        asked_before_statutory_age,
        within_allowance_months,
        pays_no_contributions_again,
        enough_months_at_choice,
        statutory_age_is_near,
    )


@rule("人社部发〔2024〕72号 第三条")
def illness_allowance_fen(total_pension_fen: int) -> int:
    """Monthly allowance near the statutory age: what the pension would be."""
    return total_pension_fen


@rule("人社部发〔2024〕72号 第四条、第五条（条文待核）", unverified=True)
def not_entitled_to_whole_pension(enough_months_at_choice: bool, statutory_age_is_near: bool) -> bool:
    """Whether months are too few, or the statutory age is too far, for the amount of the whole pension."""
    return logical_not(logical_and(enough_months_at_choice, statutory_age_is_near))


@rule("人社部发〔2024〕72号 第五条（不足5年12个月；满5年每多1年加3个月，不满1年按1年，条文待核）", unverified=True)
def few_years_allowance_months(
    total_contribution_months: int,
    illness_first_months: int,
    illness_rising_from_months: int,
    illness_yearly_months: int,
) -> int:
    """Months for which it is drawn with too few years: some at first, and more for each year begun beyond."""
    beyond = most(total_contribution_months - illness_rising_from_months, 0)
    years = (beyond + MONTHS_A_YEAR - 1) // MONTHS_A_YEAR
    return illness_first_months + years * illness_yearly_months


@rule("人社部发〔2024〕72号 第四条、第五条（条文待核）", unverified=True)
def basic_allowance_months(
    enough_months_at_choice: bool,
    few_years_allowance_months: int,
    retirement_month: int,
    statutory_retirement_month: int,
) -> int:
    """Months for which it is drawn: to the statutory age, with too few years for a limited time."""
    to_statutory = most(statutory_retirement_month - retirement_month, 0)
    return where(enough_months_at_choice, to_statutory, least(few_years_allowance_months, to_statutory))


@rule("人社部发〔2024〕72号 第四条、第五条（条文待核）", unverified=True)
def within_basic_allowance_months(as_of_month: int, retirement_month: int, basic_allowance_months: int) -> bool:
    """Whether the month is one of those for which it is drawn."""
    return logical_and(as_of_month >= retirement_month, as_of_month < retirement_month + basic_allowance_months)


@rule("人社部发〔2024〕72号 第四条（至距离法定退休年龄5年时重新核定，条文待核）", unverified=True)
def allowance_anew_month(retirement_month: int, statutory_retirement_month: int, illness_near_months: int) -> int:
    """Month in which the amount is determined anew, because the statutory age has come near, if years are enough."""
    return most(statutory_retirement_month - illness_near_months, retirement_month)


@rule("人社部发〔2024〕72号 第四条、第五条（基础养老金计发办法，条文待核）", unverified=True)
def basic_allowance_fen(basic_pension_fen: int) -> int:
    """Monthly allowance far from the statutory age or with too few years: the basic part of the pension."""
    return basic_pension_fen


@rule("人社部发〔2024〕72号 第四条、第五条（条文待核）", unverified=True)
def may_draw_basic_illness_allowance(
    lost_all_capacity: bool,
    asked_before_statutory_age: bool,
    within_basic_allowance_months: bool,
    pays_no_contributions_again: bool,
    not_entitled_to_whole_pension: bool,
) -> bool:
    """Whether the allowance is drawn at the amount of the basic part."""
    return logical_and(
        lost_all_capacity,
        asked_before_statutory_age,
        within_basic_allowance_months,
        pays_no_contributions_again,
        not_entitled_to_whole_pension,
    )
