"""A device's files, and `ssctl ecard verify` on them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.admin.ecards import app
from services.common.ecard_token import held_list
from services.common.ecard_token.cbor import Malformed
from services.common.ecard_token.keys import Forged
from services.common.ecard_token.status_list import Delta, Validity, write_delta, write_list
from tests.unit.ecard.issuer import ISSUER, LIST_URI, TOKEN, Issuer, status_list

ISSUER_OF_TEST = Issuer()


def parts(now: datetime, *revoked: int) -> list[bytes]:
    validity = Validity(ISSUER, LIST_URI, now, now + timedelta(hours=36), 86_400)
    whole = write_list(validity, 1, status_list().statuses, ISSUER_OF_TEST.signer)
    return [whole, write_delta(validity, Delta(1, 2, revoked, ()), ISSUER_OF_TEST.signer)]


@pytest.mark.parametrize(("revoked", "said", "code"), [((), "VALID", 0), ((TOKEN.list_index,), "REVOKED", 1)])
def test_a_code_is_checked_from_files_alone(tmp_path: Path, revoked: tuple[int, ...], said: str, code: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    keys, held = tmp_path / "keys", tmp_path / "list"
    keys.write_bytes(ISSUER_OF_TEST.keys.to_cose())
    held.write_bytes(held_list.write(parts(now, *revoked)))
    text = ISSUER_OF_TEST.qr(issue_time=now, expire_time=now + timedelta(seconds=60))
    asked = ["-", "--keys", str(keys), "--status-list", str(held)]
    result = CliRunner().invoke(app, ["verify", *asked], input=f"{text}\n")
    assert (result.exit_code, result.stdout.strip()) == (code, said)


def test_files_that_are_missing_or_of_another_issuer_are_told(tmp_path: Path) -> None:
    keys, held = tmp_path / "keys", tmp_path / "list"
    asked = ["verify", "A", "--keys", str(keys), "--status-list", str(held)]
    assert CliRunner().invoke(app, asked).exit_code == 2
    keys.write_bytes(Issuer(2).keys.to_cose())
    held.write_bytes(held_list.write(parts(datetime.now(UTC))))
    assert CliRunner().invoke(app, asked).exit_code == 2


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x81\x01", b"\x00"])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        held_list.parts_of(data)


def test_a_changed_part_is_refused() -> None:
    whole, delta = parts(datetime.now(UTC), 7)
    with pytest.raises(Forged):
        held_list.open_parts([whole, delta[:-1] + bytes([delta[-1] ^ 1])], ISSUER_OF_TEST.keys)
