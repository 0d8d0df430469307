"""Refreshing from the page and by programs: one identifier, or all of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.rendering import answer, wants_json

from slices.ledger import resources, viewing
from slices.ledger.watching import watch as watches
from slices.network import consent as consents

__all__ = ["Refresh", "RefreshAll", "Watching"]


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
    """GET: {running, done, total} of the round that runs; as HTML a fragment that asks again until it is over."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        progress = self.watch.progress
        data = {"running": progress is not None, **(progress or {"done": 0, "total": 0})}
        answer(req, rep, "fragments/ledger/refreshing.html", data)
