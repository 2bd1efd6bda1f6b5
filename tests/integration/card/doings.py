"""What can be done to a card, each by its use case."""

from collections.abc import Callable, Mapping
from datetime import date

from services.card.actor import Actor, ActorKind, Proof, ProofKind
from services.card.application import ApplicationDomain, ApplicationNeed, OneCardApplication
from services.card.calendar import Deadline
from services.card.contact import Contact
from services.card.delivery import Recipient
from services.card.domain import Card, Change
from services.card.operation import Operation, OtherOperation
from services.card.pin import Tried
from services.card.service import bulk, cards, deliveries, issuing, opening, pins, upkeep
from services.card.service.order import Order
from services.card.service.outcome import Outcome
from services.card.service.store import Store
from services.card.status import CancelReason, CardParameters, LossKind, SuccessionReason
from services.card.succession import Succession, reissue_card, renew_card, replace_card
from services.card.temporary import issue_temporary, return_temporary
from services.card.transitions import CANCELLATIONS
from tests.integration.card.city import account
from tests.integration.card.notes import Notes
from tests.integration.card.town import Town

Doing = Callable[[Store], object]

LIBRARY = OneCardApplication(
    "library", ApplicationDomain.CULTURE, "City library", ApplicationNeed.IDENTITY_ONLY, date(2020, 1, 1)
)
_RECIPIENT = Recipient("王小明", "13900000001", "青岛市市南区香港中路1号")
_ENDINGS = {
    "cancel": CancelReason.HOLDER_REQUEST,
    "cancel for death": CancelReason.DEATH,
    "cancel for emigration": CancelReason.EMIGRATION,
    "cancel as double": CancelReason.DUPLICATE,
}
_BANK = {
    "activate bank": Operation.ACTIVATE_BANK,
    "lose at bank": Operation.REPORT_BANK_LOSS,
    "find at bank": Operation.CANCEL_BANK_LOSS,
    "close at bank": Operation.CLOSE_BANK,
}
_WRONG = "wrong"


def typed(pin: str) -> Tried:
    """Give what stands for a PIN in place of its verification value."""
    return Tried({"key": pin.ljust(32).encode()}, "key")


def doings(
    town: Town, card: str, notes: Notes, bank: str, parameters: CardParameters, former: str
) -> Mapping[str, Doing]:
    """Give everything that can be done to a card now.

    `bank` is its bank, and with an x another one; `former` an account that its holder had before, or a new one.
    """
    order, book, now = town.order, town.book, town.now

    def change(operation: Operation, move: Callable[[Card], Change]) -> Doing:
        return lambda store: cards.change_card(store, card, None, move, order(operation), book)

    def succeed(operation: Operation, succession: Callable[[Card, str, Deadline], Succession]) -> Doing:
        return lambda store: issuing.succeed_card(store, card, None, succession, order(operation), book)

    def renew(reason: SuccessionReason) -> Doing:
        return succeed(Operation.RENEW, lambda old, new, due: renew_card(old, reason, new, parameters, now, due))

    def reissue(reason: SuccessionReason, to: str = "") -> Doing:
        return succeed(Operation.REISSUE, lambda old, new, due: reissue_card(old, reason, to, new, now, due))

    def lose(operation: Operation, kind: LossKind) -> Doing:
        return change(operation, lambda found: found.report_loss(kind, parameters, now))

    def try_pin(pin: str) -> Doing:
        return lambda store: pins.verify_pin(store, card, typed(pin), order(Operation.VERIFY_PIN), book)

    def at_bank(operation: Operation) -> Doing:
        return change(operation, lambda found: found.change_bank_function(operation, now))

    def end(reason: CancelReason) -> Doing:
        return change(CANCELLATIONS[reason], lambda found: found.cancel(reason, now))

    def make(given: str) -> Doing:
        return lambda store: issuing.make_card(store, card, None, given, town.today, order(Operation.MAKE), book)

    following = typed(notes.next_pin)
    return {
        "make": make(account()),
        "make alike": make(former),
        "collect": change(Operation.COLLECT, lambda found: found.collect(now)),
        "enable": change(Operation.ENABLE, lambda found: found.enable(now)),
        "lose provisionally": lose(Operation.REPORT_PROVISIONAL_LOSS, LossKind.PROVISIONAL),
        "lose formally": lose(Operation.REPORT_FORMAL_LOSS, LossKind.FORMAL),
        "find": change(Operation.CANCEL_LOSS, lambda found: found.cancel_loss(parameters, now)),
        "replace": succeed(Operation.REPLACE, lambda old, new, due: replace_card(old, new, now, due)),
        "renew": renew(SuccessionReason.DAMAGED),
        "renew expiring": renew(SuccessionReason.EXPIRING),
        "reissue": reissue(SuccessionReason.NAME),
        "change bank": reissue(SuccessionReason.BANK, f"{bank}x"),
        "change contact": lambda store: upkeep.change_contact(
            store, card, None, Contact("13900000001", ""), order(Operation.CHANGE_CONTACT), book
        ),
        "verify pin": try_pin(notes.pin),
        "mistake pin": try_pin(_WRONG),
        "change pin": lambda store: pins.change_pin(
            store, card, typed(notes.pin), following, order(Operation.CHANGE_PIN), book
        ),
        "unlock": lambda store: pins.unlock_pin(store, card, None, order(Operation.UNLOCK_PIN), book),
        "reset pin": lambda store: pins.reset_pin(store, card, None, following, order(Operation.RESET_PIN), book),
        "bridge": change(Operation.ISSUE_TEMPORARY_CARD, lambda found: issue_temporary(found, parameters, now)),
        "end bridge": change(Operation.RETURN_TEMPORARY_CARD, lambda found: return_temporary(found, now)),
        "ask for mail": lambda store: deliveries.request_delivery(
            store, card, _RECIPIENT, order(Operation.REQUEST_DELIVERY), book
        ),
        "post": lambda store: deliveries.post_card(store, card, "EMS1", order(Operation.POST), book),
        "deliver": lambda store: deliveries.record_delivered(store, card, order(Operation.DELIVER), book),
        "send back": lambda store: deliveries.record_undeliverable(store, card, order(Operation.RETURN_POST), book),
        "open": lambda store: opening.open_application(
            store, card, LIBRARY.code, order(OtherOperation.OPEN_APPLICATION), book
        ),
        **{name: at_bank(operation) for name, operation in _BANK.items()},
        **{name: end(reason) for name, reason in _ENDINGS.items()},
    }


def applying_with_others(town: Town, application: issuing.Application) -> Doing:
    """Let an employer apply for many, of whom one is looked at."""
    proofs = (Proof(ProofKind.LETTER, "letter 7"), Proof(ProofKind.AGENT_IDENTITY), Proof(ProofKind.NAME_LIST))
    order = Order(Operation.APPLY, Actor(ActorKind.EMPLOYER, "91370200A00000001X", proofs), "wang", town.now)
    return lambda store: _of_one(bulk.apply_for_cards(store, [(0, application)], order, town.book))


def issuing_at_once(town: Town, issue: issuing.Issue) -> Doing:
    """Issue many cards, of which one is looked at."""
    order = town.order(Operation.ISSUE)
    return lambda store: _of_one(issuing.issue_cards(store, [(0, issue)], order, town.book))


def _of_one(outcome: Outcome) -> Outcome:
    for _, error in outcome.refused:
        raise error
    return outcome
