"""The post-quantum slice: every KEM and signature of liboqs. Stateless: it runs on every worker."""

from __future__ import annotations

from typing import Any

import falcon

from .algorithms import steps
from .resources import Catalogue, Detail, KemOperations, Panel, SignatureOperations, StatefulOperations

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application."""
    app.add_route("/app/pq", Catalogue())
    app.add_route("/app/pq/panel", Panel())
    for resource in (KemOperations(), SignatureOperations(), StatefulOperations()):
        path = f"/app/pq/{resource.kind}/{{alg}}"
        app.add_route(path, Detail(resource.kind))
        for step in steps(resource.kind):
            app.add_route(f"{path}/{step}", resource, suffix=step)
