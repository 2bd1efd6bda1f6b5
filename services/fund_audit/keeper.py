"""The keeper of the ledger: hashes it again from time to time, and compares it with a checkpoint kept outside.

Whoever can write the database can rewrite entries and subtrees together; the file of the last checkpoint, on another
disk or machine, is what such a forger cannot bring into line without the signing key.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from opentelemetry import metrics

from services.common.checkpoint import Checkpoint, CheckpointInvalid, NoteSigner, open_note
from services.common.merkle import Frontier
from services.common.transactions import Transactions
from services.fund_audit.ledger.tree import Fault
from services.fund_audit.service.model import Store
from services.fund_audit.service.proofs import LedgerDesk

PAGE = 1_000
"""Entries that are hashed again in one read."""

Verify = Callable[[bytes, bytes], bool]

log = logging.getLogger(__name__)
_FAULTS = metrics.get_meter("socsec").create_gauge(
    "socsec.ledger.faults", description="What the last check of the ledger found wrong."
)


class Keeper:
    """Rechecks the ledger of one process; what it has hashed once it goes on from."""

    def __init__(
        self, transactions: Transactions[Store], desk: LedgerDesk, signer: NoteSigner, verify: Verify, file: Path | None
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._signer = signer
        self._verify = verify
        self._file = file
        self._hashed = Frontier()

    async def check(self) -> bool:
        """Check what was appended since the last time; true when all is as it was written.

        What is wrong is logged as an error with its positions. Only a good ledger replaces the checkpoint kept.
        """
        faults = await self._compare_with_kept()
        size = await self._transactions.read(lambda store: store.frontier().size)
        hashed = self._hashed
        while hashed.size < size:
            hashed, wrong = await self._hash_on(hashed)
            faults += [f"{fault.position}: {fault.what}" for fault in wrong]
        _FAULTS.set(len(faults))
        if faults:
            log.error("ledger.tampered", extra={"faults": faults[:20], "count": len(faults), "size": size})
            return False
        self._hashed = hashed
        if self._file is not None:
            note = self._signer.note(Checkpoint(self._signer.name, hashed.size, hashed.root()))
            await asyncio.to_thread(_replace, self._file, note)
        return True

    async def _hash_on(self, hashed: Frontier) -> tuple[Frontier, list[Fault]]:
        return await self._transactions.scan(lambda store: self._desk.recheck(store, hashed, PAGE))

    async def _compare_with_kept(self) -> list[str]:
        if self._file is None or not self._file.exists():
            return []
        try:
            note = await asyncio.to_thread(self._file.read_text, "utf-8")
            kept = open_note(note, self._signer.name, self._signer.public_key, self._verify)
        except (CheckpointInvalid, UnicodeDecodeError):
            return ["the checkpoint kept is not ours"]
        root = await self._transactions.read(lambda store: self._desk.root_at(store, kept.size))
        return [] if root == kept.root else [f"the first {kept.size} entries are not those of the checkpoint kept"]


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text, "utf-8")
    new.replace(file)
