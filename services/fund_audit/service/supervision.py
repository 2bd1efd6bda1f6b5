"""Following the facts: the cases are always what the rules find now."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from services.common.aliases import Identities
from services.common.clock import Clock
from services.fund_audit.detectors.registry import examine_account, examine_person
from services.fund_audit.domain import (
    DECIDED,
    LIVE,
    Case,
    Change,
    ChangeKind,
    Finding,
    Subject,
    SubjectKind,
    go_on,
    reconcile,
)
from services.fund_audit.service.filing import file_changes
from services.fund_audit.service.model import Facts, Filed, Store

Matter = tuple[SubjectKind, str, str]
"""A rule about everybody whom merges ever joined, or about an account."""


class Supervision:
    """Follows what the other services tell, and keeps the cases in line with what the rules find."""

    def __init__(self, clock: Clock, make_id: Callable[[], str]) -> None:
        self._clock = clock
        self._make_id = make_id

    def follow(self, store: Store, facts: Facts) -> Sequence[Filed]:
        """Keep new facts and open, amend or withdraw the cases that follow from them.

        A person with several names is examined as one, under the name that stands for all; what was found under another
        name is withdrawn there in the same step, and comes back under it when the merge is undone. Who had taken it has
        the case that goes on from it.

        Facts are kept first and the ledger is locked next: of two processes with facts about one person, the second
        then sees the facts of the first, so that nothing is found by neither or by both.
        """
        store.record(facts)
        frontier = store.lock_ledger()
        identities = store.identities(facts.people())
        accounts = facts.accounts() | store.accounts_of(_joined(facts, identities))
        findings = [finding for history in store.person_histories(identities) for finding in examine_person(history)]
        findings += [f for history in store.account_histories(accounts) for f in examine_account(history)]
        subjects = {Subject(SubjectKind.PERSON, name) for name in identities.names}
        subjects |= {Subject(SubjectKind.ACCOUNT, account) for account in accounts}
        changes = self._reconcile(findings, store.cases_about(subjects), identities)
        return file_changes(store, frontier, changes, self._clock()) if changes else ()

    def _reconcile(self, findings: Sequence[Finding], cases: Sequence[Case], identities: Identities) -> list[Change]:
        due = {(finding.subject, finding.rule): finding for finding in findings}
        live = {(case.finding.subject, case.finding.rule): case for case in cases if case.state in LIVE}
        settled: defaultdict[Matter, set[str]] = defaultdict(set)
        ended: defaultdict[Matter, list[Case]] = defaultdict(list)

        def matter(subject: Subject, rule: str) -> Matter:
            return subject.kind, identities.family(subject.key), rule

        for case in cases:
            if case.state in DECIDED:
                settled[matter(case.finding.subject, case.finding.rule)].update(case.finding.evidence)
        now = self._clock()
        changes = []
        for key in sorted({*due, *live}, key=lambda key: (key[0].key, key[1])):
            change = reconcile(live.get(key), settled[matter(*key)], due.get(key), now, self._make_id)
            if change is not None:
                changes.append(change)
                if change.kind is ChangeKind.WITHDRAWN:
                    ended[matter(*key)].append(change.case)
        return [
            go_on(change, ended[matter(change.case.finding.subject, change.case.finding.rule)])
            if change.kind is ChangeKind.OPENED
            else change
            for change in changes
        ]


def _joined(facts: Facts, identities: Identities) -> set[str]:
    """Give those whose accounts are to be looked at because it changes who belongs together."""
    merged = {identities.family(fact.person) for fact in facts.merges}
    names = {name for name in identities.names if identities.family(name) in merged}
    return names | {pair.person for pair in facts.representations}
