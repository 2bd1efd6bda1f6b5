"""The employees' pension of November 2026 as an OpenFisca country package, one variable for each rule of our book.

Run by the environment of `make bench-openfisca` only (OpenFisca is AGPL: nothing of ours imports it, and this imports
nothing of ours): `python pension.py PEOPLE.npz RESULT.npz ALONE`. It reads columns of people, decides all of them as
one population and the first ALONE each by themselves, writes what it decided and prints its best times as JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import ETERNITY, MONTH
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD, AS_OF_MONTH = "2026-11", 2026 * 12 + 10
ROUNDS = 8
PAYOUT = (233, 230, 226, 223, 220, 216, 212, 208, 204, 199, 195, 190, 185, 180, 175, 170, 164, 158, 152, 145, 139, 132)
PAYOUT += (125, 117, 109, 101, 93, 84, 75, 65, 56)
FIRST_PAYOUT_AGE = 40

Person = build_entity(key="person", plural="people", label="A person", is_person=True)


class RetirementGroup(Enum):
    MALE_60 = "Men"
    FEMALE_55 = "Women in posts of management"
    FEMALE_50 = "Other women"


class Ground(Enum):
    STATUTORY = "None"
    SPECIAL_POST = "A special post"
    ILLNESS = "Illness"


def _dated(value, since="1978-06-01"):
    return {"values": {since: value}}


def _by_group(*values):
    return {group.name: _dated(value) for group, value in zip(RetirementGroup, values, strict=True)}


PARAMETERS = {
    "former_age_months": _by_group(720, 660, 600),
    "special_post_age_months": _by_group(660, 540, 540),
    "illness_age_months": _by_group(600, 540, 540),
    "first_delayed_birth_month": _by_group(1965 * 12, 1970 * 12, 1975 * 12),
    "delay_step_months": _by_group(4, 4, 2),
    "longest_delay_months": _by_group(36, 36, 60),
    "longest_early_months": _dated(36, "2025-01-01"),
    "interpolate_payout_months": _dated(1, "2025-01-01"),
    "calculation_base_fen": _dated(700_000, "2020-01-01"),
    "basic_rate_bp": _dated(100, "2006-01-01"),
    "transitional_coefficient_bp": _dated(130, "2006-01-01"),
    "min_contribution_months": {
        "metadata": {"type": "single_amount"},
        "brackets": [
            {"threshold": _dated(0), "amount": _dated(180)},
            *({"threshold": _dated((2030 + i) * 12), "amount": _dated(186 + 6 * i)} for i in range(10)),
        ],
    },
}


def half_up(numerator, denominator):
    return (numerator + denominator // 2) // denominator


def _variable(name, value_type=int, period=MONTH, formula=None, **more):
    """Declare a variable; a formula takes the person's values and the parameters of the period."""
    attributes = {"value_type": value_type, "entity": Person, "definition_period": period, "label": name, **more}
    if formula is not None:

        def run(person, period, parameters):
            return formula(lambda needed: person(needed, period), parameters(period))

        attributes["formula"] = run
    return type(name, (Variable,), attributes)


def _wide(column):
    """OpenFisca keeps whole numbers in 32 bits; products of fen need 64 on the way."""
    return column.astype(np.int64)


def _early_age(of, law):
    ground, group = of("retirement_ground"), of("retirement_group")
    illness_or_post = np.where(
        ground == Ground.SPECIAL_POST, law.special_post_age_months[group], law.illness_age_months[group]
    )
    return np.where(ground == Ground.STATUTORY, law.former_age_months[group], illness_or_post)


def _delay(of, law):
    group = of("retirement_group")
    past = of("birth_month") - law.first_delayed_birth_month[group]
    steps = past // law.delay_step_months[group] + 1
    return np.where(past < 0, 0, np.minimum(steps, law.longest_delay_months[group]))


def _payout_tenths(of, law):
    over, below, above = of("payout_age_over_months"), of("payout_months"), of("next_payout_months")
    between = half_up((below * (12 - over) + above * over) * 10, 12)
    return np.where(law.interpolate_payout_months == 1, between, below * 10)


def _basic(of, law):
    twice_mean_bp = law.calculation_base_fen * (10_000 + _wide(of("avg_index_bp")))
    return half_up(twice_mean_bp * of("total_contribution_months") * law.basic_rate_bp, 2 * 10_000 * 12 * 10_000)


def _transitional(of, law):
    base = law.calculation_base_fen * _wide(of("avg_index_bp"))
    return half_up(base * of("deemed_months") * law.transitional_coefficient_bp, 10_000 * 12 * 10_000)


def _payout(age):
    return np.array(PAYOUT)[age - FIRST_PAYOUT_AGE]


FACTS = ("birth_month", "contribution_months", "deemed_months", "avg_index_bp", "account_balance_fen")
VARIABLES = [
    *(_variable(name, period=ETERNITY) for name in FACTS),
    _variable(
        "retirement_group", Enum, ETERNITY, possible_values=RetirementGroup, default_value=RetirementGroup.MALE_60
    ),
    _variable("retirement_ground", Enum, ETERNITY, possible_values=Ground, default_value=Ground.STATUTORY),
    _variable("early_ground_confirmed", bool, ETERNITY),
    _variable("total_contribution_months", formula=lambda of, law: of("contribution_months") + of("deemed_months")),
    _variable("delay_months", formula=_delay),
    _variable("claims_early_ground", bool, formula=lambda of, law: of("retirement_ground") != Ground.STATUTORY),
    _variable("early_ground_open", bool, formula=lambda of, law: of("retirement_ground") != Ground.ILLNESS),
    _variable("early_age_months", formula=_early_age),
    _variable(
        "statutory_age_months",
        formula=lambda of, law: law.former_age_months[of("retirement_group")] + of("delay_months"),
    ),
    _variable("early_retirement_month", formula=lambda of, law: of("birth_month") + of("early_age_months")),
    _variable("statutory_retirement_month", formula=lambda of, law: of("birth_month") + of("statutory_age_months")),
    _variable(
        "early_ground_confirmed_if_claimed",
        bool,
        formula=lambda of, law: ~of("claims_early_ground") | of("early_ground_confirmed"),
    ),
    _variable("retirement_month", formula=lambda of, law: of("statutory_retirement_month")),
    _variable(
        "earliest_retirement_month",
        formula=lambda of, law: np.maximum(
            of("birth_month") + law.former_age_months[of("retirement_group")],
            of("statutory_retirement_month") - law.longest_early_months,
        ),
    ),
    _variable(
        "minimum_month", formula=lambda of, law: np.minimum(of("retirement_month"), of("statutory_retirement_month"))
    ),
    _variable("retirement_month_reached", bool, formula=lambda of, law: of("retirement_month") <= AS_OF_MONTH),
    _variable("payout_age_months", formula=lambda of, law: of("retirement_month") - of("birth_month")),
    _variable("first_payment_month", formula=lambda of, law: of("retirement_month") + 1),
    _variable(
        "earliest_pension_month",
        formula=lambda of, law: np.where(
            of("claims_early_ground"), of("early_retirement_month"), of("earliest_retirement_month")
        ),
    ),
    _variable(
        "chosen_min_contribution_months",
        formula=lambda of, law: law.min_contribution_months.calc(of("minimum_month")),
    ),
    _variable("payout_age_over_months", formula=lambda of, law: of("payout_age_months") % 12),
    _variable("payout_age_years", formula=lambda of, law: of("payout_age_months") // 12),
    _variable("basic_pension_fen", formula=_basic),
    _variable("transitional_pension_fen", formula=_transitional),
    _variable(
        "not_before_earliest_month",
        bool,
        formula=lambda of, law: of("retirement_month") >= of("earliest_pension_month"),
    ),
    _variable(
        "enough_months_at_choice",
        bool,
        formula=lambda of, law: of("total_contribution_months") >= of("chosen_min_contribution_months"),
    ),
    _variable(
        "next_payout_age_years", formula=lambda of, law: of("payout_age_years") + (of("payout_age_over_months") > 0)
    ),
    _variable("payout_months", formula=lambda of, law: _payout(of("payout_age_years"))),
    _variable("next_payout_months", formula=lambda of, law: _payout(of("next_payout_age_years"))),
    _variable(
        "may_draw_employee_pension",
        bool,
        formula=lambda of, law: (
            of("retirement_month_reached")
            & of("not_before_earliest_month")
            & of("enough_months_at_choice")
            & of("early_ground_open")
            & of("early_ground_confirmed_if_claimed")
        ),
    ),
    _variable("payout_months_tenths", formula=_payout_tenths),
    _variable(
        "account_pension_fen",
        formula=lambda of, law: half_up(_wide(of("account_balance_fen")) * 10, of("payout_months_tenths")),
    ),
    _variable(
        "total_pension_fen",
        formula=lambda of, law: of("basic_pension_fen") + of("account_pension_fen") + of("transitional_pension_fen"),
    ),
]
RESULTS = (
    "may_draw_employee_pension",
    "statutory_age_months",
    "statutory_retirement_month",
    "total_contribution_months",
    "chosen_min_contribution_months",
    "payout_months_tenths",
    "basic_pension_fen",
    "account_pension_fen",
    "transitional_pension_fen",
    "total_pension_fen",
    "first_payment_month",
)


def system():
    """Make the country's rules."""
    country = TaxBenefitSystem([Person])
    country.add_variables(*VARIABLES)
    country.parameters = ParameterNode("", data=PARAMETERS)
    return country


def decide(country, columns, count):
    """Decide a population, all results of it."""
    simulation = SimulationBuilder().build_default_simulation(country, count=count)
    for name, column in columns.items():
        simulation.set_input(name, "ETERNITY", column)
    return {name: simulation.calculate(name, PERIOD) for name in RESULTS}


def _best(work):
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def main(people, result, alone):
    """Decide, write, tell the times."""
    columns = {name: column.astype(np.int32) for name, column in np.load(people).items()}
    groups = np.array([group.name for group in RetirementGroup])
    columns["retirement_group"] = RetirementGroup.encode(groups[columns["retirement_group"] - 1])
    count = len(columns["birth_month"])
    country = system()
    np.savez(result, **decide(country, columns, count))
    single = [{name: column[row : row + 1] for name, column in columns.items()} for row in range(alone)]
    many = _best(lambda: decide(country, columns, count))
    one = _best(lambda: [decide(country, person, 1) for person in single])
    sys.stdout.write(json.dumps({"one_us": one / alone * 1e6, "many_us": many / count * 1e6}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
