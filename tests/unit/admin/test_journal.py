"""What is kept of an import beside its file."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.admin.journal import Counts, Journal, Position, Reject

REJECT = Reject(7, "kind", "UNKNOWN_VALUE", "kind must be one of: A, B.")


def journal(folder: Path, identity: str = "cards abc here") -> Journal:
    return Journal(folder / "cards.csv", identity)


def test_a_position_is_read_back_by_the_same_import_only(tmp_path: Path) -> None:
    position = Position(3, 3000, Counts(2998, 1, 1), 55, finished=True)
    journal(tmp_path).write(position)
    assert journal(tmp_path).read() == position
    assert journal(tmp_path, "cards abd here").read() == Position()
    assert journal(tmp_path, "cards abc there").read() == Position()


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"identity": "cards abc here", "batches": 1}', "\x00"])
def test_a_journal_that_cannot_be_read_means_to_begin_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "cards.csv.progress").write_text(content)
    assert journal(tmp_path).read() == Position()


def test_rejects_that_the_journal_does_not_know_of_are_cut_off(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    kept.begin(Position())
    known = kept.reject(Position(1), [REJECT])
    kept.reject(known, [replaced_line(8)])
    kept.begin(known)
    text = kept.rejects.read_text()
    assert text == 'line,field,reason,message\n7,kind,UNKNOWN_VALUE,"kind must be one of: A, B."\n'
    assert known.rejects_bytes == len(text.encode())


def test_a_new_import_drops_the_rejects_of_an_old_one(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    kept.reject(Position(), [REJECT])
    kept.begin(Position())
    assert not kept.rejects.exists()


def test_a_reject_file_that_somebody_took_away_is_begun_anew(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    position = replace(kept.reject(Position(), [REJECT]), batches=1)
    kept.rejects.unlink()
    kept.begin(position)
    assert kept.reject(position, [replaced_line(9)]).rejects_bytes == len(kept.rejects.read_bytes())


def replaced_line(line: int) -> Reject:
    return REJECT._replace(line=line)
