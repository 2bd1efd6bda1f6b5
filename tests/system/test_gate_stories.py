"""Stories of what opens no gate any more: a card that was replaced, the cards of the dead, a code shown before."""

import asyncio
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.card.application import card_key
from services.card.number import card_no
from socsec.card.v1 import (
    actor_pb2,
    application_pb2,
    application_service_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    ecard_pb2,
    ecard_service_pb2,
)
from tests.integration.card.serving import Served
from tests.integration.card.test_api import get, payable, refusal, register, verified
from tests.integration.card.test_applications import create, good, opened, stub
from tests.integration.card.test_ecards import ADULT, OLD, born, delegate, ecard, redeem, shown
from tests.integration.card.test_ecards import get as electronic
from tests.integration.card.test_upkeep_api import HOLDER, bank, by
from tests.system.bureau import Bureau
from tests.system.counter import BY_PHONE, apply, bridge, collect, issue_ecard, make, report

TUNNEL = Path(__file__).with_name("tunnel.py")
CHALLENGE = bytes(range(16))


class Gate:
    """A device that fetches its two files by ssctl, and checks in a process that has no network."""

    def __init__(self, bureau: Bureau, folder: Path) -> None:
        self._bureau = bureau
        self._files = (folder / "keys.cbor", folder / "list.cbor")
        self._tunnel: subprocess.Popen[str] | None = None

    def fetch(self) -> None:
        """Come out, bring the files up to date, and go in again."""
        self.close()
        keys, status_list = self._files
        fetched = self._bureau.ssctl("ecards", "fetch", "--keys", keys, "--status-list", status_list, role="system")
        assert fetched.exit_code == 0, fetched.output
        line = [sys.executable, str(TUNNEL), *map(str, self._files)]
        self._tunnel = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._said() == "no network"

    def check(self, code: str) -> str:
        assert self._tunnel is not None
        assert self._tunnel.stdin is not None
        self._tunnel.stdin.write(f"{self._bureau.clock().isoformat()} {code}\n")
        self._tunnel.stdin.flush()
        return self._said()

    def close(self) -> None:
        if self._tunnel is not None:
            self._tunnel.communicate(timeout=20)
            assert self._tunnel.returncode == 0

    def _said(self) -> str:
        assert self._tunnel is not None
        assert self._tunnel.stdout is not None
        return self._tunnel.stdout.readline().rstrip("\n")


@pytest.fixture
def gate(bureau: Bureau, tmp_path: Path) -> Iterator[Gate]:
    made = Gate(bureau, tmp_path)
    yield made
    made.close()


class Chips:
    """The chips of cards, which answer a challenge with their own key."""

    def __init__(self, bureau: Bureau) -> None:
        keys = tomllib.loads((bureau.folder / "keys" / "provider.toml").read_text("utf-8"))["master"]
        self._master = bytes.fromhex(keys["keys"][keys["current"]])

    async def open(self, city: Served, card: card_pb2.Card) -> bool:
        """Tell whether card takes what the chip answers."""
        code = card.card_identification_code
        chip = Cipher(algorithms.SM4(card_key(self._master, code)), modes.ECB()).encryptor()
        request = application_service_pb2.VerifyCryptogramRequest(
            card_identification_code=code, challenge=CHALLENGE, cryptogram=chip.update(CHALLENGE)
        )
        return (await stub(city).VerifyCryptogram(request)).authentic


@pytest.fixture
def chips(bureau: Bureau) -> Chips:
    return Chips(bureau)


async def test_lost_replaced_and_the_old_card_tried_at_a_gate(city: Served, gate: Gate, chips: Chips) -> None:
    await create(city, "lost-pool", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    code = await ecard(city)
    old = await get(city, code.card)
    assert await opened(city, old.name, "lost-pool")
    await asyncio.to_thread(gate.fetch)
    token = await shown(city, code.name)
    assert (await chips.open(city, old), await good(city, "lost-pool", card_no=old.card_no)) == (True, True)
    await report(city, old.name, card_pb2.LOSS_KIND_PROVISIONAL, BY_PHONE)
    await report(city, old.name, card_pb2.LOSS_KIND_FORMAL, HOLDER)
    assert gate.check(token) == "VALID"  # in the tunnel nobody can know yet, and the code has its minute
    assert await payable(city, old.person) == [False]
    request = card_service_pb2.ReplaceCardRequest(name=old.name, actor=HOLDER)
    new = await city.operator.cards.ReplaceCard(request)
    in_use = await collect(city, (await make(city, new.name)).name, HOLDER)
    assert (in_use.replaces, await payable(city, old.person)) == (old.name, [True])

    terminal = await city.client("system", "metro")
    asked = card_service_pb2.VerifyCardRequest(card_identification_code=old.card_identification_code)
    unknown = card_service_pb2.VerifyCardRequest(card_no=card_no(9_000_000))
    refused = await terminal.cards.VerifyCard(asked)
    assert (refused.valid, refused) == (False, await terminal.cards.VerifyCard(unknown))  # never why
    told = [field.name for field in card_service_pb2.VerifyCardResponse.DESCRIPTOR.fields]
    assert told == ["valid", "applications"]
    assert (await verified(city, old), await verified(city, in_use)) == (False, True)
    assert (await chips.open(city, old), await chips.open(city, in_use)) == (False, True)
    for card in (old, in_use):  # what was open on the old one is opened anew
        assert not await good(city, "lost-pool", card_no=card.card_no)
    undo = await refusal(city.operator.cards.CancelLoss(card_service_pb2.CancelLossRequest(name=old.name)))
    assert undo.metadata == {"found": "CANCELLED", "needed": "PROVISIONALLY_LOST,FORMALLY_LOST"}


async def test_a_code_of_a_lost_card_is_refused_online_and_after_the_next_fetch(city: Served, gate: Gate) -> None:
    code, other = await ecard(city), await ecard(city)
    await asyncio.to_thread(gate.fetch)
    token = await shown(city, code.name)
    await report(city, code.card, card_pb2.LOSS_KIND_FORMAL, HOLDER)
    await city.operator.cards.ReplaceCard(card_service_pb2.ReplaceCardRequest(name=code.card, actor=HOLDER))
    assert (await redeem(city, token)).refusal == ecard_pb2.TOKEN_REFUSAL_REVOKED
    assert gate.check(token) == "VALID"
    await asyncio.to_thread(gate.fetch)
    assert gate.check(token) == "REVOKED"
    assert gate.check(await shown(city, other.name)) == "VALID"
    assert (await refusal(shown(city, code.name))).metadata["found"] == "UNLINKED"


async def test_an_offline_gate_in_a_tunnel_and_the_replay_found_outside(city: Served, gate: Gate) -> None:
    code = await ecard(city)
    await asyncio.to_thread(gate.fetch)
    city.clock.advance(hours=20)
    token = await shown(city, code.name)
    assert [gate.check(token), gate.check(token)] == ["VALID", "VALID"]  # alone it cannot tell a second showing
    assert (await redeem(city, token, request_id="gate-1")).valid
    assert (await redeem(city, token, request_id="gate-2")).refusal == ecard_pb2.TOKEN_REFUSAL_REPLAYED
    assert gate.check(token[:-9]) == "TRUNCATED"
    assert gate.check("NO TOKEN") == "MALFORMED"
    forged = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    assert gate.check(forged) in ("MALFORMED", "FORGED", "TRUNCATED")
    city.clock.advance(minutes=2)
    assert gate.check(token) == "EXPIRED"
    city.clock.advance(days=2)
    assert gate.check(await shown(city, code.name)) == "STATUS_LIST_STALE"


async def test_with_a_death_everything_ends_and_nothing_can_be_opened_later(
    city: Served, gate: Gate, chips: Chips
) -> None:
    await create(city, "dead-pool", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    code, daughter, father = await ecard(city), await ecard(city), await ecard(city, OLD)
    card = await get(city, code.card)
    assert await opened(city, card.name, "dead-pool")
    await delegate(city, father.name, card.person)  # who dies also showed the code of an old father
    waiting = await apply(city, (await register(city, number=born(ADULT))).name, HOLDER)
    await bridge(city, waiting.name, HOLDER)
    await asyncio.to_thread(gate.fetch)
    token = await shown(city, code.name)

    heir = by(actor_pb2.ACTOR_KIND_AGENT, "AGENT_IDENTITY", "KINSHIP", "DEATH", reference=daughter.person)
    for one in (card, waiting):
        request = card_service_pb2.CancelCardRequest(name=one.name, reason=card_pb2.CANCEL_REASON_DEATH, actor=heir)
        cancelled = await city.operator.cards.CancelCard(request)
        assert (cancelled.status, cancelled.cancel_reason) == (
            card_pb2.CARD_STATUS_CANCELLED,
            card_pb2.CANCEL_REASON_DEATH,
        )
    ended = await get(city, waiting.name)
    assert ended.temporary_card.state == card_pb2.TEMPORARY_CARD_STATE_RETURNED

    assert not await verified(city, card)
    assert not await chips.open(city, card)
    assert not await good(city, "dead-pool", card_no=card.card_no)
    assert not await good(city, "dead-pool", token=token)
    assert await payable(city, card.person, waiting.person) == [False, False]
    assert (await redeem(city, token)).refusal == ecard_pb2.TOKEN_REFUSAL_REVOKED
    assert (await electronic(city, code.name)).status == ecard_pb2.E_CARD_STATUS_UNLINKED
    await asyncio.to_thread(gate.fetch)
    assert gate.check(token) == "REVOKED"

    assert (await refusal(opened(city, card.name, "dead-pool"))).metadata["found"] == "CANCELLED"
    assert (await refusal(shown(city, code.name))).metadata["found"] == "UNLINKED"
    assert (await refusal(shown(city, father.name, card.person))).metadata["found"] == "UNLINKED"
    authorise = ecard_service_pb2.AuthorizeUseRequest(name=code.name, proof="session 4712")
    assert (await refusal(city.operator.ecards.AuthorizeUse(authorise))).reason == "ECARD_STATE"
    assert (await refusal(bank(city, card, "ACTIVATED"))).metadata["found"] == "CANCELLED"
    assert (await refusal(bridge(city, waiting.name, HOLDER))).metadata["found"] == "CANCELLED"
    assert (await refusal(make(city, waiting.name))).metadata["found"] == "CANCELLED"
    renewal = card_upkeep_service_pb2.RenewCardRequest(name=card.name, reason=card_pb2.SUCCESSION_REASON_DAMAGED)
    renewal.actor.CopyFrom(by(actor_pb2.ACTOR_KIND_HOLDER, "HOLDER_IDENTITY", "OLD_CARD"))
    assert (await refusal(city.operator.upkeep.RenewCard(renewal))).metadata["found"] == "CANCELLED"
    for person in (card.person, waiting.person):
        found = await refusal(apply(city, person, HOLDER))
        assert (found.code, found.reason) == ("FAILED_PRECONDITION", "HOLDER_DECEASED")
    assert (await refusal(issue_ecard(city, waiting.person))).reason == "CARD_STATE"
