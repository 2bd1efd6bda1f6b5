"""A random walk of one holder's cards through every operation, beside the clerk's notes."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.card.actor import ProofKind
from services.card.domain import Card
from services.card.ecard import ECard
from services.card.making import CardReturn, FailureStage, MakingBatch, MakingLine
from services.card.operation import Operation, OtherOperation
from services.card.service import cards, ecards, issuing, making, people
from services.card.service.issuing import Application, Issue
from services.card.service.store import Store
from services.card.status import FormalLossUndo
from services.common.errors import AlreadyExists, DomainError, NotFound, PreconditionFailed
from services.common.months import add_months
from tests.integration.card.city import account
from tests.integration.card.doings import Doing, applying_with_others, doings, issuing_at_once
from tests.integration.card.notes import LINES, Notes, Refused
from tests.integration.card.ownership import Ownership
from tests.integration.card.town import BEGIN, Town

DIVISION = "370200"
SUCCESSIONS = ("replace", "renew", "renew expiring", "reissue", "change bank")
_KEEPS_ACCOUNT = ("renew", "renew expiring", "reissue")
EARLY = ("make", "collect", "enable", "reset pin")
ONWARDS = (*EARLY, "mistake pin", "activate bank", "ask for mail", "post")
ENDINGS = (*SUCCESSIONS, "cancel", "cancel for death", "cancel for emigration", "cancel as double")
_GOOD = ("0", "1")


@dataclass(frozen=True)
class Attempt:
    """Something to do, and every reason for which it may be refused; without one it must be done."""

    todo: Doing
    refused: list[Refused]

    def check(self, answer: object) -> None:
        """Hold the answer, or what was raised, against the reasons: it tells what was found and what is needed."""
        if not isinstance(answer, BaseException):
            assert not self.refused, self.refused
            return
        assert isinstance(answer, PreconditionFailed | NotFound | AlreadyExists), answer
        found, needed = answer.metadata.get("found", ""), answer.metadata.get("needed", "")
        said = Refused(answer.reason, found, frozenset(needed.split(",")) if needed else frozenset())
        assert said in self.refused or Refused(answer.reason) in self.refused, (said, self.refused)
        assert found not in said.needed or not found, said


class Walk(RuleBasedStateMachine):
    """Card by card of one holder; the newest is the one that things are done to."""

    town: Town
    probed: set[tuple[object, ...]]
    """States from which every operation was tried, by all walks."""
    done: set[str]
    """What was done, by all walks."""

    def __init__(self) -> None:
        super().__init__()
        self.card = ""
        self.notes = Notes(status="9", told=[])
        self.past: dict[str, Notes] = {}
        self.line: MakingLine | None = None
        self.file: CardReturn | None = None
        """What came back for the line of the last batch."""
        self.ecard = ""
        self.ecard_word = ""
        self.ecard_card = ""
        self.authorized = False

    @initialize(undo=st.sampled_from(FormalLossUndo), steps=st.integers(0, 11))
    def begin(self, undo: FormalLossUndo, steps: int) -> None:
        """Begin with nothing, or some steps into a card's life."""
        self.town.now = BEGIN
        self.parameters = replace(self.town.book.on(self.town.today), formal_loss_undo=undo)
        self.can_undo = undo is FormalLossUndo.UNTIL_REPLACEMENT
        self.person, self.stranger, self.accounts = self.town.person(), self.town.person(), Ownership()
        self.bank = f"b{self.person[-12:]}"
        if steps:
            self.apply(alive=False)
        for what in (*EARLY, *["mistake pin"] * 6)[: max(steps - 1, 0)]:
            self._do(what)

    @rule(picks=st.lists(st.integers(0, 1_000), min_size=1, max_size=4), ends=st.integers(0, 5))
    @precondition(lambda self: self.card)
    def do(self, picks: list[int], ends: int) -> None:
        """Do things that are allowed: most often what leads on, most seldom what ends the card."""
        for pick in picks:
            now, today = self.town.now, self.town.today
            allowed = [what for what in LINES if not self.notes.refusals(what, now, today, self.can_undo)]
            lasting = [what for what in allowed if what not in ENDINGS]
            ending = [what for what in allowed if what in ENDINGS]
            among = [*lasting, *(what for what in lasting if what in ONWARDS)] if lasting and ends else ending
            if among:
                self._do(among[pick % len(among)])
                self.everything_is_as_noted()
                self.every_operation_is_allowed_or_refused_from_a_new_state()

    def _do(self, what: str) -> None:
        self.done.add(what)
        lapses = self.notes.is_due(self.town.now)
        result = self._judge(self._doing(what))
        self.notes.do(what, self.town.now, self.town.today)
        self.authorized = self.authorized and not lapses
        self._ecard_follows()
        if what in ("make", "make alike"):
            self._note_account()
        if what in SUCCESSIONS:
            assert isinstance(result, Card)
            self.bank += "x" if what == "change bank" else ""
            old, keeps = self.card, what in _KEEPS_ACCOUNT and self.notes.bank != "CLOSED"
            self._begin_card(result, has_account=keeps)
            if keeps:
                self.accounts.taken_over(old, self.card)

    @rule(alive=st.booleans())
    @precondition(lambda self: self.notes.status == "9")
    def apply(self, alive: bool) -> None:
        """Apply for a card; for the dead it takes more."""
        card = self._judge(self._applying(alive))
        if card is not None:
            assert isinstance(card, Card)
            self._begin_card(card, has_account=False)

    def _applying(self, alive: bool) -> Attempt:
        refused = []
        if self.notes.status != "9":
            refused = [Refused("LIVE_CARD_EXISTS")]
        elif self.notes.reason == "DEATH" and not alive:
            refused = [Refused("HOLDER_DECEASED", "DEATH", frozenset({"ALIVE"}))]
        order = self.town.order(Operation.APPLY, *([ProofKind.ALIVE] if alive else []))
        application = Application(self.person, DIVISION, self.bank)
        return Attempt(lambda store: issuing.apply_for_card(store, application, order, self.town.book), refused)

    @rule()
    @precondition(lambda self: self.notes.status == "9")
    def apply_with_others(self) -> None:
        """Let the employer apply for the whole staff."""
        outcome = self._judge(self._applying_with_others())
        if outcome is not None:
            self._begin_card(self._live(), has_account=False)

    def _applying_with_others(self) -> Attempt:
        refused = self._not_again([Refused("LIVE_CARD_EXISTS")] if self.notes.status not in "9-" else [])
        return Attempt(applying_with_others(self.town, Application(self.person, DIVISION, self.bank)), refused)

    @rule()
    @precondition(lambda self: self.notes.status == "9")
    def issue(self) -> None:
        """Issue a card at once."""
        outcome = self._judge(self._issuing_card(self.person, account(), self._not_again([])))
        if outcome is not None:
            self._begin_card(self._live(), has_account=True)
            self.notes.issued(self.town.today)
            self._note_account()
            self._ecard_follows()

    def _issuing_card(self, person: str, given: str, refused: list[Refused]) -> Attempt:
        issue = Issue(Application(person, DIVISION, self.bank), given, self.town.today)
        return Attempt(issuing_at_once(self.town, issue), refused)

    def _not_again(self, refused: list[Refused]) -> list[Refused]:
        is_dead = self.notes.status == "9" and self.notes.reason == "DEATH"
        return [Refused("HOLDER_DECEASED", "DEATH", frozenset({"ALIVE"}))] if is_dead else refused

    @rule()
    @precondition(lambda self: self._waits)
    def batch(self) -> None:
        """Send the card's data out."""
        batch = self._judge(self._batching())
        assert isinstance(batch, MakingBatch)
        [self.line] = self.town.look(lambda store: store.making.page(batch.batch, 0, 10))
        assert self.line.card == self.card
        self.file = None
        self.notes.batched()

    def _batching(self) -> Attempt:
        order = self.town.order(Operation.BATCH)
        refused = [] if self._waits else [Refused("NOTHING_TO_MAKE")]
        return Attempt(lambda store: making.create_batch(store, DIVISION, self.bank, 10, order), refused)

    @property
    def _waits(self) -> bool:
        return (self.notes.status, self.notes.progress) == ("-", "APPLIED")

    @rule(fails=st.booleans())
    @precondition(lambda self: self.line)
    def come_back(self, fails: bool) -> None:
        """Take the return file of the last batch; a second time it is the same file."""
        line = self.line
        assert line is not None
        is_new, self.file = self.file is None, self.file or self._returned(line, fails)
        file, order = self.file, self.town.order(Operation.RETURN_MADE)
        outcome = self.town.do(
            lambda store: making.import_return(store, line.batch, 1, [(0, file)], order, self.parameters)
        )
        assert (outcome.accepted, outcome.repeated, outcome.refused) == (int(is_new), int(not is_new), [])
        if is_new and line.card == self.card and self.notes.status == "-":
            if file.stage is None:
                self.notes.made(self.town.today)
                self._note_account()
            else:
                self.notes.failed()

    @rule(days=st.sampled_from([0, 0, 0, 1, 9, 10, 61, 3_600]), hours=st.integers(0, 5), runs=st.booleans())
    def wait(self, days: int, hours: int, runs: bool) -> None:
        """Let time pass; the service's own timers run or do not."""
        self.town.advance(timedelta(days=days, hours=hours))
        if runs:
            self.town.run_timers()
            if self.card:
                due = self._card().making_due
                self.authorized = self.authorized and not self.notes.is_due(self.town.now)
                self.notes.timers(self.town.now, self.town.today, due.day if due else None)
                self._ecard_follows()

    @rule()
    @precondition(lambda self: self.card and not self.ecard and self.notes.progress == "COLLECTED")
    def issue_ecard(self) -> None:
        """Issue the electronic card."""
        issued = self._judge(self._issuing())
        if issued is not None:
            assert isinstance(issued, ECard)
            self.ecard, self.ecard_word, self.ecard_card = issued.ecard, "USABLE", self.card

    def _issuing(self) -> Attempt:
        if self.ecard:
            refused = [Refused("RESOURCE_EXISTS")]
        elif self.notes.status not in _GOOD or self.notes.progress != "COLLECTED":
            refused = [Refused("CARD_STATE")]
        else:
            refused = [Refused("CARD_STATE")] if self.notes.expired(self.town.today) else []
        order = self.town.order(OtherOperation.ISSUE_ECARD)
        return Attempt(lambda store: ecards.issue_one(store, self.person, order), refused)

    @rule()
    @precondition(lambda self: self.ecard)
    def authorize_ecard(self) -> None:
        """Let the holder authorise the electronic card's use."""
        is_right = self.ecard_word == "AUTHORIZATION_NEEDED" or self.authorized
        refused = [] if is_right else [self._ecard_refused("AUTHORIZATION_NEEDED")]
        order = self.town.order(OtherOperation.AUTHORIZE_ECARD)
        todo = Attempt(lambda store: ecards.authorize_use(store, self.ecard, None, "session 1", order), refused)
        if self._judge(todo) is not None:
            self.authorized, self.ecard_word = True, "USABLE"

    def _showing(self) -> Attempt:
        refused = [] if self.ecard_word == "USABLE" else [self._ecard_refused("USABLE")]
        of = self.notes if self.ecard_card == self.card else self.past[self.ecard_card]
        if of.expired(self.town.today):
            refused.append(Refused("CARD_STATE", "EXPIRED", frozenset({"ENABLED"})))
        today = self.town.today
        return Attempt(lambda store: ecards.show_ecard(store, self.ecard, today), refused)

    def _ecard_refused(self, needed: str) -> Refused:
        return Refused("ECARD_STATE", self.ecard_word, frozenset({needed}))

    @invariant()
    def everything_is_as_noted(self) -> None:
        if not self.card:
            return
        notes, day = self.notes, self.town.today
        found, is_good, is_paid, held = self.town.look(
            lambda store: (
                cards.get_card(store, self.card),
                _is_good(store, self.card, day),
                cards.check_payees(store, [self.person]),
                ecards.get_ecard(store, self.ecard) if self.ecard else None,
            )
        )
        assert (found.status or found.progress, found.progress) == (notes.word, notes.progress)
        assert (found.bank_function, found.loss_lapse_time) == (notes.bank, notes.lapses)
        assert (found.former_status is not None) == (notes.before != "")
        assert (found.temporary.state if found.temporary else "NONE") == notes.bridged
        assert (found.expire_date, found.is_making_overdue) == (notes.expires, notes.overdue_told)
        assert bool(found.masked_account) == notes.has_account
        assert is_good == (notes.status == "1" and not notes.expired(day))
        assert is_paid == [notes.has_account and notes.bank != "CLOSED" and notes.status not in ("2", "9")]
        assert held is None or (held.status, held.card) == (self.ecard_word, self.ecard_card)

    @invariant()
    def every_operation_is_allowed_or_refused_from_a_new_state(self) -> None:
        notes, now, today = self.notes, self.town.now, self.town.today
        pin = (bool(notes.pin), notes.wrong) if notes.pin else ()
        times = (notes.is_due(now), notes.expired(today), notes.expires and today >= notes.expires - timedelta(days=60))
        state = (notes.word, notes.progress, notes.before, notes.bank, notes.bridged, notes.mail, pin, times)
        if not self.card or (state, self.can_undo) in self.probed:
            return
        attempts = [self._applying(alive=False), self._batching(), self._issuing(), *map(self._doing, LINES)]
        attempts += [self._applying_with_others(), self._issuing_card(self.person, account(), self._not_again([]))]
        attempts += [
            self._issuing_card(self.stranger, given, [Refused("ACCOUNT_OF_ANOTHER")] if is_kept else [])
            for given, is_kept in self.accounts.of_others(self._is_closed).items()
        ]
        if self.ecard:
            attempts.append(self._showing())
        for attempt, answer in zip(attempts, self.town.try_all([one.todo for one in attempts]), strict=True):
            attempt.check(answer)
        self.probed.add((state, self.can_undo))

    def teardown(self) -> None:
        for card, notes in [*self.past.items(), (self.card, self.notes)] if self.card else ():
            assert self.town.events(card) == notes.told
        for card in self.past:
            assert self.town.look(lambda store, card=card: cards.get_card(store, card)).status == "CANCELLED"  # type: ignore[misc]  # bound at once

    def _doing(self, what: str) -> Attempt:
        refused = self.notes.refusals(what, self.town.now, self.town.today, self.can_undo)
        former = next(iter(self.accounts.keeper), account())
        return Attempt(doings(self.town, self.card, self.notes, self.bank, self.parameters, former)[what], refused)

    def _judge(self, attempt: Attempt) -> object:
        """Do something; gives what came of it, and None when it was refused as it must be."""
        try:
            answer = self.town.do(attempt.todo)
        except DomainError as error:
            attempt.check(error)
            return None
        attempt.check(answer)
        return answer

    def _live(self) -> Card:
        return self.town.look(lambda store: store.cards.live([self.person])[self.person])

    def _note_account(self) -> None:
        given = self.town.look(lambda store: store.accounts.of([self.card])[self.card])
        self.accounts.given(self.card, given, self._card().replaces)

    def _is_closed(self, card: str) -> bool:
        return (self.notes if card == self.card else self.past[card]).bank == "CLOSED"

    def _begin_card(self, card: Card, *, has_account: bool) -> None:
        if self.card:
            self.past[self.card] = self.notes
        self.card, self.notes = card.card, Notes(has_account=has_account)

    def _ecard_follows(self) -> None:
        """The electronic card is as its card, and moves to a new one once that is collected."""
        status = self.notes.status
        if self.ecard_word == "UNLINKED" and status in _GOOD and self.notes.progress == "COLLECTED":
            self.ecard_card = self.card
        if not self.ecard or self.ecard_card != self.card:
            return
        self.authorized = self.authorized and status == "4"
        lost = "USABLE" if self.authorized else "AUTHORIZATION_NEEDED"
        words = {"0": "USABLE", "1": "USABLE", "4": lost, "9": "UNLINKED"}
        self.ecard_word = words.get(status, "SUSPENDED")

    def _card(self) -> Card:
        return self.town.look(lambda store: cards.get_card(store, self.card))

    def _returned(self, line: MakingLine, fails: bool) -> CardReturn:
        numbers = (line.serial, line.card_no, line.identification_code)
        if fails:
            return CardReturn(*numbers, FailureStage.BANK, "开户失败")
        holder = self.town.look(lambda store: people.get_person(store, self.person))
        return CardReturn(
            *numbers,
            issue_date=self.town.today,
            account=account(),
            expire_date=add_months(self.town.today, 120),
            identity_number=holder.identity.number,
            full_name=holder.full_name,
            service_bank_code=self.bank,
        )


def _is_good(store: Store, card: str, day: date) -> bool:
    number = cards.get_card(store, card).card_no
    return bool(number) and cards.verify_card(store, number, "", day)
