"""The HTTP door: a request becomes one envelope for the policy, its replies one answer. It knows no route.

An ASGI application. A body is read up to what the policy takes, all that are being read together up to what its queue holds, each within
`BODY_SECONDS`. Heads, connections and readers that do not read are bounded below (listener).
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import serve
from keriwasm import PROTOCOL
from keriwasm.server import files
from keriwasm.server.host import Host
from keriwasm.server.origins import look

HEAD_BYTES = 32 << 10
BODY_SECONDS = 60.0
PIECE = 1 << 18
NAME = "http"
"""This door's, for the policy."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gone(Exception):
    """The client is not there any more."""


class Refused(Exception):
    """Answered by the door itself."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


class Door:
    """Takes requests for `host`."""

    def __init__(self, host: Host, base: str, names: frozenset[str]) -> None:
        """base: the app's folder, with slashes at both ends; names: whom this server answers as, beside localhost (serve.named)."""
        self.host = host
        self.base = base
        self.names = names
        self.closing = False
        self._count = 0
        self._held = 0
        self._pending: dict[str, asyncio.Queue[tuple[dict[str, Any], bytes | None]]] = {}
        pool = host.config["pool"]
        self._most, self._most_held = int(pool["max_body_bytes"]), int(pool["max_queue_bytes"])
        host.doors[NAME] = self

    def take(self, message: dict[str, Any], body: bytes | None) -> None:
        """A reply or a piece of one, for whoever waits for it still."""
        waiting = self._pending.get(message["id"])
        if waiting is not None:
            waiting.put_nowait((message, body))

    def close(self) -> None:
        """No new requests; streams end, so that what is under way can be waited for."""
        self.closing = True
        for id, waiting in self._pending.items():
            waiting.put_nowait(({"type": "closing", "id": id}, None))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        answer = Answer(send, scope["method"])
        try:
            headers = joined(scope["headers"])
            try:
                await self._answer(scope, headers, receive, answer)
            except Refused as refused:
                await answer.whole(refused.status, *problem(refused, headers, self.base))
        except (Gone, TimeoutError, OSError):
            return  # uvicorn shuts what was not ended: a body that broke off must not look whole

    async def _answer(self, scope: dict[str, Any], headers: dict[str, str], receive: Receive, answer: Answer) -> None:
        host = headers.get("host", "localhost")
        if not serve.named(host, self.names):
            raise Refused(421, "This server is not known by that name: open it by its address, or start it with --name and the name.")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES or len(scope["raw_path"]) > HEAD_BYTES:
            answer.last = True
            raise Refused(431, f"The head of a request may have {HEAD_BYTES} bytes.")
        raw = scope["raw_path"].decode("latin-1").partition("?")[0]
        if not raw.startswith("/"):
            raise Refused(400, "The target of a request starts with /.")
        inside = raw.removeprefix(self.base) if raw.startswith(self.base) else ".."
        if inside == "app" or inside.startswith("app/"):
            return await self._app(scope, headers, host, inside, receive, answer)
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused(405, f"{scope['method']} is not possible here.", allow="GET, HEAD")
        if inside in ("", "index.html") or f"{raw}/" == self.base:
            query = scope["query_string"].decode("latin-1")
            where = f"{self.base}app/{'?' if query else ''}{query}"
            return await answer.whole(307, {"location": where, "cache-control": "no-store"}, b"")
        found = await asyncio.to_thread(files.find, inside, headers.get("accept-encoding", ""), headers.get("if-none-match", ""))
        if found is None:
            raise Refused(404, "There is nothing at this address.")
        await answer.file(found)

    async def _app(self, scope: dict[str, Any], headers: dict[str, str], host: str, inside: str, receive: Receive, answer: Answer) -> None:
        if self.closing:
            raise Refused(503, "The server is being stopped. Try again in a moment.", **{"retry-after": "5"})
        origin = look(headers, host, self.base)
        if origin["origin"] == "foreign" and not origin["navigated"]:
            raise Refused(403, "Another site asked for this. Nothing was done. Open this app itself.")
        try:
            body, size = await self._body(headers, receive)
        except Refused:
            answer.last = True
            raise
        answer.last = body is None and size > 0  # what is left of it is no request
        id = str(self._count)
        self._count += 1
        waiting = self._pending[id] = asyncio.Queue()
        left = asyncio.ensure_future(gone(receive))
        left.add_done_callback(lambda task: waiting.put_nowait(({"type": "left", "id": id}, None)))
        message = {
            "v": PROTOCOL, "type": "http:request", "id": id, "method": scope["method"], "path": f"/{inside}",
            "query": scope["query_string"].decode("latin-1"), "headers": headers, "deadline": None, "parent": None,
            "priority": None, **origin,
        }  # fmt: skip
        done = False
        try:
            self.host.accept(NAME, message, body, size)
            del body
            done = await self._deliver(id, waiting, answer)
        finally:
            del self._pending[id]
            left.cancel()
            if not done:
                self.host.cancel(NAME, id, "the client left")

    async def _deliver(self, id: str, waiting: asyncio.Queue[tuple[dict[str, Any], bytes | None]], answer: Answer) -> bool:
        """Send what comes of a request; True if that was all. Raises Gone, Refused while the server is being stopped."""
        streaming = False
        while True:
            message, body = await waiting.get()
            match message["type"]:
                case "http:reply":
                    if not message["stream"]:
                        await answer.whole(message["status"], message["headers"], body or b"")
                        return True
                    await answer.begin(message["status"], message["headers"])
                    streaming = True
                    if body:
                        await answer.piece(body)
                case "http:chunk":
                    await answer.piece(body or b"")
                    self.host.credit(NAME, id, 1)
                case "http:end":
                    if message["error"]:
                        raise Gone  # a body that broke off must not look whole
                    await answer.end()
                    return True
                case "closing" if streaming:
                    await answer.end()
                    return False
                case "left":
                    raise Gone

    async def _body(self, headers: dict[str, str], receive: Receive) -> tuple[bytes | None, int]:
        """The body and its length; of one that is too long nothing, and the length that it says. Raises Gone, Refused."""
        told = headers.get("content-length", "0")
        declared = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 0
        if declared > self._most:
            return None, declared
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    event = await receive()
                    if event["type"] != "http.request":
                        raise Gone
                    part = event.get("body", b"")
                    size += len(part)
                    self._held += len(part)
                    parts.append(part)
                    if size > self._most:
                        return None, size
                    if self._held > self._most_held:
                        raise Refused(503, "Too much is being sent to this server at once. Try again in a moment.", **{"retry-after": "2"})
                    if not event.get("more_body"):
                        return b"".join(parts) or None, size
        except TimeoutError:
            raise Refused(408, f"The body did not come within {BODY_SECONDS:.0f} seconds.") from None
        finally:
            self._held -= size


class Answer:
    """What goes out. Every answer carries the security headers."""

    def __init__(self, send: Send, method: str) -> None:
        self._send = send
        self._method = method
        self.ended = False
        self.last = False
        """The connection ends with it."""

    async def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """An answer at once."""
        bare = status in (204, 304)
        length = {} if bare or self._method == "HEAD" else {"content-length": str(len(body))}
        await self.begin(status, {**headers, **length})
        for at in range(0, 0 if bare else len(body), PIECE):
            await self.piece(body[at : at + PIECE])
        await self.end()

    async def file(self, found: files.File) -> None:
        """A file, in pieces."""
        length = {"content-length": str(found.size)} if found.path else {}
        await self.begin(found.status, {**found.headers, **length})
        if found.path and self._method != "HEAD":
            with found.path.open("rb") as source:
                left = found.size
                while left and (part := await asyncio.to_thread(source.read, min(PIECE, left))):
                    await self.piece(part)
                    left -= len(part)
                if left:
                    raise Gone  # it shrank meanwhile: a short body must not look whole
        await self.end()

    async def begin(self, status: int, headers: dict[str, str]) -> None:
        lines = {**files.HEADERS, **headers, **({"connection": "close"} if self.last else {})}
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines.items()]
        await self._out({"type": "http.response.start", "status": status, "headers": pairs})

    async def piece(self, body: bytes) -> None:
        if self._method != "HEAD":
            await self._out({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self) -> None:
        await self._out({"type": "http.response.body", "body": b"", "more_body": False})
        self.ended = True

    async def _out(self, event: dict[str, Any]) -> None:
        await self._send(event)


async def gone(receive: Receive) -> None:
    """Until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def joined(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as the policy knows them. Raises Refused for two of what there can be one of."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers and name in ("host", "content-length", "origin", "sec-fetch-site"):
            raise Refused(400, f"A request names its {name} once.")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def problem(refused: Refused, headers: dict[str, str], base: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of what the door says itself: a page for a navigation, else problem+json (RFC 9457)."""
    title = HTTPStatus(refused.status).phrase
    kind = "application/problem+json"
    text = json.dumps({"type": "about:blank", "title": title, "status": refused.status, "detail": str(refused)})
    if headers.get("sec-fetch-mode") == "navigate" or "text/html" in headers.get("accept", ""):
        kind = "text/html; charset=utf-8"
        text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        text += f'<p>{html.escape(str(refused))}</p><p><a href="{base}app/">Start page</a></p></html>'
    return {"content-type": kind, "cache-control": "no-store", "x-worker": "none", **refused.headers}, text.encode()

