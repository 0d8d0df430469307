"""Out-of-band introductions: POST /app/ledger/oobi asks the address for what it introduces, and keeps what verifies.

The request goes through the gateway, as the user allows it (keriwasm/web/outside.py). What comes is a stranger's: counted and cut by
framing.py, its key events verified as every import is, its replies by replies.py on a worker without keys, a schema by the judge
that the credentials use. An address proves nothing about who is behind it; the identifier does, and it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import falcon
from keriwasm.data import guarding
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.form.labels import one_line
from keriwasm.web.outside import Answer, Request, unanswered
from keriwasm.web.rendering import answer, wants_json

from slices.foreign import strangers
from slices.foreign.framing import Frame
from slices.ledger import contacts, endpoints, scanning, viewing
from slices.ledger.resources import SHOWN_MOST, Resource
from slices.network import outbox

if TYPE_CHECKING:
    from slices.ledger.book import Book

__all__ = ["Address", "Oobi", "Taken", "read", "resolve"]

DEADLINE = 15.0
LIMIT = 4 << 20
"""Bytes of an answer: a log of some 5000 events."""
SCHEMA_MOST = 256 << 10
REASON = "to resolve the OOBI you pasted"
AID = r"[A-Za-z0-9_-]{44}"
INTRODUCES = re.compile(rf".*/oobi(?:/(?P<cid>{AID})(?:/(?P<role>[a-z]{{1,20}})(?:/(?P<eid>{AID}))?)?)?/?")
WELL_KNOWN = re.compile(rf".*/\.well-known/keri/oobi/(?P<cid>{AID})/?")
STREAM = ("application/json+cesr", "application/cesr+json", "application/cesr")
SCHEMA = ("application/schema+json", "application/json")


@dataclass(frozen=True)
class Address:
    """An OOBI's address. cid: whom it introduces, "" for a blind one; eid: who serves that one, where it says; name: what its
    maker calls that one."""

    url: str
    host: str
    cid: str = ""
    name: str = ""
    eid: str = ""


@dataclass(frozen=True)
class Taken:
    """What an OOBI has brought. result: as an import tells it; words: as endpoints.learn."""

    aid: str
    result: dict[str, Any]
    words: dict[str, Any]
    known: dict[str, Any]


def read(text: str) -> Address:
    """The address in a pasted text. Raises FieldError."""
    text = text.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise FieldError("url", "is no address: it must be one line without spaces, of ASCII characters")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as ex:
        raise FieldError("url", "is no address: its host or its port cannot be read") from ex
    if parts.scheme not in ("http", "https") or not host:
        raise FieldError("url", "must begin with https:// or http:// and a host")
    if parts.username is not None or parts.password is not None:
        raise FieldError("url", "has a name or a password in it: an OOBI needs none, and it would be sent to that server")
    found = WELL_KNOWN.fullmatch(parts.path) or INTRODUCES.fullmatch(parts.path)
    if found is None:
        raise FieldError("url", "is no OOBI: its path ends in /oobi, /oobi/IDENTIFIER (with a role behind it or without) or "
                         "/.well-known/keri/oobi/IDENTIFIER")  # fmt: skip
    name = one_line((parse_qs(parts.query).get("name") or [""])[0])
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
    given = found.groupdict()
    return Address(url, parts.netloc, given["cid"] or "", name if contacts.misnamed(name) is None else "", given.get("eid") or "")


def ask(book: Book, address: Address, reason: str) -> Generator[float, float, Answer]:
    """What that server answers, whatever it is."""
    request = Request("GET", address.url, deadline=DEADLINE, limit=LIMIT, who="ledger", reason=reason)
    return (yield from book.worker.outside.ask(request))


def take(book: Book, address: Address, came: Answer) -> Generator[float, float, Taken]:
    """Verify and keep what came as a stream. Raises FieldError where it says nothing about whom the address introduces."""
    others: list[Frame] = []
    try:
        result = yield from book.importing([("", came.body)], others)
    except FieldError as ex:
        raise FieldError("url", f"was not resolved: what came {ex.reason}", ex.status_code) from ex
    words = yield from endpoints.learn(book, [piece for piece in others if endpoints.is_word(piece)])
    aid = address.cid or introduced(result)
    known = viewing.detail(book, aid)
    if known is None:
        raise FieldError("url", f"was not resolved: {_reason(result, aid)}")
    return Taken(aid, result, words, known)


def resolve(book: Book, address: Address, reason: str) -> Generator[float, float, Taken]:
    """Ask, verify and keep, for who wants an identifier. Raises FieldError."""
    came = yield from ask(book, address, reason)
    if checked(came) in SCHEMA:
        raise FieldError("url", "was not resolved: what came is no key event log")
    return (yield from take(book, address, came))


class Oobi(Resource):
    """POST {url, alias}: resolve an OOBI."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{aid, alias, sn, endpoints, refused_endpoints, url} and what an import tells; of a schema {schema: {said, title, json}, url}.

        An alias that is not given is that of the address's `name`, where the identifier has none yet.
        """
        fields = Fields(req)
        address = read(fields.text("url", max_bytes=scanning.URL_MOST))
        alias = contacts.named(fields)
        yield from self.book.ready()
        came = yield from ask(self.book, address, REASON)
        if came.kind == "offline":
            fields = {"url": address.url, "alias": alias}
            act = yield from outbox.of(self.worker).keep(f"the OOBI {address.url}", "app/ledger/oobi", fields)
            answer(req, rep, "fragments/network/waits.html", {**act, "waits": True}, title="Ledger · KeriWasm", status=202)
            return
        kind = checked(came, scanning.address(address.url, fields.text("alias", "", max_bytes=400)))
        if kind in SCHEMA:
            yield from self._schema(req, rep, address, came.body)
        else:
            yield from self._stream(req, rep, address, alias, came)

    def _stream(self, req: falcon.Request, rep: falcon.Response, address: Address, alias: str, came: Answer) -> Iterator[Any]:
        taken = yield from take(self.book, address, came)
        aid, result = taken.aid, taken.result
        contact = self.book.notes.contact(aid) or {}
        chosen = alias or contact.get("alias") or address.name
        if chosen != contact.get("alias", ""):
            with self.book.change() as notes:
                notes.set_contact(aid, contacts.renamed(contact, chosen))
        result["other"] = [each for each in result["other"] if each["ilk"] != "rpy"]
        data = {
            "aid": aid,
            "alias": chosen,
            "sn": taken.known["sn"],
            "endpoints": endpoints.of(self.book, aid),
            "refused_endpoints": [{"code": each["code"], "reason": each["reason"]} for each in taken.words["refused"]],
            "url": address.url,
        }
        more = {} if wants_json(req) else viewing.imported(self.book, result, SHOWN_MOST)
        answer(req, rep, "fragments/ledger/oobi.html", {**result, **more, **data}, title="Ledger · KeriWasm")

    def _schema(self, req: falcon.Request, rep: falcon.Response, address: Address, body: bytes) -> Iterator[Any]:
        """A data OOBI: its SAID must be that of the address. It is shown; the credentials keep it."""
        try:
            told = guarding.json_value(body)
        except guarding.Unfit as ex:
            raise FieldError("url", f"was not resolved: what came as JSON {ex.reason}") from ex
        listed = told.get("a", {}).get("urls") if isinstance(told, dict) and isinstance(told.get("a"), dict) else None
        if isinstance(listed, list) and listed and all(isinstance(each, str) for each in listed):
            more = ", ".join(each[:200] for each in listed[:5])
            raise FieldError("url", f"leads to a list of OOBIs, not to one: paste one of these: {more}")
        if not address.cid:
            raise FieldError("url", "was not resolved: a schema came, and the address does not say which one was meant")
        if len(body) > SCHEMA_MOST:
            raise FieldError("url", f"was not resolved: a schema of {len(body):,} bytes came, {SCHEMA_MOST:,} are accepted")
        try:
            judged = yield from strangers.judged(self.worker, "schema", {"schema": body, "saidify": False})
        except FieldError as ex:
            raise FieldError("url", f"was not resolved: a schema came that is none for credentials here: it {ex.reason}") from ex
        if judged["said"] != address.cid:
            raise FieldError("url", f"was not resolved: the schema {judged['said']} came, not the one that the address names")
        sed = guarding.json_value(judged["raw"])
        title = sed.get("title") if isinstance(sed.get("title"), str) else ""
        data = {"schema": {"said": judged["said"], "title": title, "json": sed}, "url": address.url}
        more = {} if wants_json(req) else {"text": judged["raw"]}
        answer(req, rep, "fragments/ledger/oobi-schema.html", {**data, **more}, title="Ledger · KeriWasm")


def checked(came: Answer, again: str = "") -> str:
    """The content type of an answer that can be read; again: where to try once more. Raises FieldError."""
    if came.problem:
        raise unanswered("url", "was not resolved", came, again)
    if came.status == 404:
        raise FieldError("url", "was not resolved: that server knows nobody of this identifier, or not yet all of its witnesses' receipts")
    if came.status != 200:
        raise FieldError("url", f"was not resolved: that server answered with status {came.status}", 502)
    kind = next((value for name, value in came.headers if name.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    if kind not in (*STREAM, *SCHEMA):
        raise FieldError("url", f"was not resolved: what came is of type {kind[:60] or 'unknown'}, not a key event log or a schema", 502)
    if not came.body.strip():
        raise FieldError("url", "was not resolved: an empty answer came", 502)
    return kind


def introduced(result: dict[str, Any]) -> str:
    """Whom the answer of a blind OOBI is about: whose event is its last, for delegators' come before. Raises FieldError."""
    kept = [each for name in ("accepted", "known", "escrowed") for each in result[name] if each["offset"] is not None and each["aid"]]
    if not kept:
        raise FieldError("url", f"was not resolved: {_reason(result, 'anybody')}")
    return str(max(kept, key=lambda each: each["offset"])["aid"])


def _reason(result: dict[str, Any], aid: str) -> str:
    """Why nothing of the identifier is known after an import."""
    for each in result["rejected"]:
        if each["aid"] == aid:
            return f"event {each['sn']} was refused: {each['reason']}"
    if result["rejected"]:
        return f"what came was refused: {result['rejected'][0]['reason']}"
    return f"no key event of {aid} came"
