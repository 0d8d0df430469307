"""The end of a worker that was told to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hio.base import doing

from keriwasm.runtime.scheduling import ASAP

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["DrainDoer"]


class DrainDoer(doing.Doer):
    """Waits until nothing is in flight and all is on disk, what Doers without a request wrote too; then the worker may go."""

    transient = True
    LOOK = 0.02

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """What the disk refuses is reported, and keeps nobody alive."""
        worker = self.worker
        yield ASAP
        while worker.inflight:
            yield self.LOOK
        try:
            yield from worker.storage.settle()
            yield from worker.disk.settle()
        except Exception as ex:
            worker.fault(ex, about={"type": "worker:drain"})
        worker.post("worker:drained")
        return True
