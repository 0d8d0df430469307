"""The witnesses' own words on where they are, as they signed them, for a witness that is to know the others."""

from __future__ import annotations

from typing import Any

from slices.ledger import book as books

__all__ = ["replies"]


def replies(worker: Any, witnesses: tuple[str, ...]) -> dict[tuple[str, str], tuple[Any, Any, Any]]:
    """(witness, scheme) -> (message, key, signature). Empty for those whose word the ledger has not kept whole: it has since 2026-11-30."""
    from keri.core import serdering

    book = books.of(worker)
    found = {}
    for aid in witnesses:
        for word in book.notes.words(f"loc.{aid}."):
            raw = word.get("raw")
            if not raw or not word["url"]:
                continue
            serder = serdering.SerderKERI(raw=bytearray(raw))
            signed = _signed(bytearray(raw[serder.size :]))
            if signed is not None:
                found[aid, word["scheme"]] = (serder, *signed)
    return found


def _signed(rest: bytearray) -> tuple[Any, Any] | None:
    """The one signature of a key that is its own identifier; None where it is signed in another way."""
    from keri import core, kering
    from keri.core import coring

    counter = core.Counter(qb64b=rest, strip=True, gvrsn=kering.Vrsn_1_0)
    if counter.code == "-V":  # a group of attachments, by its size
        counter = core.Counter(qb64b=rest, strip=True, gvrsn=kering.Vrsn_1_0)
    if (counter.code, counter.count) != ("-C", 1):
        return None
    verfer = coring.Verfer(qb64b=rest, strip=True)
    return verfer, coring.Cigar(qb64b=rest, strip=True)
