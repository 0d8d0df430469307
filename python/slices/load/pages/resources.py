"""The lab's routes. All but `/app/load/shares` are served by the worker that coordinates runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, render, sse, wants_json

from slices.load import jobs, settings
from slices.load.environment import settling
from slices.load.lab import Lab
from slices.load.measuring import timer_resolution
from slices.load.operations import OPERATIONS, Unavailable, listing
from slices.load.results import as_csv

from . import view

__all__ = ["Cancel", "Compare", "Events", "Home", "Page", "Run", "Runs", "Shares", "lab_of"]

PERIOD = 0.5
"""Seconds between two looks of an event stream: each repaint costs the measured machine some milliseconds."""

KEEP_ALIVE = 15.0

TITLE = "Load lab · KeriWasm"


def lab_of(worker: Any) -> Lab:
    """The worker's one lab."""
    held = getattr(worker, "load_lab", None)
    if held is None:
        held = worker.load_lab = Lab(worker)
    return held


class Resource:
    """What all of them have: the lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.worker = lab.worker

    def workers(self, req: falcon.Request) -> list[str]:
        """Ids of the workers that can take a share now."""
        report = self.worker.pool.report(req)
        ready = [each["id"] for each in report.get("workers") or [] if each.get("state") in ("ready", "busy")]
        return ready or [self.worker.id]


class Home(Resource):
    """`GET /app/load`: `{operations: [{name, title, unit, …}], peers, presets, runs}`; as HTML the form and the history."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """The query fills the form: `?preset=full`, or what `settings.link` made."""
        pool = max(len(self.workers(req)), int(self.worker.pool.report(req).get("size") or 0))  # some may be booting
        past = yield from self.lab.past()
        if wants_json(req):
            rep.media = {
                "operations": listing(),
                "peers": view.peers(),
                "presets": list(settings.PRESETS),
                "runs": [view.summary(run) for run in past],
            }
            return
        trouble = None
        try:
            asked = settings.read(Fields(req), pool) if "operations" in req.params or "preset" in req.params else None
        except FieldError as ex:
            asked, trouble = None, f"{ex.field} {ex.reason}"
        data = view.form(asked or settings.preset("quick", pool), pool, past, self.lab.study, trouble)
        data["settling"] = settling(self.worker.pool.report(req)) != ""
        answer(req, rep, "pages/load/index.html", data, title=TITLE)


class Runs(Resource):
    """`POST /app/load/runs {operations, workers, seconds, batch, payload_bytes, peers}` or `{preset}` -> 202 `{id}`."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """422 names the field and the reason, 409 another run that goes on."""
        workers = self.workers(req)
        asked = settings.read(Fields(req), len(workers))
        study = yield from self.lab.begin(asked, workers, settling(self.worker.pool.report(req)))
        rep.set_header("Location", f"runs/{study.id}")
        if wants_json(req):
            rep.status = 202
            rep.media = {"id": study.id, "about_seconds": round(settings.about_seconds(asked), 1)}
            return
        answer(req, rep, "fragments/load/run.html", view.run(study.as_json()), title=TITLE, status=202)


class Run(Resource):
    """`GET /app/load/runs/{id}`, `{id}.json`, `{id}.csv`; DELETE takes it out of the history."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """The whole run as JSON, its points as CSV, or a page with its charts."""
        name, _, kind = id.partition(".")
        if kind not in ("", "csv", "json"):
            raise falcon.HTTPNotFound(title="There is no such export", description="There are .csv and .json.")
        run = yield from self.lab.run(name)
        if kind:
            rep.set_header("Content-Disposition", f'attachment; filename="keriwasm-load-{name}.{kind}"')
        if kind == "csv":
            rep.content_type = "text/csv; charset=utf-8"
            rep.text = as_csv(run["points"])
        elif kind == "json" or wants_json(req):
            rep.media = run
        else:
            # A run's own page; where only the place of the live part is swapped, the fragment alone.
            if "load-run" not in (req.get_header("HX-Target") or ""):
                answer(req, rep, "pages/load/run.html", view.run(run), title=TITLE)
                return
            past = yield from self.lab.past()  # the run that has just ended is in it
            data = {**view.run(run), "history": [view.summary(each) for each in past]}
            answer(req, rep, "fragments/load/ended.html", data, title=TITLE)

    @deed
    def on_delete(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """Forget an ended run; the rest of the history as HTML."""
        yield from self.lab.forget(id)
        past = yield from self.lab.past()
        data = {"history": [view.summary(run) for run in past]}
        answer(req, rep, "fragments/load/history.html", data)


class Events(Resource):
    """`GET /app/load/runs/{id}/events`: an event stream, a message for every change (at most two a second).

    Its data are HTML for the page, or with `?format=json` the run as JSON. It ends with the run.
    """

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """404 when there is no such run."""
        run = yield from self.lab.run(id)
        rep.content_type = "text/event-stream"
        rep.cache_control = ["no-store"]
        rep.stream = self.events(id, run, req.get_param("format") == "json")

    def events(self, id: str, run: dict[str, Any], as_json: bool) -> Iterator[Any]:
        """Messages as bytes; numbers are seconds of tyme to sleep (see RequestDoer.stream)."""
        study = self.lab.study
        if study is None or study.id != id:
            yield self.message(run, as_json)
            return
        seen, silent = -1, 0.0
        while True:
            if study.version != seen:
                seen, silent = study.version, 0.0
                yield self.message(study.as_json(), as_json)
                if study.state != "running":
                    return
            elif silent >= KEEP_ALIVE:
                silent = 0.0
                yield b": alive\n\n"
            yield PERIOD
            silent += PERIOD

    def message(self, run: dict[str, Any], as_json: bool) -> bytes:
        """One message about the run as it stands."""
        return sse(None, run if as_json else render("fragments/load/live.html", view.live(run)))


class Cancel(Resource):
    """`POST /app/load/runs/{id}/cancel`: stops it now; what was measured so far stays."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """`{id, state}`; one that has ended already keeps its state. 404 when there is none."""
        study = self.lab.study
        if study is not None and study.id == id:
            study.cancel()
        run = yield from self.lab.run(id)
        if wants_json(req):
            rep.media = {"id": id, "state": run["state"]}
            return
        answer(req, rep, "fragments/load/run.html", view.run(run), title=TITLE)


class Page(Resource):
    """`POST /app/load/runs/{id}/page {result, jank}`: the load page brings a result and waits for its next job."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """`{job, ended}`. 404 when no such run goes on."""
        study = self.lab.study
        if study is None or study.id != id:
            raise falcon.HTTPNotFound(title="There is no such run", description="No run of this id goes on.")
        sent = Fields(req)
        try:
            result, jank = jobs.checked_result(sent.json("result", None)), jobs.checked_jank(sent.json("jank", None))
        except (AttributeError, ValueError) as ex:
            raise FieldError("result", str(ex)) from ex
        rep.media = yield from study.page.poll(result, jank)


class Compare(Resource):
    """`GET /app/load/compare?a=ID&b=ID`: two runs side by side: `{a, b, points: [{…, a, b, ratio}]}`."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """422 for a missing id, 404 for one that the history does not have."""
        fields = Fields(req)
        first = yield from self.lab.run(fields.text("a", max_bytes=100))
        second = yield from self.lab.run(fields.text("b", max_bytes=100))
        answer(req, rep, "pages/load/compare.html", view.compare(first, second), title=TITLE)


class Shares(Resource):
    """`POST /app/load/shares`: one worker's part of a point, for the coordinator; two at a time are refused."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """`{phase: "prepare", …} -> {one_ns, resolution_ns}`, `{phase: "measure", …} -> {ops, wall_ns, late_ms, histogram}`.

        409 when this worker measures already, 501 for an operation that it cannot run.
        """
        fields, bench = Fields(req), self.lab.bench
        phase = fields.choice("phase", ["prepare", "measure"])
        name = fields.choice("operation", list(OPERATIONS))
        payload = fields.integer("payload_bytes", 0, settings.PAYLOAD_MOST, default=0)
        if bench.busy:
            raise falcon.HTTPConflict(title="This worker measures already", description="One share at a time.")
        bench.busy = True
        try:
            if reason := bench.able(name):
                raise falcon.HTTPNotImplemented(title="Not here", description=reason)
            try:
                prepared = yield from bench.prepare(name, payload, fields.number("warm_s", 0.0, 5.0, default=0.1))
            except (Unavailable, ImportError, MemoryError) as ex:
                reason = str(ex) or "there is not enough memory"
                raise falcon.HTTPNotImplemented(title="Not here", description=reason) from ex
            if phase == "prepare":
                rep.media = {"one_ns": prepared.one_ns, "resolution_ns": timer_resolution()}
                return
            start_ms = fields.number("start_ms", 0, 1e14)
            seconds = fields.number("seconds", 0.001, settings.SECONDS_MOST)
            batch = fields.integer("batch", 1, settings.BATCH_MOST)
            rep.media = yield from bench.measure(prepared, start_ms, seconds, batch)
        finally:
            bench.busy = False
