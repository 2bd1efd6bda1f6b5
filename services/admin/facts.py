"""Facts as options: numbers, months, and the names that the rule book has for codes."""

from collections.abc import Mapping, Sequence

from services.admin.listing import pages
from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.common.months import parse_month
from socsec.eligibility.v1 import rule_service_pb2, rule_service_pb2_grpc

_OUTSIDE = 2**63


async def read_facts(session: Session, given: Sequence[str]) -> dict[str, int]:
    """Read `name=value` each; the service's book is asked for codes only when a value is a name. Raises Failed."""
    parts = [_parted(text) for text in given]
    words = {name for name, value in parts if value[:1].isalpha()}
    codes = await _codes(session) if words else {}
    return {name: _coded(name, value, codes) if name in words else _number(name, value) for name, value in parts}


async def _codes(session: Session) -> Mapping[str, Mapping[str, int]]:
    stub = rule_service_pb2_grpc.RuleServiceStub(session.channel("eligibility"))
    facts = pages(stub.ListFacts, rule_service_pb2.ListFactsRequest(), lambda reply: reply.facts, 0)
    return {fact.fact: fact.codes async for fact in facts}


def _parted(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise Failed(ExitCode.USAGE, "A fact is given as name=value, for example contribution_months=240.")
    return name, value


def _coded(name: str, value: str, codes: Mapping[str, Mapping[str, int]]) -> int:
    if name not in codes:
        raise Failed(ExitCode.USAGE, f"The rule book has no fact {name}: see ssctl rules facts.")
    found = codes[name].get(value.upper().replace("-", "_"))
    if found is None:
        words = f"one of {', '.join(codes[name])}" if codes[name] else "a whole number, or a month YYYY-MM"
        raise Failed(ExitCode.USAGE, f"The fact {name} must be {words}.")
    return found


def _number(name: str, value: str) -> int:
    try:
        number = parse_month(value) if "-" in value[1:] else int(value)
    except ValueError as error:
        raise Failed(ExitCode.USAGE, f"The fact {name} must be a whole number, or a month YYYY-MM.") from error
    if abs(number) >= _OUTSIDE:
        raise Failed(ExitCode.USAGE, f"The fact {name} is larger than any fact may be.")
    return number
