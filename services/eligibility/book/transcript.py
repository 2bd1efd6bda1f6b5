"""A decision as one text, which is kept and compared: the same decision has the same one everywhere and always."""

import json
from collections.abc import Mapping
from functools import lru_cache

from services.eligibility.book.decision import Decision, Outcome
from services.eligibility.book.explain import Step

_FORMAT = 1
"""Another form of the text gets another number; texts that are kept stay as they are."""


def write_transcript(decision: Decision) -> str:
    """Write a decision on one line: JSON with sorted keys, no spaces, and the steps in their order."""
    before = {
        "benefit": decision.benefit,
        "book": decision.book_hash,
        "facts": dict(decision.facts),
        "format": _FORMAT,
        "missing_facts": decision.missing_facts,
        "outcome": decision.outcome,
        "results": dict(decision.results),
    }
    after = {"unmet": decision.unmet, "unverified": decision.unverified}
    return f'{_json(before)[:-1]},"steps":[{",".join(map(_step, decision.steps))}],{_json(after)[1:]}'


def read_transcript(text: str) -> Decision:
    """Read such a text; raises ValueError for another format."""
    told = json.loads(text)
    if told["format"] != _FORMAT:
        raise ValueError(f"a transcript of format {told['format']}")
    return Decision(
        benefit=told["benefit"],
        outcome=Outcome(told["outcome"]),
        results=told["results"],
        unmet=tuple(told["unmet"]),
        missing_facts=tuple(told["missing_facts"]),
        steps=tuple(Step(**step) for step in told["steps"]),
        facts=told["facts"],
        book_hash=told["book"],
        unverified=told["unverified"],
    )


def _step(step: Step) -> str:
    """Write a step as `_json` would, faster: all but its numbers is the same each time."""
    givens = ",".join([f'"{name}":{step.givens[name]}' for name in sorted(step.givens)])
    words = _words(step.name, step.source, step.title, step.unit, step.unverified)
    return f'{{"givens":{{{givens}}},{words},"value":{step.value}}}'


@lru_cache(maxsize=4096)
def _words(name: str, source: str, title: str, unit: str, unverified: bool) -> str:
    words = {"name": name, "source": source, "title": title, "unit": unit, "unverified": unverified}
    return _json(words)[1:-1]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def differences(before: Decision, after: Decision) -> list[tuple[str, str, str]]:
    """Name what two decisions have otherwise, with both texts; an empty text: one has nothing of the kind."""
    old, new = _parts(before), _parts(after)
    names = dict.fromkeys((*old, *new))
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")]


def _parts(decision: Decision) -> Mapping[str, str]:
    told = json.loads(write_transcript(decision))
    steps = {step["name"]: step for step in told["steps"]}
    whole = ("book", "facts", "outcome", "results", "unmet", "missing_facts", "unverified")
    parts = {name: _text(told[name]) for name in whole}
    return parts | {name: f"{step.pop('value')} {_text(step)}" for name, step in steps.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
