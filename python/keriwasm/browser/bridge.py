"""The wall between Python and the JavaScript host (workers/worker.js); with `idb` the only module that imports it.

Everything crosses as one JSON text and at most one buffer, so that no proxy is made per message and none can leak.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]
Receiver = Callable[[Message, bytes], None]


class Host(Protocol):
    """What a worker needs of its surroundings; the tests have one in plain Python."""

    def post(self, message: Message, body: bytes | None = None) -> None:
        """Send a message to the router; `body` replaces the message's `body`."""

    def now(self) -> float:
        """Epoch milliseconds, comparable over all workers."""

    def heap_bytes(self) -> int:
        """Size of the interpreter's linear memory."""

    def crash(self, reason: str) -> None:
        """Die at once, without a goodbye (fault injection)."""


class JsHost:
    """`Host` over the JavaScript object that worker.js hands to `main.start`."""

    def __init__(self, js_host: Any) -> None:
        self._host = js_host

    def post(self, message: Message, body: bytes | None = None) -> None:
        from pyodide.ffi import to_js

        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if body is None:
            self._host.post(text)
        else:
            self._host.post(text, to_js(body))  # a Uint8Array with a buffer of its own, which the host transfers

    def now(self) -> float:
        return self._host.now()

    def heap_bytes(self) -> int:
        return int(self._host.heap_bytes())

    def crash(self, reason: str) -> None:
        self._host.crash(reason)


def receiver(receive: Receiver) -> Any:
    """A JavaScript function `deliver(text, body)` that calls `receive(message, bytes)`; it lives as long as the worker."""
    from pyodide.ffi import create_proxy

    def deliver(text: str, body: Any = None) -> None:
        receive(json.loads(text), b"" if body is None else body.to_bytes())

    return create_proxy(deliver)
