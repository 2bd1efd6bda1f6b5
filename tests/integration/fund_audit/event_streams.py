"""Small worlds of facts as the events by which they become known."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise

from google.protobuf.message import Message

from services.common.cloud_event import Event
from services.common.ids import encode
from services.common.months import format_month
from services.common.rpc.requests import enum_number
from services.fund_audit.detectors.history import Draw
from socsec.card.v1 import card_events_pb2, person_pb2
from socsec.eligibility.v1 import certification_pb2, draw_pb2, eligibility_events_pb2, evidence_pb2
from socsec.type.v1 import scheme_pb2
from tests.unit.fund_audit.worlds import Told, World

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)


def id_of(name: str) -> str:
    """Give the same well-formed id for the same name."""
    return encode(int.from_bytes(sha256(name.encode()).digest()[:16]))


def event(message: Message, aggregate: str, seq: int, event_id: str) -> Event:
    type_name = message.DESCRIPTOR.full_name
    data = message.SerializeToString()
    return Event(event_id, type_name, "/socsec/test", aggregate, aggregate, seq, "370202", NOW, data)


def draw_recorded(draw: Draw) -> Event:
    message = eligibility_events_pb2.DrawRecorded(
        draw=f"draws/{id_of(draw.id)}",
        reference=draw.reference,
        origin=draw.origin,
        person=f"people/{id_of(draw.person)}",
        entitlement_reference=draw.entitlement_reference,
        scheme=scheme_pb2.Scheme.ValueType(enum_number(scheme_pb2.Scheme, draw.scheme)),
        pooling_region=draw.pooling_region,
        benefit_month=format_month(draw.benefit_month),
        pay_date=draw.pay_date.isoformat(),
        kind=draw_pb2.DrawKind.ValueType(enum_number(draw_pb2.DrawKind, draw.kind)),
        amount_fen=draw.amount_fen,
        account_key=draw.account,
    )
    return event(message, message.draw, 1, draw.event_id)


def draw_reversed(draw: Draw) -> Event:
    message = eligibility_events_pb2.DrawReversed(
        draw=f"draws/{id_of(draw.id)}",
        person=f"people/{id_of(draw.person)}",
        reverse_date="2026-06-30",
        reason="returned by the bank",
        account_key=draw.account,
    )
    return event(message, message.draw, 2, f"reversal-{draw.event_id}")


def death_reported(person: str, day: str, record: str, event_id: str) -> Event:
    message = eligibility_events_pb2.NegativeEvidenceReceived(
        evidence=f"POLICE/{record}",
        person=f"people/{id_of(person)}",
        kind=evidence_pb2.EVIDENCE_KIND_DEATH_REGISTERED,
        source=evidence_pb2.EVIDENCE_SOURCE_POLICE,
        event_date=day,
    )
    return event(message, f"evidence/{message.evidence}", 1, event_id)


def sentence_told(person: str, day: str, *, withdrawn: bool = False) -> Event:
    """Tell of a sentence by a court, or that it was taken back."""
    record, kind = f"JUSTICE/{person}", evidence_pb2.EVIDENCE_KIND_COURT_JUDGMENT
    source, name = evidence_pb2.EVIDENCE_SOURCE_JUSTICE, f"people/{id_of(person)}"
    message = (
        eligibility_events_pb2.EvidenceWithdrawn(evidence=record, person=name, kind=kind, source=source)
        if withdrawn
        else eligibility_events_pb2.NegativeEvidenceReceived(
            evidence=record, person=name, kind=kind, source=source, event_date=day
        )
    )
    return event(message, f"evidence/{record}", 2 if withdrawn else 1, f"sentence-{person}-{withdrawn}")


def death_withdrawn(person: str, record: str) -> Event:
    message = eligibility_events_pb2.EvidenceWithdrawn(
        evidence=f"POLICE/{record}",
        person=f"people/{id_of(person)}",
        kind=evidence_pb2.EVIDENCE_KIND_DEATH_REGISTERED,
        source=evidence_pb2.EVIDENCE_SOURCE_POLICE,
    )
    return event(message, f"evidence/{message.evidence}", 2, f"withdrawal-{record}")


def certification_changed(person: str, seq: int, state: str, day: str, event_id: str) -> Event:
    message = eligibility_events_pb2.CertificationChanged(
        person=f"people/{id_of(person)}",
        state=certification_pb2.CertificationState.ValueType(enum_number(certification_pb2.CertificationState, state)),
        effective_date=day,
        valid_to="2027-01-01",
    )
    return event(message, f"certifications/{id_of(person)}", seq, event_id)


def person_registered(person: str, representative: str = "") -> Event:
    message = card_events_pb2.PersonRegistered(person=f"people/{id_of(person)}", division="370202")
    if representative:
        message.representative.person = f"people/{id_of(representative)}"
        message.representative.kind = person_pb2.REPRESENTATIVE_KIND_GUARDIAN
    return event(message, message.person, 1, f"person-{person}")


def merges_told(told: Iterable[Told], registered: Iterable[str] = ()) -> list[Event]:
    """Tell of merges and of their undoing; those who are registered have had one event before."""
    sequences: Counter[str] = Counter(registered)
    events = []
    for one in told:
        sequences[one.person] += 1
        name, survivor = f"people/{id_of(one.person)}", f"people/{id_of(one.survivor)}"
        message = (
            card_events_pb2.PersonMerged(person=name, survivor=survivor)
            if one.survivor
            else card_events_pb2.PersonMergeUndone(person=name)
        )
        events.append(event(message, name, sequences[one.person], one.event_id))
    return events


def events_of(world: World) -> list[Event]:
    """Tell of everything in a world, each aggregate in its order."""
    events = [draw_recorded(draw) for draw in world.draws]
    events += [draw_reversed(draw) for draw in world.draws if draw.reversal]
    for person, death in world.deaths:
        events.append(death_reported(person, death.death_date.isoformat(), death.event_id, death.event_id))
    sequences: dict[str, int] = {}
    for person, change in world.certifications:
        seq = sequences[person] = sequences.get(person, 0) + 1
        day = change.effective_date.isoformat()
        events.append(certification_changed(person, seq, change.state, day, change.event_id))
    represented = {pair.person: pair.representative for pair in world.representations}
    events += [person_registered(person, representative) for person, representative in represented.items()]
    return events


def with_ids(world: World) -> World:
    """Give the world as the service knows it: people and draws by their ids, one representative a person."""
    represented = {pair.person: pair for pair in world.representations}
    return replace(
        world,
        draws=tuple(
            replace(
                draw,
                id=id_of(draw.id),
                person=id_of(draw.person),
                reversal=draw.reversal and f"reversal-{draw.event_id}",
            )
            for draw in world.draws
        ),
        deaths=tuple(fact._replace(person=id_of(fact.person)) for fact in world.deaths),
        certifications=tuple(fact._replace(person=id_of(fact.person)) for fact in world.certifications),
        representations=tuple(
            replace(pair, person=id_of(pair.person), representative=id_of(pair.representative))
            for pair in represented.values()
        ),
        aliases=tuple(
            replace(alias, person=id_of(alias.person), survivor=id_of(alias.survivor)) for alias in world.aliases
        ),
    )


def renumbered(world: World) -> World:
    """Number each person's certification changes as the events do."""
    seen: dict[str, int] = {}
    changes = []
    for fact in world.certifications:
        seen[fact.person] = seen.get(fact.person, 0) + 1
        changes.append(fact._replace(change=replace(fact.change, sequence=seen[fact.person])))
    return replace(world, certifications=tuple(changes))


def batches(events: Sequence[Event], cuts: Sequence[int]) -> list[Sequence[Event]]:
    """Cut a stream into batches."""
    places = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    return [events[start:end] for start, end in pairwise(places)]
