"""Runs the service with uvicorn until a signal or a failure ends it."""

import logging
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from dedup.errors import DedupError, SettingsError
from dedup.pipeline.service.app import Service, ServiceOptions
from dedup.pipeline.service.guard import is_loopback
from dedup.settings import Settings


@dataclass(frozen=True)
class Address:
    """Where a service listens.

    Attributes:
        host: The name or address of a network interface.
        port: The port, 0 for any free one.
        unix_socket: The path of a Unix socket, instead of a host and a port.
    """

    host: str = "127.0.0.1"
    port: int = 8077
    unix_socket: Path | None = None

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        return self.unix_socket is not None or is_loopback(self.host)


class _Server(uvicorn.Server):
    """A server that says where it listens."""

    def __init__(self, notify: Callable[[str], None], config: uvicorn.Config) -> None:
        super().__init__(config)
        self._notify = notify

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            place = self.servers[0].sockets[0].getsockname()
            host = (
                place
                if isinstance(place, str)
                else f"http://{f'[{place[0]}]' if ':' in place[0] else place[0]}:{place[1]}"
            )
            self._notify(f"listening on {host}")


def serve(
    settings: Settings, options: ServiceOptions, address: Address, stop_after: float, notify: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT. Requests that wait are answered first.

    Args:
        settings: The settings of the filter.
        options: What else the service does.
        address: Where it listens.
        stop_after: The seconds that requests have to end.
        notify: Called with a line about where the service listens, and when it is ready.

    Raises:
        SettingsError: Other machines could reach the service, and there is no token.
        DedupError: The address cannot be used, or the filter failed.
    """
    if options.token is None and not address.is_private:
        raise SettingsError(f"{address.host} can be reached from elsewhere: set a token, or listen on 127.0.0.1")
    logging.basicConfig(format="dedup: %(message)s", level=logging.WARNING)

    def stop() -> None:
        server.should_exit = True

    service = Service(settings, options, notify, stop)
    server = _Server(
        notify,
        uvicorn.Config(
            service.app,
            host=address.host,
            port=address.port,
            uds=None if address.unix_socket is None else os.fspath(address.unix_socket),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=max(1, round(stop_after)),
        ),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn stops at a signal, and sends it again when it has stopped
    try:
        server.run()
    except SystemExit:  # uvicorn has said why
        raise DedupError("the service cannot listen there; is another one running?") from None
    if service.error is not None:
        raise DedupError(str(service.error))
