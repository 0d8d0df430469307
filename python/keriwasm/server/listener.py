"""HTTP by uvicorn, with the bounds that it has not: connections at once, a head that comes drop by drop, a reader that does not read.

uvicorn's parser in Python (h11) bounds what is incomplete; that in C (httptools) bounds nothing, and answers up to a
quarter more light requests (tests/bench/server/server.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from keriwasm.server.door import HEAD_BYTES

HEAD_SECONDS = 10.0
SEND_SECONDS = 20.0
"""A client that takes nothing for so long is gone, and what was for it thrown away."""
IDLE_SECONDS = 30
CONNECTIONS = 512
STOP_SECONDS = 10
"""What is under way when the server is told to stop may take so long."""


class Guarded(H11Protocol):
    """One connection. Past the bound the one that is silent longest makes room; when all are busy the new one is shut."""

    open: dict[Guarded, None] = {}  # noqa: RUF012 - of the one server of this process

    _late: asyncio.TimerHandle | None = None
    _begun = False
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Counted, and watched until its first head is there."""
        if len(self.open) >= CONNECTIONS:
            silent = next((each for each in self.open if each.conn.their_state is h11.IDLE), None)
            if silent is None:
                return transport.abort()
            silent.transport.abort()
            self.open.pop(silent, None)
        self.open[self] = None
        self._begun = True
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Watched while a head is incomplete."""
        if self.open.pop(self, 0) is None:  # not one that is being shut
            self.open[self] = None  # the youngest is last
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._unwatch()
        elif self._late is None:
            self._watch()

    def pause_writing(self) -> None:
        """More waits for the client than is held for it."""
        super().pause_writing()
        self._stuck = self._stuck or self.loop.call_later(SEND_SECONDS, self._reset)

    def resume_writing(self) -> None:
        """It has read."""
        self._unstick()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgotten."""
        self._unwatch()
        self._unstick()
        self.open.pop(self, None)
        if self._begun:
            super().connection_lost(exc)

    def _reset(self) -> None:
        """Shut, and what the kernel holds for the client thrown away too."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _unstick(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _watch(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Listener(uvicorn.Server):
    """The server, which leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own would raise the signal again when it is done, and end us before our processes are."""
        yield


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError."""
    family, kind, number, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind, number)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


async def serve(app: Any, bound: socket.socket, closing: Callable[[], None], http: Any = Guarded) -> None:
    """Answer until SIGTERM or SIGINT; a second one does not wait for what is under way. closing: called at the first."""
    config = uvicorn.Config(
        app, http=http, ws="none", lifespan="off", interface="asgi3", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES, loop="none",
    )  # fmt: skip
    server = Listener(config)

    def stop() -> None:
        if server.should_exit:
            server.force_exit = True
        else:
            closing()
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[bound])
