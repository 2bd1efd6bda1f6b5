"""What the records of courts and prisons amount to."""

from datetime import date

import pytest

from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import Assessment, CertificationState
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.life_event import LifeEvent, LifeEventKind
from tests.support.certification import LAW

JUSTICE, POLICE = EvidenceSource.JUSTICE, EvidenceSource.POLICE


def known(kind: str, day: str, source: EvidenceSource = JUSTICE) -> Evidence:
    on = date.fromisoformat(day)
    return Evidence(source, f"{kind}-{day}", "p", EvidenceKind(kind), on, on)


def assessed(*records: Evidence) -> Assessment:
    return assess(Grounds(date(2024, 1, 1), date(1960, 1, 1), records), LAW)


def event(kind: str, since: str, until: str = "", *, convicted: bool = False) -> LifeEvent:
    to_date = date.fromisoformat(until) if until else None
    return LifeEvent(LifeEventKind(kind), date.fromisoformat(since), to_date, convicted)


SENTENCED = known("SENTENCED", "2025-03-10")
AGREED = known("SENTENCED", "2025-03-12", POLICE)
JUDGED = known("COURT_JUDGMENT", "2025-03-10")
RELEASED = known("RELEASED", "2026-01-05")


@pytest.mark.parametrize(
    ("records", "state", "events"),
    [
        ([SENTENCED], "UNDER_VERIFICATION", [event("SENTENCE_REPORTED", "2025-03-10")]),
        ([SENTENCED, AGREED], "LOST", [event("PRISON", "2025-03-10")]),
        ([JUDGED], "LOST", [event("PRISON", "2025-03-10")]),
        ([JUDGED, AGREED], "LOST", [event("PRISON", "2025-03-10")]),
        ([JUDGED, RELEASED], "CERTIFIED", [event("PRISON", "2025-03-10", "2026-01-05")]),
        # Nobody but the one office knows of it: the pension goes on, what lies between is asked for.
        ([SENTENCED, RELEASED], "CERTIFIED", [event("SENTENCE_REPORTED", "2025-03-10", "2026-01-05")]),
        (
            [SENTENCED, known("RELEASED", "2026-01-05", POLICE)],
            "CERTIFIED",
            [event("PRISON", "2025-03-10", "2026-01-05")],
        ),
        ([known("IN_CUSTODY", "2025-01-20")], "UNDER_VERIFICATION", [event("CUSTODY", "2025-01-20")]),
        (
            [known("IN_CUSTODY", "2025-01-20"), known("IN_CUSTODY", "2025-01-21", POLICE)],
            "UNDER_VERIFICATION",
            [event("CUSTODY", "2025-01-20")],
        ),
        (
            [known("IN_CUSTODY", "2025-01-20"), known("RELEASED", "2025-02-20")],
            "CERTIFIED",
            [event("CUSTODY", "2025-01-20", "2025-02-20")],
        ),
        (
            [known("IN_CUSTODY", "2025-01-20"), JUDGED],
            "LOST",
            [event("CUSTODY", "2025-01-20", "2025-03-10", convicted=True), event("PRISON", "2025-03-10")],
        ),
        (
            [known("IN_CUSTODY", "2025-01-20"), SENTENCED, RELEASED],
            "CERTIFIED",
            [event("SENTENCE_REPORTED", "2025-01-20", "2026-01-05")],
        ),
        (
            [JUDGED, known("PAROLED", "2025-11-01")],
            "CERTIFIED",
            [event("PRISON", "2025-03-10", "2025-11-01"), event("PAROLE", "2025-11-01")],
        ),
        (
            [JUDGED, known("PAROLED", "2025-11-01"), known("COURT_JUDGMENT", "2025-12-10")],
            "LOST",
            [
                event("PRISON", "2025-03-10", "2025-11-01"),
                event("PAROLE", "2025-11-01", "2025-12-10"),
                event("PAROLE_REVOKED", "2025-12-10"),
            ],
        ),
        (
            [JUDGED, known("COMMUNITY_CORRECTION", "2025-03-10"), RELEASED],
            "CERTIFIED",
            [event("SENTENCE_OUTSIDE", "2025-03-10", "2026-01-05")],
        ),
        (
            [JUDGED, known("RELEASED", "2025-06-01"), known("COURT_JUDGMENT", "2025-10-01")],
            "LOST",
            [event("PRISON", "2025-03-10", "2025-06-01"), event("PRISON", "2025-10-01")],
        ),
        ([known("MISSING_DECLARED", "2025-04-01")], "UNDER_VERIFICATION", [event("MISSING", "2025-04-01")]),
        ([known("MISSING_DECLARED", "2025-04-01"), known("HOME_VISIT", "2025-05-01")], "CERTIFIED", []),
    ],
)
def test_records_amount_to_a_state_and_to_what_happened(
    records: list[Evidence], state: str, events: list[LifeEvent]
) -> None:
    for order in (records, records[::-1]):
        found = assessed(*order)
        assert list(found.events) == events
        assert found.periods[-1].state is CertificationState(state)
    assert assessed(*records).lost_on is None


def test_a_sentence_that_was_withdrawn_never_was() -> None:
    withdrawn = Evidence(
        JUSTICE, "x", "p", EvidenceKind.COURT_JUDGMENT, date(2025, 3, 10), date(2025, 3, 11), date(2025, 4, 1)
    )
    assert assessed(withdrawn) == assessed()
