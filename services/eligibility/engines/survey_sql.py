"""A population's first survey as one ClickHouse query.

For places whose evidence is in a warehouse already: it gives person, state and valid_to of everybody on the roll, the
same as survey.py to the day, with the numbers and strengths of the rule book in force on the survey's day. The tables
are as the files of survey_files.py: roll, evidence and notices, kinds and channels as their words. It is the first
survey of these people; later ones need the base states, which survey_files.py carries on.
"""

from collections.abc import Collection
from datetime import date

from services.eligibility.certification import CertificationParameters
from services.eligibility.evidence import DEATHS, NEGATIVE, RELEASES, SENTENCES, TERMS, EvidenceKind, Strength

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
    SELECT known.person AS person, kind, kind IN ({deaths}) AS is_death, source, event_date
    FROM known LEFT JOIN seen USING (person)
    WHERE kind IN ({grave}) AND end_date IS NULL
        AND (kind NOT IN ({terms}) OR isNull(released) OR event_date > assumeNotNull(released))
),
reported AS (SELECT DISTINCT person FROM grave),
agreed AS (
    SELECT DISTINCT one.person AS person FROM grave AS one INNER JOIN grave AS other USING (person)
    WHERE one.kind IN ({agreeing}) AND other.kind IN ({agreeing})
        AND one.is_death = other.is_death AND one.source != other.source
        AND abs(dateDiff('day', one.event_date, other.event_date)) <= {agreement_days}
    UNION DISTINCT SELECT person FROM grave WHERE kind = '{judgement}'
),
missing AS (SELECT person, max(event_date) AS missed FROM known
    WHERE kind = '{missing}' AND end_date IS NULL GROUP BY person),
people AS (
    SELECT roll.person AS person, roll.start_date AS start_date,
        isNull(roll.birth_date) OR addMonths(assumeNotNull(roll.birth_date), {visit_months}) <= {day} AS is_old,
        seen.latest AS latest, seen.latest_strong AS latest_strong,
        addMonths(seen.latest, {validity_months}) AS valid_to,
        addMonths(addMonths(seen.latest, {validity_months}), -{warning_months}) AS warned_from
    FROM {roll} AS roll LEFT JOIN seen USING (person)
),
noticed AS (
    SELECT DISTINCT notices.person AS person FROM {notices} AS notices INNER JOIN people USING (person)
    WHERE notices.counts_from <= {day} AND (isNull(warned_from) OR notices.delivered_date >= assumeNotNull(warned_from))
        AND (notices.channel = 'VISIT' OR NOT is_old)
)
SELECT person,
    multiIf(
        start_date > {day}, '',
        person IN (SELECT person FROM agreed), 'LOST',
        person IN (SELECT person FROM reported), 'UNDER_VERIFICATION',
        person IN (SELECT person FROM missing)
            AND (isNull(latest_strong) OR missed >= assumeNotNull(latest_strong)), 'UNDER_VERIFICATION',
        isNotNull(latest) AND {day} < assumeNotNull(warned_from), 'CERTIFIED',
        NOT was_certified AND start_date < {day} AND person IN (SELECT person FROM noticed)
            AND (isNull(latest) OR {day} > addMonths(assumeNotNull(valid_to), {grace_months})), 'SUSPENDED',
        'WARNING'
    ) AS state,
    valid_to
FROM (
    SELECT people.person AS person, people.start_date AS start_date, people.latest AS latest,
        people.latest_strong AS latest_strong, people.valid_to AS valid_to, people.warned_from AS warned_from,
        missing.missed AS missed, coalesce(certified.was_certified, 0) AS was_certified
    FROM people
    LEFT JOIN missing USING (person)
    LEFT JOIN (
        SELECT person, max(known_date < {day} AND known_date
            < addMonths(addMonths(event_date, {validity_months}), -{warning_months})) AS was_certified
        FROM positive GROUP BY person
    ) AS certified USING (person)
)
ORDER BY person
"""


def survey_query(day: date, parameters: CertificationParameters, roll: str, evidence: str, notices: str) -> str:
    """Give the query of a day; the tables may be names or table functions of ClickHouse."""
    strengths = parameters.strengths
    strong = [kind for kind, strength in strengths.items() if strength is Strength.STRONG]
    certifying = [kind for kind, strength in strengths.items() if strength is not Strength.WEAK]
    return _QUERY.format(
        roll=roll,
        evidence=evidence,
        notices=notices,
        day=f"toDate32('{day.isoformat()}')",
        certifying=_words(certifying),
        strong=_words(strong),
        deaths=_words(DEATHS),
        terms=_words(TERMS),
        releases=_words(RELEASES),
        agreeing=_words(DEATHS | SENTENCES),
        judgement=EvidenceKind.COURT_JUDGMENT,
        grave=_words(NEGATIVE - {EvidenceKind.MISSING_DECLARED}),
        missing=EvidenceKind.MISSING_DECLARED,
        agreement_days=parameters.agreement_days,
        visit_months=12 * parameters.home_visit_age,
        validity_months=parameters.validity_months,
        warning_months=parameters.warning_months,
        grace_months=parameters.grace_months,
    )


def _words(kinds: Collection[EvidenceKind]) -> str:
    return ", ".join(f"'{kind}'" for kind in sorted(kinds))
