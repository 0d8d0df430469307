"""One click taken apart: what the milliseconds between the click and the swap are spent on, and where.

    python tests/bench/click_parts.py [CLICKS]        150 by default

From Chromium's own trace of the page, the router's worker and the pool's, so nothing in the app is changed for it; the page marks when its
door posts and when htmx swaps, and Server-Timing splits the worker's part. Medians of each part: tracing costs a little, compare parts with
each other only. The clicks are click.py's, in a page without service worker, which has no part in them. `all.py` draws it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_site import chromium, median, ready, report, site
from click import MEASURE, SETTLE_MS

KINDS = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "v8.execute", "__metadata"]

MARKS = """() => {
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function(message, ...more) {
    if (message.type === 'http:request') performance.mark('click:post');
    return post.call(this, message, ...more);
  };
  for (const name of ['htmx:before:response', 'htmx:before:swap', 'htmx:after:swap'])
    document.addEventListener(name, () => performance.mark('click:' + name), {capture: true});
  addEventListener('click', () => performance.mark('click:begin'), {capture: true});
  globalThis.timings = [];
  document.addEventListener('keriwasm:answer', ({detail}) => timings.push(detail.timings));
}"""

PARTS = (
    ("htmx collects the request, the door posts it", "page", "begin", "post"),
    ("way to the router", "", "post", "routed"),
    ("the router admits, queues and dispatches", "router", "routed", "dispatched"),
    ("way to the worker", "", "dispatched", "begun"),
    ("the worker answers", "worker", "begun", "answered"),
    ("way back to the router", "", "answered", "returned"),
    ("the router checks and stamps the answer, and its way to the page", "router", "returned", "arrived"),
    ("the door makes a Response, htmx reads it", "page", "arrived", "response"),
    ("parsed, looked through (the wall of Trusted Types), targets found", "page", "response", "swap"),
    ("htmx swaps and settles", "page", "swap", "swapped"),
)
"""What, in whose thread, from which moment to which."""


def moments(events: list[dict[str, Any]]) -> list[dict[str, float]]:
    """When each thing happened, in ms since its click; clicks during which something else ran through the ports are left out."""
    events = sorted((event for event in events if "ts" in event), key=lambda event: event["ts"])
    found = []
    begins = [at for at, event in enumerate(events) if event["name"] == "click:begin"]
    for at, end in zip(begins, [*begins[1:], len(events)], strict=True):
        made = one(events[at:end])
        if made is not None:
            found.append({name: (ts - events[at]["ts"]) / 1000 for name, ts in made.items()})
    return found


def one(events: list[dict[str, Any]]) -> dict[str, float] | None:
    """The moments of one click out of the trace, which begins with it; None if something is not as one click alone would have it."""

    def after(since: float, name: str, **wanted: Any) -> dict[str, Any] | None:
        for event in events:
            data = (event.get("args") or {}).get("data")
            url = str(data.get("url") or "") if isinstance(data, dict) else ""
            where = wanted.get("tid", event["tid"]) == event["tid"] and wanted.get("apart", 0) != event["tid"]
            if event["name"] == name and event["ts"] >= since and where and url.endswith(wanted.get("file", "")):
                return event
        return None

    made = {"begin": events[0]["ts"]}
    router = worker = 0
    steps = (
        ("post", lambda: after(made["begin"], "click:post")),
        ("routed", lambda: after(made["post"], "FunctionCall", file="router/host/host.js")),
        ("dispatched", lambda: after(made["routed"], "SchedulePostMessage", tid=router)),
        ("begun", lambda: after(made["dispatched"], "FunctionCall", file="workers/worker.js", apart=router)),
        ("answered", lambda: after(made["begun"], "SchedulePostMessage", tid=worker)),
        ("returned", lambda: after(made["answered"], "HandlePostMessage", tid=router)),
        ("arrived", lambda: after(made["returned"], "FunctionCall", file="router/doors/door.js")),
        ("response", lambda: after(made["arrived"], "click:htmx:before:response")),
        ("swap", lambda: after(made["response"], "click:htmx:before:swap")),
        ("swapped", lambda: after(made["swap"], "click:htmx:after:swap")),
    )
    for name, step in steps:
        event = step()
        if event is None:
            return None
        made[name] = event["ts"]
        router = event["tid"] if name == "routed" else router
        worker = event["tid"] if name == "begun" else worker
    return made


def traced(clicks: int) -> tuple[list[dict[str, float]], dict[str, float]]:
    """The moments of each click, and the medians of Server-Timing."""
    with site() as url, chromium() as browser, tempfile.TemporaryDirectory() as folder:
        page = browser.new_context(service_workers="block").new_page()
        ready(page, f"{url}?workers=2", whole="globalThis.keriwasm?.status?.ready === 2")
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate(MARKS)
        page.evaluate(MEASURE, [5, ["door"]])
        page.evaluate("timings.length = 0")
        place = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=place, categories=KINDS)
        page.evaluate(MEASURE, [clicks, ["door"]])
        browser.stop_tracing()
        timings = page.evaluate("timings")
        return moments(json.loads(place.read_text())["traceEvents"]), {
            name: median([each[name] for each in timings]) for name in ("run", "render")
        }


def main(clicks: int) -> None:
    found, timings = traced(clicks)
    if len(found) < clicks // 2:
        raise RuntimeError(f"only {len(found)} of {clicks} clicks could be followed through the trace")
    whole = median([each["swapped"] for each in found])
    rows, at = [], 0.0
    for what, where, first, last in PARTS:
        took = median([each[last] - each[first] for each in found])
        rows.append({"what": what, "where": where, "clicks": len(found), "from_ms": at, "median_ms": took, "of": "the click",
                     "ratio": took / whole})  # fmt: skip
        if where == "worker":
            begun = at
            for name, part in (("run", "of it Falcon and the slice"), ("render", "of it Jinja")):
                rows.append({"what": part, "where": where, "clicks": len(found), "from_ms": begun, "median_ms": timings[name],
                             "of": "the click", "ratio": timings[name] / whole})  # fmt: skip
                begun += timings[name]
        at += took
    rows.append({"what": "the whole click", "clicks": len(found), "median_ms": whole})
    report("click_parts", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150)
