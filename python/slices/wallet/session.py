"""Creating, unlocking, locking, deleting the wallet, its passcode and its idle time: `/app/wallet` and below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.formats import sse
from keriwasm.web.rendering import answer, render, wants_json

from slices.vault import passcode
from slices.vault.consent import consent
from slices.vault.vault import Vault

from . import view
from .inputs import label
from .moving import moved

__all__ = ["Autolock", "Delete", "Events", "Lock", "Panel", "Passcode", "Unlock", "Wallet"]

TITLE = "Wallet · KeriWasm"
PAGE = "pages/wallet/index.html"
HERE = "app/wallet"

PER_ANSWER = 1000
"""Identifiers of a JSON answer at most; `GET /app/identifiers` has the others."""
SHOWN_FIRST = 12
PANEL_FIRST = 5

KEEP_ALIVE = 15.0
KEEP_ALIVE_COMMENT = b": alive\n\n"


class Resource:
    """A resource of this slice."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def show(self, req: falcon.Request, rep: falcon.Response, note: str = "", status: int = 200) -> Iterator[Any]:
        """The wallet's page or state. `note` is told above it: what has just been done."""
        data = yield from view.wallet(self.vault, PER_ANSWER if wants_json(req) else SHOWN_FIRST)
        if note:
            data["note"] = note
        page = {"token": self.vault.token, "tiers": view.tiers(), "autolocks": view.AUTOLOCKS, "least": passcode.LEAST}
        moved(req, rep, HERE, PAGE, data, page, title=TITLE, status=status)


class Wallet(Resource):
    """The wallet itself."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{exists, locked, name, identifiers, storage, ...}; as HTML the form that fits the state."""
        yield from self.vault.mounted()
        yield from self.show(req, rep)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{name, passcode, again?, tier?} -> 201 and the open wallet. 409 when there is one."""
        fields = Fields(req)
        name = label(fields, "name")
        word = passcode.read(fields, "passcode", new=True)
        repeated(fields, word)
        tier = fields.choice("tier", passcode.TIERS, default="low")
        yield from self.vault.create(name, word, tier)
        yield from self.show(
            req, rep, "The wallet is made and open. Its keys are stored encrypted on this device.", 201
        )

    @deed
    def on_delete(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{name, passcode} -> the state without a wallet. 422 unless they are the wallet's; `without_passcode` in place of the
        passcode will do while it is locked."""
        yield from self.vault.mounted()
        fields = Fields(req)
        named(fields, self.vault)
        yield from consent(self.vault, fields, lost=True)
        named(fields, self.vault)  # another one may be there by now
        self.vault.destroy()
        yield from self.show(req, rep, "The wallet is deleted.")


class Delete(Resource):
    """POST {name, passcode}: what DELETE does, for a form."""

    on_post = Wallet.on_delete


class Unlock(Resource):
    """POST {passcode}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """Open it. `next`, a path of the app, is where a person wanted to go."""
        fields = Fields(req)
        word = passcode.read(fields, "passcode", new=False)
        goal = fields.text("next", "", max_bytes=2048)
        yield from self.vault.unlock(word)
        if goal.startswith("app/") and goal != HERE and req.get_header("HX-Request"):
            rep.set_header("HX-Retarget", "#main")
            rep.set_header("HX-Reswap", "innerHTML")
            rep.content_type = "text/html; charset=utf-8"
            rep.text = render("fragments/wallet/go.html", at=goal)
            return
        yield from self.show(req, rep)


class Lock(Resource):
    """POST {}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """Close it; answers the same when it was locked already."""
        yield from self.vault.mounted()
        self.vault.lock()
        yield from self.show(req, rep)


class Passcode(Resource):
    """POST {old, new, again?, tier?}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """Encrypt the keys for another passcode. 423 unless it is open."""
        yield from self.vault.mounted()
        _ = self.vault.hby
        fields = Fields(req)
        old = passcode.read(fields, "old", new=False)
        new = passcode.read(fields, "new", new=True)
        repeated(fields, new)
        tier = fields.choice("tier", passcode.TIERS, default=self.vault.facts.tier)
        yield from self.vault.rekey(old, new, tier)
        yield from self.show(req, rep, "The passcode is changed: all keys are encrypted anew.")


class Autolock(Resource):
    """POST {seconds}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """Set the time without use until the wallet locks itself: 0 is never, else 10 s to a day. 423 unless it is open."""
        yield from self.vault.mounted()
        _ = self.vault.hby
        seconds = Fields(req).integer("seconds", 0, 86400)
        if 0 < seconds < 10:
            raise FieldError("seconds", "must be 0 (never) or at least 10")
        self.vault.autolock(seconds)
        yield from self.show(req, rep, "The time until it locks itself is set.")


class Panel(Resource):
    """GET: the part of the home page."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """The state as `GET /app/wallet`, with the first few identifiers. No title: it is a part of a page."""
        yield from self.vault.mounted()
        answer(req, rep, "fragments/wallet/panel.html", (yield from view.wallet(self.vault, PANEL_FIRST)))


class Events(Resource):
    """GET ?since=TOKEN&at=PATH: a stream that tells a page when it shows a wallet that is no more as it was."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """One message once the vault's token is another than `since`: a fragment that loads the page `at` anew."""
        fields = Fields(req)
        since = fields.text("since", max_bytes=200)
        at = fields.text("at", HERE, max_bytes=2048)
        if not at.startswith("app/"):
            raise FieldError("at", "must be a path of this app")
        yield from self.vault.mounted()
        rep.content_type = "text/event-stream"
        rep.cache_control = ["no-store"]
        rep.stream = self.events(since, at)

    def events(self, since: str, at: str) -> Iterator[Any]:
        """Sleeps until the vault wakes it; a comment now and then tells the door that the stream lives."""
        doer = self.vault.worker.doist.active
        self.vault.watchers.add(doer)
        try:
            while self.vault.token == since:
                yield KEEP_ALIVE_COMMENT
                yield KEEP_ALIVE
            yield sse(None, render("fragments/wallet/go.html", at=at))
        finally:
            self.vault.watchers.discard(doer)


def repeated(fields: Fields, word: str) -> None:
    """Raise FieldError when a form's second passcode differs from the first. Programs may leave it out."""
    again = fields.text("again", None, max_bytes=passcode.MOST)
    if again is not None and again != word:
        raise FieldError("again", "is not the same passcode: type it twice alike")


def named(fields: Fields, vault: Vault) -> None:
    """Raise FieldError unless the field `name` is the wallet's name: nobody deletes one by a slip."""
    if label(fields, "name") != vault.facts.name:
        raise FieldError("name", "is not the wallet's name: type it as it stands above to delete it")
