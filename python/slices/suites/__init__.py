"""Suites: the packages' own tests, in the page. `GET /app/suites` and all below it (shared/contract.md).

This module is all that is imported when a worker boots: what it takes to run tests is imported by the first request.
Runs live on worker w1 (routes pinned there); only their chunks go to all workers.
"""

from __future__ import annotations

import importlib
from typing import Any

import falcon
from keriwasm.web.deeds import deed


def handlers() -> Any:
    """The handlers, imported at their first use."""
    return importlib.import_module("slices.suites.resources")




class Resource:
    """A resource of this slice."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker


class SuitesResource(Resource):
    """`GET /app/suites`: `{suites: [{name, title, tests, ...}], lasting}`, or the page of cards."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response):
        """Every suite with its last result."""
        yield from handlers().overview(self.worker, req, rep)


class SuiteResource(Resource):
    """`GET /app/suites/{name}`: one suite, what of it is left out and why, and the form that runs it."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, name: str):
        """404 for an unknown suite."""
        yield from handlers().suite(self.worker, req, rep, name)


class BeginResource(Resource):
    """`POST /app/suites/{name}/runs {effort, timeout_s, pattern, tests}`: 202 `{id}`."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, name: str):
        """`all` as the name runs every suite in one run."""
        yield from handlers().begin(self.worker, req, rep, name)


class HistoryResource(Resource):
    """`GET /app/suites/runs`: `{runs: [summary, ...]}`, the newest first, running ones included."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response):
        """The list of runs."""
        yield from handlers().history(self.worker, req, rep)


class RunResource(Resource):
    """`GET /app/suites/runs/{id}`, `{id}.xml`, `{id}.json`."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, id: str):
        """404 for an unknown run."""
        yield from handlers().run(self.worker, req, rep, id)


class EventsResource(Resource):
    """`GET /app/suites/runs/{id}/events`: an event stream of JSON, or with `?as=html` of the page's live part."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, id: str):
        """Ends with the run."""
        yield from handlers().events(self.worker, req, rep, id)


class TestsResource(Resource):
    """`GET /app/suites/runs/{id}/tests?outcome=&q=&worker=&sort=&page=`: the filtered list of a run's tests."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, id: str):
        """One page of it."""
        yield from handlers().tests(self.worker, req, rep, id)


class CancelResource(Resource):
    """`POST /app/suites/runs/{id}/cancel`: the router has ended the run's chunks already when this is reached."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str):
        """The run's page; 404 for an unknown run."""
        yield from handlers().cancel(self.worker, req, rep, id)


class AgainResource(Resource):
    """`POST /app/suites/runs/{id}/again {what: failures, all}`: 202, a new run."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str):
        """409 when nothing has failed."""
        yield from handlers().again(self.worker, req, rep, id)


class ChunksResource(Resource):
    """`POST /app/suites/runs/{id}/chunks`: a worker's part of a run; the coordinator asks for it."""

    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str) -> None:
        """A stream of lines."""
        handlers().chunk(self.worker, req, rep, id)


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/suites", SuitesResource(worker))
    app.add_route("/app/suites/{name}", SuiteResource(worker))
    app.add_route("/app/suites/{name}/runs", BeginResource(worker))
    app.add_route("/app/suites/runs", HistoryResource(worker))
    app.add_route("/app/suites/runs/{id}", RunResource(worker))
    app.add_route("/app/suites/runs/{id}/events", EventsResource(worker))
    app.add_route("/app/suites/runs/{id}/tests", TestsResource(worker))
    app.add_route("/app/suites/runs/{id}/cancel", CancelResource(worker))
    app.add_route("/app/suites/runs/{id}/again", AgainResource(worker))
    app.add_route("/app/suites/runs/{id}/chunks", ChunksResource(worker))
