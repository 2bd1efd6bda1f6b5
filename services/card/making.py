"""Cards are made in batches by bank and card maker, who return what became of each (制卡批次、回盘)."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import InvalidInput, PreconditionFailed


class FailureStage(StrEnum):
    """Where the making of a card failed."""

    BANK = "BANK"
    CARD_MAKING = "CARD_MAKING"


class MakingStage(StrEnum):
    """How far a batch has come, in this order (制卡进度)."""

    ASSIGNED = "ASSIGNED"
    ACCOUNTS_OPENED = "ACCOUNTS_OPENED"
    PERSONALISED = "PERSONALISED"
    RETURNED = "RETURNED"


class LineState(StrEnum):
    """What is known of a card of a batch."""

    SENT = "SENT"
    MADE = "MADE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    """Came back, made or failed, after the card had been cancelled: what was made is destroyed, nobody waits for it."""


@dataclass(frozen=True, slots=True)
class MakingBatch:
    """Cards of one division and bank that are made together."""

    batch: str
    issuing_division: str
    service_bank_code: str
    card_count: int
    creator: str
    create_time: datetime
    made_count: int = 0
    failed_count: int = 0
    cancelled_count: int = 0
    stage: MakingStage = MakingStage.ASSIGNED

    def advance(self, stage: MakingStage) -> "MakingBatch":
        """Follow what bank and card maker tell; a repeated word changes nothing, and no batch goes back."""
        if stage is MakingStage.RETURNED:
            raise InvalidInput("stage", "UNKNOWN_VALUE", "A batch is RETURNED by its return file.")
        order = list(MakingStage)
        if order.index(stage) < order.index(self.stage):
            needed = ",".join(order[: order.index(stage) + 1])
            raise PreconditionFailed(
                "BATCH_STAGE",
                f"A batch that is {self.stage} does not become {stage} again.",
                {"found": self.stage, "needed": needed},
            )
        return replace(self, stage=stage)

    def check_count(self, lines: int) -> None:
        """Raise unless a return file has a line for each card."""
        if lines != self.card_count:
            raise PreconditionFailed(
                "RETURN_COUNT",
                f"The batch has {self.card_count} cards and the file {lines} lines: ask for the whole file.",
                {"found": str(lines), "needed": str(self.card_count)},
            )

    def counting(self, made: int, failed: int, cancelled: int = 0) -> "MakingBatch":
        """Give the batch with so many more cards returned; with the last one it is returned itself."""
        made, failed, cancelled = self.made_count + made, self.failed_count + failed, self.cancelled_count + cancelled
        stage = MakingStage.RETURNED if made + failed + cancelled == self.card_count else self.stage
        return replace(self, made_count=made, failed_count=failed, cancelled_count=cancelled, stage=stage)


@dataclass(frozen=True, slots=True)
class KeyData:
    """What must stand on a card and in its chip."""

    identity_number: str = field(repr=False)
    full_name: str = field(repr=False)
    service_bank_code: str
    expire_date: date | None
    """None: without end, or not made."""


@dataclass(frozen=True, slots=True)
class CardReturn:
    """One line of a file that came back; without a stage the card was made."""

    serial: int
    card_no: str
    identification_code: str
    stage: FailureStage | None = None
    reason: str = ""
    issue_date: date | None = None
    """First day of validity; None for a failure."""
    account: str = field(default="", repr=False)
    reset_code: str = ""
    box_position: str = ""
    expire_date: date | None = None
    identity_number: str = field(default="", repr=False)
    full_name: str = field(default="", repr=False)
    service_bank_code: str = ""

    def check(self, key_data: KeyData) -> None:
        """Raise PreconditionFailed when the card was made with other data than it was sent with.

        Raises InvalidInput when a made card's line leaves out what is to be compared; a failed one's may.
        """
        for name in ("identity_number", "full_name", "service_bank_code", "expire_date"):
            said, sent = getattr(self, name), getattr(key_data, name)
            if not said and sent and self.stage is None:
                raise InvalidInput(name, "FIELD_REQUIRED", f"The line of a card that was made says its {name}.")
            if said and said != sent:
                raise PreconditionFailed(
                    "RETURN_MISMATCH",
                    f"The line's {name} is not that of the card: have it made anew, and returned as failed until then.",
                    {"serial": str(self.serial), "field": name},
                )


@dataclass(frozen=True, slots=True)
class MakingLine:
    """One card of a batch, with the numbers that it was sent with: they are no other card's, also after a failure."""

    batch: str
    serial: int
    card: str
    card_no: str
    identification_code: str
    state: LineState = LineState.SENT
    stage: FailureStage | None = None
    reason: str = ""
    reset_code: str = ""
    box_position: str = ""
    fingerprint: bytes = b""
    """Keyed digest of what was returned; empty until then."""

    def is_repeated(self, returned: CardReturn, fingerprint: bytes) -> bool:
        """Tell whether the same was returned before; raise when it is another card's line, or says something else."""
        if (self.card_no, self.identification_code) != (returned.card_no, returned.identification_code):
            raise foreign(returned)
        if self.state is LineState.SENT:
            return False
        if self.fingerprint != fingerprint:
            raise doubled(returned)
        return True

    def returned(self, line: CardReturn, fingerprint: bytes, *, is_cancelled: bool = False) -> "MakingLine":
        """Give the line as it came back, for a card that was perhaps cancelled meanwhile."""
        state = LineState.FAILED if line.stage else LineState.MADE
        return replace(
            self,
            state=LineState.CANCELLED if is_cancelled else state,
            stage=line.stage,
            reason=line.reason,
            reset_code=line.reset_code,
            box_position=line.box_position,
            fingerprint=fingerprint,
        )


def foreign(returned: CardReturn) -> PreconditionFailed:
    """Give the refusal of a line that was not sent so."""
    return PreconditionFailed(
        "RETURN_FOREIGN_CARD",
        "The batch was sent no such line: serial, card number and identification code must be those of one card.",
        {"serial": str(returned.serial)},
    )


def account_doubled(returned: CardReturn) -> PreconditionFailed:
    """Give the refusal of a line whose account another line has too."""
    return PreconditionFailed(
        "RETURN_ACCOUNT_DOUBLED",
        "Another card was returned with the same bank_account: ask which of the two has it.",
        {"serial": str(returned.serial)},
    )


def doubled(returned: CardReturn) -> PreconditionFailed:
    """Give the refusal of a line that contradicts another one."""
    return PreconditionFailed(
        "RETURN_DOUBLED",
        "That serial number was returned with other content too: ask which of the two is right.",
        {"serial": str(returned.serial)},
    )
