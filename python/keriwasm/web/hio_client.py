"""hio's HTTP client as far as keripy uses it, over the one way out of the browser (`outside.py`).

    net = worker.shared(Outgoing)
    yield from net.within(Purpose("wallet", "to collect receipts"), receiptor.receipt(pre))     # keripy's own, unmodified
    doers.append(net.doer(Purpose("ledger", "to ask the witnesses of Anna"), oobiery.doers))    # its Doers as well

keripy looks the class up in `hio.core.http.clienting` whenever it makes a client. So it is put there, in one place (`_being`), for as
long as a step of what has a purpose runs, and taken back after it: hio's own stands there for all else, such as hio's own tests, which
run in the page over sockets in memory. hio's ClientDoer stays as it is.

hio's own would open sockets, which a page has not. Alike: one request at a time for each client, in order, one answer for each,
answers as hio's dicts. Different, because a wallet has to end:

- What no server answers is answered all the same, with status 599 and the reason as its body: keripy's loops wait without an end.
- `request` begins at once, not at the next `service`.
- `close` lets what is to be posted or put still go out, in order; what only wanted to read is cancelled.
- Server-sent events come all at once, when the stream ends or at its request's deadline: a mailbox is asked anew by who polls it.

Forms (`fargs`) are made by hio's own Requester. What this does not do: redirects (the gateway decides), TLS settings,
`serviceWhileGen`, JSON bodies made by hio (`data`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from hio.base import doing

from keriwasm.web.outside import Answer, Request

__all__ = ["Client", "Outgoing", "Purpose"]

UNSENT = ("content-length", "host", "connection")
"""Headers that only the browser sets."""

WRITES = ("POST", "PUT", "DELETE", "PATCH")

T = TypeVar("T")


@dataclass(frozen=True)
class Purpose:
    """What requests are for: who and why as the user reads it (see outside.Request), and what one may cost.

    heard: told of each answer with its request (hio's dict of method, path, headers, ...) before keripy sees it, which keeps no reason.
    known: gives the answer to a request that need not be sent, for it was answered before; `heard` is not told of it.
    """

    who: str
    reason: str
    deadline: float = 10.0
    limit: int = 1 << 20
    heard: Callable[[dict[str, Any], Answer], None] | None = None
    known: Callable[[dict[str, Any]], Answer | None] | None = None


class Outgoing:
    """keripy's requests to the outside from one worker."""

    def __init__(self, worker: Any) -> None:
        """worker: a runtime.context.Context; its outside and its Doist are used."""

        def linger(doer: Doer) -> None:
            worker.doist.extend([doer])

        self.worker = worker
        self.linger = linger
        self._purpose: Purpose | None = None

    def client(self, *args: Any, **kwa: Any) -> Client:
        """A client as keripy makes one, for the purpose of the step that runs."""
        assert self._purpose is not None, "nothing runs here that has a purpose"
        return Client(*args, outgoing=self, purpose=self._purpose, **kwa)

    def within(self, purpose: Purpose, steps: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Run a Doer's generator; every client that is made in one of its steps is ours, whatever runs in between."""
        told = self._step(purpose, steps.send, None)
        while not isinstance(told, _Ended):
            try:
                got = yield told
            except GeneratorExit:
                with self._being(purpose):
                    steps.close()
                raise
            except BaseException as ex:
                told = self._step(purpose, steps.throw, ex)
            else:
                told = self._step(purpose, steps.send, got)
        return told.value

    def doer(self, purpose: Purpose, doers: list[Any]) -> doing.DoDoer:
        """One Doer that runs these, each of whose steps has this purpose."""
        being = self._being

        class Purposed(doing.DoDoer):
            def enter(self, *args: Any, **kwa: Any) -> Any:
                with being(purpose):
                    return super().enter(*args, **kwa)

            def recur(self, *args: Any, **kwa: Any) -> Any:
                with being(purpose):
                    return super().recur(*args, **kwa)

            def exit(self, *args: Any, **kwa: Any) -> Any:
                with being(purpose):
                    return super().exit(*args, **kwa)

        return Purposed(doers=doers)

    def _step(self, purpose: Purpose, go: Callable[[Any], Any], value: Any) -> Any:
        try:
            with self._being(purpose):
                return go(value)
        except StopIteration as stop:
            return _Ended(stop.value)

    @contextmanager
    def _being(self, purpose: Purpose) -> Iterator[None]:
        from hio.core.http import clienting

        before, self._purpose = (clienting.Client, self._purpose), purpose
        clienting.Client = self.client  # type: ignore[misc, assignment]
        try:
            yield
        finally:
            clienting.Client, self._purpose = before


@dataclass
class _Ended:
    value: Any


class Requester:
    """What keripy reads of hio's: the path that it joins its own with."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.method = "GET"


class Client:
    """As `hio.core.http.clienting.Client`; see the module for what differs. `Outgoing` makes them.

    Attributes:
        requests: what has not begun yet; responses, events: hio's dicts
    """

    def __init__(
        self,
        hostname: str = "127.0.0.1",
        port: int | None = None,
        scheme: str = "http",
        path: str = "/",
        *,
        outgoing: Outgoing,
        purpose: Purpose,
        **_: Any,
    ) -> None:
        """hio's names; a `path` may be a whole URL, as hio's. `portOptional` and what is hio's connection's alone says nothing here."""
        parts = urlsplit(path)
        scheme = (parts.scheme or scheme or "http").lower()
        hostname = parts.hostname or hostname or "127.0.0.1"
        port = parts.port or port
        host = f"[{hostname}]" if ":" in hostname and not hostname.startswith("[") else hostname
        self.outgoing = outgoing
        self.purpose = purpose
        self.base = f"{scheme}://{host}" + (f":{port}" if port else "")
        self.requester = Requester(parts.path or "/")
        self.requests: deque[dict[str, Any]] = deque()
        self.events: deque[dict[str, Any]] = deque()
        self._responses: deque[dict[str, Any]] = deque()
        self._under_way: tuple[dict[str, Any], Any] | None = None

    # -- hio's life cycle -------------------------------------------------------------------------------------------

    def wind(self, tymth: Any) -> None:
        """There is no clock here: deadlines are the outside's."""

    def reopen(self) -> bool:
        return True

    def service(self) -> None:
        """Take the answer that came, and begin the next request."""
        if self._under_way is not None:
            request, ticket = self._under_way
            if ticket.answer is None:
                return
            self._under_way = None
            self._take(request, ticket.answer)
        while self.requests and self._under_way is None:
            request = self.requests.popleft()
            if self.purpose.known is not None and (known := self.purpose.known(request)) is not None:
                self._place(request, known)
                continue
            self._under_way = (request, self.outgoing.worker.outside.send(self._outgoing(request)))

    def close(self) -> None:
        """Nobody looks at this client any more. What changes something elsewhere goes out all the same, in order."""
        kept = [request for request in self.requests if request["method"] in WRITES]
        self.requests.clear()
        self.requests.extend(kept)
        if self._under_way is not None and self._under_way[0]["method"] not in WRITES:
            self._under_way[1].cancel()
        if self.requests or self._under_way is not None:
            self.outgoing.linger(Doer(self))

    # -- requests and answers ---------------------------------------------------------------------------------------

    @property
    def responses(self) -> deque[dict[str, Any]]:
        """Answers that nobody has taken yet; looking is enough for them to come."""
        self.service()
        return self._responses

    @property
    def waited(self) -> bool:
        """Whether a request is under way."""
        return self._under_way is not None

    def request(
        self,
        method: str | None = None,
        path: str | None = None,
        qargs: dict[str, Any] | None = None,
        headers: Any = None,
        body: bytes | bytearray | str | None = None,
        **more: Any,
    ) -> None:
        """Send, now or after those before it. `more` comes back with the answer, as hio's `reply` does."""
        if more.pop("data", None) is not None:
            raise ValueError("data: this client sends a body as it is, or a form")
        if (fargs := more.pop("fargs", None)) is not None:
            headers, body = _form(headers, fargs)
        self.requests.append(
            {
                **more,
                "method": (method or self.requester.method).upper(),
                "path": path if path is not None else self.requester.path,
                "qargs": dict(qargs or {}),
                "headers": list(headers.items()) if headers is not None else [],
                "body": body.encode("iso-8859-1") if isinstance(body, str) else bytes(body or b""),
            }
        )
        if self._under_way is None:
            self.service()

    def respond(self) -> Any:
        """The next answer as hio's named tuple, or None."""
        from hio.core.http.clienting import Response

        if not self.responses:
            return None
        response = self._responses.popleft()
        return Response(**{name: response[name] for name in Response._fields})

    # -- private ----------------------------------------------------------------------------------------------------

    def _take(self, request: dict[str, Any], came: Answer) -> None:
        if self.purpose.heard is not None:
            self.purpose.heard(request, came)
        self._place(request, came)

    def _place(self, request: dict[str, Any], came: Answer) -> None:
        """An answer's place: events where hio puts them, all else among the responses."""
        from hio.core.http.httping import EventSource, HTTPException

        response = _response(request, came)
        if came.ok and response["headers"]["content-type"].startswith("text/event-stream"):
            try:
                EventSource(raw=bytearray(came.body), events=self.events).parse()
                return
            except (HTTPException, ValueError) as ex:
                response |= {"status": 599, "errored": True, "error": f"Its events cannot be read ({type(ex).__name__})."}
        self._responses.append(response)

    def _outgoing(self, request: dict[str, Any]) -> Request:
        path, _, query = request["path"].partition("?")
        if request["qargs"]:
            query = "&".join(part for part in (query, urlencode(request["qargs"])) if part)
        path = quote(path if path.startswith("/") else f"/{path}", safe="/%:@!$&'()*+,;=~-._")
        headers = [(str(name), _text(value)) for name, value in request["headers"] if str(name).lower() not in UNSENT]
        return Request(
            method=request["method"],
            url=f"{self.base}{path}" + (f"?{query}" if query else ""),
            headers=headers,
            body=request["body"],
            deadline=self.purpose.deadline,
            limit=self.purpose.limit,
            who=self.purpose.who,
            reason=self.purpose.reason,
        )


class Doer(doing.Doer):
    """Serves a client that was closed until all that it had to send is answered."""

    transient = True

    def __init__(self, client: Client, **kwa: Any) -> None:
        super().__init__(**kwa)
        self.client = client

    def recur(self, tyme: float) -> bool:
        self.client.service()
        return not (self.client.requests or self.client.waited)


def _text(value: Any) -> str:
    """A header's value: keripy gives str, bytes and numbers."""
    return bytes(value).decode("iso-8859-1") if isinstance(value, (bytes, bytearray)) else str(value)


def _form(headers: Any, fargs: dict[str, str]) -> tuple[Any, bytes]:
    """Headers and body of a form, as hio sends one: in parts if the headers say so."""
    from hio.core.http.clienting import Requester as Forming

    forming = Forming(method="POST", headers=headers, fargs=fargs)
    whole = forming.build()
    return forming.headers, whole[len(forming.head) :]


def _response(request: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """hio's dict of an answer."""
    from hio.help import Hict

    headers = Hict(answer.headers)
    headers.setdefault("content-type", "")  # keripy looks for it without asking whether it is there
    known = HTTPStatus._value2member_map_.get(answer.status)
    return {
        "version": (1, 1),
        "status": answer.status,
        "reason": known.phrase if isinstance(known, HTTPStatus) else "",
        "headers": headers,
        "body": bytearray(answer.body),
        "data": None,
        "request": request,
        "errored": bool(answer.problem),
        "error": answer.problem,
    }
