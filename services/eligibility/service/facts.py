"""Facts are taken in."""

from collections.abc import Mapping
from dataclasses import replace

from services.common.ids import new_id
from services.eligibility.facts import PersonFacts, Profile, person_not_found
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store


def submit_facts(store: Store, reports: Numbered[PersonFacts], profiles: Mapping[str, Profile]) -> Outcome:
    """Keep the newest facts of each person, with the birth date of the identity vault; older ones change nothing.

    `profiles` has whom the vault knows; facts of anybody else are refused.
    """
    outcome = Outcome()
    newest = dict(store.facts.own({report.person for _, report in reports}))
    changed: dict[str, PersonFacts] = {}
    for index, report in reports:
        profile = profiles.get(report.person)
        if profile is None:
            outcome.refused.append((index, person_not_found(report.person)))
            continue
        facts = replace(report, birth_date=profile.birth_date)
        known = newest.get(facts.person)
        if known is not None and (known.as_of_date > facts.as_of_date or known == facts):
            outcome.repeated += 1
            continue
        newest[facts.person] = changed[facts.person] = facts
        outcome.accepted += 1
    store.facts.save(list(changed.values()))
    store.proposals.look_for(changed.keys(), new_id())
    return outcome
