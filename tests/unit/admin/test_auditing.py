"""The ledger is verified against whoever serves it: every lie is found."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.admin.auditing import (
    Ledger,
    NotVerified,
    SignedHead,
    check_continues,
    check_entries,
    check_entry,
    keep,
    newest_head,
    read_kept,
)
from services.admin.outcome import ExitCode, Failed
from services.common.checkpoint import Checkpoint, NoteSigner
from services.common.merkle import Frontier, leaf_hash
from services.fund_audit.ledger.proof import consistency_ranges, inclusion_ranges, prove
from socsec.fundaudit.v1 import ledger_service_pb2 as pb

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Keeper:
    """A ledger service in memory; `leaves` are what it shows, `signed` what it has signed, when that is another."""

    def __init__(self, leaves: list[bytes], signed: list[bytes] | None = None, key: Ed25519PrivateKey = KEY) -> None:
        self.leaves = leaves
        self.frontier, self.nodes = Frontier().append([leaf_hash(leaf) for leaf in signed or leaves])
        self.signer = NoteSigner("socsec/test", key.public_key().public_bytes_raw(), key.sign)

    async def GetCheckpoint(self, _: pb.GetCheckpointRequest) -> pb.Checkpoint:
        size, root = self.frontier.size, self.frontier.root()
        note = self.signer.note(Checkpoint(self.signer.name, size, root))
        return pb.Checkpoint(note=note, tree_size=size, root_hash=root, public_key=self.signer.public_key)

    async def ListLedgerEntries(self, request: pb.ListLedgerEntriesRequest) -> pb.ListLedgerEntriesResponse:
        places = range(request.start_position, min(request.start_position + 3, len(self.leaves)))
        return pb.ListLedgerEntriesResponse(
            entries=[self.entry(place) for place in places[: request.page_size]], tree_size=len(self.leaves)
        )

    def entry(self, place: int) -> pb.LedgerEntry:
        return pb.LedgerEntry(position=place, leaf=self.leaves[place], leaf_hash=leaf_hash(self.leaves[place]))

    async def GetInclusionProof(self, request: pb.GetInclusionProofRequest) -> pb.InclusionProof:
        return pb.InclusionProof(hashes=prove(inclusion_ranges(request.position, request.tree_size), self.nodes))

    async def GetConsistencyProof(self, request: pb.GetConsistencyProofRequest) -> pb.ConsistencyProof:
        ranges = consistency_ranges(request.first_size, request.second_size)
        return pb.ConsistencyProof(hashes=prove(ranges, self.nodes))


LEAVES = [b"entry %d" % number for number in range(11)]
CHANGED = [*LEAVES[:4], b"forged", *LEAVES[5:]]


def stub(keeper: Keeper) -> Ledger:
    return cast("Ledger", keeper)  # it has the stub's methods


async def verify(keeper: Keeper, kept: Checkpoint | None = None) -> SignedHead:
    head = await newest_head(stub(keeper), "")
    if kept:
        await check_continues(stub(keeper), kept, head)
    await check_entries(stub(keeper), head, lambda done, total: None)
    return head


async def test_a_good_ledger_verifies_and_goes_on_from_every_earlier_size() -> None:
    for size in range(len(LEAVES) + 1):
        kept = (await verify(Keeper(LEAVES[:size]))).checkpoint
        head = await verify(Keeper(LEAVES), kept)
        assert head.checkpoint.size == len(LEAVES)


async def test_every_entry_is_proved_by_itself() -> None:
    keeper = Keeper(LEAVES)
    head = await verify(keeper)
    for place, leaf in enumerate(LEAVES):
        assert (await check_entry(stub(keeper), head, place)).leaf == leaf
    with pytest.raises(Failed) as caught:
        await check_entry(stub(keeper), head, len(LEAVES))
    assert caught.value.code is ExitCode.NOTHING


@pytest.mark.parametrize(
    ("keeper", "said"),
    [
        (Keeper(CHANGED, signed=LEAVES), "do not lead to the signed root"),
        (Keeper(LEAVES[:7], signed=LEAVES), "does not give its entries in order"),
        (Keeper([*LEAVES[:3], *LEAVES[4:], b"more"], signed=LEAVES), "do not lead to the signed root"),
    ],
)
async def test_entries_that_are_not_those_signed_are_found(keeper: Keeper, said: str) -> None:
    with pytest.raises(NotVerified, match=said):
        await verify(keeper)


async def test_an_entry_that_is_not_under_the_signed_root_is_found() -> None:
    keeper = Keeper(CHANGED, signed=LEAVES)
    head = await newest_head(stub(keeper), "")
    with pytest.raises(NotVerified, match="position 4 is not proved"):
        await check_entry(stub(keeper), head, 4)


async def test_a_leaf_with_another_content_than_its_hash_is_found() -> None:
    class Liar(Keeper):
        def entry(self, place: int) -> pb.LedgerEntry:
            return pb.LedgerEntry(position=place, leaf=b"forged", leaf_hash=leaf_hash(self.leaves[place]))

    with pytest.raises(NotVerified, match="another content than its hash"):
        await verify(Liar(LEAVES))


@pytest.mark.parametrize(
    ("keeper", "said"),
    [
        (Keeper([*CHANGED, b"more"]), "does not begin with what it was"),
        (Keeper(CHANGED), "does not begin with what it was"),
        (Keeper(LEAVES[:-1]), "had 11 entries at the checkpoint kept, and has 10"),
    ],
)
async def test_a_rewritten_or_shortened_history_is_found(keeper: Keeper, said: str) -> None:
    kept = (await verify(Keeper(LEAVES))).checkpoint
    with pytest.raises(NotVerified, match=said):
        await verify(keeper, kept)


async def test_a_key_that_is_not_the_trusted_one_is_found(tmp_path: Path) -> None:
    head = await verify(Keeper(LEAVES))
    forger = Keeper(LEAVES, key=OTHER_KEY)
    with pytest.raises(NotVerified, match="another key than the trusted one"):
        await newest_head(stub(forger), head.verifier_key)
    keep(tmp_path / "kept", head)
    assert read_kept(tmp_path / "kept", head) == head.checkpoint
    with pytest.raises(NotVerified, match="not signed by the key that it shows now"):
        read_kept(tmp_path / "kept", await verify(forger))
    assert read_kept(tmp_path / "none", head) is None


Change = Callable[[pb.Checkpoint], None]


def other_size(reply: pb.Checkpoint) -> None:
    reply.tree_size += 1


def other_note(reply: pb.Checkpoint) -> None:
    reply.note = reply.note.replace("\n11\n", "\n12\n")


def no_note(reply: pb.Checkpoint) -> None:
    reply.note = "hello"


def no_key(reply: pb.Checkpoint) -> None:
    reply.public_key = b"short"


@pytest.mark.parametrize("change", [other_size, other_note, no_note, no_key])
async def test_a_checkpoint_that_does_not_fit_together_is_refused(change: Change) -> None:
    class Liar(Keeper):
        async def GetCheckpoint(self, request: pb.GetCheckpointRequest) -> pb.Checkpoint:
            reply = await super().GetCheckpoint(request)
            change(reply)
            return reply

    with pytest.raises(NotVerified):
        await newest_head(stub(Liar(LEAVES)), "")
