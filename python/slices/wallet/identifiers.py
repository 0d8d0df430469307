"""The wallet's identifiers: list, create, show with the log, rename."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.kels import picture, timeline
from slices.ledger import lists
from slices.vault import choosing, stretching
from slices.vault.trouble import NoIdentifier
from slices.vault.vault import Vault
from slices.witnessing import asking, collecting, drafts, places

from . import delegation, view
from .inputs import MOST_KEYS, label, threshold
from .moving import moved

__all__ = ["Identifier", "Identifiers", "Listed", "More", "Names", "Rename", "Resource"]

PER_PAGE = 20
"""Events of one part of a page's timeline."""
PER_ANSWER = 1000
"""Events, or identifiers, of one JSON answer at most; `next` tells where to go on."""
PER_LIST = 50
"""Identifiers of one part of the page's list."""
FIELDS = ("delegator", "holder", "identifier")
"""Fields of forms that name an identifier of the wallet."""


class Resource:
    """A resource of one identifier or of all."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def hab(self, aid: str) -> Any:
        """keripy's Hab of an identifier of the open wallet. Raises Locked, NoWallet, NoIdentifier."""
        hab = self.vault.hby.habs.get(aid)
        if hab is None:
            raise NoIdentifier(aid)
        return hab

    def show(self, req: falcon.Request, rep: falcon.Response, aid: str, note: str = "", status: int = 200) -> Iterator[Any]:
        """The page of an identifier, or as JSON its state with its events."""
        yield from places.ready(self.vault, self.hab(aid))
        hab = self.hab(aid)
        data = view.identifier(self.vault, hab)
        sn = data["sn"]
        log = yield from self.log(aid, sn)
        page: dict[str, Any] = {}
        if wants_json(req):
            fields = Fields(req) if req.method == "GET" else None
            first = fields.integer("from", 0, 1 << 53, default=0) if fields else 0
            count = fields.integer("count", 1, PER_ANSWER, default=PER_ANSWER) if fields else PER_ANSWER
            data["events"] = yield from log.events(first, first + count - 1)
            data["next"] = first + count if first + count <= sn else None
        else:
            data |= yield from log.part(sn, PER_PAGE)
            page = {
                "picture": picture.draw(log.establishments(picture.MOST)),
                "token": self.vault.token,
                "most_keys": MOST_KEYS,
                "collecting": collecting.of(self.vault.worker).told(hab),
                **lists.offered(),
                "draft": drafts.filled(Fields(req) if req.method == "GET" else None, drafts.ROTATED),
            }
            data["note"] = note
        path = f"app/identifiers/{aid}"
        moved(req, rep, path, "pages/wallet/identifier.html", data, page, title=f"{data['alias']} · KeriWasm", status=status)

    def log(self, aid: str, last: int) -> Generator[float, float, timeline.Log]:
        """The log of an own identifier. A lock meanwhile ends it (423)."""
        return timeline.survey(lambda: self.hab(aid).db, aid, last)


class Identifiers(Resource):
    """All of them."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{identifiers: [{aid, alias, sn, ...}], total, found, from, next} by alias; `from`, `count` and `q` choose."""
        yield from self.vault.ready()
        fields = Fields(req)
        data = yield from listed(self.vault, fields, PER_ANSWER if wants_json(req) else PER_LIST)
        page: dict[str, Any] = {}
        if not wants_json(req):
            page = {"token": self.vault.token, "most_keys": MOST_KEYS, **lists.offered(), "draft": drafts.filled(fields, drafts.NEW)}
            page["delegators"] = yield from choosing.offered(self.vault, rotating=True)
        moved(req, rep, "app/identifiers", "pages/wallet/identifiers.html", data, page, title="Identifiers · KeriWasm")

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{alias, keys?, threshold?, next_keys?, next_threshold?, transferable?, delegator?, algo?, witnesses?, toad?} -> 201, the new one.

        Its witnesses' receipts are collected after it is answered: see slices/witnessing."""
        yield from self.vault.ready()
        hby = self.vault.hby
        fields = Fields(req)
        alias = free_alias(fields, hby)
        asked = keys_asked(fields)
        delegator = choosing.chosen(self.vault, fields, "delegator", "")
        algo = fields.choice("algo", ("randy", "salty"), default="randy")
        if delegator:
            if not asked["transferable"]:
                raise FieldError("delegator", "goes with an identifier that can rotate only")
            delegation.check(self.hab(delegator))
        with drafts.coming_back("app/identifiers", fields, drafts.NEW):
            witnesses = yield from asking.chosen(self.vault, fields, "witnesses")
        if witnesses and not asked["transferable"]:
            raise FieldError("witnesses", "go with an identifier that can rotate only")
        toad = asking.threshold(fields, len(witnesses), asking.recommended(len(witnesses)))
        hby, alias = self.vault.hby, free_alias(fields, self.vault.hby)
        seeds = None
        if algo == "salty":
            plan = stretching.inception(hby, alias, asked["icount"], asked.get("ncount", 0))
            seeds = yield from stretching.ahead(self.vault, plan)
            alias = free_alias(fields, self.vault.hby)  # somebody else may have taken it meanwhile
        yield
        with self.vault.change() as hby, stretching.at_hand(seeds):
            places.keep(self.vault.worker, hby.db, witnesses)
            hab = hby.makeHab(alias, algo=algo, delpre=delegator or None, wits=witnesses, toad=toad, **asked)
            if delegator:
                delegation.anchor(hby, hab, hby.habs[delegator])
        data = view.identifier(self.vault, hab)
        if wants_json(req):
            moved(req, rep, "", "pages/wallet/identifier.html", data, {}, title=alias, status=201)
        else:
            yield from self.show(req, rep, hab.pre, "The identifier is made: its log begins with event 0.", 201)


class Listed(Resource):
    """GET ?q=&from=: a part of the list, for the page."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """As `GET /app/identifiers`; as HTML the cards alone."""
        yield from self.vault.ready()
        data = yield from listed(self.vault, Fields(req), PER_LIST)
        answer(req, rep, "fragments/wallet/list.html", data, title="Identifiers · KeriWasm")


class Names(Resource):
    """GET: what a field for an identifier suggests while somebody types into it; the field's own name is that of the query."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{names: [{aid, alias}]}: the first that fit."""
        yield from self.vault.ready()
        fields = Fields(req)
        typed = fields.text(fields.choice("of", FIELDS), "", max_bytes=1200).strip()
        own = yield from self.vault.own()
        names = [{"aid": aid, "alias": own.names[aid]} for aid in own.found(typed)[: choosing.SUGGESTED]]
        answer(req, rep, "fragments/wallet/names.html", {"names": names})


class Making(Resource):
    """GET: {running, done, total} of the keys that are being derived; as HTML a fragment that asks again until they are."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        plan = self.vault.making
        data = {"running": plan is not None, "done": plan.done if plan else 0, "total": plan.total if plan else 0}
        answer(req, rep, "fragments/wallet/making.html", data)


class Identifier(Resource):
    """One of them."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, alias, sn, keys, threshold, next_digests, digest, events: [...], next}; `from` and `count` choose events."""
        yield from self.vault.ready()
        yield from self.show(req, rep, aid)


class More(Resource):
    """GET ?before=SN: an earlier part of the timeline, for the page."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, events, before}."""
        yield from self.vault.ready()
        sn = self.hab(aid).kever.sner.num
        last = Fields(req).integer("before", 0, sn)
        log = yield from self.log(aid, sn)
        data = {"aid": aid, **(yield from log.part(last, PER_PAGE))}
        moved(req, rep, "", "fragments/wallet/events.html", data, {}, title="Events")


class Rename(Resource):
    """POST {alias}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """Another alias; the identifier stays what it is. 422 for one that is taken."""
        yield from self.vault.ready()
        hab = self.hab(aid)
        fields = Fields(req)
        if label(fields, "alias") != hab.name:
            alias = free_alias(fields, self.vault.hby)
            with self.vault.change() as hby:
                hab = hby.habs[aid]
                hby.db.habs.pin(keys=aid, val=replace(hby.db.habs.get(keys=aid), name=alias))
                hby.db.names.rem(keys=("", hab.name))
                hby.db.names.pin(keys=("", alias), val=aid)
                hab.name = alias
                hby.habs.note(hab)
        yield from self.show(req, rep, aid, "Renamed.")


def listed(vault: Vault, fields: Fields, most: int) -> Generator[float, float, dict[str, Any]]:
    """What view.part tells, chosen by the fields `q`, `from` and `count`."""
    q = fields.text("q", "", max_bytes=400).strip()
    first = fields.integer("from", 0, 1 << 53, default=0)
    count = fields.integer("count", 1, PER_ANSWER, default=most)
    return {**(yield from view.part(vault, first, count, q)), "q": q}


def free_alias(fields: Fields, hby: Any) -> str:
    """The field `alias`. Raises FieldError when it is no label or another identifier has it."""
    alias = label(fields, "alias")
    if hby.db.names.get(keys=("", alias)) is not None:
        raise FieldError("alias", "is taken by another identifier of this wallet")
    return alias


def keys_asked(fields: Fields) -> dict[str, Any]:
    """keripy's arguments for an inception. Raises FieldError."""
    transferable = fields.flag("transferable", True)
    keys = fields.integer("keys", 1, MOST_KEYS, default=1)
    if not transferable:
        if keys != 1:
            raise FieldError("keys", "must be 1: an identifier that cannot rotate has one key, which it is made of")
        return {"transferable": False, "icount": 1, "isith": threshold(fields, "threshold", 1)}
    following = fields.integer("next_keys", 0, MOST_KEYS, default=keys)
    isith = threshold(fields, "threshold", keys)
    nsith = threshold(fields, "next_threshold", following)
    if nsith is None:
        nsith = isith if following == keys and isith is not None else majority(following)
    return {
        "transferable": True,
        "icount": keys,
        "isith": majority(keys) if isith is None else isith,
        "ncount": following,
        "nsith": nsith,
    }


def majority(keys: int) -> str:
    """keripy's own default: half of the keys, rounded up; "0" for none."""
    return f"{-(-keys // 2):x}"
