"""A recorded decision is made again by the book of its day, and compared with what was kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.common.errors import InvalidInput
from services.eligibility.book.book import Book
from services.eligibility.book.transcript import differences, write_transcript
from services.eligibility.recorded import RecordedDecision
from services.eligibility.service.record import decide_again


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What became of it."""

    reproduced: bool
    """Whether the text that came out is the text that was kept, byte for byte."""
    differences: Sequence[tuple[str, str, str]] = ()
    """Name, what was kept, what came out."""
    obstacle: str = ""
    """Why nothing came out, in words."""


REPRODUCED = Reproduction(True)


def reproduce(recorded: RecordedDecision, book: Book) -> Reproduction:
    """Make a decision again and compare."""
    try:
        again = decide_again(recorded, book)
    except InvalidInput as refusal:
        return Reproduction(False, obstacle=refusal.message)
    if write_transcript(again) == recorded.transcript:
        return REPRODUCED
    return Reproduction(False, differences(recorded.decision, again))
