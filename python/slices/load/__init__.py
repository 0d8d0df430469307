"""The load lab: how fast the crypto is here, how it scales over workers, how it compares. Light until it is opened.

Only this file is imported when a worker boots; the lab itself comes with the first request.
"""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.web.rendering import answer

__all__ = ["mount"]

ROUTES = {
    "/app/load": "Home",
    "/app/load/runs": "Runs",
    "/app/load/runs/{id}": "Run",
    "/app/load/runs/{id}/events": "Events",
    "/app/load/runs/{id}/cancel": "Cancel",
    "/app/load/runs/{id}/page": "Page",
    "/app/load/compare": "Compare",
    "/app/load/shares": "Shares",
}


class Lazy:
    """A resource of `resources.py` that is imported when somebody asks for it first."""

    def __init__(self, worker: Any, name: str) -> None:
        self._worker = worker
        self._name = name
        self._made: Any = None

    def _responder(self, req: falcon.Request, rep: falcon.Response, **params: Any) -> None:
        if self._made is None:
            from slices.load.pages import resources

            self._made = getattr(resources, self._name)(resources.lab_of(self._worker))
        responder = getattr(self._made, f"on_{req.method.lower()}", None)
        if responder is None:
            allowed = [name for name in ("GET", "POST", "DELETE") if hasattr(self._made, f"on_{name.lower()}")]
            raise falcon.HTTPMethodNotAllowed(allowed)
        responder(req, rep, **params)

    on_get = on_post = on_delete = _responder


class Panel:
    """`GET /app/load/panel`: the lab's panel on the home page; it must not wake the lab."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """`{presets: [name, …]}`."""
        answer(req, rep, "fragments/load/panel.html", {"presets": ["quick", "full"]})


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/load/panel", Panel())
    for path, name in ROUTES.items():
        app.add_route(path, Lazy(worker, name))
