"""Files are looked through before anything of them is sent."""

from pathlib import Path

import pytest

from services.admin.csv_file import BATCH, batches, survey
from services.admin.outcome import ExitCode, Failed

HEADER = ("a", "b")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n1,2\n", "is empty"),
        (b"a,c\n1,2\n", "another header"),
        (b"b,a\n1,2\n", "another header"),
        (b"1,2\n", "another header"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8: see line 1"),
        (b"a,b\n1,2\n" + "3,王".encode("gb18030") + b"\n", "not UTF-8: see line 3"),
        (b"a,b\n1,2\n3,\xe7", "not UTF-8: see line 3"),
        (b"a,b\n" + b"1,2\n" * 700_000 + b"\xff\n", "not UTF-8: see line 700002"),
    ],
)
def test_a_file_that_is_not_meant_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(Failed, match=said) as caught:
        survey(write(tmp_path, content), HEADER)
    assert caught.value.code is ExitCode.USAGE


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="cannot be read: No such file"):
        survey(tmp_path / "none.csv", HEADER)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_spreadsheets_ways_of_writing_are_read(tmp_path: Path, ending: bytes, mark: bytes) -> None:
    path = write(tmp_path, mark + ending.join([b"a,b", b"1,2", b"", b"3,4"]))
    assert survey(path, HEADER).lines == 3
    [lines] = batches(path, 0)
    assert [(line.number, line.text) for line in lines] == [(2, "1,2"), (4, "3,4")]


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    first = survey(write(tmp_path, b"a,b\n1,2\n"), HEADER)
    assert survey(write(tmp_path, b"a,b\n1,3\n"), HEADER).fingerprint != first.fingerprint
    assert survey(write(tmp_path, b"a,b\n1,2\n"), HEADER) == first


def test_the_same_batches_come_whatever_was_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, b"a,b\n" + b"".join(b"%d,x\n\n" % number for number in range(2 * BATCH + 5)))
    whole = list(batches(path, 0))
    assert [len(batch) for batch in whole] == [BATCH, BATCH, 5]
    assert list(batches(path, 1)) == whole[1:]
    assert list(batches(path, 3)) == []
