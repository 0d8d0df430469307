"""The network slice: what may leave this browser, by the user's word, and what did. On one worker; no keys, no passcode."""

from __future__ import annotations

from typing import Any

import falcon

from . import outbox, packages, resources
from .consent import ConsentDoer

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application."""
    app.add_route("/app/network", resources.Network(worker))
    app.add_route("/app/network/origins", resources.Origins(worker))
    app.add_route("/app/network/package", packages.Package(worker))
    app.add_route("/app/network/outbox/{id}/cancel", outbox.Cancel(worker))
    worker.doist.doers += [ConsentDoer(worker), outbox.OutboxDoer(worker)]
