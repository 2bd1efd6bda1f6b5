"""Births that the vault had corrected before it was listened to: everybody is compared with it once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.common.filtering import parse
from services.eligibility.certification import Certification
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.facts import Profile
from services.eligibility.service.merges import follow_births
from services.eligibility.service.store import Store

_EVERYBODY = parse("", {})


@dataclass(frozen=True, slots=True)
class Unlooked:
    """The next ones to be compared."""

    after: str
    """The last person that was."""
    certifications: Sequence[Certification]


def next_unlooked(store: Store, size: int) -> Unlooked | None:
    """Give the next ones, to ask the vault about; None when all were compared."""
    after = store.birth_look.after()
    return Unlooked(after, store.certifications.page(_EVERYBODY, size, after)) if after is not None else None


def settle_births(store: Store, looked: Unlooked, profiles: Mapping[str, Profile], law: CertificationLaw) -> None:
    """Take over what the vault says otherwise, and go on; nothing when somebody else went on meanwhile.

    Whose certification has changed since it was read is left out: what the vault said may be older than that.
    """
    last = looked.certifications[-1].person if looked.certifications else None
    if not store.birth_look.go_on(looked.after, last):
        return
    read = {one.person: one for one in looked.certifications}
    differing = [
        one.person
        for one in looked.certifications
        if one.person in profiles and profiles[one.person].birth_date != one.birth_date
    ]
    if differing:
        same = [one.person for one in store.certifications.these(differing) if one.version == read[one.person].version]
        follow_births(store, {person: profiles[person] for person in same}, law)
