"""Rows of draw lists and their lines."""

from dataclasses import asdict
from datetime import date

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.eligibility.domain import Scheme
from services.eligibility.draw import DrawKind
from services.eligibility.draw_line import Line, LineState, Order
from services.eligibility.draw_list import DrawList, DrawListState, Totals
from services.eligibility.store.rows import day_or_none, day_text


def row_of(draw_list: DrawList) -> dict[str, object]:
    """Write a list."""
    order = draw_list.order
    return {
        "draw_list": draw_list.draw_list,
        "scheme": order.scheme,
        "pooling_region": order.pooling_region,
        "benefit_month": order.benefit_month,
        "pay_date": order.pay_date.isoformat(),
        "opening_month": draw_list.opening_month,
        "state": draw_list.state,
        "cursor": draw_list.cursor,
        "released_to": draw_list.released_to,
        **asdict(draw_list.totals),
        "creator": draw_list.creator,
        "releaser": draw_list.releaser,
        "create_time": draw_list.create_time,
        "update_time": draw_list.update_time,
        "version": draw_list.version,
    }


def draw_list_of(row: sa.RowMapping) -> DrawList:
    """Read a list."""
    return DrawList(
        draw_list=row["draw_list"],
        order=Order(
            Scheme(row["scheme"]), row["pooling_region"], row["benefit_month"], date.fromisoformat(row["pay_date"])
        ),
        opening_month=row["opening_month"],
        creator=row["creator"],
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        state=DrawListState(row["state"]),
        cursor=row["cursor"],
        totals=Totals(**{name: row[name] for name in Totals.__slots__}),
        released_to=row["released_to"],
        releaser=row["releaser"],
        version=row["version"],
    )


def line_row_of(line: Line) -> dict[str, object]:
    """Write a line; its account is kept with its release."""
    return {
        "draw_list": line.draw_list,
        "number": line.number,
        "entitlement": line.entitlement,
        "entitlement_version": line.entitlement_version,
        "entitlement_reference": line.entitlement_reference,
        "person": line.person,
        "benefit_month": line.benefit_month,
        "kind": line.kind,
        "amount_fen": line.amount_fen,
        "offset": line.offset,
        "offset_fen": line.offset_fen,
        "masked_account": line.masked_account,
        "sealed_account": None,
        "state": line.state,
        "hold_reason": line.hold_reason,
        "return_date": day_text(line.return_date),
        "return_reason": line.return_reason,
    }


def line_of(row: sa.RowMapping) -> Line:
    """Read a line."""
    return Line(
        draw_list=row["draw_list"],
        number=row["number"],
        entitlement=row["entitlement"],
        entitlement_version=row["entitlement_version"],
        entitlement_reference=row["entitlement_reference"],
        person=row["person"],
        benefit_month=row["benefit_month"],
        kind=DrawKind(row["kind"]),
        amount_fen=row["amount_fen"],
        masked_account=row["masked_account"],
        offset=row["offset"],
        offset_fen=row["offset_fen"],
        state=LineState(row["state"]),
        hold_reason=row["hold_reason"],
        return_date=day_or_none(row["return_date"]),
        return_reason=row["return_reason"],
    )
