"""One run of a command: open channels, the chosen output."""

from types import TracebackType

import grpc

from services.admin.output import Printer
from services.admin.profile import Profile, ServiceName
from services.common.rpc.client import connect


class Session:
    """What a command works with; channels are opened at their first use and closed at the end."""

    def __init__(self, profile: Profile, printer: Printer) -> None:
        self.profile = profile
        self.printer = printer
        self._channels: dict[ServiceName, grpc.aio.Channel] = {}

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels.values():
            await channel.close()

    def channel(self, service: ServiceName) -> grpc.aio.Channel:
        """Give the channel to a service."""
        if service not in self._channels:
            self._channels[service] = connect(self.profile.address(service), self.profile.tls)
        return self._channels[service]
