"""Witnesses of a test's own making, whose keys it holds: what each of them tells of an identifier is the test's word.

    with world(3) as wits:
        anna = wits.makes("anna")                  # an identifier with these witnesses
        anna.goes_on()                             # an interaction
        wits.tell(0, anna); wits.tell(1, anna, 1)  # all of the log; its first event
        wits.serve(request)                        # as the /query of keripy's witnesses answers
    with served(wits) as most: ...             # by real servers; most[at]: requests that were there at the same time
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from keriwasm.web.outside import Answer, Request
from ledgerkit import habery
from outsidekit import answer

STAMP = "2026-01-01T00:00:00.000000+00:00"
NOTHING = Answer(404, [("content-type", "application/json")], b'{"title":"404 Not Found"}')


class Identifier:
    """One whose events are signed here and receipted by the witnesses that the test names. events: (serder, message) by number."""

    def __init__(self, hab: Any, wits: list[Any]) -> None:
        self.hab, self.wits = hab, wits
        self.events: list[bytes] = [self.message(hab.getOwnEvent(sn=0, allowPartiallySigned=True)[0], hab)]

    @property
    def aid(self) -> str:
        return str(self.hab.pre)

    def message(self, serder: Any, hab: Any, by: list[int] | None = None) -> bytes:
        """An event with its own signatures, and receipts of these witnesses: of all, unless they are given."""
        from keri.core import eventing, indexing

        sigers = hab.sign(ser=serder.raw, verfers=serder.verfers or hab.kever.verfers, indexed=True)
        chosen = range(len(self.wits)) if by is None else by
        wigers = [indexing.Siger(raw=self.wits[at].sign(ser=serder.raw, indexed=False)[0].raw, index=at) for at in chosen]
        return bytes(eventing.messagize(serder, sigers=sigers, wigers=wigers or None))

    def interacts(self, sn: int, prior: str, by: list[int] | None = None, **data: str) -> tuple[str, bytes]:
        """(SAID, message) of an interaction that need not be one of the log."""
        from keri.core import eventing

        serder = eventing.interact(pre=self.aid, dig=prior, sn=sn, data=[data] if data else [])
        return serder.said, self.message(serder, self.hab, by)

    def goes_on(self, by: list[int] | None = None, **data: str) -> str:
        """The next interaction of the log; its SAID."""
        said, message = self.interacts(len(self.events), self.said(-1), by, **data)
        self.events.append(message)
        return said

    def rotates(self) -> None:
        """With the keys that were promised; only while the log has its inception alone."""
        assert len(self.events) == 1
        self.hab.rotate()
        self.events.append(self.message(self.hab.getOwnEvent(sn=1, allowPartiallySigned=True)[0], self.hab))

    def said(self, sn: int) -> str:
        return said_of(self.events[sn])


def said_of(message: bytes) -> str:
    at = message.index(b'"d":"') + 5
    return message[at : at + 44].decode()


class World:
    """Witnesses as a FakeOutside has them. told: (host, aid) -> messages by number, or what to answer; asked: the URLs."""

    def __init__(self, stack: ExitStack, count: int, name: str = "w") -> None:
        hby = stack.enter_context(habery("witnesses"))
        self.stack = stack
        self.wits = [hby.makeHab(f"{name}{number}", transferable=False) for number in range(count)]
        self.controllers = stack.enter_context(habery("controllers"))
        self.told: dict[tuple[str, str], list[bytes] | Callable[[Request], Answer | None] | Answer] = {}
        self.asked: list[str] = []
        self.hosts = [f"w{at}.example:{5640 + at}" for at in range(count)]

    def host(self, at: int) -> str:
        return self.hosts[at]

    def url(self, at: int) -> str:
        return f"http://{self.host(at)}/"

    def makes(self, name: str, toad: int = 1, wits: list[int] | None = None) -> Identifier:
        chosen = [self.wits[at] for at in (range(len(self.wits)) if wits is None else wits)]
        hab = self.controllers.makeHab(name, wits=[each.pre for each in chosen], toad=toad)
        return Identifier(hab, chosen)

    def addresses(self) -> bytes:
        """What their OOBIs say: inceptions, and where they are."""
        from ledgerkit import messages

        made = b""
        for at, hab in enumerate(self.wits):
            made += b"".join(messages(hab)) + bytes(hab.makeLocScheme(url=self.url(at), scheme="http", stamp=STAMP))
        return made

    def tell(self, at: int, whom: Identifier, upto: int | None = None, instead: Any = None) -> None:
        """Witness number `at` has the log of somebody, up to an event, or `instead`: messages, an Answer, or a function."""
        self.told[self.host(at), whom.aid] = instead if instead is not None else list(whom.events[:upto])

    def serve(self, request: Request) -> Answer | None:
        self.asked.append(request.url)
        parts = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        known = self.told.get((parts.netloc, query.get("pre") or parts.path.rpartition("/")[2]))
        if isinstance(known, Answer):
            return known
        if callable(known):
            return known(request)
        if parts.path != "/query":
            return NOTHING
        sn = int(query["sn"]) if "sn" in query else 0
        if "sn" in query and sn >= len(known or ()):
            return Answer(400, [("content-type", "application/json")], b'{"title":"400 Bad Request"}')
        return answer(200, b"".join((known or [])[sn:]))


@contextmanager
def world(count: int = 3) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, count)


TICK = 0.03
"""Seconds that keripy's witnesses let pass between two looks at what came."""


@contextmanager
def served(wits: World) -> Iterator[list[int]]:
    """The witnesses on ports of 127.0.0.1; what they tell may be set before and after."""
    most, now, lock = [0] * len(wits.hosts), [0] * len(wits.hosts), threading.Lock()
    servers = []

    def handler(at: int) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    now[at] += 1
                    most[at] = max(most[at], now[at])
                time.sleep(TICK)
                with lock:
                    now[at] -= 1
                    came = wits.serve(Request("GET", f"http://{wits.hosts[at]}{self.path}"))
                assert came is not None
                self.send_response(came.status)
                for name, value in (*came.headers, ("Access-Control-Allow-Origin", "*"), ("Content-Length", str(len(came.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(came.body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    try:
        for at in range(len(wits.hosts)):
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler(at))
            servers.append(server)
            wits.hosts[at] = f"127.0.0.1:{server.server_address[1]}"
            threading.Thread(target=server.serve_forever, daemon=True).start()
        yield most
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
