"""docs/counter-day.md, executed."""

from datetime import date
from pathlib import Path

import pytest

from tests.integration.admin.desk import Desk
from tests.support.page import DOCS, execute


def test_a_counter_clerks_day_goes_as_the_page_says(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert execute(DOCS / "counter-day.md", desk.folder, tmp_path, monkeypatch, _today_only) > 50


def _today_only(day: date) -> None:
    raise AssertionError(f"the page is of no day, and says {day}")
