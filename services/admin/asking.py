"""Who asks for an operation on a card, when it is not the caller itself: `--actor` and `--proof`."""

from typing import Annotated

import typer

from services.admin.choosing import chosen, words
from services.admin.outcome import ExitCode, Failed
from socsec.card.v1 import actor_pb2

_WHO = "Who asks, when not the caller"

ActorWord = Annotated[
    str,
    typer.Option(
        "--actor",
        help=f"KIND or KIND=REFERENCE: {words(actor_pb2.ActorKind)}; a guardian or agent with people/{{person}}, an "
        "employer or school with its code. Else the caller itself asks, and answers for the papers.",
        rich_help_panel=_WHO,
    ),
]
ProofWords = Annotated[
    list[str] | None,
    typer.Option(
        "--proof",
        help=f"KIND or KIND=REFERENCE of what was shown, may be repeated: {words(actor_pb2.ProofKind)}. The reference "
        "is the number of a file; never an identity number.",
        rich_help_panel=_WHO,
    ),
]


OPERATION_COLUMNS = ("operation_time", "operation", "actor.kind", "actor.reference", "caller", "etag", "regarding")
"""What is shown of an operation that was done."""


def asked_by(actor: str, proofs: list[str] | None) -> actor_pb2.Actor | None:
    """Give who asks and what was shown; nothing when the caller does. Raises Failed.

    Papers without an actor are those that the calling operator has seen.
    """
    return _actor(actor or "OPERATOR", proofs) if actor or proofs else None


def the_asker(actor: str, proofs: list[str] | None) -> actor_pb2.Actor:
    """Give who asks where it cannot be the caller: for what takes the holder's presence. Raises Failed."""
    if not actor:
        raise Failed(
            ExitCode.USAGE,
            "Say who is at the counter: --actor holder --proof holder-identity, or --actor guardian=people/{person} "
            "--proof guardian-identity.",
        )
    return _actor(actor, proofs)


def _actor(actor: str, proofs: list[str] | None) -> actor_pb2.Actor:
    kind, _, reference = actor.partition("=")
    return actor_pb2.Actor(
        kind=chosen(actor_pb2.ActorKind, "--actor", kind),
        reference=reference,
        proofs=[_proof(proof) for proof in proofs or []],
    )


def _proof(text: str) -> actor_pb2.Proof:
    kind, _, reference = text.partition("=")
    return actor_pb2.Proof(kind=chosen(actor_pb2.ProofKind, "--proof", kind), reference=reference)
