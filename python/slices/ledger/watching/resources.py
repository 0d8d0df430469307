"""Refreshing from the page and by programs: one identifier, or all of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.ledger import resources, viewing
from slices.ledger.watching import doer
from slices.ledger.watching import watch as watches
from slices.network import consent as consents

__all__ = ["Refresh", "RefreshAll", "Watching"]


EVERY_LEAST = 60
"""Seconds."""


class Resource(resources.Resource):
    """A resource that asks others."""

    @property
    def watch(self) -> watches.Watch:
        return watches.of(self.worker)

    def allowed(self) -> Generator[float, float, None]:
        """Raises 403 while the network is off: then nobody is asked, and nobody would be."""
        consent = consents.of(self.worker)
        yield from consent.ready()
        if not consent.store.enabled:
            raise falcon.HTTPForbidden(
                title="The network is off",
                description="The network is off, so nobody was asked. Turn it on under Network, then try again.",
            )


class Refresh(Resource):
    """POST: ask all witnesses of an identifier."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, alias, when, sn, said, witnesses: [{aid, role, url, state, sn, said, behind, agrees, reason}], agreed, of, asked, added}.

        state is one of comparing.py's words; agreed: how many hold the event that is the latest here; added: how many events are new.
        """
        yield from self.book.ready()
        self.known(aid)
        yield from self.allowed()
        told = yield from self.watch.refresh(aid)
        if wants_json(req):
            answer(req, rep, "", told)
            return
        yield from self.show(req, rep, aid, viewing.news(told), told)


class RefreshAll(Resource):
    """POST: the same for everybody in the ledger. A round that is cancelled keeps what it has done."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{contacts: [{aid, alias, when, sn, said, agreed, of, asked, added, behind, silent, ...}], added, duplicity, requests}."""
        yield from self.book.ready()
        yield from self.allowed()
        told = yield from self.watch.refresh_all()
        more = {} if wants_json(req) else {"groups": viewing.rounds(told["contacts"]), "most": resources.SHOWN_MOST}
        answer(req, rep, "fragments/ledger/refreshed.html", {**told, **more}, title="Ledger · KeriWasm")


class Watching(Resource):
    """GET: the round that runs, and when the next one is due; as HTML a fragment that asks again until it is over. POST {every, unlock}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """Set when all are asked by itself: {every, unlock, last, next, waits}. every: seconds, 0 is never, else 60 to 7 days."""
        fields = Fields(req)
        every = fields.integer("every", 0, 7 * 86400)
        if 0 < every < EVERY_LEAST:
            raise FieldError("every", f"must be 0 (never) or at least {EVERY_LEAST}")
        unlock = fields.flag("unlock")
        yield from self.book.ready()
        self.watch.set_plan(every, unlock)
        plan = self.watch.planned(self.book.notes)
        waits = yield from doer.hindrance(self.worker)
        more = {} if wants_json(req) else {"words": doer.WatchDoer.words(plan, waits)}
        answer(req, rep, "fragments/ledger/watching.html", {**plan, "waits": waits, **more}, title="Ledger · KeriWasm")

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{running, done, total}, and {every, unlock, last, next} once there is a ledger."""
        plan = (yield from self.watch.plan()) or {}
        progress = self.watch.progress
        data = plan | {"running": progress is not None, **(progress or {"done": 0, "total": 0})}
        answer(req, rep, "fragments/ledger/refreshing.html", data)
