"""The load lab: how fast the crypto is here, how it scales over workers, how it compares. Light until it is opened.

Only this file is imported when a worker boots; the lab itself comes with the first request.
"""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.web.lazy import Lazy
from keriwasm.web.rendering import answer

__all__ = ["mount"]

ROUTES = {
    "/app/load": {"GET": "home"},
    "/app/load/runs": {"POST": "begin"},
    "/app/load/runs/{id}": {"GET": "run", "DELETE": "forget"},
    "/app/load/runs/{id}/events": {"GET": "events"},
    "/app/load/runs/{id}/cancel": {"POST": "cancel"},
    "/app/load/runs/{id}/page": {"POST": "page"},
    "/app/load/compare": {"GET": "compare"},
    "/app/load/shares": {"POST": "share"},
}
"""What answers: functions of pages/resources.py, which say what each route takes and gives."""


class Panel:
    """`GET /app/load/panel`: the lab's panel on the home page; it must not wake the lab."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """`{presets: [name, …]}`."""
        answer(req, rep, "fragments/load/panel.html", {"presets": ["quick", "full"]})


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/load/panel", Panel())
    for path, names in ROUTES.items():
        app.add_route(path, Lazy(worker, "slices.load.pages.resources", names))
