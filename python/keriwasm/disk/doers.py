"""The disk's Doers: what is written, read or compacted while no request waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hio.base import doing

from keriwasm.disk.checkpoints import compact
from keriwasm.disk.errors import DiskRefused
from keriwasm.runtime.scheduling import ASAP, WAIT

if TYPE_CHECKING:
    from keriwasm.disk.disk import Disk
    from keriwasm.runtime.context import Context

__all__ = ["Compactor", "DiskDoer", "MountDoer"]


class DiskDoer(doing.Doer):
    """Writes what nobody waits for (a writer), or reads what is new (a follower)."""

    PAUSE = 0.02
    """Seconds that commits may gather."""

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker
        worker.disk.flusher = self

    def recur(self, tock: float = 0.0):
        """What fails is reported by the disk itself, or by the next reader."""
        disk = self.worker.disk
        yield WAIT
        while True:
            yield self.PAUSE
            try:
                if disk.state == "follower":
                    yield from disk.follow()
                else:
                    yield from disk.settle()
            except DiskRefused as ex:
                if disk.state == "follower":
                    self.worker.fault(ex, about={"type": "disk:follow"})
            yield WAIT


class MountDoer(doing.Doer):
    """Mounts the disk while nobody waits for it yet: the first page shows what is on it."""

    transient = True

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self.disk = disk

    def recur(self, tock: float = 0.0):
        """Trouble is `disk.trouble`, and told by the first request that needs the disk, which tries again."""
        yield ASAP
        if self.disk.backing is not None:
            try:
                yield from self.disk.mount()
            except DiskRefused:
                return False
        return True


class Compactor(doing.Doer):
    """Makes a checkpoint when the disk finds one due."""

    background = True

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker
        worker.disk.compactor = self

    def recur(self, tock: float = 0.0):
        """A compaction that fails leaves the log as it is, and is tried again after the next commit."""
        disk = self.worker.disk
        yield WAIT
        while True:
            try:
                yield from compact(disk)
            except DiskRefused as ex:
                self.worker.fault(ex, about={"type": "disk:compact"})
            yield WAIT
