"""The fields of the forms that name witnesses: AIDs or OOBIs, and the threshold. An OOBI is resolved as the ledger resolves one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from slices.ledger import book as books
from slices.ledger import oobis

from . import places, standing

__all__ = ["MOST", "added", "changed", "chosen", "recommended", "threshold"]

MOST = 20
"""Witnesses of an identifier."""
TEXT_MOST = 64 << 10
REASON = "to learn about a witness that you named"


def chosen(vault: Any, fields: Fields, name: str) -> Generator[float, float, list[str]]:
    """AIDs of the witnesses that a field names, each with a known address. Raises FieldError."""
    texts = _texts(fields, name)
    if len(texts) > MOST:
        raise FieldError(name, f"names {len(texts)} witnesses: {MOST} at most are taken")
    found: list[str] = []
    if texts:
        yield from books.of(vault.worker).ready()
    for text in texts:
        aid = text if "/" not in text else (yield from _resolved(vault, name, text))
        _check(vault, name, aid, text)
        if aid in found:
            raise FieldError(name, f"names {aid} twice")
        found.append(aid)
    return found


def added(vault: Any, hab: Any, fields: Fields, cut: list[str]) -> Generator[float, float, list[str]]:
    """The field `add` of a rotation: as `chosen`, and new ones. Raises FieldError."""
    found = yield from chosen(vault, fields, "add")
    for aid in found:
        if aid in hab.kever.wits:
            raise FieldError("add", f"names {aid}, which is a witness already")
    count = len(hab.kever.wits) - len(cut) + len(found)
    if count > MOST:
        raise FieldError("add", f"makes {count} witnesses of it: {MOST} at most are taken")
    return found


def removed(hab: Any, fields: Fields) -> list[str]:
    """The field `cut` of a rotation: present witnesses, by AID or by an OOBI that says it. Raises FieldError."""
    found: list[str] = []
    for text in _texts(fields, "cut"):
        aid = text
        if "/" in text:
            try:
                address = oobis.read(text)
            except FieldError as ex:
                raise FieldError("cut", f"{text[:80]!r} {ex.reason}") from ex
            aid = address.eid or address.cid
        if aid not in hab.kever.wits:
            raise FieldError("cut", f"names {(aid or text)[:80]!r}, which is no witness of this identifier")
        if aid in found:
            raise FieldError("cut", f"names {aid} twice")
        found.append(aid)
    return found


def check_left(hab: Any, cut: list[str]) -> None:
    """Raise FieldError when nobody would be left to receipt an event that needs it: the log could never be verified past it."""
    left = tuple(each for each in hab.kever.wits if each not in cut)
    for event in standing.open_events(hab) if cut else ():
        if len(event.receipted) + len(event.lacking(left)) < event.toad:
            raise FieldError(
                "cut",
                f"leaves too few witnesses for event {event.sn}, which has {len(event.receipted)} of {event.toad} needed receipts: "
                "collect these first, or nobody can verify the log past it",
            )


def changed(vault: Any, hab: Any, fields: Fields) -> Generator[float, float, dict[str, Any]]:
    """keripy's arguments of a rotation: {cuts, adds, toad}. Raises FieldError."""
    cut = removed(hab, fields)
    add = yield from added(vault, hab, fields, cut)
    before = len(hab.kever.wits)
    after = before - len(cut) + len(add)
    toad = threshold(fields, after, recommended(after) if cut or add else hab.kever.toader.num)
    return {"cuts": cut, "adds": add, "toad": toad}


def threshold(fields: Fields, count: int, default: int) -> int:
    """The field `toad`. Raises FieldError."""
    if not count:
        if fields.integer("toad", 0, 1 << 20, default=0):
            raise FieldError("toad", "must be 0 or left out: there are no witnesses")
        return 0
    return fields.integer("toad", 1, count, default=default)


def recommended(count: int) -> int:
    """keripy's ample majority: enough receipts that no two different events can both have so many, with some witnesses faulty."""
    from keri.core import eventing

    return eventing.ample(count)


# -- private ----------------------------------------------------------------------------------------------------------


def _texts(fields: Fields, name: str) -> list[str]:
    """A JSON list of texts, or a text with one in each line."""
    if not fields.given(name):
        return []
    if fields.typed and isinstance(listed := fields.json(name), list):
        if not all(isinstance(each, str) for each in listed):
            raise FieldError(name, "must be a list of texts: AIDs or OOBIs")
        texts = listed
    elif name == "cut" and not fields.typed:
        texts = fields.several(name)  # a box for each
    else:
        texts = fields.text(name, max_bytes=TEXT_MOST).splitlines()
    return [text.strip() for text in texts if text.strip()]


def _resolved(vault: Any, name: str, text: str) -> Generator[float, float, str]:
    """The AID that an OOBI introduces, once the ledger has taken in what came."""
    try:
        address = oobis.read(text)
        taken = yield from oobis.resolve(books.of(vault.worker), address, REASON)
    except FieldError as ex:
        told = FieldError(name, f"{text[:80]!r} {ex.reason}", ex.status_code)
        told.extra = {**ex.extra, **told.extra}  # where to say yes under Network, for one
        raise told from ex
    return taken.aid


def _check(vault: Any, name: str, aid: str, text: str) -> None:
    """Raise FieldError unless this can be a witness."""
    from keri.core import coring

    try:
        prefixer = coring.Prefixer(qb64=aid)
        whole = prefixer.qb64 == aid
    except Exception as ex:  # whatever keripy raises about these characters
        raise FieldError(name, f"has {text[:80]!r}, which is neither an AID nor an OOBI") from ex
    if not whole:
        raise FieldError(name, f"has {text[:80]!r}, which is neither an AID nor an OOBI")
    if prefixer.transferable:
        raise FieldError(name, f"names {aid}, which can rotate its keys: a witness is an identifier that cannot")
    if aid in vault.hby.habs:
        raise FieldError(name, f"names {aid}, which is an identifier of this wallet: it receipts nothing")
    if not places.schemes(places.urls(vault.worker, vault.hby.db, aid)):
        raise FieldError(name, f"names {aid}, of which no web address is known: give its OOBI instead")
