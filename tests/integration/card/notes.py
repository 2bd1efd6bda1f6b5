"""A holder's cards as a clerk would note them down, by the national item list: nothing here is shared with the service.

Status codes are those of AAZ502; "-" is a card that is not made yet.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

LAPSES_AFTER = timedelta(days=10)
PIN_TRIES = 6
TEMPORARY_DAYS = 60
RENEWAL_DAYS = 60
YEARS = 10

WORDS = {
    "0": "SEALED",
    "1": "ENABLED",
    "2": "FORMALLY_LOST",
    "3": "APP_LOCKED",
    "4": "PROVISIONALLY_LOST",
    "9": "CANCELLED",
}


@dataclass(frozen=True)
class Line:
    """From where something may be done: codes of the status, words of the progress and of the bank function."""

    status: str
    progress: str = ""
    bank: str = ""


LINES = {
    "make": Line("-", "APPLIED"),
    "make alike": Line("-", "APPLIED"),
    "collect": Line("0", "MADE"),
    "enable": Line("0", "COLLECTED"),
    "lose provisionally": Line("013"),
    "lose formally": Line("0134"),
    "find": Line("24"),
    "replace": Line("2"),
    "renew": Line("013"),
    "renew expiring": Line("013"),
    "reissue": Line("1"),
    "change bank": Line("1"),
    "change contact": Line("-01234"),
    "verify pin": Line("1"),
    "mistake pin": Line("1"),
    "change pin": Line("1"),
    "unlock": Line("3"),
    "reset pin": Line("13"),
    "activate bank": Line("013", "COLLECTED", "NOT_ACTIVATED"),
    "lose at bank": Line("01234", bank="ACTIVE"),
    "find at bank": Line("013", bank="LOST"),
    "close at bank": Line("012349", bank="NOT_ACTIVATED ACTIVE LOST"),
    "bridge": Line("-0", "APPLIED BATCHED MADE"),
    "end bridge": Line("-01234"),
    "ask for mail": Line("-0", "APPLIED BATCHED MADE"),
    "post": Line("0", "MADE"),
    "deliver": Line("0", "POSTED"),
    "send back": Line("01234", "POSTED"),
    "cancel": Line("-01234"),
    "cancel for death": Line("-01234"),
    "cancel for emigration": Line("-01234"),
    "cancel as double": Line("-01234"),
    "open": Line("1"),
}
"""What is done to a card, by the rows of the list."""

_BANK_AFTER = {
    "activate bank": "ACTIVE",
    "lose at bank": "LOST",
    "find at bank": "ACTIVE",
    "close at bank": "CLOSED",
}


@dataclass(frozen=True)
class Refused:
    """A reason to say no: what was found, and one of what is needed."""

    reason: str
    found: str = ""
    needed: frozenset[str] = frozenset()


@dataclass
class Notes:
    """One card."""

    status: str = "-"
    progress: str = "APPLIED"
    bank: str = "NOT_ACTIVATED"
    before: str = ""
    lapses: datetime | None = None
    has_account: bool = False
    bridge_ends: date | None = None
    """Last day of a temporary card that is out; None: none is."""
    bridged: str = "NONE"
    pin: str = ""
    wrong: int = 0
    expires: date | None = None
    mail: str = ""
    overdue_told: bool = False
    renewal_told: bool = False
    is_open: bool = False
    reason: str = ""
    told: list[str] = field(default_factory=lambda: ["CardApplied"])
    """Events, in order."""

    @property
    def next_pin(self) -> str:
        """A PIN that was never this card's."""
        return str(int(self.pin or "0") + 1)

    @property
    def word(self) -> str:
        """The status as the service calls it, or how far making is."""
        return WORDS.get(self.status, self.progress)

    def expired(self, today: date) -> bool:
        return self.expires is not None and self.expires < today

    def is_due(self, now: datetime) -> bool:
        """Whether a provisional loss has run out."""
        return self.status == "4" and self.lapses is not None and self.lapses <= now

    def refusals(self, what: str, now: datetime, today: date, undo: bool) -> list[Refused]:
        """Every reason against doing something; none: it may be done. A loss that has run out is none."""
        if self.is_due(now):  # it lapses by whatever is done, before the timers see to it
            lapsed = replace(self, status=self.before, told=[])
            return lapsed.refusals(what, now, today, undo)
        line = LINES[what]
        if self._is_done(what):
            return []
        found = self._against(line)
        if what == "find" and self.status == "2" and not undo:
            found.append(Refused("FORMAL_LOSS_FINAL", "FORMALLY_LOST", frozenset({"PROVISIONALLY_LOST"})))
        if what == "bridge" and self.bridge_ends is not None:
            found.append(Refused("TEMPORARY_CARD_STATE", "VALID", frozenset({"RETURNED", "EXPIRED"})))
        if what == "end bridge" and self.bridge_ends is None:
            found.append(Refused("TEMPORARY_CARD_STATE", self.bridged, frozenset({"VALID"})))
        if what == "post" and self.mail not in ("", "REQUESTED"):
            found.append(Refused("DELIVERY_STATE", self.mail, frozenset({"REQUESTED"})))
        if what in ("post", "deliver", "send back") and not self.mail:
            found.append(Refused("RESOURCE_NOT_FOUND"))
        if what in ("verify pin", "mistake pin", "change pin", "unlock") and not self.pin:
            found.append(Refused("PIN_NOT_SET"))
        if what == "renew expiring" and not (self.expires and today >= self.expires - timedelta(days=RENEWAL_DAYS)):
            opens = {(self.expires - timedelta(days=RENEWAL_DAYS)).isoformat()} if self.expires else {""}
            found.append(Refused("RENEWAL_NOT_DUE", today.isoformat(), frozenset(opens)))
        if what == "open" and self.expired(today):
            found.append(Refused("CARD_STATE", "EXPIRED", frozenset({"ENABLED"})))
        return found

    def _against(self, line: Line) -> list[Refused]:
        found = []
        needed = line.progress.split()
        if needed and (self.status == "9" or self.progress not in needed):
            word = "CANCELLED" if self.status == "9" else self.progress
            found.append(Refused("CARD_STATE", word, frozenset(needed)))
        if self.status not in line.status:
            words = frozenset(WORDS[code] for code in line.status if code != "-") or frozenset(needed)
            found.append(Refused("CARD_STATE", self.word, words))
        if line.bank and self.bank not in line.bank.split():
            found.append(Refused("BANK_FUNCTION_STATE", self.bank, frozenset(line.bank.split())))
        return found

    def _is_done(self, what: str) -> bool:
        """Whether it was done before, so that doing it again changes nothing."""
        done = {"lose provisionally": "4", "lose formally": "2"}
        return self.status == done.get(what) or self.bank == _BANK_AFTER.get(what)

    def lapse(self, now: datetime) -> None:
        """Let a provisional loss that has run out lapse."""
        if self.is_due(now):
            self.status, self.before, self.lapses = self.before, "", None
            self.told.append("CardLossLapsed")

    def do(self, what: str, now: datetime, today: date) -> None:
        """Note that it was done."""
        self.lapse(now)
        if not self._is_done(what):
            self._do(what, now, today)

    def _do(self, what: str, now: datetime, today: date) -> None:
        match what:
            case "make" | "make alike":
                self.made(today)
            case "collect" | "deliver":
                self.progress = "COLLECTED"
                self._end_bridge("RETURNED")
                self.mail = "DELIVERED" if what == "deliver" else ("WITHDRAWN" if self.mail else "")
                self.told.append("CardCollected")
            case "enable":
                self.status = "1"
                self.told.append("CardEnabled")
            case "lose provisionally":
                self.before, self.status, self.lapses = self.status, "4", now + LAPSES_AFTER
                self.told.append("CardLossReported")
            case "lose formally":
                self.before, self.status, self.lapses = self.before or self.status, "2", None
                self.bank = "LOST" if self.bank == "ACTIVE" else self.bank
                self.told.append("CardLossReported")
            case "find":
                self.status, self.before, self.lapses = self.before, "", None
                self.told.append("CardLossCancelled")
            case "change contact":
                self.told.append("CardContactChanged")
            case "bridge":
                self.bridge_ends, self.bridged = today + timedelta(days=TEMPORARY_DAYS), "VALID"
                self.told.append("CardTemporaryIssued")
            case "end bridge":
                self._end_bridge("RETURNED")
                self.told.append("CardTemporaryEnded")
            case "ask for mail":
                self.mail = "REQUESTED"
                self.told.append("CardDeliveryRequested")
            case "post":
                self.progress, self.mail = "POSTED", "POSTED"
                self.told.append("CardPosted")
            case "send back":
                self.progress, self.mail = "MADE", "UNDELIVERABLE"
                self.told.append("CardPostReturned")
            case "open":
                self.is_open = True
            case _ if what in _BANK_AFTER:
                self.bank = _BANK_AFTER[what]
                self.told.append("CardBankFunctionChanged")
            case _ if "pin" in what or what == "unlock":
                self._pin(what)
            case _:
                self.cancelled({"cancel for death": "DEATH", "cancel for emigration": "EMIGRATION"}.get(what, what))

    def _pin(self, what: str) -> None:
        if what == "mistake pin":
            self.wrong += 1
            if self.wrong == PIN_TRIES:
                self.status = "3"
                self.told.append("CardLocked")
            return
        self.wrong = 0
        if what in ("change pin", "reset pin"):
            self.pin = self.next_pin
        if self.status == "3":
            self.status = "1"
            self.told.append("CardUnlocked")

    def batched(self) -> None:
        self.progress = "BATCHED"
        self.told.append("CardBatched")

    def failed(self) -> None:
        self.progress = "APPLIED"
        self.told.append("CardMakingFailed")

    def made(self, today: date) -> None:
        self.status, self.progress, self.has_account, self.overdue_told = "0", "MADE", True, False
        leap = (today.month, today.day) == (2, 29)
        self.expires = date(today.year + YEARS, today.month, 28 if leap else today.day)
        self.told.append("CardMade")

    def issued(self, today: date) -> None:
        self.made(today)
        self.status, self.progress, self.told = "1", "COLLECTED", ["CardIssued"]

    def cancelled(self, reason: str) -> None:
        self.status, self.before, self.lapses, self.reason = "9", "", None, reason
        self._end_bridge("RETURNED")
        self.mail = "WITHDRAWN" if self.mail not in ("", "DELIVERED") else self.mail
        self.told.append("CardCancelled")

    def _end_bridge(self, how: str) -> None:
        if self.bridge_ends is not None:
            self.bridge_ends, self.bridged = None, how

    def timers(self, now: datetime, today: date, due: date | None) -> None:
        """Note what comes due by itself."""
        self.lapse(now)
        if self.status == "-" and not self.overdue_told and due is not None and due < today:
            self.overdue_told = True
            self.told.append("CardMakingOverdue")
        window = self.expires - timedelta(days=RENEWAL_DAYS) if self.expires else None
        if window is not None and window <= today and not self.renewal_told and self.status != "9":
            self.renewal_told = True
            self.told.append("CardRenewalDue")
        if self.bridge_ends is not None and self.bridge_ends < today:
            self._end_bridge("EXPIRED")
            self.told.append("CardTemporaryEnded")
