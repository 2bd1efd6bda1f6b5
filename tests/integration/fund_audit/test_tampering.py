"""What a malicious database administrator does to the ledger is found, and where."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.common.clock import system_clock
from services.common.merkle import Frontier, leaf_hash
from services.common.transactions import Transactions
from services.fund_audit.app import signer_of
from services.fund_audit.keeper import Keeper
from services.fund_audit.service.model import Store
from services.fund_audit.service.proofs import LedgerDesk
from services.fund_audit.store import FundAuditStore
from tests.integration.fund_audit.conftest import Audit
from tests.integration.fund_audit.test_api import flag

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MakeKeeper = Callable[[Path | None], Keeper]


@pytest.fixture
async def filled(audit: Audit) -> Audit:
    for number in range(1, 8):
        await flag(audit, f"person{number}", number)
    return audit


@pytest.fixture
def make_keeper(filled: Audit) -> MakeKeeper:
    """Make a keeper as a restarted process would."""
    transactions: Transactions[Store] = Transactions(filled.database, FundAuditStore, system_clock)
    signer, verify = signer_of(KEY, "test.ledger")
    return lambda file: Keeper(transactions, LedgerDesk(), signer, verify, file)


EDIT = "UPDATE ledger_entry SET leaf = (SELECT leaf FROM ledger_entry WHERE position = 5) WHERE position = 2"
DELETE = "DELETE FROM ledger_entry WHERE position = 2"
SWAP = (
    "UPDATE ledger_entry SET position = -1 WHERE position = 2",
    "UPDATE ledger_entry SET position = 2 WHERE position = 5",
    "UPDATE ledger_entry SET position = 5 WHERE position = -1",
)
SUBTREE = "UPDATE ledger_node SET digest = (SELECT digest FROM ledger_node WHERE level = 0 AND number = 0) "
SUBTREE += "WHERE level = 1 AND number = 1"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ((EDIT,), {"2: subtree 0/2 differs", "3: subtree 1/1 differs", "3: subtree 2/0 differs"}),
        ((DELETE,), {"2: entry missing"}),
        (SWAP, {"2: subtree 0/2 differs", "5: subtree 0/5 differs"}),
        ((SUBTREE,), {"3: subtree 1/1 differs"}),
    ],
    ids=["edited", "deleted", "reordered", "subtree"],
)
async def test_what_is_changed_is_located(
    filled: Audit,
    make_keeper: MakeKeeper,
    caplog: pytest.LogCaptureFixture,
    statements: tuple[str, ...],
    found: set[str],
) -> None:
    assert await make_keeper(None).check()
    await filled.run(*statements)
    with caplog.at_level(logging.ERROR):
        assert not await make_keeper(None).check()
    faults: list[str] = caplog.records[-1].__dict__["faults"]
    assert found <= set(faults)


async def test_a_forger_who_rewrites_leaves_and_subtrees_is_betrayed_by_the_checkpoint_kept_outside(
    filled: Audit, make_keeper: MakeKeeper, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "checkpoint.txt"
    assert await make_keeper(file).check()
    kept = file.read_text()

    entries = await filled.database.read(lambda c: FundAuditStore(c).entries(0, 100))
    leaves = [entry.leaf.replace(b"R-04", b"R-99") if entry.position == 3 else entry.leaf for entry in entries]
    forged, nodes = Frontier().append([leaf_hash(leaf) for leaf in leaves])
    quoted = "decode('{}', 'hex')" if "postgresql" in filled.url else "X'{}'"
    statements = [f"UPDATE ledger_entry SET leaf = {quoted.format(leaves[3].hex())} WHERE position = 3"]
    statements += [
        f"UPDATE ledger_node SET digest = {quoted.format(digest.hex())} "
        f"WHERE level = {node.level} AND number = {node.number}"
        for node, digest in nodes.items()
    ]
    statements.append(f"UPDATE ledger_head SET roots = {quoted.format(b''.join(forged.roots).hex())}")
    await filled.run(*statements)

    assert await make_keeper(None).check()  # within itself the forgery is perfect
    with caplog.at_level(logging.ERROR):
        assert not await make_keeper(file).check()
    assert caplog.records[-1].__dict__["faults"] == ["the first 7 entries are not those of the checkpoint kept"]
    assert file.read_text() == kept


async def test_a_truncated_ledger_is_found(filled: Audit, make_keeper: MakeKeeper, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.txt"
    assert await make_keeper(file).check()
    await filled.run(
        "DELETE FROM ledger_entry WHERE position > 3",
        "DELETE FROM ledger_node WHERE NOT (level = 0 AND number < 4 OR level = 1 AND number < 2 OR level = 2)",
    )
    assert not await make_keeper(file).check()


async def test_a_checkpoint_file_that_was_exchanged_is_found(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.txt"
    assert await make_keeper(file).check()
    file.write_text(file.read_text().replace("\n7\n", "\n6\n"))
    assert not await make_keeper(file).check()


async def test_a_keeper_goes_on_from_what_it_has_hashed(filled: Audit, make_keeper: MakeKeeper, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.txt"
    keeper = make_keeper(file)
    assert await keeper.check()
    await flag(filled, "late", 9)
    assert await keeper.check()
    assert file.read_text().split("\n")[1] == "8"
