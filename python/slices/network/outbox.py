"""The outbox: acts that want another server while the browser is offline wait here, and go out once when the line is back.

    outbox = outboxes.of(worker)
    yield from outbox.keep("the OOBI http://…", "app/ledger/oobi", {"url": url, "alias": alias})

An act is a request to this app, put as JSON, which is made again when the router says that there is a line: the same code does it
then, by the same consent. It is kept on the disk, so that it outlives the page; what came of it stays until it is put away, and is
never sent again. What ends with the page while it is under way is: an act must bear that, as asking an address does.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import falcon
from hio.base import doing
from keriwasm.disk.errors import DiskRefused
from keriwasm.runtime.scheduling import WAIT
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.pool_client import Reply
from keriwasm.web.rendering import answer

from slices.network import consent as consents

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["MOST", "Cancel", "Outbox", "OutboxDoer", "acts", "of", "shown"]

MOST = 100
"""Acts that wait at once, and as many that are over; of those the oldest go."""
PAUSE = 5.0
"""Seconds until an act is tried again that this app itself could not do yet."""
WAITS = {202: "line", 403: "word"}
"""Statuses of an act that goes on waiting: for the line, for the user's word about the network."""


def of(worker: Context) -> Outbox:
    """The one of this worker."""
    return worker.shared(Outbox)


class Outbox:
    """What waits. On the worker of the slices that are pinned.

    Attributes:
        listeners: called when there is a line again
        others: say what else waits, each {what, waits, why, path} for a person: receipts, refreshes, whoever keeps it elsewhere; waits:
            "line", "word" or "server", which is there and has not answered as it should
    """

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.consent = consents.of(worker)
        self.open = False
        self.due = False
        self.doer: Any = None
        self.listeners: set[Callable[[], None]] = set()
        self.others: set[Callable[[], list[dict[str, str]]]] = set()
        worker.outside.on_line = self.heard
        self.consent.listeners.add(self.spoken)

    def heard(self, open: bool) -> None:
        """There is a line, or none any more."""
        self.open = open
        self.due = open
        if self.doer is not None:
            self.worker.doist.wake(self.doer)
        for listener in self.listeners if open else ():
            listener()

    def spoken(self) -> None:
        """The user has said something about the network: some may wait for just that."""
        if self.open:
            self.due = True
            if self.doer is not None:
                self.worker.doist.wake(self.doer)

    def keep(self, what: str, path: str, fields: dict[str, str]) -> Generator[float, float, dict[str, Any]]:
        """Have an act wait: {id, what, since, path, fields, waits, why, outcome}; one that waits already stays as it is."""
        yield from self.consent.ready()
        kept = self.consent.store.outbox
        id = hashlib.blake2b(json.dumps([path, fields], sort_keys=True).encode(), digest_size=8).hexdigest()
        if id in kept and kept[id]["outcome"] is None:
            return {"id": id, **kept[id]}
        if sum(each["outcome"] is None for each in kept.values()) >= MOST:
            raise falcon.HTTPServiceUnavailable(
                title="The outbox is full", description=f"{MOST} acts wait for the line already. Cancel some under Network."
            )
        act = {"what": what, "since": int(time.time() * 1000), "path": path, "fields": fields, "waits": "line", "why": "", "outcome": None}
        yield from self.note(id, act)
        return {"id": id, **act}

    def note(self, id: str, act: dict[str, Any] | None) -> Generator[float, float, None]:
        """Write an act down, or put it away."""
        yield from self.consent.ready()
        store = self.consent.store
        with self.worker.disk.batch():
            store.keep(id, act)
            over = [key for key, each in store.outbox.items() if each["outcome"] is not None]
            for key in sorted(over, key=lambda key: store.outbox[key]["since"])[:-MOST]:
                store.keep(key, None)
        yield from self.worker.disk.settle()

    def drain(self) -> Generator[float, float, bool]:
        """Try each act that waits, one after the other; whether one of them is to be tried again soon."""
        yield from self.consent.ready()
        soon = False
        for id, act in list(self.consent.store.outbox.items()):
            if act["outcome"] is not None or not self.open:
                continue
            reply = yield from self.worker.pool.request("POST", f"/{act['path']}", act["fields"])
            if id not in self.consent.store.outbox:
                continue  # cancelled meanwhile
            told = said(reply)
            if reply.status in WAITS or reply.status == 503:
                soon = soon or reply.status == 503
                now = {"why": told["text"], "waits": WAITS.get(reply.status, "line")}
                if now != {"why": act["why"], "waits": act.get("waits", "line")}:
                    yield from self.note(id, {**act, **now})
            else:
                yield from self.note(id, {**act, "why": "", "outcome": told})
        return soon


def said(reply: Reply) -> dict[str, Any]:
    """{ok, text, path}: what came of an act; path is that of a page about it, "" for none."""
    media = reply.media if isinstance(reply.media, dict) else {}
    errors = media.get("errors") or [{}]
    text = media.get("detail") or errors[0].get("reason") or media.get("title") or ""
    if not reply.ok:
        return {"ok": False, "text": str(text) or f"It failed with status {reply.status}.", "path": ""}
    aid = str(media.get("aid") or "")
    return {"ok": True, "text": str(media.get("alias") or aid), "path": f"app/ledger/{aid}" if aid else ""}


def acts(worker: Context) -> Generator[float, float, list[dict[str, Any]]]:
    """What waits here or did, the newest first: {id, what, since, waits, why, path, outcome}."""
    outbox = of(worker)
    yield from outbox.consent.ready()
    names = ("what", "since", "why", "outcome")
    kept = outbox.consent.store.outbox
    told = [{"id": id, "path": "", "waits": kept[id].get("waits", "line"), **{name: kept[id][name] for name in names}} for id in kept]
    return sorted(told, key=lambda each: -each["since"])


def shown(worker: Context) -> Generator[float, float, list[dict[str, Any]]]:
    """The same, and what waits elsewhere: that has no id and no since, and what came of it is told at its path."""
    kept = yield from acts(worker)
    found = [each for other in of(worker).others for each in other()]
    return [*kept, *({"id": "", "since": None, "outcome": None, **each} for each in sorted(found, key=lambda each: each["what"]))]


class Cancel(Resource):
    """POST: what waits is not done any more; what is over is put away."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, id: str) -> Iterator[Any]:
        """{waiting: [{id, what, since, waits, why, path, outcome}]}: what is left."""
        outbox = of(self.worker)
        yield from outbox.consent.ready()
        if id in outbox.consent.store.outbox:
            yield from outbox.note(id, None)
        waiting = yield from shown(self.worker)
        answer(req, rep, "fragments/network/outbox.html", {"waiting": waiting})


class OutboxDoer(doing.Doer):
    """Sends what waits when there is a line."""

    background = True

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """Runs as long as the worker. What the disk refuses is told by the disk, and is tried again with the next line."""
        outbox = of(self.worker)
        outbox.doer = self
        while True:
            while not outbox.due:
                yield WAIT
            outbox.due = False
            try:
                if (yield from outbox.drain()):
                    yield PAUSE
                    outbox.due = outbox.open
            except DiskRefused:
                outbox.consent.close()
            except Exception as ex:
                self.worker.fault(ex, about={"type": "network:outbox"})
