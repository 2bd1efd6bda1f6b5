"""How far a command is, told now and then."""

import pytest

from services.common import progress


def test_progress_is_told_after_a_while_and_not_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = progress.Progress("people")
    monkeypatch.setattr(progress, "EVERY_SECONDS", 3_600)
    tell(1_000, 4_000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0)
    tell(2_000, 4_000)
    assert capsys.readouterr().err == "2,000 of 4,000 people\n"
