"""The user's word on what may leave, kept on the disk and told to the router, which decides by it.

    consent = consents.of(worker)
    yield from consent.ready()
    yield from consent.allow("http://wan.example:5642", True)

What is taken back is told before it is written, what is given after: the router never allows what is not kept. What left and what
was asked comes from the router as news, and is noted there once it is on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from hio.base import doing
from keriwasm.disk import places
from keriwasm.disk.errors import DiskRefused
from keriwasm.runtime.scheduling import ASAP, WAIT

from slices.network.store import Store

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["HEAD", "Consent", "ConsentDoer", "of"]

HEAD = places.place("/keriwasm/network")


def of(worker: Context) -> Consent:
    """The one of this worker."""
    return worker.shared(Consent)


class Consent:
    """What may leave, and what left. listeners: called when the user has said something else."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.doer: Any = None
        self.due = False
        self.news: list[dict[str, Any]] = []
        self.noted = 0
        self.listeners: set[Callable[[], None]] = set()
        self._store: Store | None = None
        self._undone = 0
        worker.outside.on_news = self.heard

    @property
    def store(self) -> Store:
        """Once `ready` was waited for."""
        assert self._store is not None
        return self._store

    def ready(self) -> Generator[float, float, None]:
        """Wait until the disk is mounted and the store open; the router knows what it says then. Raises what the disk raises."""
        yield from self.worker.disk.mount()
        if self._store is not None and self._undone != self.worker.disk.undone:
            self.close()  # the disk went back to an earlier state: what is in memory is not there
        if self._store is None:
            self._undone = self.worker.disk.undone
            with self.worker.disk.unkept():
                self._store = Store(HEAD)
            self.news.clear()  # all of it is told again, to whoever says what is allowed
            self.tell()

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None

    def enable(self, enabled: bool) -> Generator[float, float, None]:
        """Turn the network on or off."""
        if not enabled:
            self.tell(enabled=False)
        yield from self._kept(lambda: self.store.enable(enabled))

    def allow(self, origin: str, allowed: bool) -> Generator[float, float, None]:
        """The word on an origin."""
        if not allowed:
            self.tell(refused=origin)
        yield from self._kept(lambda: self.store.judge(origin, allowed))

    def tell(self, enabled: bool | None = None, refused: str = "") -> None:
        """The router: what is allowed, as it is kept, but for what is just being taken back."""
        origins = {origin: each["allowed"] for origin, each in self.store.origins.items()}
        if refused:
            origins[refused] = False
        on = self.store.enabled if enabled is None else enabled
        self.worker.outside.consent(on, origins, self.store.last)

    def heard(self, news: list[dict[str, Any]]) -> None:
        """What the router tells; written by the Doer, in one go with what comes in the same moment."""
        self.news.extend(news)
        self.look()

    def look(self) -> None:
        """Have the Doer see to it; also while it is busy with what came before."""
        self.due = True
        if self.doer is not None:
            self.worker.doist.wake(self.doer)

    def write(self) -> None:
        """Take the news into the store. A new question is told back: the router shall go on asking it."""
        if self._store is None or not self.news:
            return
        news, self.news = self.news, []
        asked = False
        with self.worker.disk.batch():
            for one in news:
                if "left" in one:
                    self.store.left(one["left"], one["n"])
                elif "asked" in one:
                    asked = True
                    self.store.asked(**one["asked"])
        self.noted = max(self.noted, *(one["n"] for one in news))
        if asked:
            self.tell()

    def _kept(self, change: Callable[[], None]) -> Generator[float, float, None]:
        """Write it, then tell. Where it cannot be kept the store is opened anew, which tells what holds."""
        try:
            with self.worker.disk.batch():
                change()
            yield from self.worker.disk.settle()
        except BaseException:
            self.close()
            self.look()
            raise
        self.tell()
        for listener in self.listeners:
            listener()


class ConsentDoer(doing.Doer):
    """Tells the router what is allowed once the disk is there, and writes down its news."""

    PAUSE = 0.3
    """Seconds that news may gather."""

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """What cannot be kept stays the router's, and is told again by it once the store is open again; the disk says why."""
        worker = self.worker
        consent = of(worker)
        consent.doer = self
        yield ASAP
        while True:
            if worker.disk.backing is not None:
                try:
                    yield from consent.ready()
                    consent.write()
                    yield from worker.disk.settle()
                    if consent.noted:
                        worker.outside.noted(consent.noted)
                        consent.noted = 0
                except DiskRefused:
                    consent.close()
                except Exception as ex:  # lmdb's own refusal, for one
                    consent.close()
                    worker.fault(ex, about={"type": "network:log"})
            while not consent.due:
                yield WAIT
            consent.due = False
            yield self.PAUSE
