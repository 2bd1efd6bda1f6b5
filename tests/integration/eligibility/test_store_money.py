"""One contract for the store on both databases: entitlements and draws."""

from datetime import date

import pytest

from services.common.errors import Conflict
from services.common.filtering import EVERYTHING, Comparison
from services.common.ids import new_id
from services.common.months import parse_month
from services.eligibility.domain import Account, EntitlementState, Scheme, Suspension
from services.eligibility.draw import Draw, DrawKind, DrawReport, Reversal
from services.eligibility.entitlement import Entitlement
from services.eligibility.service.draw import reverse_draws
from services.eligibility.store.tables.draw import DRAW
from services.eligibility.store.tables.entitlement import ENTITLEMENT
from tests.integration.eligibility.opened import NOW, Opened, draw_of, grant_of, reasons


async def granted(store: Opened) -> Entitlement:
    grant = grant_of(new_id(), end_month=parse_month("2040-12"))
    await store.grant(grant)
    return (await store.read(lambda opened: opened.entitlements.by_reference({grant.reference})))[grant.reference]


async def test_an_entitlement_is_read_back_in_every_state(store: Opened) -> None:
    entitlement = await granted(store)
    assert (entitlement.state, entitlement.version, entitlement.create_time) == (EntitlementState.ACTIVE, 1, NOW)
    assert (entitlement.start_month, entitlement.end_month) == (parse_month("2025-06"), parse_month("2040-12"))
    suspended, _ = entitlement.suspend(parse_month("2026-01"), "in custody (拘留)", NOW)
    resumed, _ = suspended.resume(parse_month("2026-04"), NOW)
    stopped, _ = resumed.stop(parse_month("2026-12"), "moved away", NOW)
    for state in (suspended, resumed, stopped):
        await store.write(lambda opened, state=state: opened.entitlements.save(state))  # type: ignore[misc]  # bound at once
        assert await store.write(lambda opened: opened.entitlements.get(entitlement.entitlement)) == state
    assert stopped.suspensions == (Suspension(parse_month("2026-01"), parse_month("2026-03"), "in custody (拘留)"),)
    of_person = await store.read(lambda opened: opened.entitlements.of_people({entitlement.person, new_id()}))
    assert of_person == {entitlement.person: [stopped]}
    assert await store.write(lambda opened: opened.entitlements.get(new_id())) is None


async def test_an_entitlement_that_somebody_else_has_changed_is_not_saved(store: Opened, second: Opened) -> None:
    entitlement = await granted(store)
    stopped, _ = entitlement.stop(parse_month("2026-12"), "moved away", NOW)
    suspended, _ = entitlement.suspend(parse_month("2026-12"), "in custody", NOW)
    await store.write(lambda opened: opened.entitlements.save(stopped))
    with pytest.raises(Conflict, match="read it again"):
        await second.write(lambda opened: opened.entitlements.save(suspended))


async def test_the_database_shows_no_account(store: Opened) -> None:
    grant = await store.pensioner()
    outside = draw_of(grant, origin="bank/102", account_number="6217009988776655")
    await store.draw(draw_of(grant), outside)
    rows = [*await store.rows(ENTITLEMENT), *await store.rows(DRAW)]
    kept = b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row.values()
    )
    for number in (grant.account_number, outside.account_number):
        assert number.encode() not in kept
        assert number[-4:].encode() in kept
    sealed = rows[0]["sealed_account"]
    assert isinstance(sealed, bytes)
    assert store.vault.open(sealed, f"entitlements/{rows[0]['entitlement']}") == grant.account_number


async def test_pages_of_entitlements_are_newest_first_and_filtered(store: Opened) -> None:
    person = new_id()
    grants = [grant_of(new_id()) for _ in range(4)]
    lump = grant_of(person, benefit="funeral_grant", scheme=Scheme.RESIDENT_PENSION)
    for grant in (*grants, lump):
        await store.grant(grant)
    first = await store.read(lambda opened: opened.entitlements.page(EVERYTHING, 3, None))
    rest = await store.read(lambda opened: opened.entitlements.page(EVERYTHING, 3, first[-1].entitlement))
    names = [one.entitlement for one in [*first, *rest]]
    assert names == sorted(names, reverse=True)
    assert len(set(names)) == 5
    for field, value in (("person", person), ("scheme", "RESIDENT_PENSION"), ("benefit", "funeral_grant")):
        wanted = Comparison(field, "=", value)
        found = await store.read(lambda opened, wanted=wanted: opened.entitlements.page(wanted, 9, None))  # type: ignore[misc]  # bound at once
        assert [one.reference for one in found] == [lump.reference]


async def only_draw(store: Opened, report: DrawReport) -> Draw:
    return (await store.read(lambda opened: opened.draws.find({report.key})))[report.key]


async def test_a_draw_is_read_back_and_goes_to_the_account_of_the_entitlement(store: Opened) -> None:
    grant = await store.pensioner()
    own = draw_of(grant)
    outside = draw_of(grant, origin="bank/102", account_number="6217009988776655")
    unknown = draw_of(grant, origin="agency/370283")
    assert (await store.draw(own, outside, unknown)).accepted == 3
    entitlement = (await store.read(lambda opened: opened.entitlements.by_reference({grant.reference})))[
        grant.reference
    ]
    found = [await only_draw(store, report) for report in (own, outside, unknown)]
    assert [draw.report for draw in found] == [report.without_account() for report in (own, outside, unknown)]
    assert found[0].account == entitlement.account
    assert found[1].account == await store.read(lambda opened: opened.draws.account_of(outside.account_number))
    assert found[1].account.masked == "************6655"
    assert found[2].account == Account("", "")
    assert await store.read(lambda opened: opened.draws.get(found[0].draw)) == found[0]
    assert await store.read(lambda opened: opened.draws.get(new_id())) is None


async def test_one_reference_may_be_used_by_several_origins(store: Opened) -> None:
    grant = await store.pensioner()
    reports = [draw_of(grant, origin=origin, reference="R-1") for origin in ("", "bank/102", "bank/103")]
    assert (await store.draw(*reports)).accepted == 3
    assert (await store.draw(*reports)).repeated == 3
    assert len({(await only_draw(store, report)).draw for report in reports}) == 3


async def test_a_month_is_taken_until_its_draw_is_reversed(store: Opened) -> None:
    grant = await store.pensioner()
    first, again, other = draw_of(grant), draw_of(grant), draw_of(grant, "2026-07")
    assert (await store.draw(first, other)).accepted == 2
    assert reasons(await store.draw(again)) == [(0, "ALREADY_DRAWN")]
    taken = {draw.slot or "": draw.draw for draw in [await only_draw(store, report) for report in (first, other)]}
    assert len(taken) == 2
    assert await store.read(lambda opened: opened.draws.in_slots({*taken, "once/A-0"})) == taken
    reversal = Reversal("", first.reference, date(2026, 9, 20), "account closed")
    outcome = await store.write(lambda opened: reverse_draws(opened, [(0, reversal), (1, reversal)], NOW))
    assert (outcome.accepted, outcome.repeated) == (1, 1)
    reversed_one = await only_draw(store, first)
    assert (reversed_one.reverse_date, reversed_one.reverse_reason) == (date(2026, 9, 20), "account closed")
    assert reversed_one.slot is None
    assert (await store.draw(again)).accepted == 1
    assert (await store.draw(first)).repeated == 1
    assert await store.told("DrawReversed") == [(f"draws/{reversed_one.draw}", 2)]


async def test_the_database_itself_keeps_a_slot_and_a_reference_from_being_taken_twice(store: Opened) -> None:
    grant = await store.pensioner()
    account = Account("", "")
    first, same_slot = (Draw(new_id(), draw_of(grant), account, NOW, "24319/A-1") for _ in range(2))
    same_key = Draw(new_id(), first.report, account, NOW, "24320/A-1")
    await store.write(lambda opened: opened.draws.add([first]))
    for other in (same_slot, same_key):
        with pytest.raises(Conflict, match="same moment"):
            await store.write(lambda opened, other=other: opened.draws.add([other]))  # type: ignore[misc]  # bound at once
    assert len(await store.rows(DRAW)) == 1


async def test_a_month_is_paid_regularly_or_back_and_a_lump_sum_once(store: Opened) -> None:
    grant = await store.pensioner()
    lump = draw_of(grant, kind=DrawKind.LUMP_SUM)

    def back_pay(month: str, amount_fen: int) -> DrawReport:
        return draw_of(grant, month, kind=DrawKind.BACK_PAY, amount_fen=amount_fen)

    monthly = grant.monthly_amount_fen
    assert (await store.draw(back_pay("2026-08", monthly), draw_of(grant, "2026-07"), lump)).accepted == 3
    again = [
        draw_of(grant, "2026-08"),
        back_pay("2026-08", monthly),
        back_pay("2026-07", 1),
        draw_of(grant, "2026-07", kind=DrawKind.LUMP_SUM),
    ]
    assert reasons(await store.draw(*again)) == [(place, "ALREADY_DRAWN") for place in range(4)]


async def test_equal_differences_of_one_month_are_each_paid_and_no_more_than_is_owed(store: Opened) -> None:
    grant = await store.pensioner()
    assert (await store.draw(draw_of(grant, "2026-07"))).accepted == 1
    differences = [draw_of(grant, "2026-07", kind=DrawKind.BACK_PAY, amount_fen=5_000) for _ in range(3)]
    for paid in (1, 2):
        await store.raise_by(grant, 5_000 * paid)
        outcome = await store.draw(*differences)
        assert (outcome.accepted, outcome.repeated) == (1, paid - 1)
        assert {reason for _, reason in reasons(outcome)} == {"ALREADY_DRAWN"}
    reversal = Reversal("", differences[0].reference, date(2026, 9, 20), "account closed")
    await store.write(lambda opened: reverse_draws(opened, [(0, reversal)], NOW))
    assert (await store.draw(differences[2])).accepted == 1
    too_much = draw_of(grant, "2026-06", amount_fen=grant.monthly_amount_fen + 10_001)
    assert reasons(await store.draw(too_much)) == [(0, "AMOUNT_OUT_OF_RANGE")]


async def test_pages_of_draws_are_newest_first_and_filtered(store: Opened) -> None:
    grant = await store.pensioner()
    reports = [draw_of(grant, f"2026-0{month}") for month in range(1, 8)]
    for report in reports:
        await store.draw(report)
    first = await store.read(lambda opened: opened.draws.page(EVERYTHING, 4, None))
    rest = await store.read(lambda opened: opened.draws.page(EVERYTHING, 4, first[-1].draw))
    assert [draw.report.reference for draw in [*first, *rest]] == [report.reference for report in reversed(reports)]
    since = Comparison("benefit_month", ">=", parse_month("2026-06"))
    assert len(await store.read(lambda opened: opened.draws.page(since, 9, None))) == 2
