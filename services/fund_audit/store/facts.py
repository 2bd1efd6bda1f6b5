"""Facts as rows."""

from collections.abc import Mapping, Set

import sqlalchemy as sa

from services.common.aliases import Alias
from services.common.database import insert_ignore, upsert
from services.common.months import format_month
from services.fund_audit.detectors.history import Draw
from services.fund_audit.service.model import (
    DeathReported,
    DeathWithdrawn,
    EvidenceNote,
    Facts,
    Parted,
    SentenceReported,
    SentenceWithdrawn,
)
from services.fund_audit.store.histories import HistoryRows
from services.fund_audit.store.sets import plan_afresh
from services.fund_audit.store.tables import ALIAS, CERTIFICATION, DEATH, DRAW, REPRESENTATION, SENTENCE


class FactRows(HistoryRows):
    """What other services told."""

    def record(self, facts: Facts) -> None:
        """Keep facts; known ones change nothing."""
        plan_afresh(self._connection)
        insert_ignore(self._connection, DRAW, [_draw_row(draw) for draw in facts.draws])
        if facts.reversals:
            self._connection.execute(
                DRAW.update()
                .where(DRAW.c.person == sa.bindparam("of_person"), DRAW.c.id == sa.bindparam("of_draw"))
                .values(reversal=sa.bindparam("by_event")),
                [{"of_person": one.person, "of_draw": one.draw, "by_event": one.event_id} for one in facts.reversals],
            )
        for death in facts.deaths:  # few, and their order counts
            self._record_death(death)
        for sentence in facts.sentences:  # as few
            self._record_sentence(sentence)
        insert_ignore(
            self._connection,
            CERTIFICATION,
            [
                {
                    "person": one.person,
                    "sequence": one.change.sequence,
                    "event_id": one.change.event_id,
                    "state": one.change.state,
                    "effective_date": one.change.effective_date.isoformat(),
                }
                for one in facts.certifications
            ],
        )
        insert_ignore(
            self._connection,
            REPRESENTATION,
            [{"person": one.person, "representative": one.representative} for one in facts.representations],
        )
        for merge in facts.merges:  # as few, and in order too
            self._record_merge(merge)

    def _record_death(self, death: DeathReported | DeathWithdrawn) -> None:
        if isinstance(death, DeathReported):
            row: dict[str, object] = {"person": death.person, "evidence": death.evidence, "event_id": death.event_id}
            row |= {"death_date": death.death_date.isoformat(), "withdrawn": False}
            upsert(self._connection, DEATH, [row], ("person", "evidence"))
        else:
            self._connection.execute(
                DEATH.update()
                .where(DEATH.c.person == death.person, DEATH.c.evidence == death.evidence)
                .values(withdrawn=True)
            )

    def _record_sentence(self, sentence: SentenceReported | SentenceWithdrawn) -> None:
        if isinstance(sentence, SentenceReported):
            row: dict[str, object] = {"person": sentence.person, "evidence": sentence.evidence, "withdrawn": False}
            row |= {"sentence_date": sentence.sentence_date.isoformat()}
            upsert(self._connection, SENTENCE, [row], ("person", "evidence"))
        else:
            self._connection.execute(
                SENTENCE.update()
                .where(SENTENCE.c.person == sentence.person, SENTENCE.c.evidence == sentence.evidence)
                .values(withdrawn=True)
            )

    def _record_merge(self, merge: Alias | Parted) -> None:
        # A record stands for nobody or for one: a further merge of the survivor is told as a new merge of this one.
        self._connection.execute(ALIAS.update().where(ALIAS.c.person == merge.person).values(stands=False))
        if isinstance(merge, Alias):
            row: dict[str, object] = {"person": merge.person, "survivor": merge.survivor}
            row |= {"event_id": merge.event_id, "stands": merge.stands}
            insert_ignore(self._connection, ALIAS, [row])

    def evidence(self, people: Set[str], event_ids: Set[str]) -> Mapping[str, EvidenceNote]:
        """Describe events about these people, under whichever name they were told."""
        names = self.identities(people).names
        notes = [_note_of_draw(draw) for draw in self._draws(DRAW.c.person, names)]
        notes += [
            EvidenceNote(
                row.event_id,
                "socsec.eligibility.v1.NegativeEvidenceReceived",
                f"people/{row.person}",
                f"Death on {row.death_date} reported by {row.evidence.partition('/')[0]}",
            )
            for row in self._about(sa.select(DEATH), DEATH.c.person, names)
        ]
        notes += [
            EvidenceNote(
                row.event_id,
                "socsec.eligibility.v1.CertificationChanged",
                f"certifications/{row.person}",
                f"Certification {row.state} from {row.effective_date} on",
            )
            for row in self._about(sa.select(CERTIFICATION), CERTIFICATION.c.person, names)
        ]
        notes += [
            EvidenceNote(
                row.event_id,
                "socsec.card.v1.PersonMerged",
                f"people/{row.person}",
                f"Merged into people/{row.survivor}" + ("" if row.stands else ", undone or merged further since"),
            )
            for row in self._about(sa.select(ALIAS), ALIAS.c.person, names)
        ]
        return {note.event_id: note for note in notes if note.event_id in event_ids}


def _draw_row(draw: Draw) -> dict[str, object]:
    return {
        "person": draw.person,
        "id": draw.id,
        "event_id": draw.event_id,
        "origin": draw.origin,
        "reference": draw.reference,
        "entitlement_reference": draw.entitlement_reference,
        "scheme": draw.scheme,
        "pooling_region": draw.pooling_region,
        "benefit_month": draw.benefit_month,
        "pay_date": draw.pay_date.isoformat(),
        "kind": draw.kind,
        "amount_fen": draw.amount_fen,
        "account": draw.account,
        "reversal": draw.reversal,
    }


def _note_of_draw(draw: Draw) -> EvidenceNote:
    payer = draw.origin or "this bureau"
    return EvidenceNote(
        draw.event_id,
        "socsec.eligibility.v1.DrawRecorded",
        f"draws/{draw.id}",
        f"{draw.kind} draw for {format_month(draw.benefit_month)} from {draw.scheme} in {draw.pooling_region}, "
        f"{draw.amount_fen} fen, paid {draw.pay_date.isoformat()} by {payer}" + (", reversed" if draw.reversal else ""),
    )
