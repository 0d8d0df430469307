"""What a part may ask of the worker that it belongs to, and what a request carries from one room to another.

A part is written against `Context`, never against the worker's class: that one stands on top and is made of the parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import falcon

    from keriwasm.runtime.scheduling import WakingDoist

Message = dict[str, Any]
"""An envelope of our protocol."""

SERVED = os.environ.get("KERIWASM_SERVED") == "1"
"""This worker is a process of a server (keriwasm.server), not a part of somebody's page."""

MESSAGE = "keriwasm.message"
"""environ key of the http:request envelope that a WSGI request was made of."""

COMING = "keriwasm.coming"
"""environ key of what waits, as a generator, for what is still being fetched and this request has met."""

RENDER_MS = "keriwasm.render_ms"
"""environ key under which `rendering` adds up the milliseconds that templates took."""

T = TypeVar("T")


class Host(Protocol):
    """What a worker needs of its surroundings: `browser.bridge.JsHost`; the tests have one in plain Python."""

    def post(self, message: Message, body: bytes | None = None) -> None:
        """Send a message to the router; `body` replaces the message's `body`."""

    def now(self) -> float:
        """Epoch milliseconds, comparable over all workers."""

    def heap_bytes(self) -> int:
        """Size of the interpreter's linear memory."""

    def interruptible(self, on: bool) -> None:
        """From now on a person's code runs, which may be interrupted; or it does no more."""

    def line(self) -> str:
        """Wait, all of the worker with it, for a line that a person writes: "line:" and the text, "end", "stop", or "none"
        where nobody could answer."""

    def crash(self, reason: str) -> None:
        """Die at once, without a goodbye (fault injection)."""


class Context(Protocol):
    """One worker, as its parts and slices see it.

    Attributes:
        settings: worker.settings.Settings
        pool: web.pool_client.PoolClient; outside: web.outside.Outside; storage: disk.pyscript_storage.Storages; disk: disk.disk.Disk
        app: None until the slices are mounted
        inflight: request id -> its Doer
        holders: who holds what a replacement of this worker would lose
    """

    id: str
    generation: int
    slices: list[str]
    settings: Any
    host: Host
    doist: WakingDoist
    pool: Any
    outside: Any
    storage: Any
    disk: Any
    app: falcon.App | None
    inflight: dict[str, Any]
    handled: int
    failed: int
    holders: set[object]

    def post(self, type: str, content: bytes | None = None, /, **fields: Any) -> None:
        """Post an envelope in this worker's name; `content` travels as its body."""

    def fault(self, ex: BaseException, *, fatal: bool = False, about: Message | None = None) -> str:
        """Report an exception to the log; returns the id under which it stands there."""

    def shared(self, make: Callable[[Any], T]) -> T:
        """The one object of this class in this worker; made, with the worker, by the first who asks."""
