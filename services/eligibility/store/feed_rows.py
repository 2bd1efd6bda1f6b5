"""Deliveries and their rows from and to their tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.eligibility.baseline import FeedCheck, Finding
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed import FeedBatch, FeedBatchState, FeedCounts
from services.eligibility.feed_decision import Decision, FeedDecisionKind, Proposal
from services.eligibility.feed_row import FeedRow, FeedRowOutcome
from services.eligibility.store.rows import day_or_none, day_text


def feed_row(row: sa.RowMapping) -> FeedRow:
    """Read a row of a delivery."""
    return FeedRow(
        reference=row["reference"],
        revision=row["revision"],
        person=row["person"],
        kind=EvidenceKind(row["kind"]),
        event_date=date.fromisoformat(row["event_date"]),
        received_date=date.fromisoformat(row["received_date"]),
        outcome=FeedRowOutcome(row["outcome"]),
    )


def batch_columns(batch: FeedBatch) -> dict[str, object]:
    """Give the columns of a delivery."""
    return {
        "batch": batch.batch,
        "source": batch.source,
        "reference": batch.reference,
        "state": batch.state,
        **asdict(batch.counts),
        "kinds": json.dumps(dict(batch.kinds)),
        "findings": json.dumps([asdict(finding) for finding in batch.findings], ensure_ascii=False),
        "proposal": json.dumps(asdict(batch.proposal), ensure_ascii=False) if batch.proposal is not None else "",
        "decisions": json.dumps([_decision_fields(one) for one in batch.decisions], ensure_ascii=False),
        "cursor": batch.cursor,
        "create_time": batch.create_time,
        "close_time": batch.close_time,
        "apply_time": batch.apply_time,
        "release_date": day_text(batch.release_date),
        "update_time": batch.update_time,
        "event_count": batch.event_count,
        "pieces": batch.pieces,
        "last_piece": batch.last_piece,
        "declared_rows": batch.declared_rows,
        "refusal": batch.refusal,
        "version": batch.version,
    }


def batch_of(row: sa.RowMapping) -> FeedBatch:
    """Read a delivery."""
    return FeedBatch(
        batch=row["batch"],
        source=EvidenceSource(row["source"]),
        reference=row["reference"],
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        state=FeedBatchState(row["state"]),
        counts=FeedCounts(**{name: row[name] for name in FeedCounts.__slots__}),
        kinds=tuple(sorted(json.loads(row["kinds"]).items())),
        findings=tuple(Finding(**{**said, "check": FeedCheck(said["check"])}) for said in json.loads(row["findings"])),
        proposal=_proposal(json.loads(row["proposal"])) if row["proposal"] else None,
        decisions=tuple(_decision(said) for said in json.loads(row["decisions"])),
        cursor=row["cursor"],
        close_time=in_utc(row["close_time"]) if row["close_time"] is not None else None,
        apply_time=in_utc(row["apply_time"]) if row["apply_time"] is not None else None,
        release_date=day_or_none(row["release_date"]),
        event_count=row["event_count"],
        pieces=row["pieces"],
        last_piece=row["last_piece"],
        declared_rows=row["declared_rows"],
        refusal=row["refusal"],
        version=row["version"],
    )


def _proposal(said: Mapping[str, str]) -> Proposal:
    return Proposal(FeedDecisionKind(said["kind"]), said["reason"], said["proposer"])


def _decision_fields(decision: Decision) -> dict[str, object]:
    return {**asdict(decision), "time": decision.time.isoformat()}


def _decision(said: Mapping[str, object]) -> Decision:
    proposal = _proposal(said["proposal"])  # type: ignore[arg-type]  # as _decision_fields has written it
    return Decision(proposal, str(said["decider"]), bool(said["approved"]), datetime.fromisoformat(str(said["time"])))
