"""Draws docs/cards.md from the tables that the service itself decides by: `python -m services.card.drawing`."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from services.card.actor import Authority, Binding
from services.card.authority import AUTHORITIES, SOURCES
from services.card.operation import Operation, OtherOperation, Rule, Target
from services.card.parameters import Parameter, load_parameters
from services.card.status import BankFunction, CardProgress, CardStatus
from services.card.transitions import RULES

_HEAD = """# Cards: states, operations, who may ask

Drawn by `python -m services.card.drawing` from `services/card/transitions.py`, `authority.py` and `parameters.yaml`; do
not edit. A forbidden operation answers FAILED_PRECONDITION with the state found and the states needed; so does a
missing proof. Who may not ask at all is answered PERMISSION_DENIED.
"""

_SUCCESSION = """## Until the new card is collected

Replacing, renewing and reissuing cancel the old card when the new one is applied for: it is lost, or handed in at the
counter, and nobody ever holds two cards that work. Meanwhile a temporary card bridges the making; collecting the real
card ends it. A renewed card, and one reissued with the same bank, leaves its account to the application: payments go on
while the card is made. A lost card's account, that of a former bank and one that the bank has closed are not payable:
the new card brings another.

## Who asks

A request without `actor` is the caller's own: OPERATOR for a clerk, who answers for the papers seen at the counter,
SYSTEM for a system. Neither can do what takes the person's presence: such a request names the holder or guardian and
what was shown. A guardian is the registered one, or proves the guardianship; who was registered as the guardian of a
child is no registered one any more when the child has grown up. For a holder under `guardian_age_years` neither the
holder nor an agent may ask. Who acts for another is registered, has that age and lives, as far as the cards tell
(`ACTOR_UNABLE`). That somebody lives whose death was reported (`ALIVE`) no agent, employer or school can show.

An employer's or school's letter has a reference. Who works or learns there the card service does not know: the name
list answers for that. Where a card lies (branch, school) is not known either, and binds nobody.
"""


_RECORDS = """## Who did what

Whatever changes a card or a person leaves a record: what was done, who asked and in which capacity, the proofs with the
numbers that they are found by, the calling certificate's name, the etag that it led to, and when. That is so also for
what the service does by itself when a day has come (`caller` is empty), for electronic cards, their passwords and
relatives, and for both people of a merge at each step of it. Records are only ever added, and hold no identity number.

What comes in by thousands (people, issued and imported cards, electronic cards) has one record for all that was new in
a batch of the stream; each of them keeps the record's name, so that its own list begins with it.

`ListCardOperations` (`ssctl cards operations`) tells of one card; `ListPersonOperations` (`ssctl people operations`) of
a person by all names that were merged, and of the cards and the electronic card of that person. Cards and people that
came before version 0016 of the database begin with what was done to them afterwards.
"""

_MAKING = """A card that is cancelled while it is in a batch comes back with it: its line is counted as cancelled,
whatever it says, and what was made is destroyed. Of such a card the exported line shows no holder. A returned line is
refused, by its field, when the card was made with another number, name, bank or expiry than it should have.

A delivery ends when its card is collected at the counter or cancelled: it is `WITHDRAWN`, and its address forgotten.
"""


_ACCOUNT = """An account is one person's. Until the bank has closed it no card of anybody else gets it, also when the
card is cancelled: issue, making, import and the lines of return files are refused with `ACCOUNT_OF_ANOTHER`, each for
itself. The same person's next card may have it again (docs/adr/0035-an-account-is-one-persons.md).
"""


def draw() -> str:
    """Give the page."""
    book = load_parameters()
    parts = [
        _HEAD,
        "## Status of the card application (AAZ502)\n",
        _diagram(_status_edges()),
        "`FORMER` is the status before the loss was reported.\n",
        "## Progress of making\n",
        _diagram(_edges(CardProgress.APPLIED, lambda rule: (rule.progress, rule.progress_to))),
        _MAKING,
        "## Bank function\n",
        "The bank keeps it. A formal loss of the card takes an active one with it; only the bank gives it back.\n",
        _diagram(_edges(BankFunction.NOT_ACTIVATED, lambda rule: (rule.bank, rule.bank_to))),
        _ACCOUNT,
        "## Operations\n",
        _table(("Operation", "Name", "From", "To", "Parameters", "Source"), _operation_rows()),
        _SUCCESSION,
        "Proofs: all that are joined by +; semicolons divide alternatives. *P*: in person, at a counter or at home.\n"
        "*O*: only for cards that the same organisation applied for, otherwise `CARD_OF_OTHERS`.\n",
        _table(("Operation", *SOURCES), _authority_rows()),
        _table(("Actor", "Source"), SOURCES.items()),
        _RECORDS,
        "## Parameters\n",
        _table(("Parameter", "Meaning", "Since", "Value", "Source"), _parameter_rows(book.parameters)),
        f"Working days are counted on the calendar of {min(book.calendar.years)} to {max(book.calendar.years)}; a "
        "deadline that runs through another year leaves out weekends only, and the card says that it is uncertain.\n",
    ]
    return "\n".join(parts)


Edges = Mapping[tuple[str, str], Sequence[str]]
"""What leads from one state to another."""


def _status_edges() -> Edges:
    edges = {("[*]", "NOT_MADE"): [Operation.APPLY], ("[*]", CardStatus.ENABLED): [Operation.ISSUE]}
    for operation, rule in RULES.items():
        target = "" if rule.to in (Target.SAME, None) else str(rule.to)
        for status in rule.statuses:
            if target and target != status:
                edges.setdefault((status or "NOT_MADE", target), []).append(operation)
    return edges | {(CardStatus.CANCELLED, "[*]"): []}


def _edges(first: str, moves: Callable[[Rule], tuple[Sequence[str], str | None]]) -> Edges:
    edges = {("[*]", first): [Operation.APPLY]}
    for operation, rule in RULES.items():
        before, after = moves(rule)
        for state in before:
            if after and state != after:
                edges.setdefault((state, after), []).append(operation)
    return edges


def _diagram(edges: Edges) -> str:
    lines = (f"    {before} --> {after}" + _label(names) for (before, after), names in edges.items())
    return "\n".join(("```mermaid", "stateDiagram-v2", *lines, "```\n"))


def _label(names: Sequence[str]) -> str:
    return f": {', '.join(names)}" if names else ""


def _operation_rows() -> Iterator[tuple[str, ...]]:
    for operation, rule in RULES.items():
        yield operation, rule.title, _before(rule), _after(rule), ", ".join(rule.parameters), rule.source


def _before(rule: Rule) -> str:
    is_any = set(rule.statuses) >= set(CardStatus)
    statuses = "any" if is_any else ", ".join(status or "NOT_MADE" for status in rule.statuses)
    parts = (statuses or "no live card", ", ".join(rule.progress), f"bank {', '.join(rule.bank)}" if rule.bank else "")
    return "; ".join(part for part in parts if part)


def _after(rule: Rule) -> str:
    status = "NOT_MADE" if rule.to is None else "" if rule.to is Target.SAME else str(rule.to)
    bank = f"bank {rule.bank_to}" if rule.bank_to else ""
    parts = (status, rule.progress_to or "", bank, "and a new application" if rule.successor else "")
    return "; ".join(part for part in parts if part) or "same"


def _authority_rows() -> Iterator[tuple[str, ...]]:
    for operation in (*RULES, *OtherOperation):
        authorities = AUTHORITIES.get(operation)
        if authorities is not None:
            yield operation, *(_proofs(authorities.get(kind)) for kind in SOURCES)


def _proofs(authority: Authority | None) -> str:
    if authority is None:
        return "no"
    alternatives = "; ".join(" + ".join(sorted(needed)) for needed in authority.proofs) or "yes"
    marks = (("*P*", authority.in_person), ("*O*", authority.binding is Binding.OWN_APPLICATION))
    return " ".join((alternatives, *(mark for mark, applies in marks if applies)))


def _parameter_rows(parameters: Mapping[str, Parameter]) -> Iterator[tuple[str, ...]]:
    for name, parameter in parameters.items():
        for since, version in sorted(parameter.since.items()):
            value = "none" if version.value is None else f"{version.value} {parameter.unit}"
            title = f"{parameter.title} (**unverified**)" if parameter.unverified else parameter.title
            yield name, title, since.isoformat(), value.removesuffix(" code"), version.source


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(draw())
