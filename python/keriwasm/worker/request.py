"""One Doer per request: envelope -> WSGI -> Falcon -> envelope, with streams, commits and cancellation."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from hio.base import doing

from keriwasm.runtime.context import COMING, MESSAGE, RENDER_MS
from keriwasm.runtime.scheduling import ASAP, WAIT
from keriwasm.web.deeds import DEED, ERROR, Deed
from keriwasm.web.problems import beforehand
from keriwasm.worker.once import name_of

if TYPE_CHECKING:
    from typing import Protocol

    from keriwasm.runtime.context import Context, Message
    from keriwasm.worker.once import Once

    class Serving(Context, Protocol):
        """The worker whose request it is: `worker.Worker`."""

        once: Once
        throw_next: int

        def end(self, doer: RequestDoer, status: int) -> None: ...

CREDIT = 16
"""Chunks that a stream may send before the consumer has allowed more."""

SENDABLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
"""What a header's value may consist of: JavaScript's Headers takes byte strings without control characters."""


class InjectedFault(Exception):
    """Raised in a request because somebody injected a `throw`."""


class RequestDoer(doing.Doer):
    """Runs one request in the scheduler and posts its one answer.

    Attributes:
        quiet (bool): it does not count as use of what it reads (router/policy/http/origins.py)
        credit (int): chunks of a stream that the consumer still allows
        streaming (bool): the answer is a stream and open
        ending (bool): the worker drains: end the stream after the chunk at hand
        reason (str | None): why it was cancelled
        replied (bool): http:reply was posted
        reported (str | None): id of the fault that ended this Doer, when one did
    """

    transient = True

    def __init__(self, worker: Serving, message: Message, body: bytes) -> None:
        super().__init__()
        self.worker = worker
        self.message = message
        self.body = body
        self.id: str = message["id"]
        self.background = message.get("priority") == "background"
        self.quiet = bool(message.get("quiet"))
        self.credit = CREDIT
        self.streaming = False
        self.ending = False
        self.reason: str | None = None
        self.status = 0
        self.replied = False
        self.reported: str | None = None

    def recur(self, tock: float = 0.0):
        """Answer, then stream if the answer is a stream."""
        yield ASAP
        name = name_of(self.message, self.body)
        if name is None:
            yield from self.act()
            return True
        answer = yield from self.worker.once.repeated(name)
        if answer is not None:
            self.status, headers, body = answer
            self.reply(headers, {}, body=body)
            return True
        try:
            answer = yield from self.act()
        finally:
            self.worker.once.done(name, answer)
        return True

    def act(self):
        """Run the request; returns its answer (status, headers, body) when that is a whole one."""
        worker, now = self.worker, self.worker.host.now
        started = now()
        if not self.message.get("again"):  # what changes something is begun once: when all that it may meet is here
            yield from beforehand()
        environ, (status, headers, chunks) = yield from self.attempt()
        if COMING in environ and self.message.get("again"):
            close(chunks)
            yield from environ[COMING]()
            environ, (status, headers, chunks) = yield from self.attempt()
        ran = now()

        if worker.storage.dirty or worker.disk.dirty:
            try:
                yield from worker.storage.settle()
                yield from worker.disk.settle()
            except Exception as ex:  # not saved: the answer must not say so
                close(chunks)
                environ[ERROR] = ex
                status, headers, chunks = call(worker.app, environ)
        committed = now()

        render = environ.get(RENDER_MS, 0.0)
        timings = {"run": max(0.0, ran - started - render), "render": render, "commit": committed - ran}
        if isinstance(chunks, list) or self.message["method"] == "HEAD":
            close(chunks)
            body = b"".join(chunks) if isinstance(chunks, list) and self.message["method"] != "HEAD" else b""
            self.status = status
            self.reply(headers, timings, body=body)
            return status, headers, body
        yield from self.stream(status, headers, timings, chunks)
        return None

    def attempt(self):
        """Pass the application, and run its deed if it has one; returns the environ and what `call` gives."""
        worker = self.worker
        environ = make_environ(self.message, self.body, worker.id)
        if worker.throw_next:
            worker.throw_next -= 1
            environ[ERROR] = InjectedFault(f"worker {worker.id} was told to throw")
        answer = call(worker.app, environ)
        deed = environ.get(DEED)
        if deed is not None and answer[2] is deed:
            yield from self.run(deed, environ)
            answer = call(worker.app, environ)
        return environ, answer

    def run(self, deed: Deed, environ: dict[str, Any]):
        """Run a deed to its end; what it raises is left for the second pass of the application.

        A bare `yield` of the deed (None or 0) means the next recur. When this Doer is closed the deed is closed, and
        what it raises then is no answer any more but goes to the scheduler, which reports it.
        """
        generator, tyme = deed.generator, None
        try:
            while True:
                try:
                    tock = generator.send(tyme)
                except StopIteration:
                    return
                except Exception as ex:
                    environ[ERROR] = ex
                    return
                tyme = yield (tock or ASAP)
        finally:
            generator.close()

    def stream(self, status: int, headers: dict[str, str], timings: dict[str, float], chunks: Iterable[Any]):
        """Post chunks as they come and as credit allows.

        The iterable gives bytes; b"" means "nothing yet" (hio's convention: asked again after the Doist's tock, or as
        soon as the Doer is woken); a number means "sleep that many seconds of tyme", so that `yield from` of what a
        deed may use works in a stream as well.
        """
        self.status = status
        self.streaming = True
        error: str | None = None
        iterator: Iterator[Any] = iter(chunks)
        try:
            self.reply(headers, timings, stream=True)
            while not self.ending:
                if self.credit <= 0:
                    yield WAIT
                    continue
                try:
                    chunk = next(iterator)
                except StopIteration:
                    break
                if isinstance(chunk, (bytes, bytearray, memoryview)):
                    if chunk:
                        self.credit -= 1
                        self.worker.post("http:chunk", bytes(chunk), id=self.id)
                    yield ASAP if chunk else None
                elif chunk is None or isinstance(chunk, (int, float)):
                    yield chunk or None
                else:
                    raise TypeError(f"a stream must give bytes, not {type(chunk).__name__}")
        except Exception as ex:
            self.status = 500
            number = self.worker.fault(ex, about=self.message)
            error = f"The stream broke off: fault {number} in worker {self.worker.id}."
        finally:
            self.streaming = False
            close(chunks)
        self.worker.post("http:end", id=self.id, error=error)

    def push(self, chunk: bytes) -> None:
        """Post a chunk of the stream at once, out of turn: for what has to be known even if the next step never ends."""
        self.credit -= 1
        self.worker.post("http:chunk", chunk, id=self.id)

    def reply(
        self, headers: dict[str, str], timings: dict[str, float], *, body: bytes = b"", stream: bool = False
    ) -> None:
        """Post the one http:reply of this request."""
        self.replied = True
        self.worker.post(
            "http:reply",
            body or None,
            id=self.id,
            status=self.status,
            headers=headers,
            body=None,
            stream=stream,
            timings={name: round(timings.get(name, 0.0), 3) for name in ("run", "render", "commit")},
        )

    def abort(self, ex: Exception) -> None:
        """Something outside of the application failed, for example a header that cannot be sent: still one answer."""
        number = self.worker.fault(ex, about=self.message)
        self.status = 500
        if not self.replied and self.reason is None:
            problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "fault": number}
            self.reply({"content-type": "application/problem+json"}, {}, body=json.dumps(problem).encode())
        self.reported = number

    def exit(self) -> None:
        """The last thing of every request, however it ended."""
        self.worker.end(self, self.status)


def make_environ(message: Message, body: bytes, worker_id: str) -> dict[str, Any]:
    """A PEP 3333 environ of an http:request envelope.

    HEAD runs as GET (RFC 9110: the same but for the content, which the RequestDoer leaves out).
    Non-ASCII is carried as PEP 3333 wants it: bytes decoded as Latin-1.
    """
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET" if message["method"] == "HEAD" else message["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(message["path"]).decode("latin-1"),
        "QUERY_STRING": (message.get("query") or "").encode().decode("latin-1"),
        "SERVER_NAME": worker_id,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        MESSAGE: message,
    }
    for name, value in (message.get("headers") or {}).items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key != "CONTENT_LENGTH":
            environ[f"HTTP_{key}"] = value.encode().decode("latin-1")
    return environ


def call(app: Any, environ: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    """Pass a WSGI application once: (status, lower-case headers, body iterable; a list when the body is complete)."""
    answer: list[Any] = []
    chunks = app(environ, lambda status, headers, exc_info=None: answer.extend((status, headers)))
    status, pairs = answer
    headers: dict[str, str] = {}
    for name, value in pairs:
        name = name.lower()
        if not SENDABLE.match(value):
            raise ValueError(f"the header {name} cannot be sent: {value!r}")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return int(status[:3]), headers, chunks


def close(chunks: Any) -> None:
    """Close a body iterable if it can be closed (PEP 3333), so that a generator's `finally` runs."""
    closer = getattr(chunks, "close", None)
    if closer is not None:
        closer()
