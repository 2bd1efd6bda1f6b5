"""Who asks for an operation, on whose behalf, and what that takes; authority.py has the table."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.card.operation import AnyOperation
from services.common.errors import InvalidInput, PermissionDenied, PreconditionFailed
from services.common.months import add_months


class ActorKind(StrEnum):
    """In which capacity somebody asks."""

    HOLDER = "HOLDER"
    GUARDIAN = "GUARDIAN"
    AGENT = "AGENT"
    EMPLOYER = "EMPLOYER"
    SCHOOL = "SCHOOL"
    OPERATOR = "OPERATOR"
    SYSTEM = "SYSTEM"


class ProofKind(StrEnum):
    """What a clerk or a system has been shown."""

    HOLDER_IDENTITY = "HOLDER_IDENTITY"
    GUARDIAN_IDENTITY = "GUARDIAN_IDENTITY"
    GUARDIANSHIP = "GUARDIANSHIP"
    AGENT_IDENTITY = "AGENT_IDENTITY"
    AUTHORISATION = "AUTHORISATION"
    LETTER = "LETTER"
    NAME_LIST = "NAME_LIST"
    ONLINE_AUTHENTICATION = "ONLINE_AUTHENTICATION"
    PHONE_IDENTIFICATION = "PHONE_IDENTIFICATION"
    OLD_CARD = "OLD_CARD"
    KEY_DATA = "KEY_DATA"
    DEATH = "DEATH"
    KINSHIP = "KINSHIP"
    EMIGRATION = "EMIGRATION"
    OTHER_CARD = "OTHER_CARD"
    BANK_NOTICE = "BANK_NOTICE"
    ALIVE = "ALIVE"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing shown, with the number or file that it can be found by."""

    kind: ProofKind
    reference: str = ""


IN_BULK = (ActorKind.EMPLOYER, ActorKind.SCHOOL)
"""Who applies for many at once, by letter, and hands the cards out (批量申领)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, with what was shown for it."""

    kind: ActorKind
    reference: str
    """Person id of a holder, guardian or agent; code of an organisation; name of the caller otherwise."""
    proofs: tuple[Proof, ...] = ()

    @property
    def shown(self) -> frozenset[ProofKind]:
        """Give the kinds of what was shown."""
        return frozenset(proof.kind for proof in self.proofs)

    @property
    def shows_life(self) -> bool:
        """Tell whether it was shown that the holder lives, by who can: an agent or an employer may ask for the dead."""
        return self.kind not in (ActorKind.AGENT, *IN_BULK) and ProofKind.ALIVE in self.shown


@dataclass(frozen=True, slots=True)
class Holder:
    """What of the holder decides who may ask for him."""

    person: str
    birth_date: date | None
    guardian: str = ""
    """Id of the registered guardian; empty without one."""
    guardian_since: date = date.min
    """Day on which the guardian was registered."""

    def is_minor(self, today: date, guardian_age_years: int) -> bool:
        """Tell whether a guardian must act; whose birth date no document holds counts as grown up."""
        return self.birth_date is not None and today < add_months(self.birth_date, 12 * guardian_age_years)


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """That an operation was done, by whom and on what proof; kept as long as the card's record (经办留痕).

    It is about a card, or about a person; one that is about neither is the origin of all that came in one batch.
    """

    record: str
    """Its id, which tells what was done first; empty until it is kept."""
    operation: AnyOperation
    actor: Actor
    caller: str
    """Name in the client certificate of the call; empty for the service's own timers."""
    version: int
    """The version of the card or person that it led to."""
    record_time: datetime
    card: str = ""
    """Id of the card."""
    person: str = ""
    """Id of the person."""
    regarding: str = ""
    """Name of what else it was about: a merge, a making batch, an electronic card, an application, a delegate."""

    @property
    def subject(self) -> str:
        """Give what it was about: of one batch several records come to a person, each about something else."""
        return self.card + self.person + self.regarding


Proofs = Set[ProofKind]


class Binding(StrEnum):
    """What ties an actor to the card beside the proofs."""

    OWN_APPLICATION = "OWN_APPLICATION"
    """The card is one that the same organisation applied for; its successors are the holder's own matter."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What one kind of actor needs for an operation: all of one of these sets of proofs."""

    proofs: tuple[Proofs, ...]
    in_person: bool = False
    """Whether it takes the person's own presence, at a counter or at home (上门服务)."""
    binding: Binding | None = None


Authorities = Mapping[ActorKind, Authority]


def check_actor(operation: AnyOperation, authorities: Authorities, actor: Actor) -> None:
    """Raise unless such an actor may ask for an operation and has shown what that takes."""
    authority = authorities.get(actor.kind)
    if authority is None:
        raise PermissionDenied(
            "ACTOR_NOT_ALLOWED",
            f"{operation} cannot be asked for by {actor.kind}.",
            {"operation": operation, "found": actor.kind, "needed": ",".join(authorities)},
        )
    shown = actor.shown
    if not any(shown.issuperset(needed) for needed in authority.proofs):
        alternatives = "|".join("+".join(sorted(needed)) for needed in authority.proofs)
        raise PreconditionFailed(
            "PROOF_MISSING",
            f"{operation} by {actor.kind} needs these proofs: {alternatives}.",
            {"operation": operation, "found": "+".join(sorted(shown)), "needed": alternatives},
        )


def check_binding(operation: AnyOperation, authority: Authority, actor: Actor, applicant: Actor | None) -> None:
    """Raise unless the card is one that the actor is tied to; `applicant` is who applied for it, None if nobody did."""
    if authority.binding is Binding.OWN_APPLICATION and (
        applicant is None or applicant.kind not in IN_BULK or applicant.reference != actor.reference
    ):
        raise PermissionDenied(
            "CARD_OF_OTHERS",
            f"An {actor.kind} may ask for {operation} only of cards that it applied for: this one is another's matter.",
            {"operation": operation, "found": actor.kind, "needed": authority.binding},
        )


def check_able(actor: Actor, own: Holder, today: date, guardian_age_years: int, *, is_deceased: bool) -> None:
    """Raise when who acts for another cannot: a child, or somebody whose last card was cancelled for death."""
    found = "DECEASED" if is_deceased else "MINOR" if own.is_minor(today, guardian_age_years) else ""
    if found:
        raise PermissionDenied(
            "ACTOR_UNABLE",
            f"A {actor.kind} lives and is {guardian_age_years} at least.",
            {"found": found, "needed": "LIVING_ADULT"},
        )


def check_on_behalf(actor: Actor, holder: Holder, today: date, guardian_age_years: int) -> None:
    """Raise unless the actor may act for this holder: himself when grown up, his guardian, an agent of a grown-up."""
    is_minor = holder.is_minor(today, guardian_age_years)
    if actor.kind in (ActorKind.HOLDER, ActorKind.AGENT) and is_minor:
        raise PermissionDenied(
            "GUARDIAN_NEEDED",
            f"For a holder under {guardian_age_years} the guardian asks.",
            {"found": actor.kind, "needed": ActorKind.GUARDIAN},
        )
    if actor.kind is ActorKind.HOLDER:
        if actor.reference not in ("", holder.person):
            raise InvalidInput("actor.reference", "VALUE_OUT_OF_RANGE", "The holder acts for himself: leave it empty.")
        return
    if actor.reference == holder.person:
        raise InvalidInput("actor.reference", "VALUE_OUT_OF_RANGE", f"Nobody is his own {actor.kind}.")
    was_minor = holder.is_minor(holder.guardian_since, guardian_age_years)  # such a guardianship ends with childhood
    is_registered = actor.reference == holder.guardian and was_minor == is_minor
    if actor.kind is ActorKind.GUARDIAN and not is_registered:
        _needs_guardianship(actor.proofs)


def _needs_guardianship(proofs: Sequence[Proof]) -> None:
    if ProofKind.GUARDIANSHIP not in {proof.kind for proof in proofs}:
        raise PreconditionFailed(
            "PROOF_MISSING",
            "Who is not the registered guardian, or was it of a child that has grown up, proves the guardianship.",
            {"found": "+".join(sorted(proof.kind for proof in proofs)), "needed": ProofKind.GUARDIANSHIP},
        )
