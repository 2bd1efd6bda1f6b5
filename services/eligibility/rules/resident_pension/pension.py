"""The residents' pension: conditions, and the amounts of the month that is decided for."""

from services.eligibility.book.ops import MONTHS_A_YEAR, half_up, least, logical_and, most, where
from services.eligibility.book.rule import rule


@rule("国发〔2014〕8号 第七条（领取年龄仍为60周岁，不随改革延迟）")
def resident_pension_month(birth_month: int, resident_pension_age_months: int) -> int:
    """Month in which the age of the residents' pension is reached."""
    return birth_month + resident_pension_age_months


@rule("国发〔2014〕8号 第七条")
def resident_age_reached(as_of_month: int, resident_pension_month: int) -> bool:
    """Whether the age of the residents' pension is reached."""
    return as_of_month >= resident_pension_month


@rule("国发〔2014〕8号 第七条（实施时已满60周岁不用缴费；距60周岁不足15年的逐年缴费，按整年计，待核）", unverified=True)
def required_resident_months(
    resident_pension_month: int, resident_scheme_start_month: int, resident_min_months: int
) -> int:
    """Months that must have been paid: those from the begin of the scheme to the age, and at most the minimum."""
    years = most(resident_pension_month - resident_scheme_start_month, 0) // MONTHS_A_YEAR
    return least(years * MONTHS_A_YEAR, resident_min_months)


@rule("国发〔2014〕8号 第七条")
def enough_resident_months(resident_contribution_months: int, required_resident_months: int) -> bool:
    """Whether the residents' scheme was paid for long enough."""
    return resident_contribution_months >= required_resident_months


@rule("国发〔2014〕8号 第七条；城乡养老保险制度衔接暂行办法 第八条")
def draws_no_employee_pension(draws_employee_pension: int) -> bool:
    """Whether no monthly pension of the employees' or public scheme is drawn."""
    return draws_employee_pension == 0


@rule("国发〔2014〕8号 第七条")
def may_draw_resident_pension(
    resident_age_reached: bool, enough_resident_months: bool, draws_no_employee_pension: bool
) -> bool:
    """Whether the resident may draw a monthly pension."""
    return logical_and(resident_age_reached, enough_resident_months, draws_no_employee_pension)


@rule("国发〔2014〕8号 第六条（地方可以提高，不得低于国家最低标准）")
def resident_basic_fen(national_basic_fen: int, city_basic_fen: int, district_addition_fen: int) -> int:
    """Pension of the pool: the city's amount, not below the nation's, and what the district adds."""
    return most(national_basic_fen, city_basic_fen) + district_addition_fen


@rule("国发〔2014〕8号 第六条；人社部发〔2018〕21号（对65周岁及以上老年居民适当倾斜）")
def resident_age_addition_fen(
    as_of_month: int,
    birth_month: int,
    older_from_years: int,
    oldest_from_years: int,
    older_addition_fen: int,
    oldest_addition_fen: int,
) -> int:
    """Addition for old age."""
    age_years = (as_of_month - birth_month) // MONTHS_A_YEAR
    oldest = where(age_years >= oldest_from_years, oldest_addition_fen, older_addition_fen)
    return where(age_years >= older_from_years, oldest, 0)


@rule("国发〔2014〕8号 第六条（对长期缴费的可适当加发）")
def resident_long_payment_fen(
    resident_contribution_months: int, resident_min_months: int, long_payment_yearly_fen: int
) -> int:
    """Addition for whole years paid beyond the minimum."""
    beyond_months = most(resident_contribution_months - resident_min_months, 0)
    return beyond_months // MONTHS_A_YEAR * long_payment_yearly_fen


@rule("国发〔2014〕8号 第六条（个人账户储存额除以139；用完后由政府继续支付）")
def resident_account_pension_fen(resident_account_balance_fen: int, resident_payout_months: int) -> int:
    """Account pension: the balance at the beginning over the payout months; it goes on when the account is used up."""
    return half_up(resident_account_balance_fen, resident_payout_months)


@rule("国发〔2014〕8号 第六条")
def resident_pension_fen(
    resident_basic_fen: int,
    resident_age_addition_fen: int,
    resident_long_payment_fen: int,
    resident_account_pension_fen: int,
) -> int:
    """Monthly pension."""
    return resident_basic_fen + resident_age_addition_fen + resident_long_payment_fen + resident_account_pension_fen


@rule("国发〔2014〕8号 第七条；社会保险经办惯例：自次月起发")
def resident_first_payment_month(resident_pension_month: int) -> int:
    """First month that is paid: the one after the age is reached."""
    return resident_pension_month + 1


@rule("国发〔2014〕8号 第六条（参保人死亡，个人账户资金余额可以依法继承）")
def may_inherit_resident_account(death_happened: bool) -> bool:
    """Whether the heirs get what is left of the account."""
    return logical_and(death_happened)


@rule("国发〔2014〕8号 第六条（参保人死亡，个人账户资金余额可以依法继承）")
def resident_account_refund_fen(resident_account_left_fen: int) -> int:
    """Amount that the heirs are paid, once."""
    return most(resident_account_left_fen, 0)
