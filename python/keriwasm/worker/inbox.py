"""The Doer that takes the messages the host delivers and hands each to whom it concerns."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hio.base import doing

from keriwasm import PROTOCOL
from keriwasm.runtime.scheduling import WAIT

if TYPE_CHECKING:
    from typing import Protocol

    from keriwasm.runtime.context import Context, Message

    class Addressee(Context, Protocol):
        """Whom the messages concern: `worker.Worker`."""

        def begin(self, message: Message, body: bytes) -> None: ...

        def credit(self, id: str, n: int) -> None: ...

        def cancel(self, id: str, reason: str) -> None: ...

        def drain(self) -> None: ...

        def inject(self, kind: str, ms: float) -> None: ...


class InboxDoer(doing.Doer):
    """Drains the inbox whenever `push` wakes it. A message that cannot be handled is reported, never dropped."""

    essential = True

    def __init__(self, worker: Addressee, **kwa: Any) -> None:
        super().__init__(**kwa)
        self.worker = worker
        self.messages: deque[tuple[Message, bytes]] = deque()

    def push(self, message: Message, body: bytes) -> None:
        """Queue a message and have it seen to, at once if the scheduler sleeps; called by the host, at any time."""
        self.messages.append((message, body))
        self.worker.doist.turn(self)

    def recur(self, tock: float = 0.0):
        """Hand on all that has come, then wait for more."""
        while True:
            yield WAIT
            while self.messages:
                message, body = self.messages.popleft()
                try:
                    self.hand(message, body)
                except Exception as ex:
                    self.worker.fault(ex, about=message)

    def hand(self, message: Message, body: bytes) -> None:
        """Raises ValueError for another protocol version or an unknown type, KeyError for a missing field."""
        worker = self.worker
        if message.get("v") != PROTOCOL:
            raise ValueError(f"message of protocol {message.get('v')!r}, this worker speaks {PROTOCOL}")
        match message.get("type"):
            case "http:request":
                worker.begin(message, body)
            case "http:reply" | "http:chunk" | "http:end" | "pool:done":
                worker.pool.answered(message, body)
            case "outside:answer" | "outside:news" | "outside:line":
                worker.outside.answered(message, body)
            case "http:credit":
                worker.credit(message["id"], int(message["n"]))
            case "http:cancel":
                worker.cancel(message["id"], str(message.get("reason") or "cancelled"))
            case "worker:drain":
                worker.drain()
            case "worker:inject":
                worker.inject(message["kind"], float(message.get("ms") or 0.0))
            case other:
                raise ValueError(f"a worker knows no message of type {other!r}")
