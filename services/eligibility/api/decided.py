"""Decisions as messages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from services.eligibility.api.fields import day_text, timestamp
from services.eligibility.book.decision import Decision
from services.eligibility.recorded import FactOrigin, GivenFact, RecordedDecision
from socsec.eligibility.v1 import decision_pb2


def recorded_message(recorded: RecordedDecision) -> decision_pb2.Decision:
    """Write a recorded decision, with its facts and steps."""
    message = headline_message(recorded)
    message.MergeFrom(
        decision_pb2.Decision(
            steps=decision_message(recorded.decision, "", recorded.as_of_date).steps, facts=_facts(recorded.facts)
        )
    )
    return message


def headline_message(recorded: RecordedDecision) -> decision_pb2.Decision:
    """Write a recorded decision without facts and steps."""
    person = resource_name("people", recorded.person)
    message = decision_message(replace(recorded.decision, steps=()), person, recorded.as_of_date, recorded.known_date)
    message.name = resource_name("decisions", recorded.name)
    message.entitlement = resource_name("entitlements", recorded.entitlement)
    message.create_time.CopyFrom(timestamp(recorded.create_time))
    return message


def origin_number(origin: FactOrigin) -> decision_pb2.FactOrigin.ValueType:
    """Write where a fact is from."""
    return decision_pb2.FactOrigin.ValueType(enum_number(decision_pb2.FactOrigin, origin))


def _facts(facts: Mapping[str, GivenFact]) -> list[decision_pb2.DecisionFact]:
    return [
        decision_pb2.DecisionFact(
            fact=name, value=one.value, origin=origin_number(one.origin), as_of_date=one.as_of_date.isoformat()
        )
        for name, one in sorted(facts.items())
    ]


def decision_message(decision: Decision, person: str, as_of: date, known: date | None = None) -> decision_pb2.Decision:
    """Write a decision about `people/{person}`, which may be empty."""
    message = decision_pb2.Decision(
        person=person,
        benefit=decision.benefit,
        as_of_date=as_of.isoformat(),
        outcome=decision_pb2.Outcome.ValueType(enum_number(decision_pb2.Outcome, decision.outcome)),
        results=decision.results,
        unmet_conditions=decision.unmet,
        missing_facts=decision.missing_facts,
        book_hash=decision.book_hash,
        unverified=decision.unverified,
        known_date=day_text(known),
    )
    if decision.steps:
        names, titles, values, units, sources, givens, unverified = zip(*decision.steps, strict=True)
        message.MergeFrom(_told(names, titles, units, sources, unverified))
        for step, value, rests_on in zip(message.steps, values, givens, strict=True):
            step.value = value
            if rests_on:
                told = step.givens
                for given, number in rests_on.items():
                    told[given] = number
    return message


@lru_cache(maxsize=64)
def _told(
    names: tuple[str, ...],
    titles: tuple[str, ...],
    units: tuple[str, ...],
    sources: tuple[str, ...],
    unverified: tuple[bool, ...],
) -> decision_pb2.Decision:
    """Write what the steps of many decisions have in common, to be copied: a third of the time of writing it again."""
    message = decision_pb2.Decision()
    for name, title, unit, source, is_unverified in zip(names, titles, units, sources, unverified, strict=True):
        message.steps.add(name=name, title=title, unit=unit, source=source, unverified=is_unverified)
    return message
