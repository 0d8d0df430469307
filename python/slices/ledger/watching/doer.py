"""Asking by itself: at an interval, and when the wallet is opened, as the user has set it. Off until then.

It waits while the network is off or the browser is offline, and asks nothing meanwhile. The notes are read without keripy, so that a
worker on which nothing is set imports nothing for it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import falcon
from hio.base import doing
from keriwasm.browser import navigator
from keriwasm.disk.errors import DiskRefused
from keriwasm.runtime.scheduling import WAIT

from slices.ledger.watching import watch as watches
from slices.network import consent as consents
from slices.vault import vault as vaults

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["EVERY", "WatchDoer", "hindrance"]

EVERY = {0: "never", 900: "every 15 minutes", 3600: "every hour", 21600: "every 6 hours", 86400: "every day"}
"""Seconds -> words, as the form offers them."""
LATE = 5.0
"""Seconds after a start: what is clicked first comes first."""
LOOK = 60.0
"""Seconds between two looks at the time of day: a machine that slept has other seconds than a Doer."""
AGAIN = 5.0
"""Seconds between two looks whether the network is there."""
AFTER_TROUBLE = 300_000
"""Milliseconds until a round that failed is tried again."""


def hindrance(worker: Context) -> Generator[float, float, str]:
    """Why nobody can be asked now: "off" (the network is), "offline" (the browser is), or ""."""
    consent = consents.of(worker)
    yield from consent.ready()
    return "off" if not consent.store.enabled else "" if navigator.online() else "offline"


class WatchDoer(doing.Doer):
    """Begins a round when it is time."""

    background = True

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker
        self.vault = vaults.of(worker)
        self.vault.watchers.add(self)  # woken when it is opened or locked
        self.watch = watches.of(worker)
        self.watch.doer = self
        self._locked = True
        self._wanted = False

    def recur(self, tock: float = 0.0):
        """Runs as long as the worker."""
        yield LATE
        while True:
            try:
                pause = yield from self.look()
            except (DiskRefused, falcon.HTTPError):  # a restore, or a disk that cannot be written: both are told elsewhere
                pause = LOOK
            except Exception as ex:
                self.worker.fault(ex, about={"type": "ledger:watching"})
                self.watch.failed(AFTER_TROUBLE)
                pause = LOOK
            yield pause

    def look(self) -> Generator[float, float, float]:
        """A round, if it is due. Returns the seconds until the next look."""
        opened, self._locked = self._locked and not self.vault.locked, self.vault.locked
        plan = yield from self.watch.plan()
        if plan is None or not (plan["every"] or plan["unlock"]):
            self._wanted = False
            return WAIT
        self._wanted = self._wanted or (opened and plan["unlock"])
        due = self._wanted or (plan["next"] is not None and plan["next"] <= watches.now_ms())
        if not due:
            return WAIT if plan["next"] is None else min(LOOK, max(0.1, (plan["next"] - watches.now_ms()) / 1000))
        if (yield from hindrance(self.worker)):
            return AGAIN
        self._wanted = False
        yield from self.watch.refresh_all()
        return 0.1

    @staticmethod
    def words(plan: dict[str, Any], hindered: str) -> str:
        """What is set, for people."""
        if not plan["every"] and not plan["unlock"]:
            return "Nobody is asked by itself."
        when = [EVERY.get(plan["every"], f"every {plan['every']} s")] if plan["every"] else []
        when += ["when the wallet is opened"] if plan["unlock"] else []
        waits = {"off": " The network is off: it waits until you turn it on.", "offline": " This browser is offline: it waits."}
        return f"All are asked {' and '.join(when)}.{waits.get(hindered, '')}"
