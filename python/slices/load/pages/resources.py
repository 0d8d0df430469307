"""What answers below `/app/load`, each called with (worker, req, rep). All but `share` run in the worker that coordinates runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.formats import sse
from keriwasm.web.rendering import answer, render, wants_json

from slices.load import jobs, settings
from slices.load.environment import settling
from slices.load.lab import Lab
from slices.load.measuring import timer_resolution
from slices.load.operations import OPERATIONS, Unavailable, listing
from slices.load.results import as_csv

from . import view

__all__ = ["begin", "cancel", "compare", "events", "forget", "home", "page", "run", "share"]

PERIOD = 0.5
"""Seconds between two looks of an event stream: each repaint costs the measured machine some milliseconds."""

KEEP_ALIVE = 15.0

TITLE = "Load lab · KeriWasm"


def ready(worker: Any, req: falcon.Request) -> list[str]:
    """Ids of the workers that can take a share now."""
    report = worker.pool.report(req)
    found = [each["id"] for each in report.get("workers") or [] if each.get("state") in ("ready", "busy")]
    return found or [worker.id]


def home(worker: Any, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
    """`{operations: [{name, title, unit, …}], peers, presets, runs}`; as HTML the form and the history.

    The query fills the form: `?preset=full`, or what `settings.link` made.
    """
    pool = max(len(ready(worker, req)), int(worker.pool.report(req).get("size") or 0))  # some may be booting
    past = yield from worker.shared(Lab).past()
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
    data = view.form(asked or settings.preset("quick", pool), pool, past, worker.shared(Lab).study, trouble)
    data["settling"] = settling(worker.pool.report(req)) != ""
    answer(req, rep, "pages/load/index.html", data, title=TITLE)


def begin(worker: Any, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
    """{operations, workers, seconds, batch, payload_bytes, peers} or {preset} -> 202 `{id}`; 409 while another run goes on."""
    workers = ready(worker, req)
    asked = settings.read(Fields(req), len(workers))
    study = yield from worker.shared(Lab).begin(asked, workers, settling(worker.pool.report(req)))
    rep.set_header("Location", f"runs/{study.id}")
    if wants_json(req):
        rep.status = 202
        rep.media = {"id": study.id, "about_seconds": round(settings.about_seconds(asked), 1)}
        return
    answer(req, rep, "fragments/load/run.html", view.run(study.as_json()), title=TITLE, status=202)


def run(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
    """The whole run as JSON (also as {id}.json), its points as {id}.csv, or a page with its charts."""
    name, _, kind = id.partition(".")
    if kind not in ("", "csv", "json"):
        raise falcon.HTTPNotFound(title="There is no such export", description="There are .csv and .json.")
    run = yield from worker.shared(Lab).run(name)
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
        past = yield from worker.shared(Lab).past()  # the run that has just ended is in it
        data = {**view.run(run), "history": [view.summary(each) for each in past]}
        answer(req, rep, "fragments/load/ended.html", data, title=TITLE)


def forget(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
    """Forget an ended run; the rest of the history as HTML."""
    yield from worker.shared(Lab).forget(id)
    past = yield from worker.shared(Lab).past()
    data = {"history": [view.summary(run) for run in past]}
    answer(req, rep, "fragments/load/history.html", data)


def events(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
    """An event stream, a message for every change (at most two a second), which ends with the run.

    Its data are HTML for the page, or with `?format=json` the run as JSON.
    """
    run = yield from worker.shared(Lab).run(id)
    rep.content_type = "text/event-stream"
    rep.cache_control = ["no-store"]
    rep.stream = changes(worker, id, run, req.get_param("format") == "json")


def changes(worker: Any, id: str, run: dict[str, Any], as_json: bool) -> Iterator[Any]:
    """Messages as bytes; numbers are seconds of tyme to sleep (see RequestDoer.stream)."""
    study = worker.shared(Lab).study
    if study is None or study.id != id:
        yield message(run, as_json)
        return
    seen, silent = -1, 0.0
    while True:
        if study.version != seen:
            seen, silent = study.version, 0.0
            yield message(study.as_json(), as_json)
            if study.state != "running":
                return
        elif silent >= KEEP_ALIVE:
            silent = 0.0
            yield b": alive\n\n"
        yield PERIOD
        silent += PERIOD


def message(run: dict[str, Any], as_json: bool) -> bytes:
    """One message about the run as it stands."""
    return sse(None, run if as_json else render("fragments/load/live.html", view.live(run)))


def cancel(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
    """Stops it now; what was measured so far stays: `{id, state}`. One that has ended already keeps its state."""
    study = worker.shared(Lab).study
    if study is not None and study.id == id:
        study.cancel()
    run = yield from worker.shared(Lab).run(id)
    if wants_json(req):
        rep.media = {"id": id, "state": run["state"]}
        return
    answer(req, rep, "fragments/load/run.html", view.run(run), title=TITLE)


def page(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
    """{result, jank} -> {job, ended}: the load page brings a result and waits for its next job. 404 when no such run goes on."""
    study = worker.shared(Lab).study
    if study is None or study.id != id:
        raise falcon.HTTPNotFound(title="There is no such run", description="No run of this id goes on.")
    sent = Fields(req)
    try:
        result, jank = jobs.checked_result(sent.json("result", None)), jobs.checked_jank(sent.json("jank", None))
    except (AttributeError, ValueError) as ex:
        raise FieldError("result", str(ex)) from ex
    rep.media = yield from study.page.poll(result, jank)


def compare(worker: Any, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
    """{a, b} -> {a, b, points: [{…, a, b, ratio}]}: two runs side by side."""
    fields = Fields(req)
    first = yield from worker.shared(Lab).run(fields.text("a", max_bytes=100))
    second = yield from worker.shared(Lab).run(fields.text("b", max_bytes=100))
    answer(req, rep, "pages/load/compare.html", view.compare(first, second), title=TITLE)


def share(worker: Any, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
    """One worker's part of a point, for the coordinator; two at a time are refused.

    `{phase: "prepare", …} -> {one_ns, resolution_ns}`, `{phase: "measure", …} -> {ops, wall_ns, late_ms, histogram}`.
    409 when this worker measures already, 501 for an operation that it cannot run.
    """
    fields, bench = Fields(req), worker.shared(Lab).bench
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
