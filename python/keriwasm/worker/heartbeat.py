"""The Doer that tells the router that this worker's scheduler turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hio.base import doing

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context


class HeartbeatDoer(doing.Doer):
    """Posts `worker:heartbeat` every `ms` milliseconds. A late one means a busy worker, a missing one a hung one."""

    essential = True

    def __init__(self, worker: Context, ms: float, **kwa: Any) -> None:
        """Raises ValueError unless ms is positive."""
        if not ms > 0:
            raise ValueError(f"heartbeat_ms must be positive, not {ms!r}")
        super().__init__(tock=ms / 1000, **kwa)
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """The first one leaves at once, so that the router need not wait for a period to see life."""
        while True:
            yield self.tock
            self.beat()

    def beat(self) -> None:
        """One heartbeat: tyme in seconds, ids in flight, heap in bytes, requests answered and failed so far."""
        worker = self.worker
        worker.post(
            "worker:heartbeat",
            tyme=worker.doist.tyme,
            inflight=list(worker.inflight),
            heap_bytes=worker.host.heap_bytes(),
            handled=worker.handled,
            failed=worker.failed,
            held=bool(worker.holders),
        )
