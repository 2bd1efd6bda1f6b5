"""docs/pension-month.md, executed over the whole stack on PostgreSQL, on the days that it tells of."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.database import new_postgres_url
from tests.support.page import DOCS, execute
from tests.system.bureau import running
from tests.system.office import SERVICES, Office

BEGIN = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


def test_a_pension_offices_month_goes_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    urls = {service: new_postgres_url() for service in SERVICES}
    with running(tmp_path / "stack", urls, BEGIN) as bureau:
        office = Office(bureau, desk)
        done = execute(
            DOCS / "pension-month.md", bureau.folder, desk, monkeypatch, lambda day: office.turn_to(day.isoformat())
        )
    assert done > 40
