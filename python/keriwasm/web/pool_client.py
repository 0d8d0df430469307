"""Code in a slice asks other workers: requests, maps over the pool, resize and fault injection, all the hio way.

Nothing here blocks: every method that waits is a generator for `yield from` in a deed or in a Doer of the worker's own
Doist. When the asking Doer is closed (its request was cancelled), what it asked for is cancelled as well.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import falcon

from keriwasm.data.encoding import b64u
from keriwasm.runtime.context import MESSAGE
from keriwasm.runtime.scheduling import WAIT

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context, Message

MAX_BYTES = 64 << 20
"""A streamed answer larger than this is not collected."""

Payload = Mapping[str, Any] | bytes | None


@dataclass
class Reply:
    """Another worker's answer.

    Attributes:
        status (int), headers (lower-case names), body (bytes)
        worker: id of the worker that made it, "" when no worker did (for example 503: the queue was full)
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    worker: str = ""
    media: Any = None

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def check(self) -> Reply:
        """Returns itself, or raises PartFailed when the status is no success."""
        if not self.ok:
            raise PartFailed(self)
        return self


class PartFailed(falcon.HTTPError):
    """A part of a request failed on another worker: the whole answers with the part's status (502 if it had none)."""

    def __init__(self, reply: Reply) -> None:
        problem = reply.media if isinstance(reply.media, dict) else {}
        detail = problem.get("detail") or problem.get("title") or f"It answered with status {reply.status}."
        where = f"in worker {reply.worker}" if reply.worker else "before a worker took it"
        super().__init__(
            reply.status if reply.status >= 400 else 502,
            title="A part of the work failed",
            description=f"A part failed {where}: {detail}",
        )
        self.reply = reply
        self.extra = {"part": {"status": reply.status, "worker": reply.worker, **problem}}


class PoolRefused(falcon.HTTPConflict):
    """The router refused a resize or an injection; the description is its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(title="The pool refused", description=reason)


@dataclass
class Call:
    """What was asked and has not been answered in full."""

    id: str
    doer: Any
    reply: Reply | None = None
    done: bool = False
    error: str | None = None
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    live: bool = False

    def take(self) -> bytes:
        """What has come of a stream since the last look."""
        content = b"".join(self.chunks)
        self.chunks.clear()
        self.size = 0
        return content


class PoolClient:
    """The way from a worker to the others, through the router."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self._calls: dict[str, Call] = {}
        self._numbers = itertools.count(1)

    # -- what slices use ------------------------------------------------------------------------------------------

    def report(self, req: falcon.Request) -> dict[str, Any]:
        """The router's view of the pool when it dispatched `req`: the shape of `GET /app/pool`, {} if it sent none."""
        return (req.env[MESSAGE].get("context") or {}).get("pool") or {}

    def slices(self, req: falcon.Request) -> set[str]:
        """What this worker and all others that the router knew of when it dispatched `req` serve together.

        A slice that is pinned to one worker is not this worker's, and the page has it all the same.
        """
        others = self.report(req).get("workers") or ()
        return {*self.worker.slices, *(name for worker in others for name in worker.get("slices") or ())}

    def size(self) -> int:
        """Workers in the pool as the request that is being served knows them, at least 1."""
        message = getattr(self.worker.doist.active, "message", None) or {}
        pool = (message.get("context") or {}).get("pool") or {}
        return max(1, len(pool.get("workers") or ()))

    def request(
        self,
        method: str,
        path: str,
        payload: Payload = None,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Generator[float, float, Reply]:
        """Ask any worker that serves `path` (which may be this one). Returns its Reply, whatever its status.

        payload: a dict is sent as JSON (bytes in it as unpadded base64url), bytes as application/octet-stream.
        The deadline and the priority are those of the request that is being served.
        """
        replies = yield from self.map(method, path, [payload], query=query, headers=headers)
        return replies[0]

    def map(
        self,
        method: str,
        path: str,
        payloads: Iterable[Payload],
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        window: int | None = None,
    ) -> Generator[float, float, list[Reply]]:
        """Ask the pool once per payload; returns the Replies in the order of the payloads, failed ones included.

        window: requests in flight at once, by default two per worker: enough to keep the pool busy, and 10,000 payloads
        fill no queue. `payloads` may be a generator, it is read as room comes. Small items should be grouped into
        payloads by the caller: one request costs about a millisecond.
        """
        window = window or 2 * self.size()
        items = iter(payloads)
        replies: list[Reply | None] = []
        pending: dict[str, tuple[int, Call]] = {}
        more = True
        try:
            while more or pending:
                while more and len(pending) < window:
                    try:
                        payload = next(items)
                    except StopIteration:
                        more = False
                        break
                    call = self._ask(method, path, payload, query, headers)
                    pending[call.id] = (len(replies), call)
                    replies.append(None)
                if not pending:
                    break
                if not any(call.done for _, call in pending.values()):
                    yield WAIT
                for id in [id for id, (_, call) in pending.items() if call.done]:
                    index, call = pending.pop(id)
                    self._calls.pop(id, None)
                    replies[index] = _finished(call)
        finally:
            for id in pending:
                self._calls.pop(id, None)
                self.worker.post("http:cancel", id=id, reason="the request that asked has ended")
        return replies  # type: ignore[return-value]

    def open(
        self,
        method: str,
        path: str,
        payload: Payload = None,
        *,
        worker: str | None = None,
        may_block_ms: float | None = None,
    ) -> Call:
        """Ask and go on: the Doer that asks is woken at the answer and at each chunk of a stream.

        The caller looks at `done`, `error`, `reply` (its body only once it is done) and `take()`, and says `close(call)`
        in the end.

        worker: id of the only worker that may have it
        may_block_ms: how long that may stay silent over it before it counts as hung
        """
        call = self._ask(method, path, payload, "", None, worker=worker, may_block_ms=may_block_ms)
        call.live = True
        return call

    def finished(self, call: Call) -> Reply:
        """The Reply of an opened call that is done, as `request` would give it."""
        return _finished(call)

    def close(self, call: Call) -> None:
        """No more of it is wanted: cancelled unless it is done."""
        if self._calls.pop(call.id, None) is not None and not call.done:
            self.worker.post("http:cancel", id=call.id, reason="the request that asked has ended")

    def resize(self, workers: int) -> Generator[float, float, None]:
        """Ask the router for another number of workers; returns when it has agreed. Raises PoolRefused."""
        yield from self._order("pool:resize", workers=workers)

    def inject(self, worker: str, kind: str, ms: float = 0.0) -> Generator[float, float, None]:
        """Ask the router to pass a fault on to a worker. Raises PoolRefused."""
        yield from self._order("pool:inject", worker=worker, kind=kind, ms=ms)

    # -- what the inbox hands over --------------------------------------------------------------------------------

    def answered(self, message: Message, body: bytes) -> None:
        """Take http:reply, http:chunk, http:end or pool:done. One for a call that was given up meanwhile is no news."""
        call = self._calls.get(message["id"])
        if call is None:
            return
        match message["type"]:
            case "http:reply":
                headers = message.get("headers") or {}
                content = body or (message.get("body") or "").encode()
                call.reply = Reply(int(message["status"]), headers, content, headers.get("x-worker", ""))
                call.done = not message.get("stream")
            case "http:chunk":
                call.size += len(body)
                if call.size <= MAX_BYTES:
                    call.chunks.append(body)
                self.worker.post("http:credit", id=call.id, n=1)
            case "http:end":
                call.error = message.get("error")
                call.done = True
            case "pool:done":
                call.error = None if message.get("ok") else str(message.get("error") or "no reason given")
                call.done = True
        if call.done or call.live:
            self.worker.doist.wake(call.doer)

    # -- private --------------------------------------------------------------------------------------------------

    def _call(self) -> Call:
        call = Call(f"{self.worker.id}.{self.worker.generation}:{next(self._numbers)}", self.worker.doist.active)
        self._calls[call.id] = call
        return call

    def _ask(
        self,
        method: str,
        path: str,
        payload: Payload,
        query: str,
        headers: Mapping[str, str] | None,
        **more: Any,
    ) -> Call:
        call = self._call()
        parent = getattr(call.doer, "message", None) or {}
        sent = {"accept": "application/json"}
        body: bytes | None = None
        if isinstance(payload, (bytes, bytearray, memoryview)):
            sent["content-type"] = "application/octet-stream"
            body = bytes(payload)
        elif payload is not None:
            sent["content-type"] = "application/json"
            body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=_encode).encode()
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        self.worker.post(
            "http:request",
            body,
            id=call.id,
            method=method,
            path=path,
            query=query,
            headers=sent,
            body=None,
            deadline=parent.get("deadline"),
            parent=parent.get("id"),
            priority=parent.get("priority"),
            **more,
        )
        return call

    def _order(self, type: str, **fields: Any) -> Generator[float, float, None]:
        call = self._call()
        parent = getattr(call.doer, "message", None) or {}
        self.worker.post(type, id=call.id, parent=parent.get("id"), **fields)
        try:
            while not call.done:
                yield WAIT
        finally:
            self._calls.pop(call.id, None)
        if call.error is not None:
            raise PoolRefused(call.error)


def _finished(call: Call) -> Reply:
    """The Reply of a call that is done, its body put together and parsed."""
    reply = call.reply or Reply(502, {})
    if call.error is not None or call.size > MAX_BYTES:
        reason = call.error or f"the streamed answer is larger than {MAX_BYTES} bytes"
        return Reply(502, {}, b"", reply.worker, {"title": "Bad Gateway", "status": 502, "detail": reason})
    if call.chunks:
        reply.body = b"".join(call.chunks)
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            reply.media = json.loads(reply.body)
        except ValueError as ex:
            detail = f"the answer is no JSON: {ex}"
            return Reply(502, reply.headers, reply.body, reply.worker, {"title": "Bad Gateway", "detail": detail})
    return reply


def _encode(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64u(bytes(value))
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
