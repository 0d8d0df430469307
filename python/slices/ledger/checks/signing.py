"""Signatures of key events, one by one: strict where keripy passes over what does not verify. Raises Refused with the reason.

keripy passes over surplus signatures that do not verify, and counts one key's signature twice when it comes in two codes.
"""

from __future__ import annotations

from typing import Any

from slices.ledger.checks.reading import Message, Refused

__all__ = ["NOT_VERIFIED", "by_key", "by_others", "by_witnesses", "each_verifies", "union"]

NOT_VERIFIED = "does not verify: the event or the signature was changed, or another key signed"


def each_verifies(raw: bytes, sigers: list[Any], verfers: list[Any], what: str, leave_one: bool = False) -> None:
    """Every signature must be by the key that it names, and no key may sign twice. Raises Refused.

    leave_one: a single signature is not verified here, since keripy refuses an event without any that verifies.
    """
    seen: set[int] = set()
    for number, siger in enumerate(sigers, start=1):
        which = f"{what} {number} of {len(sigers)}" if len(sigers) > 1 else f"its {what}"
        if siger.index >= len(verfers):
            raise Refused("signature", f"{which} names key {siger.index}, but there are {len(verfers)}")
        if siger.index in seen:
            raise Refused("signature", f"{which} is the second one by key {siger.index}: a key counts once")
        seen.add(siger.index)
        if siger.code not in _codes(verfers[siger.index].code):
            raise Refused(
                "signature", f"{which} is marked as one of another kind ({siger.code}) than the key that it names"
            )
        if not (leave_one and len(sigers) == 1) and not verifies(verfers[siger.index], siger.raw, raw):
            raise Refused("signature", f"{which} {NOT_VERIFIED}")


def verifies(verfer: Any, signature: bytes, raw: bytes) -> bool:
    """keripy's verdict; a signature of another length than the key's kind needs is a wrong one."""
    try:
        return bool(verfer.verify(signature, raw))
    except (ValueError, TypeError):
        return False


def by_witnesses(message: Message, raw: bytes, wits: list[str]) -> list[Any]:
    """The verified witness signatures of a message, receipts by a witness's key among them, as keripy makes them indexed."""
    from keri.core import coring, indexing

    wigers = list(message.wigers)
    for cigar in message.cigars:
        if cigar.verfer.qb64 in wits:
            wigers.append(indexing.Siger(raw=cigar.raw, index=wits.index(cigar.verfer.qb64)))
    if not wigers:
        return []
    try:
        werfers = [coring.Verfer(qb64=each) for each in wits]
    except Exception as ex:  # keripy raises many kinds for what is no key
        raise Refused("witnesses", f"a witness of it is no public key ({type(ex).__name__}: {ex})") from ex
    wigers = union(wigers)
    each_verifies(raw, wigers, werfers, "witness signature")
    return wigers


def by_others(message: Message, raw: bytes, wits: list[str]) -> list[str]:
    """The verified receipts by keys that are no witnesses: identifier and signature (qb64)."""
    couples = []
    for cigar in message.cigars:
        if cigar.verfer.qb64 in wits:
            continue
        if cigar.verfer.transferable:
            message.remark(
                f"a receipt by {cigar.verfer.qb64} is not kept: it can rotate its keys, so the key alone proves nothing"
            )
            continue
        if not verifies(cigar.verfer, cigar.raw, raw):
            raise Refused("receipt", f"the receipt by {cigar.verfer.qb64} {NOT_VERIFIED}")
        couples.append(cigar.verfer.qb64 + cigar.qb64)
    return couples


def union(*groups: list[Any]) -> list[Any]:
    """Signatures without repetition, in order."""
    return list({each.qb64: each for group in groups for each in group}.values())


def by_key(*groups: list[Any]) -> list[Any]:
    """Signatures of several messages of one event: one per key, the first."""
    made: dict[int, Any] = {}
    for group in groups:
        for each in group:
            made.setdefault(each.index, each)
    return list(made.values())


def _codes(key: str) -> tuple[str, ...]:
    """Codes of indexed signatures that a key of this code makes; keripy verifies without looking at the signature's."""
    from keri.core.coring import MtrDex
    from keri.core.indexing import IdrDex

    if key in (MtrDex.Ed25519, MtrDex.Ed25519N):
        return IdrDex.Ed25519_Sig, IdrDex.Ed25519_Crt_Sig, IdrDex.Ed25519_Big_Sig, IdrDex.Ed25519_Big_Crt_Sig
    if key in (MtrDex.ECDSA_256k1, MtrDex.ECDSA_256k1N):
        return (
            IdrDex.ECDSA_256k1_Sig, IdrDex.ECDSA_256k1_Crt_Sig, IdrDex.ECDSA_256k1_Big_Sig, IdrDex.ECDSA_256k1_Big_Crt_Sig
        )  # fmt: skip
    if key in (MtrDex.ECDSA_256r1, MtrDex.ECDSA_256r1N):
        return (
            IdrDex.ECDSA_256r1_Sig, IdrDex.ECDSA_256r1_Crt_Sig, IdrDex.ECDSA_256r1_Big_Sig, IdrDex.ECDSA_256r1_Big_Crt_Sig
        )  # fmt: skip
    return ()
