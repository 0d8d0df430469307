"""Asking one place after another what it holds of an identifier: addresses, requests, and what may come instead of an answer.

One small question first: the log from the event on that is the latest here. An event names the one before it by its digest, so that
the same event there is the same log before it. A witness that has no such event, or another one, is asked for all of the log. What is
no witness of keripy's (an agent, a controller) has no /query; there its OOBI is asked.

What came is cut into messages by a worker without keys, and nothing of it is believed here.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from keriwasm.web.form.labels import one_line
from keriwasm.web.outside import Answer, Request
from keriwasm.web.pool_client import PartFailed

from slices.foreign import cutting
from slices.ledger import endpoints
from slices.ledger.checks.reading import EVENTS

if TYPE_CHECKING:
    from slices.ledger.book import Book

__all__ = ["DEADLINE", "LIMIT", "MOST", "Heard", "Place", "Round", "places"]

DEADLINE = 10.0
LIMIT = 4 << 20
"""Bytes of an answer: a log of some 5000 events."""
MOST = 50
"""Witnesses of one identifier that are asked."""
PER_ORIGIN = 6
"""At the same time, as the gate has it (router/policy/outside/gate.py): what waited there would wait by its deadline."""
PAUSE = 0.02
STREAM = ("application/json+cesr", "application/cesr+json", "application/cesr")
UNSENT = ("off", "ask", "many", "refused", "bad", "full", "mixed", "host", "queued", "offline")
"""Kinds of the outside with which nothing has reached anybody."""
ODD = ("html", "large", "type", "status", "redirect")
"""Those with which something did answer, but not as a witness does."""
DEAD = ("late", "unreachable", "local")
"""After these a server is not asked again in the same round: fifty contacts would wait for it fifty times."""


@dataclass(frozen=True)
class Place:
    """Where an identifier's log may be had. url: "" when no address is known."""

    eid: str
    role: str
    url: str = ""


@dataclass
class Heard:
    """What came of one place. problem: why there is nothing to judge, with its state, and its kind where nothing came at all (see
    outside.Answer); else data and its cut."""

    place: Place
    data: bytes = b""
    cut: cutting.Cut | None = None
    state: str = ""
    problem: str = ""
    kind: str = ""
    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return len(self.cut["pieces"]) if self.cut is not None else 0

    @property
    def claims(self) -> list[tuple[str, int, str]]:
        """(aid, sn, said) of each message, as it says itself."""
        if self.cut is None:
            return []
        found = [each for each in cutting.pieces(self.cut, self.data, 0) if isinstance(each, cutting.Frame)]
        return [(each.aid, each.sn, each.said) for each in found if each.sn is not None and each.ilk in EVENTS]


def places(book: Book, aid: str) -> list[Place]:
    """Its witnesses; of an identifier without any, itself and its agents where an address of them is known."""
    known = endpoints.of(book, aid)
    witnesses: dict[str, Place] = {}
    others: dict[str, Place] = {}
    for each in known:
        url = each["url"] if each["scheme"] in ("http", "https") else ""
        found = witnesses if each["role"] == "witness" else others
        before = found.get(each["eid"])
        if before is None or not before.url or (url.startswith("https:") and not before.url.startswith("https:")):
            found[each["eid"]] = Place(each["eid"], each["role"], url)
    if witnesses:
        return list(witnesses.values())
    return [each for each in others.values() if each.role in ("controller", "agent") and each.url]


class Round:
    """Questions that belong together: at most so many to one server, and none to one that has just failed to answer.

    Attributes:
        sent: how many requests were given to the gate
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sent = 0
        self._busy: dict[str, int] = {}
        self._dead: dict[str, Answer] = {}

    def hear(self, place: Place, aid: str, name: str, sn: int, said: str) -> Generator[float, float, Heard]:
        """What a place answers on an identifier of which event `sn` with this SAID is the latest here."""
        heard = Heard(place)
        if not place.url:
            heard.state, heard.problem = "unasked", "No address of it is known here: resolve its OOBI."
            return heard
        reason = f"to ask for news of {name}"
        came = yield from self._ask(_below(place.url, "query", f"typ=kel&pre={aid}" + (f"&sn={sn}" if sn else "")), reason)
        if came.status == 200 and not came.problem:
            yield from self._take(heard, came)
            if heard.state or not sn or (aid, sn, said) in heard.claims:
                return heard
        if came.status == 400 or (came.status == 200 and not came.problem):  # it has no such event, or another one
            came = yield from self._ask(_below(place.url, "query", f"typ=kel&pre={aid}"), reason)
        if came.status == 404:
            came = yield from self._ask(_below(place.url, f"oobi/{aid}", ""), reason)
        yield from self._take(heard, came)
        return heard

    def _ask(self, url: str, reason: str) -> Generator[float, float, Answer]:
        origin = urlsplit(url).netloc
        while self._busy.get(origin, 0) >= PER_ORIGIN and origin not in self._dead:
            yield PAUSE
        if origin in self._dead:
            return self._dead[origin]
        self._busy[origin] = self._busy.get(origin, 0) + 1
        self.sent += 1
        try:
            came = yield from self.book.worker.outside.ask(
                Request("GET", url, deadline=DEADLINE, limit=LIMIT, who="ledger", reason=reason)
            )
        finally:
            self._busy[origin] -= 1
        if came.kind in DEAD:
            self._dead[origin] = came
        return came

    def _take(self, heard: Heard, came: Answer) -> Generator[float, float, None]:
        heard.data, heard.cut = b"", None
        heard.state, heard.problem = _unfit(came)
        heard.kind = came.kind
        if heard.state:
            return
        try:
            cut = yield from self.book.cut(came.body)
        except PartFailed as ex:
            heard.state, heard.problem = "garbage", f"What it answered could not be looked at. {ex.description}"
            return
        heard.data, heard.cut = came.body, cut


def _unfit(came: Answer) -> tuple[str, str]:
    """(state, why) of an answer that is none; ("", "") of one that may be a log."""
    if came.problem:
        return "unasked" if came.kind in UNSENT else "garbage" if came.kind in ODD else "silent", came.problem
    if came.status in (400, 404):
        return "unknown", "It knows nobody of this identifier, or has not all receipts yet."
    if came.status != 200:
        return "garbage", f"It answered with status {came.status}."
    kind = next((value for name, value in came.headers if name.lower() == "content-type"), "")
    kind = one_line(kind.partition(";")[0].strip().lower()[:60])
    if kind not in STREAM:
        return "garbage", f"What it answered is of type {kind or 'unknown'}, not a key event log."
    if not came.body.strip():
        return "unknown", "It knows nobody of this identifier."
    return "", ""


def _below(url: str, path: str, query: str) -> str:
    """An address below a place's own."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{path}", query, ""))
