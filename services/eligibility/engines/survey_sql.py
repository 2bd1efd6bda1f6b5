"""A survey of a population as one ClickHouse query.

For places whose evidence is in a warehouse already: it gives person, state, base_state and valid_to of everybody on the
roll, the same as survey.py to the day, with the answers of the rule book in force on the survey's day. The tables are
as the files of survey_files.py: roll, evidence and notices, kinds and channels as their words; of a later survey the
roll has the base_state that the one before gave.
"""

from collections.abc import Collection
from datetime import date

from services.eligibility.certification_law import CertificationParameters
from services.eligibility.columns import CERTIFIED, STATES, WARNING, Codes, transitions, verdicts
from services.eligibility.evidence import MATTERS, NEGATIVE, RELEASES, TERMS, EvidenceKind, Matter

_QUERY = """\
WITH
known AS (
    SELECT person, kind, source, event_date, greatest(received_date, start_date) AS known_date, end_date
    FROM {evidence} AS evidence INNER JOIN {roll} AS roll USING (person)
    WHERE known_date <= {day}
),
positive AS (
    SELECT person, kind, event_date, known_date,
        end_date IS NULL OR greatest(assumeNotNull(end_date), known_date) > {day} AS stands
    FROM known
    WHERE kind IN ({certifying}) AND (end_date IS NULL OR greatest(assumeNotNull(end_date), known_date) > known_date)
),
seen AS (
    SELECT person,
        maxOrNullIf(event_date, stands) AS latest,
        maxOrNullIf(event_date, stands AND kind IN ({strong})) AS latest_strong,
        maxOrNullIf(event_date, stands AND kind IN ({releases})) AS released
    FROM positive GROUP BY person
),
grave AS (
    SELECT known.person AS person, kind, source, event_date
    FROM known LEFT JOIN seen USING (person)
    WHERE kind IN ({grave}) AND end_date IS NULL
        AND (kind NOT IN ({terms}) OR isNull(released) OR event_date > assumeNotNull(released))
),
reported AS (SELECT DISTINCT person FROM grave),
agreed AS (
    SELECT DISTINCT one.person AS person FROM grave AS one INNER JOIN grave AS other USING (person)
    WHERE {agree}
),
judged AS (SELECT DISTINCT person FROM grave WHERE kind = '{judgement}'),
missing AS (SELECT person, maxOrNull(event_date) AS missed FROM known
    WHERE kind = '{missing}' AND end_date IS NULL GROUP BY person),
people AS (
    SELECT roll.person AS person, roll.start_date AS start_date,
        {base} AS base,
        isNull(roll.birth_date) OR addMonths(assumeNotNull(roll.birth_date), {visit_months}) <= {day} AS is_old,
        seen.latest AS latest, seen.latest_strong AS latest_strong,
        addMonths(seen.latest, {validity_months}) AS valid_to,
        addMonths(addMonths(seen.latest, {validity_months}), -{warning_months}) AS warned_from
    FROM {roll} AS roll LEFT JOIN seen USING (person)
),
noticed AS (
    SELECT DISTINCT notices.person AS person FROM {notices} AS notices INNER JOIN people USING (person)
    WHERE notices.counts_from <= {day} AND (isNull(warned_from) OR notices.delivered_date >= assumeNotNull(warned_from))
        AND (is_old, notices.channel = 'VISIT') IN ({reaching})
)
SELECT person,
    multiIf(start_date > {day}, '', verdict != '', verdict, next_state) AS state,
    multiIf(start_date > {day}, base, next_state) AS base_state,
    valid_to
FROM (
    SELECT people.person AS person, people.start_date AS start_date, people.valid_to AS valid_to,
        people.base AS base,
        transform(8 * (person IN (SELECT person FROM agreed)) + 4 * (person IN (SELECT person FROM judged))
            + 2 * (person IN (SELECT person FROM reported))
            + (isNotNull(missed) AND (isNull(latest_strong) OR assumeNotNull(missed) >= assumeNotNull(latest_strong))),
            {verdict}) AS verdict,
        multiIf(coalesce(done.certified, 0), {certified}, base = 'SUSPENDED' AND coalesce(done.covered, 0), {warning},
            base = '' AND start_date < {day}, {warning}, transform(base, {codes}, 0)) AS before,
        isNotNull(latest) AND {day} < assumeNotNull(warned_from) AS safe,
        isNotNull(latest) AND {day} <= assumeNotNull(valid_to) AS covered,
        isNull(latest) OR {day} > addMonths(assumeNotNull(valid_to), {grace_months}) AS overdue,
        transform(before + 8 * safe + 4 * covered + 2 * overdue + (person IN (SELECT person FROM noticed)),
            {next_state}) AS next_state
    FROM people
    LEFT JOIN missing USING (person)
    LEFT JOIN (
        SELECT person,
            max(known_date < addMonths(addMonths(event_date, {validity_months}), -{warning_months})) AS certified,
            max(known_date <= addMonths(event_date, {validity_months})) AS covered
        FROM positive WHERE {swept} AND known_date < {day} GROUP BY person
    ) AS done USING (person)
)
ORDER BY person
"""


_CASES = 16
"""What else there is to a state before the sweep: four flags."""


def survey_query(
    day: date,
    parameters: CertificationParameters,
    roll: str,
    evidence: str,
    notices: str,
    swept: date | None = None,
) -> str:
    """Give the query of a day, after a survey of `swept`; the tables may be names or table functions of ClickHouse."""
    codes = {str(state or ""): _CASES * code for code, state in enumerate(STATES)}
    return _QUERY.format(
        base="assumeNotNull(roll.base_state)" if swept is not None else "''",
        swept=f"known_date > {_day(swept)}" if swept is not None else "1",
        codes=f"{list(codes)}, {list(codes.values())}",
        certified=_CASES * CERTIFIED,
        warning=_CASES * WARNING,
        roll=roll,
        evidence=evidence,
        notices=notices,
        day=_day(day),
        certifying=_words(parameters.certifying),
        strong=_words(parameters.finding),
        terms=_words(TERMS),
        releases=_words(RELEASES),
        agree=_agree(parameters),
        judgement=EvidenceKind.COURT_JUDGMENT,
        grave=_words(NEGATIVE - {EvidenceKind.MISSING_DECLARED}),
        missing=EvidenceKind.MISSING_DECLARED,
        reaching=", ".join(f"({to_visit:d}, {visit:d})" for to_visit, visit in sorted(parameters.reaching)),
        verdict=_picked(verdicts(parameters)),
        next_state=_picked(transitions(parameters)),
        visit_months=12 * parameters.home_visit_age,
        validity_months=parameters.validity_months,
        warning_months=parameters.warning_months,
        grace_months=parameters.grace_months,
    )


def _day(day: date) -> str:
    return f"toDate32('{day.isoformat()}')"


def _agree(parameters: CertificationParameters) -> str:
    """Tell of which pairs of reports two offices agree."""
    cases = (
        f"(one.kind IN ({_words(_of(matter))}) AND other.kind IN ({_words(_of(of_other))})"
        f" AND (one.source = other.source) = {same_office:d}"
        f" AND abs(dateDiff('day', one.event_date, other.event_date)) <= {days})"
        for (matter, of_other, same_office), days in sorted(parameters.agreement_days.items())
    )
    return "\n        OR ".join(cases) or "0"


def _of(matter: Matter) -> list[EvidenceKind]:
    return [kind for kind, about in MATTERS.items() if about is matter]


def _picked(states: Codes) -> str:
    """Give the arguments of `transform` that make a state's word of the number of a case."""
    words = [str(STATES[code] or "") for code in states.tolist()]
    return f"{list(range(len(words)))}, {words}, ''"


def _words(kinds: Collection[EvidenceKind]) -> str:
    return ", ".join(f"'{kind}'" for kind in sorted(kinds))
