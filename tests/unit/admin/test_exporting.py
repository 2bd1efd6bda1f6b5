"""An export goes on after the last message that came, and ends when the service refuses it."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.admin.register import exported
from socsec.card.v1.card_register_service_pb2 import ExportCardsResponse
from tests.unit.admin.test_importing import gone


class Register:
    """Gives three messages; the connection breaks after the second one, once."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def export(self, page: str) -> AsyncIterator[ExportCardsResponse]:
        self.asked.append(page)
        for place in range(int(page or "0") + 1, 4):
            yield ExportCardsResponse(page_token=str(place), resume_token="" if page else "here")
            if place == 2 and len(self.asked) == 1:
                raise gone()


async def test_an_export_goes_on_where_the_connection_broke(capsys: pytest.CaptureFixture[str]) -> None:
    register = Register()
    found = [message.page_token async for message in exported(register.export)]
    assert (found, register.asked) == (["1", "2", "3"], ["", "2"])
    assert "Going on when it is back." in capsys.readouterr().err


async def test_an_export_that_is_refused_ends() -> None:
    async def refuse(page: str) -> AsyncIterator[ExportCardsResponse]:
        if not page:
            nothing = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(grpc.StatusCode.PERMISSION_DENIED, nothing, nothing, "no")
        yield ExportCardsResponse()

    with pytest.raises(grpc.aio.AioRpcError):
        _ = [message async for message in exported(refuse)]
