"""The wall between Python and the JavaScript host (workers/worker.js).

Everything crosses as one JSON text and at most one buffer, so that no proxy is made per message and none can leak.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from keriwasm.runtime.context import Message

Receiver = Callable[[Message, bytes], None]


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

    def interruptible(self, on: bool) -> None:
        self._host.interruptible(on)

    def line(self) -> str:
        return self._host.line()

    def crash(self, reason: str) -> None:
        self._host.crash(reason)


def receiver(receive: Receiver) -> Any:
    """A JavaScript function `deliver(text, body)` that calls `receive(message, bytes)`; it lives as long as the worker."""
    from pyodide.ffi import create_proxy

    def deliver(text: str, body: Any = None) -> None:
        receive(json.loads(text), b"" if body is None else body.to_bytes())

    return create_proxy(deliver)
