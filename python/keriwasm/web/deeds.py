"""Falcon responders that take time: generator functions run by the scheduler while other requests go on.

    class Many:
        @deed
        def on_post(self, req, rep):
            replies = yield from worker.pool.map("POST", "/app/crypto/hash", payloads)
            yield                # gives way
            yield 0.5            # sleeps half a second of tyme
            rep.media = [...]

Falcon (WSGI) knows no such responder, so the application is passed twice. In the first pass the responder only leaves
its generator in the environ (`DEED`). The RequestDoer then runs that in the scheduler, and calls the application once
more with the outcome: the responder now copies what the generator made of its response, or `Outcomes` raises what it
raised, so that Falcon's own error handlers, media handlers and response middleware see a deed as any other responder.
Middleware and hooks that look at the request therefore run twice for a deed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any

import falcon

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

DEED = "keriwasm.deed"
"""environ key of the Deed that a first pass left behind."""

ERROR = "keriwasm.error"
"""environ key of an exception that the next pass has to raise inside Falcon."""


class Resource:
    """A slice's resource that knows its worker."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker


class Deed:
    """A responder's generator with the response that it fills."""

    def __init__(self, generator: Generator[Any, Any, Any], rep: falcon.Response) -> None:
        self.generator = generator
        self.rep = rep

    def transfer(self, rep: falcon.Response) -> None:
        """Copy what the generator set on its response (status, headers, one of text, data, media, stream) to `rep`."""
        made = self.rep
        rep.status = made.status
        rep.set_headers(made.headers)
        if made.text is not None:
            rep.text = made.text
        elif made.data is not None:
            rep.data = made.data
        elif made.media is not None:
            rep.media = made.media
        elif made.stream is not self:
            rep.stream = made.stream

    def __iter__(self):
        raise RuntimeError("a deed needs the scheduler of a worker: it cannot run under a plain WSGI server")


def deed(responder: Callable[..., Generator[Any, Any, Any]]) -> Callable[..., None]:
    """Make a Falcon responder of a generator function `(self, req, rep, **params)`.

    Raises TypeError for anything else: a responder that does not yield needs no deed.
    """
    if not isgeneratorfunction(responder):
        raise TypeError(f"@deed wants a generator function, {responder!r} is none")

    @wraps(responder)
    def first_or_second_pass(*args: Any, **params: Any) -> None:
        req, rep = args[-2], args[-1]
        made = req.env.get(DEED)
        if made is None:
            req.env[DEED] = rep.stream = Deed(responder(*args, **params), rep)
        else:
            made.transfer(rep)

    return first_or_second_pass


class Outcomes:
    """Falcon middleware that raises what happened outside of the application, inside of it (environ key `ERROR`)."""

    def process_request(self, req: falcon.Request, rep: falcon.Response) -> None:
        error = req.env.pop(ERROR, None)
        if error is not None:
            raise error
