"""Which benefits can be found for people; pure."""

from services.eligibility.domain import Scheme
from services.eligibility.offer import Offer

_ILLNESS = frozenset({"illness_allowance", "basic_illness_allowance"})

OFFERS = (
    # 城乡养老保险制度衔接暂行办法 第八条; 社会保险法 第五十一条; 人社部发〔2024〕72号.
    # Beside an injury allowance only what it lacks is paid (社会保险法 第四十条): a person looks.
    Offer(
        "employee_pension",
        Scheme.EMPLOYEE_PENSION,
        "total_pension_fen",
        "first_payment_month",
        replaces=frozenset({"resident_pension", "unemployment_benefit"}) | _ILLNESS,
        excluded_by=frozenset({"work_injury", "dependants_allowance"}),
    ),
    Offer(
        "resident_pension",
        Scheme.RESIDENT_PENSION,
        "resident_pension_fen",
        "resident_first_payment_month",
        excluded_by=_ILLNESS,
    ),
    Offer(
        "unemployment_benefit",
        Scheme.UNEMPLOYMENT_INSURANCE,
        "unemployment_benefit_fen",
        last="unemployment_last_month",
        excluded_by=_ILLNESS,
    ),
    Offer("work_injury", Scheme.WORK_INJURY_INSURANCE, "injury_monthly_fen"),
    Offer(
        "dependants_allowance",
        Scheme.WORK_INJURY_INSURANCE,
        "dependants_allowance_fen",
        "dependants_first_month",
    ),
    Offer(
        "illness_allowance",
        Scheme.EMPLOYEE_PENSION,
        "illness_allowance_fen",
        excluded_by=frozenset({"basic_illness_allowance", "unemployment_benefit"}),
    ),
    Offer(
        "basic_illness_allowance",
        Scheme.EMPLOYEE_PENSION,
        "basic_allowance_fen",
        excluded_by=frozenset({"illness_allowance", "unemployment_benefit"}),
    ),
    # 城乡养老保险制度衔接暂行办法 第七条.
    Offer("overlap_refund", Scheme.RESIDENT_PENSION, "overlap_refund_due_fen", event="overlap_months"),
    # 工伤保险条例 第三十五条至第三十七条.
    Offer(
        "disability_lump",
        Scheme.WORK_INJURY_INSURANCE,
        "disability_lump_fen",
        event="injury_grade",
        event_month="injury_month",
    ),
    # 社会保险法 第十七条；人社部发〔2021〕18号.
    Offer(
        "survivors_benefit",
        Scheme.EMPLOYEE_PENSION,
        "survivors_total_fen",
        event="death_month",
        event_month="death_month",
        to_survivors=True,
    ),
    # 工伤保险条例 第三十九条.
    Offer(
        "work_injury_death",
        Scheme.WORK_INJURY_INSURANCE,
        "injury_death_total_fen",
        event="injury_death_kind",
        event_month="death_month",
        to_survivors=True,
    ),
    # 国发〔2014〕8号 第六条.
    Offer(
        "resident_account_refund",
        Scheme.RESIDENT_PENSION,
        "resident_account_refund_fen",
        event="death_month",
        event_month="death_month",
        to_survivors=True,
    ),
)
"""In the order in which they are looked at: who is due a pension is not offered what ends with it."""

OFFER_OF = {offer.benefit: offer for offer in OFFERS}
FOR_SURVIVORS = frozenset(offer.benefit for offer in OFFERS if offer.to_survivors)
