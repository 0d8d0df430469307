"""What an identifier does: rotate, interact, sign."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.kels import timeline
from slices.vault import stretching
from slices.vault.consent import consent
from slices.witnessing import asking, drafts, places

from . import delegation
from .identifiers import Resource, majority
from .inputs import MOST_KEYS, check_expected, threshold

__all__ = ["Interact", "Rotate", "Sign"]

DATA_MOST = 64 << 10
"""Bytes of JSON in one interaction."""
FILE_MOST = 64 << 20


class Acting(Resource):
    """A resource that adds an event to a log."""

    def done(
        self, req: falcon.Request, rep: falcon.Response, aid: str, established: int, note: str
    ) -> Generator[float, float, None]:
        """The new event as JSON, or the identifier's page. established: number of the establishment event before it."""
        hab = self.hab(aid)
        if wants_json(req):
            answer(req, rep, "", {"aid": aid, **timeline.event(hab.db, aid, hab.kever.sner.num, established)}, status=201)
        else:
            yield from self.show(req, rep, aid, note, 201)


class Rotate(Acting):
    """POST {threshold?, next_keys?, next_threshold?, end?, passcode?, add?, cut?, toad?, sn?}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """Make the promised next keys the keys, and promise others. 409 when `sn` is not the latest event.

        threshold: of the keys that become current, by default the promised one. next_keys 0 ends the log for ever and
        wants `end` and the passcode. add, cut: witnesses; toad: of them all then.
        """
        yield from self.vault.ready()
        kever = self.hab(aid).kever
        fields = Fields(req)
        check_expected(fields, kever.sner.num)
        if not kever.ndigers:
            raise FieldError("aid", "cannot rotate: its log promises no next keys")
        current = len(kever.ndigers)
        following = fields.integer("next_keys", 0, MOST_KEYS, default=current)
        if following == 0 and not fields.flag("end"):
            raise FieldError("next_keys", "0 ends the log for ever: say so by the field end")
        isith = threshold(fields, "threshold", current)
        if isith is None:
            isith = kever.ntholder.sith
        nsith = threshold(fields, "next_threshold", following)
        if nsith is None:
            nsith = isith if following == current else majority(following)
        with drafts.coming_back(f"app/identifiers/{aid}", fields, drafts.ROTATED):
            backers = yield from asking.changed(self.vault, self.hab(aid), fields)
        if following == 0:
            yield from consent(self.vault, fields)
        plan = stretching.rotation(self.vault.hby, aid, following)
        seeds = (yield from stretching.ahead(self.vault, plan)) if plan and following else None
        yield
        with self.vault.change() as hby, stretching.at_hand(seeds):
            hab = hby.habs[aid]
            check_expected(fields, hab.kever.sner.num)  # somebody else's event may have come between
            established = hab.kever.lastEst.s
            asking.check_left(hab, backers["cuts"])
            places.keep(self.vault.worker, hby.db, backers["adds"])
            hab.rotate(isith=isith, nsith=nsith, ncount=following, **backers)
            hby.habs.note(hab)
            if hab.kever.delpre in hby.habs:
                delegation.anchor(hby, hab, hby.habs[hab.kever.delpre])
        yield from self.done(req, rep, aid, established, f"Rotated: event {hab.kever.sner.num} is in the log.")


class Interact(Acting):
    """POST {data? | text? | file?, sn?}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """Anchor seals: `data` is a JSON object or a list of them; a text or file is anchored by its BLAKE3 digest."""
        yield from self.vault.ready()
        kever = self.hab(aid).kever
        fields = Fields(req)
        check_expected(fields, kever.sner.num)
        if not kever.transferable:
            raise FieldError("aid", "cannot interact: it is not transferable, its log has one event for ever")
        seals = read_seals(fields)
        yield
        with self.vault.change() as hby:
            hab = hby.habs[aid]
            check_expected(fields, hab.kever.sner.num)
            established = hab.kever.lastEst.s
            hab.interact(data=seals)
        yield from self.done(req, rep, aid, established, f"Anchored: event {hab.kever.sner.num} is in the log.")


class Sign(Resource):
    """POST {text | data | file}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{signatures: [qb64], aid, sn, digest}: one indexed signature by each current key."""
        yield from self.vault.ready()
        hab = self.hab(aid)
        fields = Fields(req)
        message = fields.message(max_bytes=FILE_MOST)
        yield
        hab = self.hab(aid)
        signatures = [siger.qb64 for siger in hab.sign(ser=message, indexed=True)]
        kever = hab.kever
        data = {"signatures": signatures, "aid": aid, "sn": kever.lastEst.s, "digest": kever.lastEst.d}
        if not wants_json(req):
            filename = fields.file("file", (None, b""))[0] if fields.given("file") and not fields.typed else None
            data |= {"bytes": len(message), "filename": filename, "alias": hab.name}
        answer(req, rep, "fragments/wallet/signed.html", data)


def read_seals(fields: Fields) -> list[dict[str, Any]]:
    """What is to be anchored. Raises FieldError."""
    data = fields.json("data", None, max_bytes=DATA_MOST)
    # A form sends its empty text along; as JSON an empty text is a text.
    by_digest = ["text"] if fields.given("text") and (fields.typed or fields.text("text", nul=True)) else []
    by_digest += ["file"] if fields.given("file") else []
    if data is not None and by_digest:
        raise FieldError(by_digest[0], "is sent besides data: send one of them")
    if len(by_digest) > 1:
        raise FieldError("file", "is sent besides text: send one of them")
    if by_digest:
        from keri.core import coring

        name = by_digest[0]
        message = (
            fields.text("text", nul=True).encode() if name == "text" else fields.binary("file", max_bytes=FILE_MOST)
        )
        return [{"d": coring.Diger(ser=message).qb64}]
    if data is None:
        return []
    seals = data if isinstance(data, list) else [data]
    if not all(isinstance(each, dict) for each in seals):
        raise FieldError("data", 'must be a JSON object or a list of objects, for example {"d": "a digest"}')
    return seals
