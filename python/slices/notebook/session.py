"""The interpreter as the cells see it: one namespace, one cell at a time, and what each wrote last."""

from __future__ import annotations

import builtins
import itertools
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from keriwasm.imports import packed_wheels
from keriwasm.web.rendering import render
from markupsafe import Markup

from slices.notebook import asking, controls, displays, marking, preparing, running
from slices.notebook.controls import Panel
from slices.notebook.output import Output, Stream

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Session"]


class Session:
    """What cells share.

    Attributes:
        namespace: their globals, those of the module __main__
        count (int): cells that were run
        outputs: of each cell, by its id
        panels: the buttons that cells have made, by their ids
    """

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.count = 0
        self.outputs: dict[str, Output] = {}
        self.current: Output | None = None
        self.panels: dict[str, Panel] = {}
        self._cell = ""
        self._numbers = itertools.count(1)
        main = sys.modules["__main__"] = ModuleType("__main__")
        self.namespace = vars(main)
        self.namespace["__builtins__"] = builtins
        preparing.install()
        self.namespace.update(displays.offer(self.display, self.clear))
        self.namespace["controls"] = self.controls

    def run(self, id: str, source: str, push: Callable[[Markup], None]) -> Generator[Any, Any, Output]:
        """Run a cell. Whatever its code raises is shown in its output; returns that, not ended yet."""
        self.count += 1
        number = self.count
        self.panels = {each.id: each for each in self.panels.values() if each.cell != id}
        self._cell = id
        steps = running.execute(source, self.namespace, f"<cell {number}>", self.worker.doist, self._guard)
        return (yield from self._within(id, push, steps, {"output_type": "execute_result", "execution_count": number}))

    def call(self, panel: Panel, values: dict[str, Any], push: Callable[[Markup], None]) -> Generator[Any, Any, Output]:
        """Call the function that a cell put behind a button, as `run` runs a cell."""
        self._cell = panel.cell
        steps = running.called(lambda: panel.function(**values), self.worker.doist, self._guard)
        return (yield from self._within(panel.id, push, steps, {"output_type": "display_data"}))

    def _within(
        self, id: str, push: Callable[[Markup], None], steps: Generator[Any, Any, Any], item: dict[str, Any]
    ) -> Generator[Any, Any, Output]:
        """The output of code of a person, which `steps` runs."""
        yield from packed_wheels.here()
        output = self.outputs[id] = self.current = Output(id, push)
        before = sys.stdout, sys.stderr, sys.stdin
        sys.stdout, sys.stderr, sys.stdin = Stream("stdout", output), Stream("stderr", output), asking.Lines(self.ask)
        asking.secret(sys.stdin)
        try:
            value = yield from steps
            if value is not running.SILENT and value is not None:
                self.namespace["_"] = value
                with self._guard():
                    self._shown(output, value, item)
        except GeneratorExit:
            raise
        except BaseException as ex:  # also SystemExit and KeyboardInterrupt: they end the cell, not the worker
            self._failed(output, ex)
        finally:
            sys.stdout, sys.stderr, sys.stdin = before
            self.current = None
        return output

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Code of the cell runs within: Stop raises KeyboardInterrupt in it, and only there."""
        self.worker.host.interruptible(True)
        try:
            yield
        finally:
            self.worker.host.interruptible(False)

    def ask(self, hidden: bool) -> str:
        """A line from the cell's author, by a field in its output; what host.line() says."""
        output = self.current
        if output is None:
            return "end"
        output.ask(hidden)
        answer = self.worker.host.line()
        output.answered(answer[len("line:") :] if answer.startswith("line:") and not hidden else "")
        return answer

    def display(self, *values: Any) -> None:
        """Show values in the output of the cell that runs."""
        for value in values:
            if self.current is None:
                print(repr(value))
            else:
                self._shown(self.current, value, {"output_type": "display_data"})

    def controls(self, *, button: str = "Run", **defaults: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Inputs and a button that calls the function below this line: slices.notebook.controls."""

        def show(function: Callable[..., Any]) -> Callable[..., Any]:
            output = self.current
            if output is None:
                raise RuntimeError("controls are made by a cell that runs")
            panel = controls.panel(f"{output.id}-p{next(self._numbers)}", self._cell, function, defaults, button)
            self.panels[panel.id] = panel
            html = Markup(render("fragments/notebook/controls.html", {"panel": panel}))
            output.show(html, {"output_type": "display_data", "metadata": {}, "data": {"text/plain": str(panel)}})
            return function

        return show

    def clear(self, wait: bool = False) -> None:
        """Take away what the cell that runs has shown."""
        if self.current is not None:
            self.current.clear()

    def _shown(self, output: Output, value: Any, item: dict[str, Any]) -> None:
        forms = displays.bundle(value)
        output.show(displays.html(forms, marking.html), {**item, "metadata": {}, "data": forms})

    def _failed(self, output: Output, ex: BaseException) -> None:
        lines = running.failure(ex)
        item = {"output_type": "error", "ename": type(ex).__name__, "evalue": str(ex), "traceback": lines}
        if isinstance(ex, KeyboardInterrupt):
            html = Markup('<div class="stopped" role="status">Stopped. What the cell had done is still there.</div>')
        else:
            html = Markup('<div class="traceback" role="alert">{}</div>').format("\n".join(lines))
        output.show(html, item)
