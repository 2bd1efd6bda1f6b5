"""`ssctl ledger`: the tamper-evident log of case changes, verified on this machine."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.admin.auditing import check_continues, check_entries, check_entry, entries, keep, newest_head, read_kept
from services.admin.listing import DEFAULT_LIMIT, Limit
from services.admin.output import Format, Record, tell
from services.admin.progress_bar import progress_bar
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.fundaudit.v1 import ledger_service_pb2, ledger_service_pb2_grpc

app = typer.Typer(help="The tamper-evident log of case changes, verified here.", no_args_is_help=True)

TrustedKey = Annotated[
    str, typer.Option("--verifier-key", help="Key that must have signed, as `ssctl ledger checkpoint` shows it.")
]


@reading(app)
async def checkpoint(session: Session, verifier_key: TrustedKey = "") -> None:
    """Print the newest signed checkpoint (C2SP tlog-checkpoint). Keep it outside the bureau."""
    head = await newest_head(_ledger(session), verifier_key)
    if session.printer.form is Format.TABLE:
        sys.stdout.write(head.note)
        tell(f"verifier key: {head.verifier_key}")
        return
    session.printer.record(
        {
            "origin": head.origin,
            "tree_size": head.checkpoint.size,
            "root_hash": head.checkpoint.root.hex(),
            "verifier_key": head.verifier_key,
            "note": head.note,
        }
    )


@reading(app, "entries")
async def list_entries(
    session: Session,
    start: Annotated[int, typer.Option(min=0, help="First position.")] = 0,
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List entries in order."""
    ledger = _ledger(session)
    size = (await ledger.ListLedgerEntries(ledger_service_pb2.ListLedgerEntriesRequest(page_size=1))).tree_size
    end = min(size, start + limit) if limit else size
    found = entries(ledger, start, end)
    if session.printer.form is Format.TABLE:
        session.printer.records([_readable(entry) async for entry in found])
    else:
        await session.printer.many(found, ())


@reading(app)
async def verify(
    session: Session,
    checkpoint_file: Annotated[
        Path | None,
        typer.Option(help="Checkpoint of an earlier look, with which it must be consistent; then it is replaced."),
    ] = None,
    position: Annotated[
        list[int] | None, typer.Option(min=0, help="Verify the inclusion of this entry only. May be repeated.")
    ] = None,
    verifier_key: TrustedKey = "",
) -> None:
    """Verify signature, entries and history of the ledger on this machine; exit code 1 when something does not fit.

    Every entry is fetched and hashed, and must lead to the signed root. The service is not believed.
    """
    ledger = _ledger(session)
    head = await newest_head(ledger, verifier_key)
    kept = read_kept(checkpoint_file, head) if checkpoint_file else None
    if kept:
        await check_continues(ledger, kept, head)
    for one in position or []:
        await check_entry(ledger, head, one)
    if not position:
        with progress_bar("entries") as show:
            await check_entries(ledger, head, show)
    if checkpoint_file:
        keep(checkpoint_file, head)
    if not verifier_key and not kept:
        tell("The key is not known from before; compare it with one that reached you another way.")
    session.printer.record(
        {
            "verified": True,
            "entries": len(position) if position else head.checkpoint.size,
            "tree_size": head.checkpoint.size,
            "root_hash": head.checkpoint.root.hex(),
            "consistent_with_size": kept.size if kept else None,
            "verifier_key": head.verifier_key,
        }
    )


def _readable(entry: ledger_service_pb2.LedgerEntry) -> Record:
    said = json.loads(entry.leaf)
    return {"position": entry.position} | {
        name: str(said[name]) for name in ("time", "change", "case", "rule", "state", "actor")
    }


def _ledger(session: Session) -> "ledger_service_pb2_grpc.LedgerServiceAsyncStub":
    return ledger_service_pb2_grpc.LedgerServiceStub(session.channel("fund_audit"))
