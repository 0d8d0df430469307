"""The pool, shown live: `GET /app/pool` as a page that repaints itself, its panel on the home page, and the resize.

The router itself answers `GET /app/pool` to those who accept JSON; a worker makes the HTML of the router's report.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.form.fields import Fields
from keriwasm.web.formats import sse
from keriwasm.web.rendering import answer, render, wants_json

from slices.pool.view import KINDS, view

PERIOD = 1.0
"""Seconds between two looks of an event stream."""

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent: it tells the door that the stream lives."""

KEEP_ALIVE_COMMENT = b": alive\n\n"


def now_ms() -> float:
    """Epoch milliseconds."""
    return time.time() * 1000


def most_workers(worker: Any) -> int:
    """The largest pool that the manifest allows."""
    return int(worker.settings.pool.get("max_workers") or 16)


class PoolResource(Resource):
    """`GET /app/pool`: the router's report, as the contract has it; as HTML a page around the live part."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """JSON is the report as it came; HTML is made of its view."""
        report = self.worker.pool.report(req)
        if wants_json(req):
            rep.media = report
            return
        data = {
            **view(report, now_ms()),
            "faults": self.worker.faults,
            "kinds": KINDS,
            "most": most_workers(self.worker),
        }
        answer(req, rep, "pages/pool/index.html", data, title="Pool · KeriWasm")


class PanelResource(Resource):
    """`GET /app/pool/panel`: the report in small, for the home page."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """As JSON `{pool: {state, router, handled, workers}, ready, troubles}`. No title: it is a part of a page."""
        answer(req, rep, "fragments/pool/panel.html", view(self.worker.pool.report(req), now_ms()))


class EventsResource(Resource):
    """`GET /app/pool/events`: an event stream of the live part's HTML, one message whenever it has changed."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """Open for as long as the reader stays; ends when the worker drains."""
        rep.content_type = "text/event-stream"
        rep.cache_control = ["no-store"]
        rep.stream = self.events()

    def events(self) -> Iterator[Any]:
        """Messages as bytes; numbers are seconds of tyme to sleep (see RequestDoer.stream)."""
        seen = started = None
        silent = 0.0
        while True:
            reply = yield from self.worker.pool.request("GET", "/app/pool")
            # A look that failed (a full queue, a router that restarts) is no news: the next one comes in a second, and
            # the page shows the connection's state by itself.
            if reply.ok:
                shown = view(reply.media, now_ms(), started)
                started = shown["pool"]["router"]["started"]
                text = render("fragments/pool/live.html", **shown, faults=self.worker.faults, kinds=KINDS)
                if text != seen:
                    seen = text
                    silent = 0.0
                    yield sse(None, text)
            if silent >= KEEP_ALIVE:
                silent = 0.0
                yield KEEP_ALIVE_COMMENT
            yield PERIOD
            silent += PERIOD


class SizeResource(Resource):
    """`POST /app/pool/size {workers}`: resizes the live pool; `{workers, before}` once the router has agreed."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """422 for anything but a whole number from 1 to the manifest's max_workers, 409 with the router's reason."""
        workers = Fields(req).integer("workers", 1, most_workers(self.worker))
        before = len(self.worker.pool.report(req).get("workers") or [])
        yield from self.worker.pool.resize(workers)
        answer(req, rep, "fragments/pool/resized.html", {"workers": workers, "before": before})


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/pool", PoolResource(worker))
    app.add_route("/app/pool/panel", PanelResource(worker))
    app.add_route("/app/pool/events", EventsResource(worker))
    app.add_route("/app/pool/size", SizeResource(worker))
