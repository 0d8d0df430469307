"""The handlers of the suites' routes: generators that `mount` wraps as deeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import falcon
from keriwasm.data import guarding
from keriwasm.runtime.context import MESSAGE
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.formats import sse
from keriwasm.web.jobs import follow
from keriwasm.web.rendering import answer, render, wants_json

from slices.suites import junit, manager, view
from slices.suites.catalogue import EFFORTS, SUITES
from slices.suites.chunks import perform, prepare, read_suites, read_tests
from slices.suites.results import Run, compare
from slices.suites.running import OUTCOMES

LIST = 100
"""Tests on one page of the list."""

MAX_ONLY = 200_000
"""Bytes of a list of chosen tests."""


def overview(worker: Any, req: falcon.Request, rep: falcon.Response):
    """Every suite with its last result; what runs now; the history."""
    runs = manager.of(worker)
    yield from runs.ready()
    last = runs.last()
    suites = [
        {
            "name": suite.name,
            "title": suite.title,
            "tests": suite.tests,
            "proves": suite.proves,
            "source": suite.source,
            "last": last.get(suite.name),
        }
        for suite in SUITES.values()
    ]
    data = {
        "suites": suites,
        "tests": sum(suite.tests for suite in SUITES.values()),
        "running": [run.summary() for run in runs.runs.values() if not run.over],
        "history": runs.store.history()[:10],
        "lasting": runs.store.lasting,
    }
    answer(req, rep, "pages/suites/index.html", data, title="Suites · KeriWasm")


def history(worker: Any, req: falcon.Request, rep: falcon.Response):
    """All runs."""
    runs = manager.of(worker)
    yield from runs.ready()
    now = [run.summary() for run in runs.runs.values() if not run.over]
    answer(req, rep, "pages/suites/runs.html", {"runs": now + runs.store.history()}, title="Runs of suites · KeriWasm")


def suite(worker: Any, req: falcon.Request, rep: falcon.Response, name: str):
    """One suite."""
    known(name)
    runs = manager.of(worker)
    yield from runs.ready()
    found = SUITES[name]
    data = {
        "name": name,
        "title": found.title,
        "proves": found.proves,
        "source": found.source,
        "tests": found.tests,
        "modules": list(found.modules),
        "files": [f"static/suites/{file}" for file in found.archives] + [f"python/suites/{file}" for file in found.files],
        "efforts": list(EFFORTS),
        "left_out": [{"pattern": r.pattern, "reason": r.reason, "runs_at": r.runs_at} for r in found.rules],
        "last": runs.last().get(name),
        "history": [summary for summary in runs.store.history() if name in summary["suites"]],
    }
    answer(req, rep, "pages/suites/suite.html", {**data, "heading": found.title}, title=f"{found.title} · Suites · KeriWasm")


def begin(worker: Any, req: falcon.Request, rep: falcon.Response, name: str):
    """Start a run."""
    if name != manager.ALL:
        known(name)
    fields = Fields(req)
    effort = fields.choice("effort", EFFORTS, "standard")
    timeout_s = fields.integer("timeout_s", 5, 300, 300 if effort == "full" else 60)
    pattern = fields.text("pattern", "", max_bytes=500)
    try:
        re.compile(pattern)
    except re.error as ex:
        raise FieldError("pattern", f"it is no regular expression: {ex}") from ex
    only = fields.text("tests", "", max_bytes=MAX_ONLY).split()
    hang = fields.text("hang", "", max_bytes=500)
    if hang and not worker.faults:
        raise FieldError("hang", "fault injection is not enabled: open the page on localhost with ?faults=1")
    runs = manager.of(worker)
    yield from runs.ready()
    names = list(SUITES) if name == manager.ALL else [name]
    started(worker, req, rep, runs, names, effort, timeout_s, pattern=pattern, only=only, hang=hang)


def again(worker: Any, req: falcon.Request, rep: falcon.Response, id: str):
    """Run what has failed, or all of it, once more."""
    what = Fields(req).choice("what", ("failures", "all"), "failures")
    runs, run = yield from find(worker, id)
    only = list(run.only)
    if what == "failures":
        only = [f"{result.suite}/{result.id}" for result in run.failures()]
        if not only:
            raise falcon.HTTPConflict(title="Nothing has failed", description="This run has no failures to run again.")
    names = [name for name in run.suites if name in SUITES]
    if what == "failures":
        names = [name for name in names if any(test.startswith(f"{name}/") for test in only)]
    started(worker, req, rep, runs, names, run.effort, run.timeout_s, pattern="" if only else run.pattern, only=only)


def started(
    worker: Any,
    req: falcon.Request,
    rep: falcon.Response,
    runs: manager.Manager,
    names: list[str],
    effort: str,
    timeout_s: float,
    **more: Any,
) -> None:
    """202 with the id of a new run; as HTML its page."""
    try:
        run = runs.begin(names, effort, timeout_s, **more)
    except ValueError as ex:
        raise falcon.HTTPConflict(title="Too many runs", description=str(ex)) from ex
    place = f"app/suites/runs/{run.id}"
    page(runs, run, req, rep, status=202)
    if wants_json(req):
        rep.media = {"id": run.id, "state": run.state}
    rep.set_header("Location", f"{worker.settings.base}{place}")
    rep.set_header("HX-Push-Url", place)


def run(worker: Any, req: falcon.Request, rep: falcon.Response, id: str):
    """A run, as JSON, JUnit XML or a page."""
    name, _, kind = id.partition(".")
    runs, found = yield from find(worker, name)
    if kind == "xml":
        rep.content_type = "application/xml; charset=utf-8"
        rep.data = junit.document(found)
    elif kind == "json":
        rep.media = whole(runs, found)
    elif kind:
        raise falcon.HTTPNotFound(description="A run is exported as .xml (JUnit) or .json.")
    else:
        page(runs, found, req, rep)
        return
    rep.set_header("Content-Disposition", f'attachment; filename="keriwasm-suites-{name}.{kind}"')


WITHOUT = ("waiting", "not run")
"""What a test without a result is, before and after its run is over."""


def events(worker: Any, req: falcon.Request, rep: falcon.Response, id: str):
    """The run, live."""
    _, found = yield from find(worker, id)
    as_html = req.get_param("as") == "html"
    told = 0

    def messages() -> Iterable[bytes]:
        nonlocal told
        if as_html:
            yield sse(None, render("fragments/suites/live.html", view.live(found, worker)))
            return
        results = list(found.results.values())
        for result in results[told:]:
            yield sse("result", result.plain())
        told = len(results)
        yield sse("state", {**found.summary(), "current": found.current})
        if found.over:
            yield sse("end", {"state": found.state})

    rep.content_type = "text/event-stream"
    rep.cache_control = ["no-store"]
    rep.stream = follow(found, messages)


def tests(worker: Any, req: falcon.Request, rep: falcon.Response, id: str):
    """A page of the list of tests."""
    fields = Fields(req)
    outcome = fields.choice("outcome", ("", *OUTCOMES, *WITHOUT), "")
    needle = fields.text("q", "", max_bytes=200).lower()
    order = fields.choice("sort", ("order", "slowest"), "order")
    at = fields.integer("page", 1, 1000, 1)
    _, found = yield from find(worker, id)
    rows = view.rows(found, outcome, needle, order)
    query = f"outcome={outcome}&q={quote(needle)}&sort={order}&page={at + 1}"
    data = {
        "id": id,
        "matching": len(rows),
        "total": len(found.tests),
        "page": at,
        "tests": rows[(at - 1) * LIST : at * LIST],
        "more": f"app/suites/runs/{id}/tests?{query}" if len(rows) > at * LIST else None,
    }
    answer(req, rep, "fragments/suites/tests.html", data)


def cancel(worker: Any, req: falcon.Request, rep: falcon.Response, id: str):
    """End a run. One that is over already stays as it is."""
    runs = manager.of(worker)
    runs.stopped.add(id)  # before anything is resumed: this may be a new w1
    runs, found = yield from find(worker, id)
    for _ in range(200):
        if found.over:
            break
        yield 0.02
    page(runs, found, req, rep)


def chunk(worker: Any, req: falcon.Request, rep: falcon.Response, id: str) -> None:
    """A worker's part of a run. The consumer may be away in a test of its own, so all chunks are allowed at once."""
    try:
        body = guarding.json_value(req.bounded_stream.read())
        if isinstance(body, dict) and "collect" in body:
            rep.content_type = "application/x-ndjson"
            rep.stream = prepare(worker, read_suites(body["collect"]), id)
            return
        chosen = read_tests(body["tests"])
    except (ValueError, KeyError, TypeError) as ex:
        raise FieldError("tests", str(ex)) from ex
    store = manager.of(worker).store if body.get("mark") else None
    hang = str(body.get("hang") or "") if worker.faults else ""
    worker.credit(req.env[MESSAGE]["id"], 2 * len(chosen))
    rep.content_type = "application/x-ndjson"
    rep.stream = perform(worker, chosen, store, id, hang)


# -- what several of them do -------------------------------------------------------------------------------------------


def known(name: str) -> None:
    """404 for an unknown suite."""
    if name not in SUITES:
        names = ", ".join(SUITES)
        raise falcon.HTTPNotFound(title="There is no such suite", description=f"The suites are {names}.")


def find(worker: Any, id: str):
    """(manager, run); 404 for an unknown run."""
    runs = manager.of(worker)
    yield from runs.ready()
    found = runs.find(id)
    if found is None:
        raise falcon.HTTPNotFound(
            title="There is no such run",
            description="Only the newest runs are kept, in this browser. Start a new one on the page of the suites.",
        )
    return runs, found


def whole(runs: manager.Manager, found: Run) -> dict[str, Any]:
    """A run with all that is known of it."""
    before = runs.before(found) if found.over else None
    return {
        **found.summary(),
        "failures": [view.failure(result) for result in found.failures()],
        "skips": [{"reason": reason, "tests": count} for reason, count in found.reasons()],
        "slowest": [result.plain() for result in found.slowest()],
        "current": found.current,
        "compared_with": before.id if before else None,
        "changes": compare(found.results, before.results) if before else None,
        "results": [result.plain() for result in found.results.values()],
    }


def page(runs: manager.Manager, found: Run, req: falcon.Request, rep: falcon.Response, status: int = 200) -> None:
    """A run's page; as JSON the contract's shape."""
    data = whole(runs, found)
    if wants_json(req):
        del data["results"]
        answer(req, rep, "", data, status=status)
        return
    titles = ", ".join(SUITES[name].title if name in SUITES else name for name in found.suites)
    heading = "All suites" if len(found.suites) == len(SUITES) else titles
    data = {**view.live(found, runs.worker), **data, "heading": heading, "outcomes": [*OUTCOMES, WITHOUT[found.over]]}
    answer(req, rep, "pages/suites/run.html", data, title=f"{heading} · Suites · KeriWasm", status=status)
