"""Workers made ahead: every slice mounted, and nobody yet. They lie in the memory snapshot; a worker that starts from it
becomes one of them, instead of adding a hundred routes to an application of its own.

A premade worker has no host, no id, no storage and serves nothing: `Worker.become` gives it these. Its slices were mounted before
the memory was copied, so whatever they had drawn by then would be the same in every worker: `make` refuses a slice that
draws. What that does not catch: a `random.Random` of a slice's own that it draws from while it is mounted (it is seeded
anew at the start, what was drawn before stays), and draws of native libraries, which cannot be loaded there at all.
"""

from __future__ import annotations

import os
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from keriwasm import __version__
from keriwasm.web.app import make_app
from keriwasm.worker.settings import Settings
from keriwasm.worker.worker import Worker

if TYPE_CHECKING:
    from keriwasm.runtime.context import Message

_premade: dict[frozenset[str], Worker] = {}


class NoHost:
    """Stands where a premade worker's host will be. A slice that asks it for something, or that could not be mounted, is told so."""

    def post(self, message: Message, body: bytes | None = None) -> None:
        """Raises RuntimeError with the fault's own words, if that is what is posted."""
        error = message.get("error") or {}
        raise RuntimeError(f"{error.get('type')}: {error.get('message')}" if error else f"{message['type']} has nowhere to go")

    def now(self) -> float:
        """Raises RuntimeError: what is made ahead knows no time."""
        raise RuntimeError("a worker that is made ahead has no clock")

    def heap_bytes(self) -> int:
        """Raises RuntimeError."""
        raise RuntimeError("a worker that is made ahead has no heap of its own")

    def crash(self, reason: str) -> None:
        """Raises RuntimeError."""
        raise RuntimeError(reason)


def make(slices: Mapping[str, Mapping[str, Any]]) -> None:
    """In the maker of a snapshot: one worker that carries every slice, one for those that carry what all do.

    slices: the `[slices]` of pyscript.toml
    Raises RuntimeError when a slice cannot be mounted, or draws randomness meanwhile.
    """
    everywhere = [name for name, entry in slices.items() if entry.get("workers") == "all"]
    for names in (list(slices), everywhere):
        entries = {name: dict(slices[name]) for name in names}
        init = {"id": "", "generation": 0, "slices": entries, "version": __version__}
        worker = Worker(NoHost(), Settings.read(init))
        with undrawn():
            worker.app = make_app(worker)
        _premade[frozenset(names)] = worker


def take(names: Collection[str]) -> Worker | None:
    """The premade worker with just these slices, which is its taker's from now on; the others are let go of. None if there is none."""
    found = _premade.pop(frozenset(names), None)
    _premade.clear()
    return found


@contextmanager
def undrawn() -> Iterator[None]:
    """Raises RuntimeError when something inside asks the system for randomness, or the module `random`."""

    def refuse(count: int) -> NoReturn:
        raise RuntimeError("randomness was drawn before the snapshot: every worker would have the same")

    state = random.getstate()
    kept = os.urandom, random._urandom  # type: ignore[attr-defined]
    os.urandom = random._urandom = refuse  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        os.urandom, random._urandom = kept  # type: ignore[attr-defined]
    if random.getstate() != state:
        refuse(0)
