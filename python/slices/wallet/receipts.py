"""The receipts of an identifier's witnesses: who has given one for the latest event, who has not and why; ask again, with codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.witnessing import collecting, enrolling, places

from . import sharing
from .identifiers import Resource

__all__ = ["Codes", "Receipts"]

PATIENCE = 25.0
"""Seconds until it is answered with what is known by then."""
CODE = re.compile(r"[!-~]{1,64}")
MEMBERS = ("aid", "url", "receipted", "problem")


class Receipts(Resource):
    """GET: as it is now. POST {codes?}: ask those again that have given none."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{witnesses: [{aid, url, receipted, problem}], toad, receipts}; as HTML the part of the identifier's page."""
        yield from self.vault.ready()
        yield from places.ready(self.vault, self.hab(aid))
        self.tell(req, rep, aid)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """Answers as GET, once all have answered or their time is over. codes: {witness: its one-time code}."""
        yield from self.vault.ready()
        fields = Fields(req)
        collector = collecting.of(self.vault.worker)
        hab = self.hab(aid)
        if not hab.kever.wits:
            raise FieldError("aid", "has no witnesses: add some by a rotation")
        collector.ask(aid, codes(fields, hab.kever.wits))
        yield from places.ready(self.vault, hab)
        if wants_json(req):
            ends = self.vault.worker.doist.now() + PATIENCE
            while collector.busy(self.hab(aid)) and self.vault.worker.doist.now() < ends:  # a lock meanwhile ends it (423)
                yield 0.1
        self.tell(req, rep, aid)

    def tell(self, req: falcon.Request, rep: falcon.Response, aid: str) -> None:
        data = collecting.of(self.vault.worker).told(self.hab(aid))
        if wants_json(req):
            data["witnesses"] = [{name: each[name] for name in MEMBERS} for each in data["witnesses"]]
            data = {name: data[name] for name in ("witnesses", "toad", "receipts")}
        else:
            data = {"aid": aid, "collecting": data, "sn": self.hab(aid).kever.sner.num, "polled": req.method == "GET"}
        answer(req, rep, "fragments/wallet/receipts.html", data)


class Codes(Resource):
    """POST {witness}: the secret of this witness's one-time codes."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{witness, secret, otpauth}; it is kept nowhere: see witnessing/enrolling.py."""
        yield from self.vault.ready()
        fields = Fields(req)
        hab = self.hab(aid)
        yield from places.ready(self.vault, hab)
        witness = fields.text("witness", max_bytes=200).strip()
        if witness not in hab.kever.wits:
            raise FieldError("witness", f"{witness[:80]!r} is no witness of this identifier")
        secret = yield from enrolling.secret_of(self.vault, aid, witness)
        name = places.named(self.vault.worker, witness)
        data = {"witness": witness, "secret": secret, "otpauth": enrolling.otpauth(name, self.hab(aid).name, secret)}
        page = {} if wants_json(req) else {"name": name, "code": sharing.code(data["otpauth"])}
        rep.set_header("Cache-Control", "no-store")
        answer(req, rep, "fragments/wallet/codes.html", {**data, **page})


def codes(fields: Fields, witnesses: list[str]) -> dict[str, str]:
    """One-time codes by witness: the member `codes`, or a form's fields code-AID. Raises FieldError."""
    if fields.typed:
        given = fields.json("codes", {})
        if not isinstance(given, dict):
            raise FieldError("codes", "must be an object: witness to its one-time code")
    else:
        given = {aid: fields.text(f"code-{aid}", "", max_bytes=200).strip() for aid in witnesses}
        given = {aid: code for aid, code in given.items() if code}
    for aid, code in given.items():
        name = "codes" if fields.typed else f"code-{aid}"
        if aid not in witnesses:
            raise FieldError("codes", f"names {aid[:80]!r}, which is no witness of this identifier")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            raise FieldError(name, "is no one-time code: 1 to 64 letters and digits without spaces")
    return given
