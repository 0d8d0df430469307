"""The ledger slice: what others publish of their identifiers, verified and kept. On one worker; see verifying for the rest."""

from __future__ import annotations

from typing import Any

import falcon

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application, and the Doer that asks witnesses by itself.

    Its modules come here, not above: others import ledger.checks and ledger.intake without the wallet that stands behind the rest.
    """
    from . import oobis, resources, verification
    from .watching import resources as watching
    from .watching.doer import WatchDoer

    worker.doist.doers.append(WatchDoer(worker))
    app.add_route("/app/ledger", resources.Ledger(worker))
    app.add_route("/app/ledger/panel", resources.Panel(worker))
    app.add_route("/app/ledger/progress", resources.Progress(worker))
    app.add_route("/app/ledger/oobi", oobis.Oobi(worker))
    app.add_route("/app/ledger/refresh", watching.RefreshAll(worker))
    app.add_route("/app/ledger/watching", watching.Watching(worker))
    app.add_route("/app/ledger/{aid}", resources.Identifier(worker))
    app.add_route("/app/ledger/{aid}/events", resources.Events(worker))
    app.add_route("/app/ledger/{aid}/events/{sn}", resources.Event(worker))
    app.add_route("/app/ledger/{aid}/kel", resources.Kel(worker))
    app.add_route("/app/ledger/{aid}/contact", resources.Contact(worker))
    app.add_route("/app/ledger/{aid}/refresh", watching.Refresh(worker))
    app.add_route("/app/ledger/{aid}/delete", resources.Remove(worker))
    app.add_route("/app/verify", verification.Verify(worker))
