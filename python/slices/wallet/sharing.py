"""Giving away what is public of an identifier: its key event log as CESR, as text to copy, as QR codes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.foreign import bodies
from slices.kels import timeline
from slices.witnessing import own, places

from . import view
from .identifiers import Resource

__all__ = ["CODE_AIM", "CODE_MOST", "Event", "Kel", "Share", "pack"]

CODE_MOST = 2953
"""Bytes that the largest QR code holds at its lowest level of correction."""
CODE_AIM = 1200
"""Bytes that a phone still reads well from a screen; whole events are put together up to it."""


class Replaying(Resource):
    """A resource that gives a whole log away."""

    def replay(self, aid: str) -> Generator[float, float, list[bytes]]:
        """The messages as keripy replays them, the logs of its delegators first. A lock meanwhile ends it (423)."""
        made: list[bytes] = []
        for each in lineage(self.hab(aid).kever, self.vault.hby.kevers):
            made += yield from timeline.messages(lambda: self.vault.hby.db, each)
        return made


def lineage(kever: Any, kevers: Any) -> list[str]:
    """An identifier behind those that it is delegated by, as far as they are known."""
    chain = [kever.prefixer.qb64]
    while kever.delegated and kever.delpre in kevers and kever.delpre not in chain:
        chain.append(kever.delpre)
        kever = kevers[kever.delpre]
    return chain[::-1]


class Kel(Replaying):
    """GET: the key event log."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """application/cesr, byte for byte as keripy replays it, a delegator's log before its delegate's.

        With `download` it is named as a file.
        """
        yield from self.vault.ready()
        self.hab(aid)
        rep.content_type = "application/cesr"
        if Fields(req).flag("download"):
            rep.set_header("Content-Disposition", f'attachment; filename="{aid}.cesr"')
        rep.data = b"".join((yield from self.replay(aid)))


class Event(Resource):
    """GET: one event in full."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str, sn: str) -> Iterator[Any]:
        """{aid, sn, kind, json, cesr, data}: the event's own bytes, and the message with its attachments; see bodies.in_full."""
        yield from self.vault.ready()
        hab = self.hab(aid)
        number = int(sn) if sn.isascii() and sn.isdigit() and len(sn) < 10 else -1
        message = timeline.message(hab.db, aid, number) if 0 <= number <= hab.kever.sner.num else None
        if message is None:
            raise falcon.HTTPNotFound(
                title="No such event", description=f"The log has the events 0 to {hab.kever.sner.num}."
            )
        raw = timeline.raw(hab.db, aid, number) or b""
        data = {"aid": aid, "sn": number, **bodies.in_full(message, raw)}
        answer(req, rep, "fragments/wallet/event-raw.html", data)


class Share(Replaying):
    """GET ?part=N: the page with everything that can be given away."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, alias, bytes, parts: [text or null], oobis: [{witness, oobi, receipted}]}: the log in parts of whole events, each
        of which fits a QR code; null is an event too large for any, or a delegator's that is not text. As HTML with the codes of
        the AID, of its OOBIs and of one part."""
        yield from self.vault.ready()
        hab = self.hab(aid)
        yield from places.ready(self.vault, hab)
        messages = yield from self.replay(aid)
        parts = pack(bodies.text(each) for each in messages)
        data: dict[str, Any] = {"aid": aid, "alias": hab.name, "bytes": sum(map(len, messages)), "parts": parts}
        hab = self.hab(aid)  # a lock may have come between
        data["oobis"] = own.oobis(aid, view.identifier(self.vault, hab)["witnesses"])
        if wants_json(req):
            answer(req, rep, "", data)
            return
        part = Fields(req).integer("part", 1, len(parts), default=1)
        text = parts[part - 1]
        data |= {
            "part": part,
            "text": text,
            "events": len(messages),
            "kel": bodies.text(b"".join(messages)),
            "aid_code": code(aid),
            "oobis": [self._introduced(each) for each in data["oobis"]],
            "rotates": bool(hab.kever.ndigers),
            "part_code": None if text is None else code(text),
            "limit": CODE_MOST,
            "token": self.vault.token,
        }
        answer(req, rep, "pages/wallet/identifier-share.html", data, title=f"Share {hab.name} · KeriWasm")

    def _introduced(self, each: dict[str, Any]) -> dict[str, Any]:
        """An own OOBI as the page shows it."""
        name = places.named(self.vault.worker, each["witness"])
        return {**each, "name": name, "code": code(each["oobi"]) if each["oobi"] else ""}


def pack(messages: Iterable[str | None], aim: int = CODE_AIM, most: int = CODE_MOST) -> list[str | None]:
    """Messages put together in order up to `aim` bytes a part; a larger one has a part of its own, None past `most`.

    None among the messages is one that is no text: it fits no code either.
    """
    parts: list[str | None] = []
    gathered = ""
    for message in messages:
        if gathered and message is not None and len(gathered) + len(message) > aim:
            parts.append(gathered)
            gathered = ""
        if message is None or len(message) > most:
            if gathered:
                parts.append(gathered)
                gathered = ""
            parts.append(None)
        else:
            gathered += message
    if gathered:
        parts.append(gathered)
    return parts


def code(text: str) -> str:
    """A QR code as SVG markup: dark on light in either theme, for cameras."""
    import segno

    made = segno.make(text, error="l", mode="byte", micro=False, boost_error=True)
    return made.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None)
