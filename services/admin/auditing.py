"""Verifies the ledger without believing the service: only what is signed, and what can be computed from it, counts."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.admin.outcome import ExitCode, Failed
from services.common.checkpoint import Checkpoint, CheckpointInvalid, open_note, verifier_key
from services.common.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from socsec.fundaudit.v1 import ledger_service_pb2, ledger_service_pb2_grpc

PAGE = 1_000

Ledger: TypeAlias = "ledger_service_pb2_grpc.LedgerServiceAsyncStub"


class NotVerified(Failed):
    """The ledger is not what was signed, or not what it was."""

    def __init__(self, text: str) -> None:
        super().__init__(ExitCode.REFUSED, f"The ledger does not verify: {text}")


class SignedHead:
    """A checkpoint whose signature is good, and the key that signed it."""

    def __init__(self, note: str, public_key: bytes) -> None:
        """Open a note; raises NotVerified."""
        self.note = note
        self.public_key = public_key
        self.origin = note.partition("\n")[0]
        self.checkpoint = _opened(note, self.origin, public_key)

    @property
    def verifier_key(self) -> str:
        """Give the key as note tools, and `--verifier-key`, take it."""
        return verifier_key(self.origin, self.public_key)


async def newest_head(ledger: Ledger, trusted_key: str) -> SignedHead:
    """Fetch the newest checkpoint, signed by the trusted key when there is one; raises NotVerified."""
    reply = await ledger.GetCheckpoint(ledger_service_pb2.GetCheckpointRequest())
    head = SignedHead(reply.note, reply.public_key)
    if (head.checkpoint.size, head.checkpoint.root) != (reply.tree_size, reply.root_hash):
        raise NotVerified("size and root are not those of the signed note.")
    if trusted_key and head.verifier_key != trusted_key:
        raise NotVerified("it is signed by another key than the trusted one.")
    return head


async def check_entries(ledger: Ledger, head: SignedHead, on_progress: Callable[[int, int], None]) -> None:
    """Fetch every entry, and compute the signed root from them; raises NotVerified."""
    frontier, size = Frontier(), head.checkpoint.size
    async for entry in entries(ledger, 0, size):
        check_leaf(entry)
        frontier, _ = frontier.append([entry.leaf_hash])
        if frontier.size % PAGE == 0:
            on_progress(frontier.size, size)
    if frontier.root() != head.checkpoint.root:
        raise NotVerified("its entries do not lead to the signed root.")


async def check_entry(ledger: Ledger, head: SignedHead, position: int) -> ledger_service_pb2.LedgerEntry:
    """Fetch an entry and the proof that it is under the signed root; raises NotVerified."""
    size = head.checkpoint.size
    if position >= size:
        raise Failed(ExitCode.NOTHING, f"The ledger has {size} entries, and none at position {position}.")
    [entry] = [entry async for entry in entries(ledger, position, position + 1)]
    check_leaf(entry)
    request = ledger_service_pb2.GetInclusionProofRequest(position=position, tree_size=size)
    proof = await ledger.GetInclusionProof(request)
    if not verify_inclusion(entry.leaf_hash, position, size, proof.hashes, head.checkpoint.root):
        raise NotVerified(f"the entry at position {position} is not proved to be under the signed root.")
    return entry


async def check_continues(ledger: Ledger, kept: Checkpoint, head: SignedHead) -> None:
    """Prove that the ledger begins with what it was at a checkpoint kept; raises NotVerified."""
    new = head.checkpoint
    if kept.size > new.size:
        raise NotVerified(f"it had {kept.size} entries at the checkpoint kept, and has {new.size}.")
    if not kept.size:
        return
    request = ledger_service_pb2.GetConsistencyProofRequest(first_size=kept.size, second_size=new.size)
    proof = await ledger.GetConsistencyProof(request)
    if not verify_consistency(kept.size, new.size, kept.root, new.root, proof.hashes):
        raise NotVerified("it does not begin with what it was at the checkpoint kept: entries were changed.")


async def entries(ledger: Ledger, start: int, end: int) -> AsyncIterator[ledger_service_pb2.LedgerEntry]:
    """Give the entries from `start` to before `end`, none left out; raises NotVerified."""
    while start < end:
        request = ledger_service_pb2.ListLedgerEntriesRequest(start_position=start, page_size=min(PAGE, end - start))
        page = list((await ledger.ListLedgerEntries(request)).entries)
        if [entry.position for entry in page] != list(range(start, start + len(page))) or not page:
            raise NotVerified(f"it does not give its entries in order from position {start} on.")
        for entry in page:
            yield entry
        start += len(page)


def check_leaf(entry: ledger_service_pb2.LedgerEntry) -> None:
    """Compare an entry's hash with its content; raises NotVerified."""
    if leaf_hash(entry.leaf) != entry.leaf_hash:
        raise NotVerified(f"the entry at position {entry.position} has another content than its hash.")


def read_kept(file: Path, head: SignedHead) -> Checkpoint | None:
    """Read the checkpoint kept from an earlier look, which the same key must have signed; None when there is none."""
    try:
        note = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(ExitCode.USAGE, f"The checkpoint kept in {file} cannot be read.") from error
    try:
        return _opened(note, head.origin, head.public_key)
    except NotVerified as error:
        raise NotVerified(f"the checkpoint kept in {file} is not signed by the key that it shows now.") from error


def keep(file: Path, head: SignedHead) -> None:
    """Keep a checkpoint in a file, complete or not at all."""
    temporary = file.with_name(file.name + ".new")
    try:
        temporary.write_text(head.note, "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"The checkpoint cannot be kept in {file}.") from error


def _opened(note: str, origin: str, public_key: bytes) -> Checkpoint:
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        return open_note(note, origin, public_key, lambda signature, text: _is_signed(key, signature, text))
    except (CheckpointInvalid, ValueError) as error:
        raise NotVerified("the checkpoint is not signed by the key that it shows.") from error


def _is_signed(key: Ed25519PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True
