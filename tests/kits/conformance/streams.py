"""Streams of key events for /app/ledger/check: good ones, and one of each way to be wrong. The same bytes at every run."""

from __future__ import annotations

from functools import cache

from ledgerkit import habery, messages

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@cache
def streams() -> dict[str, bytes]:
    """Name -> stream."""
    with habery() as hby:
        one, two = hby.makeHab("one"), hby.makeHab("two", isith="2", icount=3, nsith="2", ncount=3)
        for hab in (one, two):
            hab.rotate()
            hab.interact(data=[{"m": EVIL}])
        child = hby.makeHab("child", delpre=one.pre)
        log, other = messages(one, False), messages(two, False)
        delegated = bytes(child.makeOwnInception())
        lone = bytes(hby.makeHab("lone", transferable=False).makeOwnInception())
        long = hby.makeHab("long")
        for _ in range(210):
            long.interact()
        many = b"".join(messages(long, False))
    whole = b"".join(log)
    forged = bytearray(log[1])
    at = forged.index(b"-AAB") + 40
    forged[at] = ord("A") if forged[at] != ord("A") else ord("B")
    return {
        "whole": whole,
        "two": whole + b"".join(other) + lone,
        "backwards": b"".join(reversed(log)),
        "gap": log[0] + log[2],
        "twice": whole + log[0],
        "cut": whole[:-30],
        "forged": log[0] + bytes(forged),
        "delegated": delegated,
        "duplicity": _two_histories(),
        "kinds": _kinds(),
        "garbage": b"hello " + whole + b"\x00\xff" + EVIL.encode(),
        "empty": b" ",
        "large": b"x" * ((256 << 10) + 1),
        "many": many,
    }


def _two_histories() -> bytes:
    """One identifier with two different events 1."""
    made = []
    for note in ("a", "b"):
        with habery("twin") as hby:
            hab = hby.makeHab("twin")
            hab.interact(data=[{"note": note}])
            made.append(messages(hab, False))
    assert made[0][0] == made[1][0]
    return b"".join(made[0]) + made[1][1]


def _kinds() -> bytes:
    """Inceptions serialized as CBOR and as MessagePack."""
    from keri.core import Salter, eventing
    from keri.kering import Kinds

    made = b""
    for number, kind in enumerate((Kinds.cbor, Kinds.mgpk)):
        signer = Salter(raw=bytes([number]) * 16).signer(temp=True)
        serder = eventing.incept(keys=[signer.verfer.qb64], code="E", kind=kind)
        siger = signer.sign(serder.raw, index=0)
        made += serder.raw + b"-AAB" + siger.qb64b
    return made
