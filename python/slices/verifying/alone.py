"""/app/ledger/check: what the ledger would say of a stream that came alone, event by event. Nothing is kept, nothing else is known.

The same pieces as an import (slices/ledger): cut, told apart, verified by keripy over a Baser that is thrown away. So an event that needs a
log which is not in the stream waits here, and an import of it may say more. Stateless: it also runs where no ledger is (python/wasi/).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import falcon
from keriwasm.imports import native
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.rendering import answer, wants_json

from slices.foreign import cutting
from slices.foreign.framing import Frame
from slices.foreign.sources import sources_of
from slices.kels.thresholds import readable

__all__ = ["CheckAlone", "judged"]

MOST_BYTES = 256 << 10
MOST_SIGNATURES = 200
"""Of one stream. In a page these take half a second; where no native code is (python/wasi/), each takes some 30 ms."""
SHOWN_MOST = 200
"""Messages that a page lists; programs get them all."""
PIECE = 0.01
"""Seconds of work between two turns of the scheduler."""
TITLE = "Check · Ledger · KeriWasm"

Work = Generator[None, None, Any]


class CheckAlone:
    """GET: the form. POST: a stream, as an import takes it."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        answer(req, rep, "pages/ledger/check.html", {"most_bytes": MOST_BYTES, "most_signatures": MOST_SIGNATURES}, title=TITLE)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{accepted, known, rejected, escrowed, other, remarks, duplicity, bytes, messages, identifiers}, as an import's answer.

        known: what came twice. identifiers: [{aid, sn, digest, keys, threshold, next, witnesses, toad, delegator}], the key states
        that the accepted events make.
        """
        sources = sources_of(req, MOST_BYTES)
        yield from native.keri_steps()
        work, until = judged(sources), time.perf_counter() + PIECE
        while True:
            try:
                next(work)
            except StopIteration as stop:
                data = stop.value
                break
            if time.perf_counter() > until:
                yield ASAP
                until = time.perf_counter() + PIECE
        more = {} if wants_json(req) else {"most": SHOWN_MOST, "several": len(sources) > 1}
        answer(req, rep, "fragments/ledger/checked.html", {**data, **more}, title=TITLE)


def judged(sources: list[tuple[str, bytes]]) -> Work:
    """The answer's data. Raises FieldError for a stream with more signatures than are verified at once."""
    from slices.ledger.checks.checking import check
    from slices.ledger.intake.outcome import Outcome

    outcome = Outcome([name for name, _ in sources])
    taken: list[Frame] = []
    for number, (_, data) in enumerate(sources):
        found = yield from cutting.cut(data)
        for piece in cutting.pieces(found, data, number):
            if not outcome.settled(piece):
                taken.append(piece)
    signatures = sum((len(frame.raw) - frame.body) // 88 for frame in taken)  # no attached one is shorter
    if signatures > MOST_SIGNATURES:
        reason = f"has about {signatures:,} signatures, {MOST_SIGNATURES:,} are verified at once: send less of it, or import it"
        raise FieldError("body", reason, status=413)
    told = yield from check({"contexts": [], "messages": [(frame.raw, frame.body, frame.ilk) for frame in taken]})
    for frame, verdict in zip(taken, told["verdicts"], strict=True):
        outcome.add(frame, verdict)
    for extra in told["extra"]:
        outcome.apart(extra, taken[extra["came_with"]])
    data = outcome.told([], sum(len(data) for _, data in sources))
    del data["workers"]  # X-Worker says it
    for each in (each for name in ("accepted", "known", "rejected", "escrowed") for each in data[name]):
        del each["waited"]
    return {**data, "identifiers": [identifier(state) for state in told["states"].values()]}


def identifier(state: dict[str, Any]) -> dict[str, Any]:
    """A key state in this app's words."""
    return {
        "aid": state["i"], "sn": int(state["s"], 16), "digest": state["d"], "keys": state["k"], "threshold": readable(state["kt"]),
        "next": state["n"], "witnesses": state["b"], "toad": int(state["bt"], 16), "delegator": state["di"],
    }  # fmt: skip
