"""Random walks of one person's cards against a plain model: a table of what leads where."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.card.applying import apply_card
from services.card.domain import Card, Change
from services.card.personalising import Making
from services.card.status import CancelReason, CardParameters, CardProgress, CardStatus, FormalLossUndo, LossKind
from services.card.succession import replace_card
from services.common.errors import PreconditionFailed
from tests.support.card_parameters import PARAMETERS

START = datetime(2026, 1, 1, tzinfo=UTC)
MAKING = Making("A00000003", "370200D15600000500000000BA112D24", "****1111", date(2026, 1, 1))
LAPSE_DAYS = 10

LIVE = {"SEALED", "ENABLED"}
"""What a loss may be reported from, in this walk without PINs."""


@dataclass
class Model:
    """The card in hand as a clerk would note it: a word, the word before a loss, and the day of a provisional one."""

    word: str = "APPLIED"
    before: str = ""
    lost_on: int = 0

    def step(self, operation: str, day: int, undo: bool) -> bool:
        """Do an operation; tell whether it is allowed."""
        if operation == "lapse":
            if self.word == "PROVISIONALLY_LOST" and day >= self.lost_on + LAPSE_DAYS:
                self.word, self.before = self.before, ""
            return True
        if operation in ("make", "collect", "enable"):
            steps = {"make": ("APPLIED", "MADE"), "collect": ("MADE", "SEALED"), "enable": ("SEALED", "ENABLED")}
            needed, following = steps[operation]
            if self.word != needed:
                return False
            self.word = following
            return True
        if operation == "provisional":
            if self.word == "PROVISIONALLY_LOST":
                return True
            if self.word not in LIVE | {"MADE"}:
                return False
            self.word, self.before, self.lost_on = "PROVISIONALLY_LOST", self.word, day
            return True
        if operation == "formal":
            if self.word == "FORMALLY_LOST":
                return True
            if self.word not in LIVE | {"MADE", "PROVISIONALLY_LOST"}:
                return False
            self.word, self.before = "FORMALLY_LOST", self.before or self.word
            return True
        if operation == "find":
            if self.word != "PROVISIONALLY_LOST" and not (self.word == "FORMALLY_LOST" and undo):
                return False
            self.word, self.before = self.before, ""
            return True
        if operation == "replace":
            if self.word != "FORMALLY_LOST":
                return False
            self.word, self.before = "APPLIED", ""
            return True
        if self.word == "CANCELLED":
            return False
        self.word, self.before = "CANCELLED", ""
        return True


def word_of(card: Card) -> str:
    if card.status is None:
        return card.progress
    if card.status is CardStatus.SEALED and card.progress is CardProgress.MADE:
        return "MADE"
    return card.status


def perform(card: Card, operation: str, parameters: CardParameters, now: datetime) -> Change:
    if operation == "replace":
        (old, _), successor = replace_card(card, f"{card.card}+", now)
        assert old.status is CardStatus.CANCELLED
        assert successor[0].replaces == old.card
        return successor
    changes = {
        "make": lambda: card.make(MAKING, parameters, now),
        "collect": lambda: card.collect(now),
        "enable": lambda: card.enable(now),
        "provisional": lambda: card.report_loss(LossKind.PROVISIONAL, parameters, now),
        "formal": lambda: card.report_loss(LossKind.FORMAL, parameters, now),
        "find": lambda: card.cancel_loss(parameters, now),
        "lapse": lambda: card.lapse_loss(now),
        "cancel": lambda: card.cancel(CancelReason.DEATH, now),
    }
    return changes[operation]()


operations = st.sampled_from(
    [
        "make",
        "make",
        "collect",
        "collect",
        "enable",
        "enable",
        "provisional",
        "formal",
        "find",
        "lapse",
        "replace",
        "cancel",
    ]
)


@given(st.lists(st.tuples(operations, st.integers(0, 6)), max_size=40), st.sampled_from(FormalLossUndo))
def test_a_card_and_the_plain_model_agree_after_every_step(
    walk: list[tuple[str, int]], formal_loss_undo: FormalLossUndo
) -> None:
    parameters = replace(PARAMETERS, provisional_loss_days=LAPSE_DAYS, formal_loss_undo=formal_loss_undo)
    card, _ = apply_card("c", "p", "370200", "102", START)
    model, day = Model(), 0
    for operation, days in walk:
        day += days
        allowed = model.step(operation, day, formal_loss_undo is FormalLossUndo.UNTIL_REPLACEMENT)
        former = card
        try:
            card, event = perform(card, operation, parameters, START + timedelta(days=day))
        except PreconditionFailed:
            assert not allowed
            continue
        assert allowed
        assert word_of(card) == model.word
        assert (card.former_status is None) == (model.word not in ("PROVISIONALLY_LOST", "FORMALLY_LOST"))
        assert (card.loss_lapse_time is not None) == (model.word == "PROVISIONALLY_LOST")
        if operation != "replace":
            assert card.version == former.version + (event is not None)
            assert (event is None) == (card == former)
