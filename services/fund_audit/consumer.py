"""From events of the card and eligibility services to facts, and into the cases, in one transaction a batch."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from services.common.aliases import Alias
from services.common.clock import Clock
from services.common.cloud_event import Event
from services.common.database import Connection, Database
from services.common.errors import InvalidInput
from services.common.inbox import Inbox
from services.common.resources import resource_id
from services.common.rpc.requests import date_of, enum_of, month_of, number_of, text_of
from services.fund_audit.detectors.history import CertificationChange, Draw, Representation
from services.fund_audit.domain import CertificationState, DrawKind, Scheme
from services.fund_audit.service.model import (
    Certified,
    DeathReported,
    DeathWithdrawn,
    Facts,
    Parted,
    Reversed,
    SentenceReported,
    SentenceWithdrawn,
    Store,
)
from services.fund_audit.service.supervision import Supervision
from socsec.card.v1 import card_events_pb2
from socsec.eligibility.v1 import certification_pb2, draw_pb2, eligibility_events_pb2, evidence_pb2
from socsec.type.v1 import scheme_pb2

NAME = "fund_audit"
"""Under this name the inbox remembers what was applied, and the broker what was acknowledged."""

MAX_AMOUNT_FEN = 1_000_000_000
MAX_TEXT = 200

_DEATHS = frozenset({evidence_pb2.EVIDENCE_KIND_DEATH_REGISTERED, evidence_pb2.EVIDENCE_KIND_CREMATED})
_SENTENCES = frozenset({evidence_pb2.EVIDENCE_KIND_SENTENCED, evidence_pb2.EVIDENCE_KIND_COURT_JUDGMENT})


class Consumer:
    """Applies batches of events."""

    def __init__(
        self, database: Database, open_store: Callable[[Connection], Store], supervision: Supervision, clock: Clock
    ) -> None:
        self._database = database
        self._open_store = open_store
        self._supervision = supervision
        self._clock = clock

    async def handle(self, events: Sequence[Event]) -> None:
        """Apply a batch durably: what was received, the facts, the cases, the ledger and our own events, or nothing."""
        await self._database.write(lambda connection: self.inbox(connection).receive(events, self._clock()))

    async def measure(self) -> None:
        """Tell how many events are held; a quarantined one is an alarm."""
        await self._database.read(lambda connection: self.inbox(connection).measure())

    def inbox(self, connection: Connection) -> Inbox:
        """Open the inbox whose events take effect as facts."""
        store = self._open_store(connection)

        def apply(events: Sequence[Event]) -> None:
            self._supervision.follow(store, facts_of(events))

        return Inbox(connection, NAME, apply)


def facts_of(events: Sequence[Event]) -> Facts:
    """Read the facts out of events; raise InvalidInput when one of them cannot be read or says what cannot be."""
    facts = Facts()
    for event in events:
        read = _READERS.get(event.type)
        if read is not None:
            read(event, facts)
        elif not event.type.startswith(("socsec.card.", "socsec.eligibility.")):
            raise InvalidInput("type", "UNKNOWN_VALUE", "No service that is supervised sends such an event.")
    return facts


def _read_draw(event: Event, facts: Facts) -> None:
    said = eligibility_events_pb2.DrawRecorded.FromString(event.data)
    facts.draws.append(
        Draw(
            id=resource_id(said.draw, "draws", "draw"),
            event_id=event.event_id,
            origin=text_of(said.origin, "origin", MAX_TEXT, 0),
            reference=text_of(said.reference, "reference", MAX_TEXT),
            person=_person(said.person),
            entitlement_reference=text_of(said.entitlement_reference, "entitlement_reference", MAX_TEXT, 0),
            scheme=enum_of(scheme_pb2.Scheme, said.scheme, Scheme, "scheme"),
            pooling_region=_division(said.pooling_region),
            benefit_month=month_of(said.benefit_month, "benefit_month"),
            pay_date=date_of(said.pay_date, "pay_date"),
            kind=enum_of(draw_pb2.DrawKind, said.kind, DrawKind, "kind"),
            amount_fen=number_of(said.amount_fen, "amount_fen", 1, MAX_AMOUNT_FEN, "AMOUNT_OUT_OF_RANGE"),
            account=text_of(said.account_key, "account_key", MAX_TEXT, 0),
        )
    )


def _read_reversal(event: Event, facts: Facts) -> None:
    said = eligibility_events_pb2.DrawReversed.FromString(event.data)
    account = text_of(said.account_key, "account_key", MAX_TEXT, 0)
    draw = resource_id(said.draw, "draws", "draw")
    facts.reversals.append(Reversed(event.event_id, draw, _person(said.person), account))


def _read_negative_evidence(event: Event, facts: Facts) -> None:
    said = eligibility_events_pb2.NegativeEvidenceReceived.FromString(event.data)
    if said.kind in _DEATHS:
        day = date_of(said.event_date, "event_date")
        evidence = text_of(said.evidence, "evidence", MAX_TEXT)
        facts.deaths.append(DeathReported(event.event_id, _person(said.person), evidence, day))
    elif said.kind in _SENTENCES:
        day, evidence = date_of(said.event_date, "event_date"), text_of(said.evidence, "evidence", MAX_TEXT)
        facts.sentences.append(SentenceReported(_person(said.person), evidence, day))


def _read_withdrawal(event: Event, facts: Facts) -> None:
    said = eligibility_events_pb2.EvidenceWithdrawn.FromString(event.data)
    if said.kind in _DEATHS:
        facts.deaths.append(DeathWithdrawn(_person(said.person), text_of(said.evidence, "evidence", MAX_TEXT)))
    elif said.kind in _SENTENCES:
        facts.sentences.append(SentenceWithdrawn(_person(said.person), text_of(said.evidence, "evidence", MAX_TEXT)))


def _read_certification(event: Event, facts: Facts) -> None:
    said = eligibility_events_pb2.CertificationChanged.FromString(event.data)
    state = enum_of(certification_pb2.CertificationState, said.state, CertificationState, "state")
    day: date = date_of(said.effective_date, "effective_date")
    person = _person(said.person)
    facts.certifications.append(
        Certified(person, CertificationChange(event.event_id, event.aggregate_seq, state, day, person))
    )


def _read_person(event: Event, facts: Facts) -> None:
    said = card_events_pb2.PersonRegistered.FromString(event.data)
    if said.HasField("representative"):
        facts.representations.append(Representation(_person(said.person), _person(said.representative.person)))


def _read_merge(event: Event, facts: Facts) -> None:
    said = card_events_pb2.PersonMerged.FromString(event.data)
    person, survivor = _person(said.person), resource_id(said.survivor, "people", "survivor")
    if person == survivor:
        raise InvalidInput("survivor", "INVALID_RESOURCE_NAME", "Nobody is merged with themselves.")
    facts.merges.append(Alias(person, survivor, event.event_id))


def _read_parting(event: Event, facts: Facts) -> None:
    said = card_events_pb2.PersonMergeUndone.FromString(event.data)
    facts.merges.append(Parted(_person(said.person)))


def _person(name: str) -> str:
    return resource_id(name, "people", "person")


def _division(code: str) -> str:
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        raise InvalidInput("pooling_region", "UNKNOWN_DIVISION", "A division code has six digits.")
    return code


_READERS: Mapping[str, Callable[[Event, Facts], None]] = {
    "socsec.eligibility.v1.DrawRecorded": _read_draw,
    "socsec.eligibility.v1.DrawReversed": _read_reversal,
    "socsec.eligibility.v1.NegativeEvidenceReceived": _read_negative_evidence,
    "socsec.eligibility.v1.EvidenceWithdrawn": _read_withdrawal,
    "socsec.eligibility.v1.CertificationChanged": _read_certification,
    "socsec.card.v1.PersonRegistered": _read_person,
    "socsec.card.v1.PersonMerged": _read_merge,
    "socsec.card.v1.PersonMergeUndone": _read_parting,
}
"""Of what else the services tell, nothing bears on a rule; it only counts for the order of its aggregate."""
