"""The ledger's pages and routes: import, list, one identifier with its log, contacts, export, removal."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.foreign import bodies
from slices.foreign.sources import sources_of
from slices.kels import picture, timeline
from slices.ledger import book as books
from slices.ledger import contacts, endpoints, scanning, viewing
from slices.ledger.watching import watch as watches
from slices.ledger.watching.doer import EVERY
from slices.network import outbox

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Contact", "Event", "Events", "Identifier", "Kel", "Ledger", "Panel", "Progress", "Remove"]

MOST_BYTES = 16 << 20
"""Bytes of one import: some 20,000 events, a minute of work for two workers."""
PER_ANSWER = 1000
"""Events of one JSON answer at most; `next` tells where to go on."""
SHOWN_MOST = 200
"""Refused or waiting messages that a page lists one by one; programs get them all."""


class Resource:
    """A resource of the ledger of this worker."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    @property
    def book(self) -> books.Book:
        return books.of(self.worker)

    def known(self, aid: str) -> dict[str, Any]:
        """What is known of an identifier. Raises 404."""
        told = viewing.detail(self.book, aid)
        if told is None:
            raise falcon.HTTPNotFound(
                title="Not in the ledger",
                description=f"Nothing is known of {aid[:80]} here. Import its key event log, or look at the list.",
            )
        return told

    def watching(self) -> dict[str, Any]:
        """{plan, everies}: when all are asked by itself, and what the form offers."""
        plan = watches.of(self.worker).planned(self.book.notes)
        return {"plan": plan, "everies": dict(sorted({plan["every"]: f"every {plan['every']} s", **EVERY}.items()))}

    def log(self, aid: str, last: int) -> Generator[float, float, timeline.Log]:
        """The accepted log of an identifier."""
        return timeline.survey(self.book.source, aid, last)

    def show(self, req: falcon.Request, rep: falcon.Response, aid: str, note: str = "", asked: Any = None) -> Generator[float, float, None]:
        """The page of an identifier, or as JSON all of it with its events. asked: what its witnesses have just said."""
        data = self.known(aid)
        sn = data["sn"]
        title = f"{data['alias'] or aid[:12]} · Ledger · KeriWasm"
        data["superseded"] = []
        data["endpoints"] = endpoints.of(self.book, aid)
        data["watched"] = viewing.watched(self.book, aid, asked)
        if sn is not None and data["events_kept"] > sn + 1:
            data["superseded"] = yield from timeline.superseded(self.book.source, aid, sn)
        if wants_json(req):
            data |= yield from self._events(req, aid, sn)
            answer(req, rep, "", data, title=title)
            return
        more: dict[str, Any] = {"events": [], "before": None, "picture": None}
        if sn is not None:
            log = yield from self.log(aid, sn)
            more = yield from log.part(sn, viewing.PART)
            more["picture"] = picture.draw(log.establishments(picture.MOST))
        more["waiting_groups"] = viewing.alike(data["waiting"])
        more |= {"note": note, "delegator_known": data["delegator"] in self.book.heads(), "most": contacts.NOTES_MOST}
        answer(req, rep, "pages/ledger/identifier.html", {**data, **more}, title=title)

    def _events(self, req: falcon.Request, aid: str, sn: int | None) -> Generator[float, float, dict[str, Any]]:
        if sn is None:
            return {"events": [], "next": None}
        fields = Fields(req) if req.method == "GET" else None
        first = fields.integer("from", 0, 1 << 53, default=0) if fields else 0
        count = fields.integer("count", 1, PER_ANSWER, default=PER_ANSWER) if fields else PER_ANSWER
        log = yield from self.log(aid, sn)
        events = yield from log.events(first, first + count - 1)
        return {"events": events, "next": first + count if first + count <= sn else None}


class Ledger(Resource):
    """GET: the list. POST: an import."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{identifiers: [{aid, alias, sn, ...}], total, found, page, pages, counts}; `q`, `kind` and `page` choose."""
        yield from self.book.ready()
        fields = Fields(req)
        q = fields.text("q", "", max_bytes=400).strip()
        kind = fields.choice("kind", viewing.KINDS, default="")
        page = fields.integer("page", 1, 1 << 20, default=1)
        data = viewing.listing(self.book, (yield from self.book.roll()), q, kind, page)
        more: dict[str, Any] = {}
        if not wants_json(req):
            waiting = yield from outbox.acts(self.worker)
            more = {"kinds": viewing.KINDS, "most_bytes": MOST_BYTES, "outbox": waiting, **self.watching(), **scanning.form(fields)}
        answer(req, rep, "pages/ledger/index.html", {**data, **more}, title="Ledger · KeriWasm")

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """CESR as the body, or files, `text` or `data` -> {accepted, known, rejected, escrowed, other, duplicity, workers, …}.

        Each element is {aid, sn, said, ilk, source, offset, size} and, where it was not accepted, {code, reason}; what is
        no key event is in `other`: {kind, where, byte, …}, see outcome.Outcome.
        """
        sources = sources_of(req, MOST_BYTES)
        yield from self.book.ready()
        result = yield from self.book.importing(sources)
        if wants_json(req):
            answer(req, rep, "", result)
            return
        more = {**viewing.imported(self.book, result, SHOWN_MOST), "several": len(sources) > 1}
        answer(req, rep, "fragments/ledger/imported.html", {**result, **more}, title="Ledger · KeriWasm")


class Progress(Resource):
    """GET: {running, done, total} of the import that runs; as HTML a fragment that asks again until it is over."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        progress = self.book.progress
        data = {"running": progress is not None, **(progress or {"done": 0, "total": 0})}
        answer(req, rep, "fragments/ledger/progress.html", data)


class Panel(Resource):
    """GET: the ledger's part of the home page."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{identifiers, events, waiting, duplicitous, contacts}: counts. An empty ledger is told without importing keripy."""
        if (yield from self.book.begun()):
            yield from self.book.ready()
            counts = viewing.counts(self.book, (yield from self.book.roll()))
        else:
            counts = viewing.NOBODY
        answer(req, rep, "fragments/ledger/panel.html", counts)


class Identifier(Resource):
    """GET: one identifier. DELETE: forget it."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, alias, notes, sn, digest, keys, threshold, …, events, next, waiting, duplicity, superseded}."""
        yield from self.book.ready()
        yield from self.show(req, rep, aid)

    @deed
    def on_delete(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{removed: events}. The contact goes as well."""
        yield from remove(self, req, rep, aid)


class Remove(Resource):
    """POST: as DELETE, for forms."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        yield from remove(self, req, rep, aid)


def remove(resource: Resource, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
    """Forget an identifier: log, contact, what waits, proofs."""
    yield from resource.book.ready()
    told = resource.known(aid)
    count = yield from resource.book.remove(aid)
    data = {"removed": count, "aid": aid, "alias": told["alias"]}
    answer(req, rep, "fragments/ledger/removed.html", data, title="Ledger · KeriWasm")


class Contact(Resource):
    """POST {alias, notes}: name an identifier; both empty takes the name away."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        yield from self.book.ready()
        contact = contacts.read(Fields(req))
        if self.book.notes.contact(aid) is None and viewing.detail(self.book, aid) is None:
            contacts.check_aid(aid)
        with self.book.change() as notes:
            notes.set_contact(aid, contact)
        if wants_json(req):
            answer(req, rep, "", {"aid": aid, **(contact or {"alias": "", "notes": ""})})
        elif viewing.detail(self.book, aid) is None:
            answer(req, rep, "fragments/ledger/removed.html", {"removed": 0, "aid": aid, "alias": ""})
        else:
            yield from self.show(req, rep, aid, "Saved." if contact else "The alias and the notes are gone.")


class Events(Resource):
    """GET ?before=SN: an earlier part of the timeline, for the page."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        yield from self.book.ready()
        sn = self.known(aid)["sn"]
        if sn is None:
            raise falcon.HTTPNotFound(title="No events", description="No event of this identifier is accepted yet.")
        last = Fields(req).integer("before", 0, sn, default=sn)
        log = yield from self.log(aid, sn)
        part = yield from log.part(last, viewing.PART)
        answer(req, rep, "fragments/ledger/events.html", {"aid": aid, **part})


class Event(Resource):
    """GET: one event in full: {aid, sn, kind, json, cesr, data}, see bodies.in_full."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str, sn: str) -> Iterator[Any]:
        yield from self.book.ready()
        last = self.known(aid)["sn"]
        number = int(sn) if sn.isascii() and sn.isdigit() and len(sn) < 10 else -1
        if last is None or not 0 <= number <= last:
            raise falcon.HTTPNotFound(title="No such event", description=f"The log has the events 0 to {last}.")
        message = timeline.message(self.book.db, aid, number) or b""
        raw = timeline.raw(self.book.db, aid, number) or b""
        data = {"aid": aid, "sn": number, **bodies.in_full(message, raw)}
        answer(req, rep, "fragments/wallet/event-raw.html", data)


class Kel(Resource):
    """GET: the log as application/cesr, a delegator's before its delegate's; with `download` named as a file."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        yield from self.book.ready()
        if self.known(aid)["sn"] is None:
            raise falcon.HTTPNotFound(title="No log", description="No event of this identifier is accepted yet.")
        rep.content_type = "application/cesr"
        if Fields(req).flag("download"):
            rep.set_header("Content-Disposition", f'attachment; filename="{aid}.cesr"')
        rep.data = yield from self.book.kel(aid)
