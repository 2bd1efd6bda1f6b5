"""`ssctl entitlements`: the register of entitlements."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import Etag, NumberFile, PersonName, any_person, chosen, secret_from, the_person, words
from services.admin.files import add_import
from services.admin.kinds import ENTITLEMENTS
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import entitlement_pb2, entitlement_service_pb2, entitlement_service_pb2_grpc
from socsec.type.v1 import scheme_pb2

app = typer.Typer(help="Rights to monthly benefits: granted, suspended, resumed, stopped.", no_args_is_help=True)

add_import(app, ENTITLEMENTS, "import", "Grant entitlements.")

EntitlementName = Annotated[
    str, typer.Argument(metavar="ENTITLEMENT", help="entitlements/{entitlement}.", show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", help="Why, 2 to 200 characters.")]


@changing(app)
async def grant(
    session: Session,
    change: Change,
    reference: Annotated[str, typer.Option(help="The agency's number of the determination (待遇核定).")],
    benefit: Annotated[str, typer.Option(help="Name of the benefit, for example employee_pension.")],
    scheme: Annotated[str, typer.Option(help=f"One of: {words(scheme_pb2.Scheme)}.")],
    pooling_region: Annotated[str, typer.Option(help="Division code of the pooling region that pays.")],
    start_month: Annotated[str, typer.Option(help="First benefit month, YYYY-MM.")],
    monthly_amount_fen: Annotated[int, typer.Option(help="Monthly amount in fen.")],
    account_file: Annotated[Path, typer.Option(help="File with the account to pay to; - for standard input.")],
    end_month: Annotated[str, typer.Option(help="Last benefit month, YYYY-MM; open without it.")] = "",
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Grant an entitlement; the first one of a person starts the certification."""
    entitlement = entitlement_pb2.EntitlementGrant(
        reference=reference,
        person=await the_person(session, person, identity_number_file),
        benefit=benefit,
        scheme=chosen(scheme_pb2.Scheme, "--scheme", scheme),
        pooling_region=pooling_region,
        start_month=start_month,
        end_month=end_month,
        monthly_amount_fen=monthly_amount_fen,
        account=secret_from(account_file, "account"),
    )
    request = entitlement_service_pb2.GrantEntitlementRequest(
        entitlement=entitlement, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _entitlements(session).GrantEntitlement(request))


@changing(app)
async def suspend(
    session: Session,
    change: Change,
    entitlement: EntitlementName,
    from_month: Annotated[str, typer.Option(help="First suspended month, YYYY-MM.")],
    reason: Reason,
    etag: Etag = "",
) -> None:
    """Suspend an entitlement from a month on: not paid, and paid back when it is resumed."""
    request = entitlement_service_pb2.SuspendEntitlementRequest(
        name=entitlement,
        from_month=from_month,
        reason=reason,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _entitlements(session).SuspendEntitlement(request))


@changing(app)
async def resume(
    session: Session,
    change: Change,
    entitlement: EntitlementName,
    from_month: Annotated[str, typer.Option(help="First month in force again, YYYY-MM.")],
    etag: Etag = "",
) -> None:
    """Resume a suspended entitlement from a month on."""
    request = entitlement_service_pb2.ResumeEntitlementRequest(
        name=entitlement,
        from_month=from_month,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _entitlements(session).ResumeEntitlement(request))


@changing(app)
async def stop(
    session: Session,
    change: Change,
    entitlement: EntitlementName,
    end_month: Annotated[str, typer.Option(help="Last benefit month, YYYY-MM.")],
    reason: Reason,
    etag: Etag = "",
) -> None:
    """End an entitlement with a last month, for good."""
    request = entitlement_service_pb2.StopEntitlementRequest(
        name=entitlement,
        end_month=end_month,
        reason=reason,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _entitlements(session).StopEntitlement(request))


@changing(app, "change-amount")
async def change_amount(
    session: Session,
    change: Change,
    entitlement: EntitlementName,
    from_month: Annotated[str, typer.Option(help="First month of the new amount, YYYY-MM; it may have passed.")],
    monthly_amount_fen: Annotated[int, typer.Option(help="Monthly amount in fen.")],
    reason: Reason,
    etag: Etag = "",
    adjustment: Annotated[bool, typer.Option("--adjustment", help="It is the yearly adjustment.")] = False,
) -> None:
    """Set the monthly amount from a month on."""
    request = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=entitlement,
        from_month=from_month,
        monthly_amount_fen=monthly_amount_fen,
        reason=reason,
        is_adjustment=adjustment,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _entitlements(session).ChangeEntitlementAmount(request))


@changing(app, "change-account")
async def change_account(
    session: Session,
    change: Change,
    entitlement: EntitlementName,
    account_file: Annotated[Path, typer.Option(help="File with the account to pay to; - for standard input.")],
    etag: Etag = "",
) -> None:
    """Have an entitlement paid to another account from now on."""
    request = entitlement_service_pb2.ChangeEntitlementAccountRequest(
        name=entitlement,
        account=secret_from(account_file, "account"),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _entitlements(session).ChangeEntitlementAccount(request))


@reading(app)
async def get(session: Session, entitlement: EntitlementName) -> None:
    """Read an entitlement."""
    request = entitlement_service_pb2.GetEntitlementRequest(name=entitlement)
    session.printer.one(await _entitlements(session).GetEntitlement(request))


@reading(app, "list")
async def list_entitlements(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List entitlements. Fields: person, reference, scheme, state, payability, pooling_region, benefit."""
    whose = await any_person(session, person, identity_number_file)
    request = entitlement_service_pb2.ListEntitlementsRequest(filter=both(equal("person", whose), condition))
    found = pages(_entitlements(session).ListEntitlements, request, lambda reply: reply.entitlements, limit)
    await session.printer.many(
        found,
        (
            *("name", "reference", "person", "scheme", "state", "payability", "payability_reason"),
            *("start_month", "end_month", "monthly_amount_fen"),
        ),
    )


def _entitlements(session: Session) -> "entitlement_service_pb2_grpc.EntitlementServiceAsyncStub":
    return entitlement_service_pb2_grpc.EntitlementServiceStub(session.channel("eligibility"))
