"""KERI events for the lab: keripy's own functions, each returning one thing to run over and over."""

from __future__ import annotations

from collections.abc import Callable

from keriwasm.imports import native

__all__ = ["make", "parse", "verify"]


def _signed() -> tuple[object, bytes, object]:
    """(serder, the whole message, signature) of a transferable inception with one key and one next key."""
    native.keri()
    from keri.core import coring, eventing, signing

    signer, following = signing.Signer(transferable=True), signing.Signer(transferable=True)
    digest = coring.Diger(ser=following.verfer.qb64b)
    serder = eventing.incept(keys=[signer.verfer.qb64], ndigs=[digest.qb64], code=coring.MtrDex.Blake3_256)
    siger = signer.sign(serder.raw, index=0)
    return serder, bytes(eventing.messagize(serder, sigers=[siger])), siger


def make() -> Callable[[], object]:
    """Make and sign an inception event; the keys are there already."""
    native.keri()
    from keri.core import coring, eventing, signing

    signer, following = signing.Signer(transferable=True), signing.Signer(transferable=True)
    key, ndig = signer.verfer.qb64, coring.Diger(ser=following.verfer.qb64b).qb64

    def once() -> object:
        serder = eventing.incept(keys=[key], ndigs=[ndig], code=coring.MtrDex.Blake3_256)
        return eventing.messagize(serder, sigers=[signer.sign(serder.raw, index=0)])

    return once


def parse() -> Callable[[], object]:
    """Parse a signed inception from its stream, check its digest and its signature.

    No database takes part: the number is of parsing and checking, not of the store.
    """
    native.keri()
    from keri.core import counting, indexing, serdering

    _, message, _ = _signed()

    def once() -> object:
        rest = bytearray(message)
        serder = serdering.SerderKERI(raw=rest)
        del rest[: serder.size]
        counting.Counter(qb64b=rest, strip=True)
        siger = indexing.Siger(qb64b=rest, strip=True)
        if not serder.verfers[siger.index].verify(siger.raw, serder.raw):
            raise RuntimeError("the event's signature does not verify")
        return serder

    return once


def verify() -> Callable[[], object]:
    """Verify an event's signature by keripy's Verfer."""
    serder, _, siger = _signed()
    verfer, signature, raw = serder.verfers[0], siger.raw, serder.raw  # type: ignore[attr-defined]

    def once() -> object:
        if not verfer.verify(signature, raw):
            raise RuntimeError("the event's signature does not verify")
        return None

    return once
