"""Who may ask for what, on whose behalf and on what proof."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.card.actor import Actor, ActorKind, Holder, Proof, ProofKind, check_actor, check_on_behalf
from services.card.authority import AUTHORITIES
from services.card.operation import Operation
from services.common.errors import DomainError, InvalidInput, PermissionDenied, PreconditionFailed

TODAY = date(2026, 11, 25)
ADULT = Holder("p1", date(2010, 11, 25))
CHILD = Holder("p1", date(2010, 11, 26), "mother")


def actor(kind: ActorKind, *proofs: ProofKind, reference: str = "") -> Actor:
    return Actor(kind, reference, tuple(Proof(proof) for proof in proofs))


def ask(operation: Operation, asking: Actor) -> None:
    check_actor(operation, AUTHORITIES[operation], asking)


def behalf(asking: Actor, holder: Holder) -> None:
    check_on_behalf(asking, holder, TODAY, 16)


def test_every_operation_that_somebody_asks_for_has_its_actors_and_timers_have_none() -> None:
    by_itself = {
        Operation.LAPSE_LOSS,
        Operation.LOCK,
        Operation.EXPIRE_TEMPORARY_CARD,
        Operation.TELL_MAKING_OVERDUE,
        Operation.TELL_RENEWAL_DUE,
        Operation.TRANSFER,
    }
    assert set(Operation) - set(AUTHORITIES) == by_itself


@pytest.mark.parametrize("operation", AUTHORITIES)
@pytest.mark.parametrize("kind", ActorKind)
def test_every_cell_of_the_table_is_what_is_checked(operation: Operation, kind: ActorKind) -> None:
    authority = AUTHORITIES[operation].get(kind)
    if authority is None:
        with pytest.raises(PermissionDenied) as refused:
            ask(operation, actor(kind, *ProofKind))
        assert refused.value.metadata["found"] == kind
        return
    for needed in authority.proofs:
        ask(operation, actor(kind, *needed))
        for proof in needed:
            fewer = needed - {proof}
            if not any(fewer >= other for other in authority.proofs):
                with pytest.raises(PreconditionFailed) as lacking:
                    ask(operation, actor(kind, *fewer))
                assert proof in lacking.value.metadata["needed"]


def test_pins_and_the_bank_function_take_the_persons_presence() -> None:
    for operation in (Operation.CHANGE_PIN, Operation.UNLOCK_PIN, Operation.RESET_PIN, Operation.ACTIVATE_BANK):
        assert set(AUTHORITIES[operation]) == {ActorKind.HOLDER, ActorKind.GUARDIAN}
        assert all(authority.in_person for authority in AUTHORITIES[operation].values())


def test_employers_and_schools_only_apply_and_distribute() -> None:
    for kind in (ActorKind.EMPLOYER, ActorKind.SCHOOL):
        assert {operation for operation, row in AUTHORITIES.items() if kind in row} == {
            Operation.APPLY,
            Operation.COLLECT,
        }


def test_the_holder_acts_alone_from_the_sixteenth_birthday_on() -> None:
    behalf(actor(ActorKind.HOLDER), ADULT)
    behalf(actor(ActorKind.HOLDER, reference="p1"), ADULT)
    behalf(actor(ActorKind.HOLDER), Holder("p1", None))
    for kind in (ActorKind.HOLDER, ActorKind.AGENT):
        with pytest.raises(PermissionDenied) as refused:
            behalf(actor(kind, reference="p1"), CHILD)
        assert (refused.value.reason, refused.value.metadata["needed"]) == ("GUARDIAN_NEEDED", "GUARDIAN")


def test_a_guardian_is_registered_or_proves_it() -> None:
    behalf(actor(ActorKind.GUARDIAN, reference="mother"), CHILD)
    behalf(actor(ActorKind.GUARDIAN, ProofKind.GUARDIANSHIP, reference="aunt"), CHILD)
    behalf(actor(ActorKind.GUARDIAN, ProofKind.GUARDIANSHIP, reference="brother"), ADULT)
    with pytest.raises(PreconditionFailed) as refused:
        behalf(actor(ActorKind.GUARDIAN, ProofKind.GUARDIAN_IDENTITY, reference="aunt"), CHILD)
    assert refused.value.metadata == {"found": "GUARDIAN_IDENTITY", "needed": "GUARDIANSHIP"}


def test_who_was_registered_as_a_childs_guardian_is_none_any_more_when_the_child_has_grown_up() -> None:
    grown_up = replace(ADULT, guardian="mother", guardian_since=TODAY - timedelta(days=1))
    with pytest.raises(PreconditionFailed) as refused:
        behalf(actor(ActorKind.GUARDIAN, ProofKind.GUARDIAN_IDENTITY, reference="mother"), grown_up)
    assert refused.value.metadata == {"found": "GUARDIAN_IDENTITY", "needed": "GUARDIANSHIP"}
    behalf(actor(ActorKind.GUARDIAN, ProofKind.GUARDIANSHIP, reference="mother"), grown_up)


@pytest.mark.parametrize("birth_date", [ADULT.birth_date, None])
def test_who_was_registered_as_a_grown_ups_guardian_is_it_still(birth_date: date | None) -> None:
    behalf(actor(ActorKind.GUARDIAN, reference="mother"), Holder("p1", birth_date, "mother", TODAY))


@pytest.mark.parametrize(
    ("asking", "holder"),
    [
        (actor(ActorKind.HOLDER, reference="p2"), ADULT),
        (actor(ActorKind.AGENT, reference="p1"), ADULT),
        (actor(ActorKind.GUARDIAN, ProofKind.GUARDIANSHIP, reference="p1"), CHILD),
    ],
)
def test_nobody_acts_under_a_name_that_does_not_fit(asking: Actor, holder: Holder) -> None:
    with pytest.raises(DomainError) as refused:
        behalf(asking, holder)
    assert isinstance(refused.value, InvalidInput)
    assert refused.value.field == "actor.reference"
