"""What every rule and every parameter of the law must be."""

import pytest

from services.eligibility.book.rule import Rule
from tests.unit.eligibility.book.case_tables import book

RULES = [version for versions in book().library.rules.values() for version in versions]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.place)
def test_every_rule_cites_an_article_and_says_what_it_is(rule: Rule) -> None:
    assert rule.article
    assert len(rule.title) > 10


def test_every_rule_belongs_to_a_benefit() -> None:
    used = {name for chapter in book().chapters.values() for plan in chapter.plans for name in plan.inputs}
    assert set(book().library.rules) - used == set()


def test_every_parameter_entry_has_a_source_and_is_checked_or_shown_as_unverified() -> None:
    for parameter in book().parameters():
        for entry in parameter.entries:
            assert entry.source, entry.place
            assert entry.unverified or (parameter.checked is not None and entry.published is not None), entry.place


def test_what_nobody_has_compared_with_the_law_is_listed() -> None:
    assert {parameter.name for parameter in book().parameters() if parameter.is_unverified} == {
        "calculation_base_fen",
        "transitional_coefficient_bp",
        "interpolate_payout_months",
        "certification_validity_months",
        "certification_warning_months",
        "certification_grace_months",
        "certification_home_visit_age_years",
        "certification_agreement_days",
        "certification_backdating_days",
        "certification_phone_after_months",
        "certification_visit_after_months",
        "evidence_strength",
        "missing_effect",
        "parole_effect",
        "nationality_lost_effect",
        "prison_first_month_paid",
        "prison_release_month_paid",
        "resident_scheme_start_month",
        "national_basic_fen",
        "city_basic_fen",
        "district_addition_fen",
        "older_from_years",
        "oldest_from_years",
        "older_addition_fen",
        "oldest_addition_fen",
        "long_payment_yearly_fen",
        "provincial_income_fen",
        "minimum_wage_fen",
        "average_wage_fen",
        "average_wage_at_injury_fen",
        "average_wage_at_death_fen",
        "unemployment_benefit_rate_bp",
        "medical_grant_months",
        "employment_grant_months",
        "national_income_fen",
        "illness_first_months",
        "illness_rising_from_months",
        "illness_yearly_months",
        "living_minimum_fen",
        "police_threshold_fen",
        "adjustment_fixed_fen",
        "adjustment_yearly_fen",
        "adjustment_rate_bp",
        "aged_from_years",
        "very_aged_from_years",
        "aged_raise_fen",
        "very_aged_raise_fen",
        "feed_most_count",
        "feed_size_ratio_bp",
        "feed_history_count",
        "feed_negative_monthly_bp",
        "feed_negative_floor_count",
        "feed_desk_negative_count",
        "feed_kind_shift_bp",
        "feed_dates_ahead_bp",
        "feed_dates_old_bp",
        "feed_old_months",
        "feed_same_day_bp",
        "feed_unknown_people_bp",
        "feed_contradicted_bp",
        "feed_contradicted_floor_count",
        "feed_conflicting_bp",
        "feed_kept_days",
        "feed_reports_deaths",
        "feed_reports_sentences",
        "feed_reports_missing",
        "instant_overlap_refund",
        "instant_resident_pension",
        "instant_on_unverified_law",
        "verified_facts_months",
        "proposal_days",
        "declined_proposal_months",
        "findings_kept_months",
        "found_back_months",
        "outside_draw_months",
        "once_event_months",
    }
    assert {rule.name for rule in RULES if rule.unverified} == {
        "minimum_month",
        "pays_on_to_minimum",
        "required_resident_months",
        "needs_review_by_hand",
        "evidence_certifies",
        "shows_the_missing",
        "is_certified",
        "comes_from_two_offices",
        "concerns_same_matter",
        "is_dated_near",
        "two_offices_agree",
        "validity_is_over",
        "is_qualification_lost",
        "years_raise_fen",
        "goes_on_until_retirement",
        "enough_unemployment_months",
        "dependants_first_month",
        "dependants_allowance_fen",
        "not_entitled_to_whole_pension",
        "few_years_allowance_months",
        "basic_allowance_months",
        "within_basic_allowance_months",
        "allowance_anew_month",
        "basic_allowance_fen",
        "may_draw_basic_illness_allowance",
    }
    assert {benefit.name: benefit.unverified for benefit in book().benefits()} == {
        "agreeing_reports": True,
        "basic_illness_allowance": True,
        "dependants_allowance": True,
        "disability_lump": True,
        "double_draw": True,
        "early_retirement": False,
        "employee_pension": True,
        "flexible_retirement": True,
        "illness_allowance": True,
        "injury_leave": False,
        "overlap_refund": False,
        "overpayment": True,
        "pension_adjustment": True,
        "resident_account_refund": False,
        "resident_pension": True,
        "scheme_bridging": False,
        "silent_certification": True,
        "statutory_retirement": False,
        "survivors_benefit": True,
        "unemployment_benefit": True,
        "work_injury": True,
        "work_injury_death": True,
    }
