"""All rules with number, version, title, severity and basis in law, and the two examinations that run them.

The conditions are described for auditors in docs/detectors.md. A changed condition is a new version.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.fund_audit.detectors.account import shared_by_strangers
from services.fund_audit.detectors.certification import paid_without_certification
from services.fund_audit.detectors.death import drawn_after_death
from services.fund_audit.detectors.double_draw import (
    drawn_as_employee_and_public,
    drawn_from_residents_too,
    drawn_in_two_regions,
    drawn_twice,
)
from services.fund_audit.detectors.history import AccountHistory, PersonHistory, handled_in
from services.fund_audit.detectors.two_identities import drawn_under_two_names
from services.fund_audit.domain import Finding, Line, Subject, SubjectKind


class Severity(StrEnum):
    """How urgent a finding is (DOMAIN 6.2)."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an auditor reads about a rule; `version` grows when its condition changes."""

    id: str
    version: int
    title: str
    severity: Severity
    legal_basis: str


@dataclass(frozen=True, slots=True)
class PersonRule(Rule):
    """A rule about everything one person drew."""

    detect: Callable[[PersonHistory], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class AccountRule(Rule):
    """A rule about everything that went to one account."""

    detect: Callable[[AccountHistory], Iterable[Line]]


BOTH_EMPLOYEES = "人社部规〔2016〕5号 item 5"
ONE_NUMBER = "Identity Card Law art. 3; Social Insurance Law art. 58; 人社部规〔2016〕5号 item 5"

PERSON_RULES = (
    PersonRule(
        "R-01",
        1,
        "Drawn after death",
        Severity.HIGH,
        "Social Insurance Handling Regulation art. 26, 46",
        drawn_after_death,
    ),
    PersonRule("R-04", 1, "One scheme in two regions", Severity.HIGH, BOTH_EMPLOYEES, drawn_in_two_regions),
    PersonRule(
        "R-05",
        1,
        "Residents' pension beside another",
        Severity.HIGH,
        "城乡养老保险制度衔接暂行办法 art. 8",
        drawn_from_residents_too,
    ),
    PersonRule(
        "R-06",
        1,
        "Employees' and public institutions' pension",
        Severity.HIGH,
        BOTH_EMPLOYEES,
        drawn_as_employee_and_public,
    ),
    PersonRule("R-07", 1, "Drawn under two identities", Severity.HIGH, ONE_NUMBER, drawn_under_two_names),
    PersonRule(
        "R-29",
        1,
        "Paid without valid certification",
        Severity.MEDIUM,
        "Social Insurance Handling Regulation art. 26; 人社厅发〔2018〕107号",
        paid_without_certification,
    ),
    PersonRule(
        "R-34",
        1,
        "One entitlement and month drawn twice",
        Severity.HIGH,
        "Social Insurance Handling Regulation art. 46",
        drawn_twice,
    ),
)

ACCOUNT_RULES = (
    AccountRule(
        "R-18",
        1,
        "One account, several payees",
        Severity.HIGH,
        "Social Insurance Handling Regulation art. 42",
        shared_by_strangers,
    ),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in (*PERSON_RULES, *ACCOUNT_RULES)}


def examine_person(history: PersonHistory) -> tuple[Finding, ...]:
    """Run every rule about a person; at most one finding a rule."""
    subject = Subject(SubjectKind.PERSON, history.person)
    return tuple(
        Finding(rule.id, rule.version, subject, (history.person,), handled_in(history.standing), lines)
        for rule in PERSON_RULES
        if (lines := tuple(sorted(rule.detect(history))))
    )


def examine_account(history: AccountHistory) -> tuple[Finding, ...]:
    """Run every rule about an account; at most one finding a rule."""
    subject = Subject(SubjectKind.ACCOUNT, history.account)
    people = tuple(sorted({draw.person for draw in history.standing}))
    return tuple(
        Finding(rule.id, rule.version, subject, people, handled_in(history.standing), lines)
        for rule in ACCOUNT_RULES
        if (lines := tuple(sorted(rule.detect(history))))
    )
