"""docs/finding.md, executed over the whole stack by the installed law."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.page import DOCS, execute
from tests.system.bureau import running
from tests.system.office import SERVICES, Office

BEGIN = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


def test_benefits_are_found_granted_at_once_and_proposed_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    with running(tmp_path / "stack", dict.fromkeys(SERVICES, ""), BEGIN) as bureau:
        office = Office(bureau, desk)
        done = execute(
            DOCS / "finding.md", bureau.folder, desk, monkeypatch, lambda day: office.turn_to(day.isoformat())
        )
    assert done > 12
