"""Records that are one person: what is known under either name counts for both certifications, until they part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.common.ids import new_id
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.facts import MergeTold, Profile
from services.eligibility.service.certification import reassess
from services.eligibility.service.store import Store


def follow_merges(store: Store, told: Sequence[MergeTold], law: CertificationLaw) -> None:
    """Join and part people, and work out the certifications of all whom that concerns from what they now rest on."""
    names = {name for one in told for name in (one.person, one.survivor) if name}
    concerned = store.names.identities(names).names
    store.names.keep(told)
    concerned = store.names.identities(concerned).names
    reassess(store, list(store.certifications.of(concerned).values()), law)
    store.proposals.look_for(concerned, new_id())


def follow_births(store: Store, profiles: Mapping[str, Profile], law: CertificationLaw) -> None:
    """Take over births that the vault has corrected: from an age on nobody is suspended without a visit.

    What the vault says of a record holds for all names of its person: it says the same of each.
    """
    found = store.certifications.of(profiles.keys())
    same = store.names.identities({*profiles, *found})
    of_person = {same.person(name): profile for name, profile in profiles.items()}
    told = {name: profiles.get(name) or of_person[same.person(name)] for name in found}
    corrected = [
        replace(one, birth_date=told[name].birth_date)
        for name, one in found.items()
        if one.birth_date != told[name].birth_date
    ]
    store.certifications.save(corrected)
    reassess(store, corrected, law)
    store.proposals.look_for(profiles.keys(), new_id())
