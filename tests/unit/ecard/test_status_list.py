"""Status lists and their deltas, as a device receives them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.ecard_token.cbor import Malformed
from services.common.ecard_token.keys import Forged, UnknownKey
from services.common.ecard_token.status_list import (
    Delta,
    StatusList,
    apply_delta,
    mark,
    open_list,
    write_delta,
    write_list,
)
from tests.unit.ecard.issuer import LIST_URI, NOW, Issuer, status_list, validity

ISSUER = Issuer()
DAY = timedelta(days=1)


def delta(from_version: int, to_version: int, revoked: Sequence[int], cleared: Sequence[int] = ()) -> bytes:
    return write_delta(validity(), Delta(from_version, to_version, revoked, cleared), ISSUER.signer)


def revoked(held: StatusList) -> list[int]:
    return [index for index in range(8 * len(held.statuses)) if held.status(index)]


def test_a_signed_list_is_read_back() -> None:
    data = write_list(validity(), 7, status_list(3, 8, 9_999).statuses, ISSUER.signer)
    held = open_list(data, ISSUER.keys)
    assert (held.uri, held.version, revoked(held)) == (LIST_URI, 7, [3, 8, 9_999])
    assert held.expire_time == NOW + timedelta(hours=36)


def test_a_delta_revokes_and_restores_and_lets_the_list_live_longer() -> None:
    held = status_list(5, 6, age=DAY)
    after = apply_delta(held, delta(7, 9, [0, 4242], [6]), ISSUER.keys)
    assert (after.version, revoked(after)) == (9, [0, 5, 4242])
    assert after.expire_time == held.expire_time + DAY


def test_an_empty_delta_says_that_nothing_changed() -> None:
    after = apply_delta(status_list(5, age=DAY), delta(7, 7, []), ISSUER.keys)
    assert (after.version, revoked(after), after.is_fresh(NOW + DAY)) == (7, [5], True)


def test_a_delta_may_repeat_what_the_device_knows_but_leaves_no_gap() -> None:
    held = status_list(5)
    assert revoked(apply_delta(held, delta(3, 8, [5, 6]), ISSUER.keys)) == [5, 6]
    for versions in ((8, 9), (3, 6)):
        with pytest.raises(Malformed):
            apply_delta(held, delta(*versions, [6]), ISSUER.keys)


def test_an_old_delta_does_not_shorten_the_lists_life() -> None:
    held = status_list(5)
    old = write_delta(validity(age=DAY), Delta(7, 7, [], []), ISSUER.signer)
    assert apply_delta(held, old, ISSUER.keys).expire_time == held.expire_time


def test_a_delta_outside_the_list_changes_nothing() -> None:
    with pytest.raises(Malformed):
        apply_delta(status_list(), delta(7, 8, [10_000]), ISSUER.keys)


def test_lists_and_deltas_of_others_are_refused() -> None:
    data = write_list(validity(), 7, bytes(8), ISSUER.signer)
    with pytest.raises(UnknownKey):
        open_list(data, Issuer(2).keys)
    with pytest.raises(Forged):
        open_list(data[:-1] + bytes([data[-1] ^ 1]), ISSUER.keys)
    with pytest.raises(UnknownKey):
        apply_delta(status_list(), delta(7, 8, [1]), Issuer(2).keys)


def test_a_delta_is_no_list_and_a_list_no_delta() -> None:
    with pytest.raises(Malformed):
        open_list(delta(7, 8, [1]), ISSUER.keys)
    with pytest.raises(Malformed):
        apply_delta(status_list(), write_list(validity(), 7, bytes(8), ISSUER.signer), ISSUER.keys)


def test_a_delta_of_another_list_is_refused() -> None:
    other = StatusList(LIST_URI + "1", 7, 1, bytes(8), NOW)
    with pytest.raises(Malformed):
        apply_delta(other, delta(7, 8, [1]), ISSUER.keys)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_list(data: bytes) -> None:
    with pytest.raises((Malformed, UnknownKey, Forged)):
        open_list(data, ISSUER.keys)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 511), st.booleans(), max_size=20), max_size=6), st.integers(0, 6))
def test_deltas_lead_to_the_list_that_a_new_device_gets(changes: list[dict[int, bool]], start: int) -> None:
    def state(count: int) -> bytes:
        statuses = bytearray(64)
        for change in changes[:count]:
            mark(statuses, (i for i, bad in change.items() if bad), (i for i, bad in change.items() if not bad))
        return bytes(statuses)

    start = min(start, len(changes))
    held = StatusList(LIST_URI, start, 1, state(start), NOW)
    for version in range(start, len(changes)):
        last = changes[version]
        data = delta(
            version,
            version + 1,
            sorted(index for index, bad in last.items() if bad),
            sorted(index for index, bad in last.items() if not bad),
        )
        held = apply_delta(held, data, ISSUER.keys)
    assert held.statuses == state(len(changes))
