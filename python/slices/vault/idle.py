"""The Doer that locks a wallet nobody uses."""

from __future__ import annotations

from typing import Any

from hio.base import doing
from keriwasm.runtime.scheduling import WAIT

__all__ = ["IdleDoer"]

SOONEST = 0.25
"""Seconds between two looks at least."""


class IdleDoer(doing.Doer):
    """Sleeps until the time without use is over, then has the vault lock itself. Use meanwhile costs nothing: it looks
    again when the time that it knew of is over, and sleeps on."""

    background = True

    def __init__(self, vault: Any) -> None:
        super().__init__()
        self.vault = vault
        vault.watchers.add(self)

    def recur(self, tock: float = 0.0):
        """Runs as long as the worker."""
        yield WAIT
        while True:
            self.vault.enforce()
            remaining = self.vault.remaining()
            yield WAIT if remaining is None else max(SOONEST, remaining)
