"""What happens to electronic cards; each change of one is told by one event, numbered by its version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.card.ecard import ECard, ECardStatus


class ECardEventKind(StrEnum):
    """What happened to an electronic card."""

    ISSUED = "ISSUED"
    UPGRADED = "UPGRADED"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    ENDED = "ENDED"
    TRANSFERRED = "TRANSFERRED"


@dataclass(frozen=True, slots=True)
class ECardEvent:
    """Something happened to an electronic card, which is now as it says."""

    kind: ECardEventKind
    ecard: ECard
    division: str
    """Division code that issued its physical card."""


@dataclass(frozen=True, slots=True)
class ECardChange:
    """An electronic card before and after one transaction."""

    before: ECard
    after: ECard

    @property
    def kind(self) -> ECardEventKind:
        """Tell what happened to it, in the word that says most."""
        before, after = self.before, self.after
        if after.status is ECardStatus.UNLINKED and before.status is not ECardStatus.UNLINKED:
            return ECardEventKind.ENDED
        if after.person != before.person:
            return ECardEventKind.TRANSFERRED
        return ECardEventKind.RESUMED if after.is_usable else ECardEventKind.SUSPENDED

    @property
    def turns(self) -> bool:
        """Tell whether it became good or stopped to be, which its status list must say."""
        return self.before.is_usable != self.after.is_usable


def changes(before: Sequence[ECard], after: Sequence[ECard]) -> Sequence[ECardChange]:
    """Give those that changed, each one version higher, however many steps led to what it is now."""
    return [
        ECardChange(old, replace(new, version=old.version + 1))
        for old, new in zip(before, after, strict=True)
        if new != old
    ]


def told(changed: Sequence[ECardChange], divisions: Mapping[str, str]) -> Sequence[ECardEvent]:
    """Give the events of changes; `divisions` has the issuing divisions of physical cards."""
    return [
        ECardEvent(change.kind, change.after, divisions.get(change.after.card) or divisions[change.before.card])
        for change in changed
    ]
