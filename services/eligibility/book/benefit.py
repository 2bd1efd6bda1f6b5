"""Benefits: what can be decided, by which rule, and what is told."""

from dataclasses import dataclass

from services.eligibility.book.document import read_document


@dataclass(frozen=True, slots=True)
class Declaration:
    """A benefit as the book's file declares it."""

    name: str
    title: str
    since: int
    """First month for which the book can decide it."""
    decided_by: str
    """The rule that joins the conditions; its arguments are the conditions."""
    results: tuple[str, ...]
    monthly_amount: str | None
    """The result that is paid every month while the benefit is drawn; None when nothing is."""
    place: str

    @property
    def targets(self) -> tuple[str, ...]:
        """All that has to be computed."""
        return (self.decided_by, *self.results)


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit that the book knows."""

    name: str
    title: str
    since: int
    """First month for which the book can decide it."""
    facts: tuple[str, ...]
    """Names of the facts that it needs."""
    optional_facts: tuple[str, ...]
    """Names of the facts that have a default, or that some cases only need."""
    conditions: tuple[str, ...]
    """Names of the conditions, all of which must be met."""
    results: tuple[str, ...]
    """Names of what it computes."""
    unverified: bool
    """Whether a value is in its rules that nobody has compared with the law yet."""


def read_declarations(file: str, text: str) -> list[Declaration]:
    """Read all benefits of a book, in the order of their names. Raises BookRefused with file and line."""
    found = []
    for key, entry in read_document(file, text).pairs():
        fields = entry.fields(("title", "since", "decided_by", "results"), ("monthly_amount",))
        results = tuple(item.name() for item in fields["results"].sequence())
        amount = fields["monthly_amount"].name() if "monthly_amount" in fields else None
        if amount is not None and not (amount in results and amount.endswith("_fen")):
            raise fields["monthly_amount"].refuse(f"{amount} is no result in fen")
        found.append(
            Declaration(
                name=key.name(),
                title=fields["title"].text(),
                since=fields["since"].month(),
                decided_by=fields["decided_by"].name(),
                results=results,
                monthly_amount=amount,
                place=key.place,
            )
        )
    return sorted(found, key=lambda declaration: declaration.name)
