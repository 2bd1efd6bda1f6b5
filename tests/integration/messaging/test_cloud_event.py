"""An event on the bus."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.cloud_event import Event
from tests.integration.messaging.events import draw_event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(
    TEXTS,
    TEXTS,
    st.integers(1, 2**62),
    st.sampled_from(["", "370299", "370200000000"]),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]), min_value=datetime(1950, 1, 1)),  # noqa: DTZ001  hypothesis adds it
    st.binary(),
)
def test_an_event_reads_back_equal_from_its_message(
    resource: str, aggregate: str, seq: int, division: str, moment: datetime, data: bytes
) -> None:
    event = Event("id1", "socsec.card.v1.CardIssued", "/socsec/card", resource, aggregate, seq, division, moment, data)
    headers = event.headers()
    assert all(value.isascii() and value.isprintable() and value == value.strip() for value in headers.values())
    assert Event.of_message(event.nats_subject, headers, event.data) == event


@pytest.mark.parametrize(
    ("type_name", "division", "subject"),
    [
        ("socsec.card.v1.CardLossReported", "370299", "socsec.card.v1.card.loss_reported.370299"),
        ("socsec.fundaudit.v1.CaseChanged", "", "socsec.fundaudit.v1.case.changed.000000"),
        ("socsec.eligibility.v1.DrawRecorded", "370200000000", "socsec.eligibility.v1.draw.recorded.370200000000"),
    ],
)
def test_the_subject_follows_from_type_and_division(type_name: str, division: str, subject: str) -> None:
    event = Event("id1", type_name, "/s", "r", "r", 1, division, datetime(2026, 1, 1, tzinfo=UTC), b"")
    assert event.nats_subject == subject


@pytest.mark.parametrize("missing", ["ce-id", "ce-type", "ce-source", "ce-subject", "ce-sequence", "ce-time"])
def test_a_message_without_a_needed_header_is_refused_by_its_name(missing: str) -> None:
    event = draw_event("draws/1", 1)
    headers = event.headers()
    del headers[missing]
    with pytest.raises(ValueError, match=missing):
        Event.of_message(event.nats_subject, headers, b"")
