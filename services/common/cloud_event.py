"""An event as it travels: a CloudEvent 1.0 in binary mode, attributes in NATS headers, a protobuf message as body."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from urllib.parse import quote, unquote

MAX_DATA_BYTES = 512 * 1024
"""Largest body of an event; the server's limit for a whole message is 1 MiB."""

_NO_DIVISION = "000000"
_WORDS = re.compile(r"[A-Z][a-z0-9]*")
_PLAIN = re.compile(r"[!#$&-~]*")  # printable ASCII without space, double quote and percent sign


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as it travels."""

    event_id: str
    """CloudEvents `id`; the broker drops a second message with the same one."""
    type: str
    """CloudEvents `type`, the full name of the message: `socsec.card.v1.CardIssued`."""
    source: str
    """CloudEvents `source`, the service: `/socsec/card`."""
    subject_resource: str
    """CloudEvents `subject`, the resource that it is about: `cards/{card}`."""
    aggregate: str
    """What is kept in order; often the resource itself."""
    aggregate_seq: int
    """1 for the aggregate's first event, then one more each time."""
    division: str
    """Division code that the event belongs to; empty when it belongs to none."""
    occurred_time: datetime
    """When it happened, UTC."""
    data: bytes
    """The serialised protobuf message."""
    traceparent: str = ""
    """W3C trace context of the call that caused it; empty without one."""

    @property
    def nats_subject(self) -> str:
        """Give `socsec.<service>.v1.<resource>.<event>.<division>`."""
        return f"{_subject_of(self.type)}.{self.division or _NO_DIVISION}"

    def headers(self) -> dict[str, str]:
        """Write the event's attributes as NATS headers."""
        headers = {
            "Nats-Msg-Id": self.event_id,
            "ce-specversion": "1.0",
            "ce-id": self.event_id,
            "ce-type": self.type,
            "ce-source": self.source,
            "ce-subject": _escape(self.subject_resource),
            "ce-time": self.occurred_time.astimezone(UTC).isoformat(),
            "ce-sequence": str(self.aggregate_seq),
            "ce-datacontenttype": "application/protobuf",
        }
        if self.aggregate != self.subject_resource:
            headers["ce-aggregate"] = _escape(self.aggregate)
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers

    @staticmethod
    def of_message(subject: str, headers: Mapping[str, str] | None, data: bytes) -> "Event":
        """Read an event off the bus; raise ValueError, naming the header, when it is none of ours."""
        found = headers or {}
        division = subject.rpartition(".")[2]
        try:
            resource = unquote(found["ce-subject"])
            return Event(
                event_id=found["ce-id"],
                type=found["ce-type"],
                source=found["ce-source"],
                subject_resource=resource,
                aggregate=unquote(found["ce-aggregate"]) if "ce-aggregate" in found else resource,
                aggregate_seq=int(found["ce-sequence"]),
                division="" if division == _NO_DIVISION else division,
                occurred_time=datetime.fromisoformat(found["ce-time"]),
                data=data,
                traceparent=found.get("traceparent", ""),
            )
        except KeyError as error:
            raise ValueError(f"The message has no header {error.args[0]}.") from error


ATTRIBUTES = tuple(field.name for field in fields(Event))
"""The names of an event's fields, which are its columns where it is stored."""


def in_utc(moment: datetime) -> datetime:
    """Give a stored moment its time zone back, which SQLite does not keep."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@functools.cache
def _subject_of(type_name: str) -> str:
    package, _, message = type_name.rpartition(".")
    resource, *event = _WORDS.findall(message)
    return f"{package}.{resource.lower()}.{'_'.join(event).lower()}"


def _escape(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe="/:,;=@!$&'()*+-._~")
