"""Damage on purpose, to see that the rest survives: `POST /app/faults/{worker}`, only where faults were enabled.

The router passes on the order by its own channel, so that it reaches also a worker that takes no more requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer

from slices.pool.view import KINDS

MOST_MS = 60_000
"""Longest that a fault may burn."""

WHAT = {
    "hang": "It spins in an endless loop: after some seconds without a heartbeat the router replaces it.",
    "crash": "It is gone: the router starts the next generation.",
    "throw": "The next request that it takes raises an exception: the answer is a 500 with the fault’s number.",
    "slow": "It burns processor time in the foreground for {ms} ms, giving way now and then.",
}


class FaultsResource(Resource):
    """`POST /app/faults/{worker} {kind: hang|crash|throw|slow, ms}` -> `{worker, kind, ms, what}`."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, worker: str) -> Iterator[Any]:
        """404 when faults are off or no such worker exists, 422 for a bad kind or ms, 409 with the router's reason."""
        if not self.worker.faults:
            raise falcon.HTTPNotFound(title="Not found", description="Fault injection is not enabled.")
        fields = Fields(req)
        kind = fields.choice("kind", KINDS)
        ms = fields.integer("ms", 0, MOST_MS, default=1000)
        known = [each["id"] for each in self.worker.pool.report(req).get("workers") or []]
        if known and worker not in known:
            raise falcon.HTTPNotFound(title="Not found", description="There is no worker of that name in the pool.")
        yield from self.worker.pool.inject(worker, kind, ms)
        data = {"worker": worker, "kind": kind, "ms": ms, "what": WHAT[kind].format(ms=ms)}
        answer(req, rep, "fragments/pool/injected.html", data)


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/faults/{worker}", FaultsResource(worker))
