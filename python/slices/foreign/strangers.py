"""What strangers made is judged on a worker that holds no keys: this is how the keys' worker asks for it.

    result = yield from strangers.judged(worker, "presentation", {"data": data, "known": [...]})

The router places `/app/judge` never on w1, and starts a second worker in a pool of one (router/policy/pool/pool.py). There a
hostile file may hang, swell or end its interpreter: it costs that worker, and the question is not asked a second time.
What comes back is plain data that our own code has made there; it is read with bounds all the same.

What this does not catch: what is stored after it was judged good is parsed by keripy once more, on the keys' worker. The
same bytes have passed the same code elsewhere within the same bounds, but a difference between two runs (memory that is
short here and was not there) is not seen before.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.data import guarding
from keriwasm.runtime.scheduling import WAIT
from keriwasm.web.form.errors import FieldError

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Lost", "judged"]

PATH = "/app/judge"
RESULT = guarding.Bounds(size=64 << 20, depth=guarding.DEPTH + 16, values=2_000_000)
"""A report holds what was reported on, some levels further in, and one SAID for every event of its logs."""


class Lost(falcon.HTTPError):
    """502: the worker that looked at it is gone. It is not tried again."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            502,
            title="What was sent ended the worker that looked at it",
            description=f"{cause.strip().rstrip('.')}. That worker held no keys and is replaced, your wallet was not touched, "
            "and nothing was stored. It is not tried again by itself.",
        )


def judged(worker: Context, what: str, payload: dict[str, Any]) -> Generator[float, float, Any]:
    """What a judge of slices/verifying/judges.py returns. Raises FieldError as it did, Lost, and pool.PartFailed."""
    import msgpack

    place = yield from _ready(worker)
    call = worker.pool.open("POST", f"{PATH}/{what}", msgpack.packb(payload), worker=place)
    lines = b""
    doing: dict[str, Any] = {}
    try:
        while True:
            over = call.done
            lines += call.take()
            *whole, lines = lines.split(b"\n")
            for line in whole:
                told = guarding.json_value(line, RESULT, strict=False)
                if "result" in told:
                    return told["result"]
                if "refused" in told:
                    raise FieldError(told["refused"]["field"], told["refused"]["reason"], told["refused"]["status"])
                doing = told
            if over:
                break
            yield WAIT
        if call.error is None:
            worker.pool.finished(call).check()
    finally:
        worker.pool.close(call)
    if doing.get("schema") and call.error and "hung" in call.error:
        raise FieldError(
            doing["field"],
            f"was not judged: the schema “{doing['schema']}” took too long. Most likely a regular expression in it (a pattern) "
            "has no end of ways to fit. The worker that tried it is replaced; it held no keys",
        )
    raise Lost(call.error or "It was retired before it had answered")


def _ready(worker: Context) -> Generator[float, float, str]:
    """The id of a worker that has imported what it takes: only then is silence a sign of a hang."""
    call = worker.pool.open("POST", PATH)
    try:
        while not call.done:
            yield WAIT
        return worker.pool.finished(call).check().worker
    finally:
        worker.pool.close(call)
