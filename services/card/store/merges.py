"""Merges of two records that are one person."""

import json
from collections.abc import Sequence

import sqlalchemy as sa

from services.card.merge import OPEN, Merge, MergeState, Moved, Proposal
from services.card.store.people_tables import MERGE
from services.common.cloud_event import in_utc
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter

_FIELDS = {name: MERGE.c[name] for name in ("survivor", "merged", "state")}


class MergeTable:
    """Merges by id and by merged record."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, merge: str) -> Merge | None:
        """Give one merge."""
        return self._one(MERGE.c.merge == merge)

    def open_of(self, merged: str) -> Merge | None:
        """Give the open merge of a record into another one."""
        return self._one(MERGE.c.open_merged == merged)

    def add(self, merge: Merge) -> None:
        """Keep a new merge; raises Conflict when an open one has the same merged record."""
        try:
            self._connection.execute(MERGE.insert().values(_row(merge)))
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A merge of it was proposed in the same moment; repeat.") from error

    def save(self, merge: Merge) -> None:
        """Keep a changed merge; raises Conflict when somebody else has just changed it."""
        unchanged = sa.and_(MERGE.c.merge == merge.merge, MERGE.c.version == merge.version - 1)
        if self._connection.execute(MERGE.update().where(unchanged).values(_row(merge))).rowcount != 1:
            raise Conflict("CONCURRENT_CHANGE", "The merge was changed in the same moment; read it again.")

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Merge]:
        """Give up to `size` merges, newest first, from the one after `before`."""
        statement = sa.select(MERGE).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(MERGE.c.merge < before)
        rows = self._connection.execute(statement.order_by(MERGE.c.merge.desc()).limit(size)).mappings()
        return [_merge(row) for row in rows]

    def _one(self, wanted: sa.ColumnElement[bool]) -> Merge | None:
        row = self._connection.execute(sa.select(MERGE).where(wanted)).mappings().one_or_none()
        return _merge(row) if row is not None else None


def _row(merge: Merge) -> dict[str, object]:
    return {
        "merge": merge.merge,
        "survivor": merge.proposal.survivor,
        "merged": merge.proposal.merged,
        "open_merged": merge.proposal.merged if merge.state in OPEN else None,
        "state": merge.state,
        "reason": merge.proposal.reason,
        "case_reference": merge.proposal.case_reference,
        "proposer": merge.proposal.proposer,
        "decider": merge.decider,
        "undo_reason": merge.undo_reason,
        "undo_proposer": merge.undo_proposer,
        "undo_decider": merge.undo_decider,
        "moved_people": json.dumps(merge.moved.people),
        "moved_cards": json.dumps(merge.moved.cards),
        "kept_card": merge.proposal.kept_card,
        "cancelled_card": merge.moved.cancelled_card,
        "was_payable": merge.moved.was_payable,
        "moved_applications": json.dumps(merge.moved.applications),
        "moved_ecards": json.dumps(merge.moved.ecards),
        "create_time": merge.create_time,
        "update_time": merge.update_time,
        "version": merge.version,
    }


def _merge(row: sa.RowMapping) -> Merge:
    return Merge(
        merge=row["merge"],
        proposal=Proposal(
            row["survivor"],
            row["merged"],
            row["reason"],
            row["case_reference"],
            row["proposer"],
            row["kept_card"],
        ),
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        state=MergeState(row["state"]),
        decider=row["decider"],
        undo_reason=row["undo_reason"],
        undo_proposer=row["undo_proposer"],
        undo_decider=row["undo_decider"],
        moved=Moved(
            people=tuple(json.loads(row["moved_people"])),
            cards=tuple(json.loads(row["moved_cards"])),
            cancelled_card=row["cancelled_card"],
            was_payable=row["was_payable"],
            applications=tuple(json.loads(row["moved_applications"])),
            ecards=tuple((ecard, card, person) for ecard, card, person in json.loads(row["moved_ecards"])),
        ),
        version=row["version"],
    )
