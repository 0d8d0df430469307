"""The notebook's addresses: its cells, one cell, and running one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.formats import sse
from keriwasm.web.rendering import answer, render
from markupsafe import Markup

from slices.notebook import cells, marking, packages
from slices.notebook.controls import Panel
from slices.notebook.session import Session

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Bring", "Call", "Cell", "Home", "Markdown", "Open", "Run", "Whole"]

NOTEBOOK_MOST = 20 << 20
CALL_MOST = 1 << 20
OUTPUTS_MOST = 4 << 20
"""Bytes of one cell's outputs in the notebook's file."""


class Home:
    """GET: an empty notebook."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        answer(req, rep, "pages/notebook/index.html", {"cells": [cells.fresh()]}, title="Notebook")


class Open:
    """POST {notebook}: the cells of an .ipynb file."""

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        found = cells.read(Fields(req).text("notebook", max_bytes=NOTEBOOK_MOST))
        answer(req, rep, "pages/notebook/index.html", {"cells": found}, title="Notebook")


class Cell:
    """GET ?kind=: a new cell."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        kind = Fields(req).choice("kind", ("code", "markdown"), default="code")
        answer(req, rep, "fragments/notebook/cell.html", {"cell": cells.fresh(kind)})


class Markdown:
    """POST {source}: it set."""

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        rep.content_type = "text/html; charset=utf-8"
        rep.text = str(marking.html(Fields(req).text("source", "", max_bytes=cells.SOURCE_MOST * 4)))


class Run:
    """POST {cell, source}: run a cell; its output as server-sent events, each a fragment that says where it goes."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        fields = Fields(req)
        id = fields.text("cell", max_bytes=64)
        if not cells.ID.fullmatch(id):
            raise FieldError("cell", "must be letters, digits, - and _")
        source = fields.text("source", "", max_bytes=cells.SOURCE_MOST * 4)
        session = free(self.worker)
        streamed(rep, self.events(session, id, source))

    def events(self, session: Session, id: str, source: str) -> Iterator[Any]:
        began = time.monotonic()
        yield from begun(id)
        output = yield from session.run(id, source, pusher(self.worker))
        kept = json.dumps(output.items, default=str)
        if len(kept) > OUTPUTS_MOST:
            words = f"(outputs of {len(kept):,} bytes are not kept)\n"
            kept = json.dumps([{"output_type": "stream", "name": "stderr", "text": words}])
        count = Markup('<hx-partial hx-target="#cell-{} [data-count]" hx-swap="innerHTML">[{}]</hx-partial>').format(id, session.count)
        yield sse(None, str(output.end(ended(kept, began)) + count))


class Call:
    """POST {panel, values}: a button that a cell has made is pressed; what its function writes, as Run's."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        fields = Fields(req)
        session = free(self.worker)
        panel = session.panels.get(fields.text("panel", max_bytes=100))
        if panel is None:
            raise falcon.HTTPConflict(
                title="Run the cell again", description="What this button calls is gone: the interpreter was started anew."
            )
        streamed(rep, self.events(session, panel, panel.read(fields.json("values", max_bytes=CALL_MOST))))

    def events(self, session: Session, panel: Panel, values: dict[str, Any]) -> Iterator[Any]:
        began = time.monotonic()
        yield from begun(panel.id)
        output = yield from session.call(panel, values, pusher(self.worker))
        yield sse(None, str(output.end(ended(None, began))))


def free(worker: Context) -> Session:
    """The interpreter. Raises HTTPConflict while another cell runs."""
    session = worker.shared(Session)
    if session.current is not None:
        raise falcon.HTTPConflict(
            title="Another cell runs", description="It awaits something: stop it, or run this one after it."
        )
    return session


def streamed(rep: falcon.Response, events: Iterator[Any]) -> None:
    rep.content_type = "text/event-stream"
    rep.set_header("Cache-Control", "no-store")
    rep.stream = events


def begun(id: str) -> Iterator[Any]:
    yield sse(None, str(Markup('<span id="tail-{}"></span>').format(id)))


def pusher(worker: Context) -> Callable[[Markup], None]:
    """Posts a fragment of the request that is answered now, at once."""
    doer = worker.doist.active
    return lambda fragment: doer.push(sse(None, str(fragment)))


def ended(outputs: str | None, began: float) -> Markup:
    """What stands below an output; outputs: for the notebook's file, None where they are not of it."""
    about = {"outputs": outputs, "seconds": time.monotonic() - began}
    return Markup(render("fragments/notebook/ended.html", about))


class Bring:
    """POST {file}: a wheel, from now on to be imported; answers with all that were brought."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        wheel = packages.judge(*Fields(req).file("file", max_bytes=packages.MOST))
        brought = self.worker.shared(packages.Packages)
        brought.add(wheel)
        answer(req, rep, "fragments/notebook/placed.html", {"packages": list(brought.placed.values())})


class Whole:
    """GET: all of a cell's output that is kept."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def on_get(self, req: falcon.Request, rep: falcon.Response, cell: str) -> None:
        output = self.worker.shared(Session).outputs.get(cell)
        rep.content_type = "text/html; charset=utf-8"
        rep.text = (
            str(output.whole()) if output else '<p class="stopped">It is gone: the interpreter was started anew.</p>'
        )
