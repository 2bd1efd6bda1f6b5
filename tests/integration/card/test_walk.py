"""Cards walk through all operations of the use cases, on both databases, beside a clerk's plain notes."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.card.service import applications
from tests.integration.card.doings import LIBRARY
from tests.integration.card.town import town
from tests.integration.card.walking import Walk


def walk(url: str, folder: Path, examples: int, steps: int, *, is_fixed: bool) -> tuple[int, set[str]]:
    """Walk so many times; gives from how many states every operation was tried, and what was done."""
    with town(url, folder) as opened:
        opened.do(lambda store: applications.create_application(store, LIBRARY))

        class Here(Walk):
            town, probed, done = opened, set(), set()

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=is_fixed,
                database=None,
                phases=(Phase.generate,),  # a failure is told as it was met: to shrink it takes minutes
                suppress_health_check=list(HealthCheck),
            ),
        )
        return len(Here.probed), Here.done


def test_cards_and_the_clerks_notes_agree_after_every_step(database_url: str, tmp_path: Path) -> None:
    examples = 8 if database_url.startswith("sqlite") else 4  # where each statement takes a round trip
    states, done = walk(database_url, tmp_path, examples, steps=20, is_fixed=True)
    assert states > 2 * examples
    assert len(done) > examples
