"""A background Doer that compiles templates before somebody waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hio.base import doing

from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.rendering import environment

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

SHARED = ("macros/ui.html", "fragments/problem.html")
"""Templates that nearly every answer needs; compiling the macros takes some 150 ms in a browser."""

LATER = 3.0
"""Seconds until the rest follows: the other workers of the pool are still booting on the same cores."""

PAUSE = 0.1
"""Seconds between two templates, so that an idle worker stays nearly idle."""


class WarmDoer(doing.Doer):
    """Compiles the shared templates at once and all others one by one. One that is broken is reported as a fault."""

    background = True
    transient = True

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """Ends when every template is in Jinja's cache."""
        names = environment().list_templates()
        shared = [name for name in SHARED if name in names]
        rest = [name for name in names if name not in shared]
        yield ASAP
        self.compile(shared)
        yield LATER
        for name in rest:
            self.compile([name])
            yield PAUSE
        return True

    def compile(self, names: list[str]) -> None:
        """Put templates into Jinja's cache."""
        for name in names:
            try:
                environment().get_template(name)
            except Exception as ex:
                self.worker.fault(ex, about={"type": "template", "path": name})
