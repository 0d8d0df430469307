"""The pure part of ledger and wallet, on every worker: what strangers made is verified and judged, and nothing is stored.

`POST /app/ledger/cut` and `/app/ledger/segment` take and give MessagePack (see foreign.cutting.cut, ledger.checking.check); they
are for workers among themselves. What ended its worker is not given to another: the import says so, and has changed nothing.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import falcon
from keriwasm.imports import native
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.deeds import deed

from slices.foreign import cutting, units
from slices.verifying import judges
from slices.verifying.alone import CheckAlone

__all__ = ["mount"]

PIECE = 0.01
"""Seconds of work between two turns of the scheduler."""

TEXTS = [str]
RECORD = {"aid": str, "sn": int, "said": str, "raw": bytes, "seal": str, "sigs": TEXTS, "wigs": TEXTS, "rcts": TEXTS, "vrcs": TEXTS,
          "wits": TEXTS}  # fmt: skip
SHAPE = {"contexts": [{"state": dict, "records": [RECORD]}], "messages": [(bytes, int, str)]}


class Cut:
    """POST {data} -> {pieces, whole}, both as MessagePack."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        unit = units.read(req, {"data": bytes})
        yield from native.keri_steps()
        yield from pieced(cutting.cut(unit["data"]), rep)


class Check:
    """POST {contexts, messages} -> {verdicts, records, late, states}, both as MessagePack."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        unit = units.read(req, SHAPE)
        yield from native.keri_steps()  # a second or two in a worker's first share: in steps, so that its heart beats on
        from slices.ledger.checks.checking import check

        yield from pieced(check(unit), rep)


def pieced(work: Generator[Any, Any, Any], rep: falcon.Response) -> Generator[float, float, None]:
    """Answer with what a generator returns, giving way while it works."""
    import msgpack

    until = time.perf_counter() + PIECE
    while True:
        try:
            next(work)
        except StopIteration as stop:
            rep.content_type = "application/msgpack"
            rep.data = msgpack.packb(stop.value)
            return
        if time.perf_counter() > until:
            yield ASAP
            until = time.perf_counter() + PIECE


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's route to a worker's application."""
    app.add_route("/app/ledger/cut", Cut())
    app.add_route("/app/ledger/segment", Check())
    app.add_route("/app/ledger/check", CheckAlone())
    app.add_route("/app/judge", judges.Ready())
    app.add_route("/app/judge/{what}", judges.Judge(worker))
