"""Suites: the packages' own tests, in the page. `GET /app/suites` and all below it.

This module is all that is imported when a worker boots: what it takes to run tests is imported by the first request.
Runs live on worker w1 (routes pinned there); only their chunks go to all workers.
"""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.web.lazy import Lazy

ROUTES = {
    ("GET", "/app/suites"): "overview",
    ("GET", "/app/suites/{name}"): "suite",
    ("POST", "/app/suites/{name}/runs"): "begin",
    ("GET", "/app/suites/runs"): "history",
    ("GET", "/app/suites/runs/{id}"): "run",
    ("GET", "/app/suites/runs/{id}/events"): "events",
    ("GET", "/app/suites/runs/{id}/tests"): "tests",
    ("POST", "/app/suites/runs/{id}/cancel"): "cancel",
    ("POST", "/app/suites/runs/{id}/again"): "again",
    ("POST", "/app/suites/runs/{id}/chunks"): "chunk",
}
"""What answers: functions of resources.py, which say what each route takes and gives."""


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    for (method, path), name in ROUTES.items():
        app.add_route(path, Lazy(worker, "slices.suites.resources", {method: name}))
