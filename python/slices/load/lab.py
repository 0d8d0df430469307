"""The lab of one worker: its bench, and on w1 the run that goes on and the history of those that have ended."""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator
from typing import Any

import falcon

from .measuring import Bench
from .settings import Settings
from .studying import Study

__all__ = ["KEPT", "Lab"]

KEPT = 40
"""Runs that the history holds; the oldest goes first."""

STORE = "keriwasm-load-runs"


class Lab:
    """One worker's lab.

    Attributes:
        bench: what shares run on; study: the run that goes on or went last, on the worker that coordinates
    """

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.bench = Bench(worker.host)
        self.study: Study | None = None
        self._store: Any = None

    def history(self) -> Generator[float, float, Any]:
        """The store of ended runs, id -> run."""
        if self._store is None:
            self._store = yield from self.worker.storage.open(STORE)
        return self._store

    def begin(self, settings: Settings, pool: list[str], settling: str = "") -> Generator[float, float, Study]:
        """Start a run; `settling` as environment.settling says. Raises 409 while another goes on."""
        if self.study is not None and self.study.state == "running":
            raise falcon.HTTPConflict(
                title="A run is going on", description=f"Cancel run {self.study.id} first, or wait until it has ended."
            )
        store = yield from self.history()
        id = f"{time.strftime('%y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
        study = Study(self.worker, id, settings, pool)
        study.settling = settling

        def keep(ended: Study) -> None:
            store[ended.id] = ended.as_json()
            for old in sorted(store, key=lambda each: store[each]["created_ms"])[:-KEPT]:
                del store[old]

        study.on_end = keep
        self.study = study
        self.worker.doist.extend([study])
        return study

    def run(self, id: str) -> Generator[float, float, dict[str, Any]]:
        """A run by its id, going on or ended. Raises 404."""
        if self.study is not None and self.study.id == id:
            return self.study.as_json()
        store = yield from self.history()
        if id not in store:
            raise falcon.HTTPNotFound(title="There is no such run", description=f"The history has no run {id[:60]!r}.")
        return store[id]

    def forget(self, id: str) -> Generator[float, float, None]:
        """Take an ended run out of the history. Raises 404, 409 for one that goes on."""
        if self.study is not None and self.study.id == id:
            if self.study.state == "running":
                raise falcon.HTTPConflict(title="The run is going on", description="Cancel it first.")
            self.study = None
        store = yield from self.history()
        if id not in store:
            raise falcon.HTTPNotFound(title="There is no such run", description=f"The history has no run {id[:60]!r}.")
        del store[id]

    def past(self) -> Generator[float, float, list[dict[str, Any]]]:
        """The ended runs, newest first."""
        store = yield from self.history()
        return sorted(store.values(), key=lambda run: -run["created_ms"])
