"""What other offices know of a person, and how much it proves (DOMAIN 5.2; 人社厅发〔2018〕107号)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from services.common.errors import AlreadyExists, PreconditionFailed


class EvidenceKind(StrEnum):
    """What is known."""

    FACE_RECOGNITION = "FACE_RECOGNITION"
    HOME_VISIT = "HOME_VISIT"
    CONSULAR_CONFIRMATION = "CONSULAR_CONFIRMATION"
    BANK_IN_PERSON = "BANK_IN_PERSON"
    HOSPITAL_STAY = "HOSPITAL_STAY"
    IDENTITY_CHECKED_TRIP = "IDENTITY_CHECKED_TRIP"
    OUTPATIENT_SETTLEMENT = "OUTPATIENT_SETTLEMENT"
    REMOTE_SETTLEMENT = "REMOTE_SETTLEMENT"
    LONG_TERM_CARE = "LONG_TERM_CARE"
    CONTRIBUTION = "CONTRIBUTION"
    PHARMACY = "PHARMACY"
    APP_LOGIN = "APP_LOGIN"
    DEATH_REGISTERED = "DEATH_REGISTERED"
    CREMATED = "CREMATED"
    SENTENCED = "SENTENCED"
    MISSING_DECLARED = "MISSING_DECLARED"


class EvidenceSource(StrEnum):
    """Which office knows it."""

    POLICE = "POLICE"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    HEALTH = "HEALTH"
    HEALTH_INSURANCE = "HEALTH_INSURANCE"
    JUSTICE = "JUSTICE"
    BANK = "BANK"
    TRANSPORT = "TRANSPORT"
    EXIT_ENTRY = "EXIT_ENTRY"
    OWN_CHANNEL = "OWN_CHANNEL"


class Strength(StrEnum):
    """How much a positive fact proves; a weak one anybody can make with the person's card, so it never certifies."""

    STRONG = "STRONG"
    MEDIUM = "MEDIUM"
    WEAK = "WEAK"


STRENGTHS: Mapping[EvidenceKind, Strength] = MappingProxyType(
    {
        EvidenceKind.FACE_RECOGNITION: Strength.STRONG,
        EvidenceKind.HOME_VISIT: Strength.STRONG,
        EvidenceKind.CONSULAR_CONFIRMATION: Strength.STRONG,
        EvidenceKind.BANK_IN_PERSON: Strength.STRONG,
        EvidenceKind.HOSPITAL_STAY: Strength.STRONG,
        EvidenceKind.IDENTITY_CHECKED_TRIP: Strength.STRONG,
        EvidenceKind.OUTPATIENT_SETTLEMENT: Strength.MEDIUM,
        EvidenceKind.REMOTE_SETTLEMENT: Strength.MEDIUM,
        EvidenceKind.LONG_TERM_CARE: Strength.MEDIUM,
        EvidenceKind.CONTRIBUTION: Strength.WEAK,
        EvidenceKind.PHARMACY: Strength.WEAK,
        EvidenceKind.APP_LOGIN: Strength.WEAK,
    }
)
"""The usual strength of each positive kind; the rule book may say otherwise."""

DEATHS = frozenset({EvidenceKind.DEATH_REGISTERED, EvidenceKind.CREMATED})
NEGATIVE = DEATHS | {EvidenceKind.SENTENCED, EvidenceKind.MISSING_DECLARED}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record of one office."""

    source: EvidenceSource
    reference: str
    person: str
    kind: EvidenceKind
    event_date: date
    received_date: date
    withdrawn_date: date | None = None
    withdrawal_reason: str = ""

    @property
    def name(self) -> str:
        """The record's natural key as one text, `{source}/{reference}`."""
        return f"{self.source}/{self.reference}"

    @property
    def is_negative(self) -> bool:
        """Whether it speaks against the entitlement."""
        return self.kind in NEGATIVE

    def withdraw(self, reason: str, day: date) -> "Evidence":
        """Take a wrong record back; it stays on file. Raises PreconditionFailed when it was taken back before."""
        if self.withdrawn_date is not None:
            raise PreconditionFailed(
                "EVIDENCE_WITHDRAWN", f"The record was withdrawn on {self.withdrawn_date.isoformat()}."
            )
        return replace(self, withdrawn_date=day, withdrawal_reason=reason)


@dataclass(frozen=True, slots=True)
class NegativeEvidenceReceived:
    """An office reported that a person may have lost the entitlement."""

    evidence: Evidence
    division: str


@dataclass(frozen=True, slots=True)
class EvidenceWithdrawn:
    """A negative record was taken back."""

    evidence: Evidence
    division: str


EvidenceEvent = NegativeEvidenceReceived | EvidenceWithdrawn


def is_repeated(record: Evidence, recorded: Evidence) -> bool:
    """Tell whether a record says again what is on file under its key; raise AlreadyExists when it says otherwise."""
    if replace(recorded, withdrawn_date=None, withdrawal_reason="") != record:
        raise AlreadyExists("RESOURCE_EXISTS", "A record of that source and reference is on file with other content.")
    return True
