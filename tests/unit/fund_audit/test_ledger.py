"""The Merkle tree against the known vectors of Certificate Transparency and against its recursive definition."""

import base64
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.checkpoint import Checkpoint, CheckpointInvalid, NoteSigner, key_hash, open_note
from services.common.errors import OutOfRange
from services.common.merkle import Frontier, Node, leaf_hash, node_hash, verify_consistency, verify_inclusion
from services.fund_audit.ledger.proof import consistency_ranges, inclusion_ranges, needed, prove
from services.fund_audit.ledger.tree import completed_by, recheck

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 0 to 8 leaves, as the reference implementation of RFC 6962 publishes them."""

leaf_lists = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


def grown(leaves: list[bytes]) -> tuple[Frontier, dict[Node, bytes]]:
    return Frontier().append([leaf_hash(leaf) for leaf in leaves])


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = max(2**i for i in range(len(leaves).bit_length()) if 2**i < len(leaves))
    return sha256(b"\1" + root_by_definition(leaves[:k]) + root_by_definition(leaves[k:])).digest()


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    ranges = inclusion_ranges(index, len(leaves))
    _, nodes = grown(leaves)
    return list(prove(ranges, {node: nodes[node] for node in needed(ranges)}))


def consistency(old: int, leaves: list[bytes]) -> list[bytes]:
    ranges = consistency_ranges(old, len(leaves))
    _, nodes = grown(leaves)
    return list(prove(ranges, {node: nodes[node] for node in needed(ranges)}))


@pytest.mark.parametrize("size", range(9))
def test_the_reference_trees_have_their_published_roots(size: int) -> None:
    assert grown(LEAVES[:size])[0].root().hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_inclusion_proofs_equal_the_published_ones(index: int, size: int, path: list[str]) -> None:
    assert [digest.hex() for digest in inclusion(index, LEAVES[:size])] == path


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (1, 1, []),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_consistency_proofs_equal_the_published_ones(old: int, new: int, path: list[str]) -> None:
    assert [digest.hex() for digest in consistency(old, LEAVES[:new])] == path


@given(leaf_lists, st.lists(st.integers(1, 9), max_size=40))
def test_appending_in_any_portions_gives_the_root_of_the_recursive_definition(
    leaves: list[bytes], portions: list[int]
) -> None:
    frontier, nodes, rest = Frontier(), {}, [leaf_hash(leaf) for leaf in leaves]
    for portion in (*portions, len(rest)):
        frontier, completed = frontier.append(rest[:portion])
        nodes.update(completed)
        rest = rest[portion:]
    assert frontier.size == len(leaves)
    assert frontier.root() == root_by_definition(leaves)
    assert (frontier, nodes) == grown(leaves)
    assert len(frontier.roots) == len(leaves).bit_count()


@settings(max_examples=50)
@given(leaf_lists, st.data())
def test_every_inclusion_proof_verifies_and_nothing_else_does(leaves: list[bytes], data: st.DataObject) -> None:
    index, size, root = data.draw(st.integers(0, len(leaves) - 1)), len(leaves), root_by_definition(leaves)
    leaf, path = leaf_hash(leaves[index]), inclusion(index, leaves)
    assert verify_inclusion(leaf, index, size, path, root)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda b: b not in (leaf, root, *path)))
    assert not verify_inclusion(other, index, size, path, root)
    assert not verify_inclusion(leaf, index, size, path, other)
    assert not verify_inclusion(leaf, index, size, [*path, other], root)
    assert not verify_inclusion(leaf, size, size, path, root)
    assert not verify_inclusion(leaf, -1, size, path, root)
    for place in range(len(path)):
        assert not verify_inclusion(leaf, index, size, [*path[:place], other, *path[place + 1 :]], root)
        assert not verify_inclusion(leaf, index, size, path[:place] + path[place + 1 :], root)


@settings(max_examples=50)
@given(leaf_lists, st.data())
def test_every_consistency_proof_verifies_and_nothing_else_does(leaves: list[bytes], data: st.DataObject) -> None:
    old, new = data.draw(st.integers(1, len(leaves))), len(leaves)
    before, after, path = root_by_definition(leaves[:old]), root_by_definition(leaves), consistency(old, leaves)
    assert verify_consistency(old, new, before, after, path)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda b: b not in (before, after, *path)))
    assert not verify_consistency(old, new, other, after, path)
    assert not verify_consistency(old, new, before, other, path)
    assert not verify_consistency(old, new, before, after, [*path, other])
    assert not verify_consistency(0, new, before, after, path)
    assert not verify_consistency(new + 1, new, before, after, path)
    for place in range(len(path)):
        assert not verify_consistency(old, new, before, after, [*path[:place], other, *path[place + 1 :]])
        assert not verify_consistency(old, new, before, after, path[:place] + path[place + 1 :])


def test_an_empty_consistency_proof_of_different_sizes_fails() -> None:
    assert not verify_consistency(3, 5, bytes(32), bytes(32), [])


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 2**20, 2**20 - 1])
def test_a_proof_needs_logarithmically_many_stored_nodes(size: int) -> None:
    depth = size.bit_length()
    for index in {0, size // 2, size - 1}:
        ranges = inclusion_ranges(index, size)
        assert len(ranges) <= depth
        assert len(needed(ranges)) <= 2 * depth
        assert all((node.number + 1) << node.level <= size for node in needed(ranges))
    assert len(needed(consistency_ranges(max(1, size // 3), size))) <= 2 * depth + 2


def test_a_proof_about_what_is_not_in_the_ledger_is_out_of_range() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(OutOfRange):
            inclusion_ranges(index, size)
    for old, new in ((0, 3), (4, 3)):
        with pytest.raises(OutOfRange):
            consistency_ranges(old, new)


@given(leaf_lists, st.integers(0, 40))
def test_the_subtrees_that_leaves_complete_are_named(leaves: list[bytes], begin: int) -> None:
    begin = min(begin, len(leaves))
    named = {
        Node(level, index) for level, first, last in completed_by(begin, len(leaves)) for index in range(first, last)
    }
    assert named == set(grown(leaves)[1]) - set(grown(leaves[:begin])[1])


@settings(max_examples=50)
@given(st.lists(st.binary(min_size=1, max_size=3), min_size=2, max_size=20, unique=True), st.data())
def test_an_edited_a_deleted_and_a_moved_leaf_are_located(leaves: list[bytes], data: st.DataObject) -> None:
    end, (frontier, nodes) = len(leaves), grown(leaves)
    rows = dict(enumerate(leaves))
    middle = data.draw(st.integers(0, end))
    half, faults = recheck(Frontier(), middle, rows, nodes)
    assert faults == []
    assert recheck(half, end, rows, nodes) == (frontier, [])

    place = data.draw(st.integers(0, end - 1))
    edited = {**rows, place: rows[place] + b"!"}
    seen = recheck(Frontier(), end, edited, nodes)
    assert seen[1][0].position == place
    assert seen[0].root() != frontier.root()

    deleted = {position: leaf for position, leaf in rows.items() if position != place}
    assert [(f.position, f.what) for f in recheck(Frontier(), end, deleted, nodes)[1]] == [(place, "entry missing")]

    other = data.draw(st.integers(0, end - 1).filter(lambda at: at != place))
    swapped = {**rows, place: rows[other], other: rows[place]}
    assert {place, other} <= {fault.position for fault in recheck(Frontier(), end, swapped, nodes)[1]}


def test_rewriting_leaves_and_subtrees_together_is_seen_by_the_root_of_an_earlier_checkpoint() -> None:
    honest, _ = grown(LEAVES)
    forged_leaves = [*LEAVES[:3], b"forged", *LEAVES[4:]]
    forged, nodes = grown(forged_leaves)
    assert recheck(Frontier(), 8, dict(enumerate(forged_leaves)), nodes) == (forged, [])
    assert forged.root() != honest.root()


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
SIGNER = NoteSigner("fund-audit.test", PUBLIC, KEY.sign)
CHECKPOINT = Checkpoint("fund-audit.test/ledger", 8, bytes.fromhex(ROOTS[8]))


def verify(signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def test_a_checkpoint_is_a_note_that_its_key_opens() -> None:
    note = SIGNER.note(CHECKPOINT)
    assert note.split("\n")[:3] == ["fund-audit.test/ledger", "8", base64.b64encode(CHECKPOINT.root).decode()]
    assert open_note(note, SIGNER.name, PUBLIC, verify) == CHECKPOINT
    assert open_note(note + "— witness.test AAAA\n", SIGNER.name, PUBLIC, verify) == CHECKPOINT


def test_key_hashes_and_verifier_keys_are_those_of_other_note_tools() -> None:
    published = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public_key = base64.b64decode(published.split("+", 2)[2])[1:]
    assert key_hash("PeterNeumann", public_key).hex() == "c74f20a3"
    assert NoteSigner("PeterNeumann", public_key, KEY.sign).verifier_key() == published


def signed(body: str) -> str:
    signature = key_hash(SIGNER.name, PUBLIC) + KEY.sign(body.encode())
    return f"{body}\n— {SIGNER.name} {base64.b64encode(signature).decode()}\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        CHECKPOINT.body(),
        SIGNER.note(CHECKPOINT).replace("\n8\n", "\n9\n"),
        SIGNER.note(CHECKPOINT).replace("— fund", "— find"),
        f"{CHECKPOINT.body()}\n— {SIGNER.name} !!!!\n",
        f"{CHECKPOINT.body()}\n— {SIGNER.name} AAAA\n",
        signed("only a name\n"),
        signed("name\nmany\nAAAA\n"),
        signed(f"name\n08\n{base64.b64encode(bytes(32)).decode()}\n"),
        signed(CHECKPOINT.body() + "extension\n"),
    ],
)
def test_a_note_that_is_not_signed_or_not_a_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(CheckpointInvalid):
        open_note(note, SIGNER.name, PUBLIC, verify)


def test_a_leaf_cannot_pose_as_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
