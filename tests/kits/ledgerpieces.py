"""Logs in pieces, as they reach a ledger in real life, and keripy itself as the oracle of what they come to.

A scenario is a list of pieces (bytes), each of which is imported alone; in whatever order, the end must be what keripy's own
Parser, Kevery and escrows come to when they are fed all of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from ledgerkit import habery

SCENARIOS: dict[str, Callable[[ExitStack], list[bytes]]] = {}


def scenario(made: Callable[[ExitStack], list[bytes]]) -> Callable[[ExitStack], list[bytes]]:
    SCENARIOS[made.__name__] = made
    return made


def settled(pieces: list[bytes]) -> dict[str, Any]:
    """What keripy comes to, fed all pieces at once."""
    from keri.core import eventing, parsing
    from keri.db import basing

    db = basing.Baser(name="oracle", temp=True, reopen=True)
    try:
        kevery = eventing.Kevery(db=db, lax=True, local=False)
        parsing.Parser(framed=True, kvy=kevery).parse(ims=bytearray(b"".join(pieces)), kvy=kevery, local=False)
        for _ in range(5):
            kevery.processEscrows()
        return told(db)
    finally:
        db.close(clear=True)


def told(db: Any) -> dict[str, Any]:
    """Every log in a Baser: key state, events in their order, what is kept with each of them."""
    from keri.db.dbing import dgKey

    logs: dict[str, Any] = {}
    for (aid, *_), state in db.states.getItemIter():
        events = []
        for _, _, dig in db.getFelItemPreIter(aid.encode()):
            key = dgKey(aid.encode(), bytes(dig))
            seal = db.getAes(key)
            events.append(
                {
                    "raw": bytes(db.getEvt(key)),
                    "seal": bytes(seal).decode() if seal is not None else "",
                    "wits": [each.qb64 for each in db.wits.get(keys=key) or ()],
                    **{
                        name: sorted(bytes(each).decode() for each in get(key))
                        for name, get in (
                            ("sigs", db.getSigs), ("wigs", db.getWigs), ("rcts", db.getRcts), ("vrcs", db.getVrcs)
                        )
                    },
                }
            )  # fmt: skip
        logs[aid] = {"state": {**state._asdict(), "dt": ""}, "events": events}
    return logs


def event(hab: Any, sn: int) -> bytes:
    """An event with its controller's signatures only."""
    from keri.core import eventing

    serder, sigers, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    return bytes(eventing.messagize(serder, sigers=sigers))


def coupled(hab: Any, sn: int, boss: Any, at: int, said: str | None = None) -> bytes:
    """A delegated event that names where its delegator has sealed it (-GAB)."""
    from keri.core import coring, counting

    serder, _, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    counter = counting.Counter(code=counting.CtrDex_1_0.SealSourceCouples, count=1, gvrsn=_version())
    said = said or bytes(boss.db.getKeLast(_sn(boss.pre, at))).decode()
    return event(hab, sn) + counter.qb64b + coring.Seqner(sn=at).qb64b + said.encode() if serder else b""


def piped(message: bytes) -> bytes:
    """The same message with all its attachments in one counted group (-V)."""
    from keri.core import counting

    at = message.rindex(b"}") + 1
    counter = counting.Counter(
        code=counting.CtrDex_1_0.AttachmentGroup, count=(len(message) - at) // 4, gvrsn=_version()
    )
    return message[:at] + counter.qb64b + message[at:]


def receipt(hab: Any, sn: int, by: Any) -> bytes:
    """A receipt by a key (couple): of a witness, a watcher, anybody."""
    from keri.core import eventing

    serder, _, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    made = eventing.receipt(pre=hab.pre, sn=sn, said=serder.said)
    return bytes(eventing.messagize(made, cigars=by.sign(ser=serder.raw, indexed=False)))


def indexed(hab: Any, sn: int, by: list[tuple[int, Any]]) -> bytes:
    """A receipt with indexed witness signatures, as a witness's mailbox gives it."""
    from keri.core import eventing, indexing

    serder, _, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    made = eventing.receipt(pre=hab.pre, sn=sn, said=serder.said)
    wigers = [indexing.Siger(raw=wit.sign(ser=serder.raw, indexed=False)[0].raw, index=at) for at, wit in by]
    return bytes(eventing.messagize(made, wigers=wigers))


def endorsed(hab: Any, sn: int, by: Any) -> bytes:
    """A receipt by an identifier with a log (-F): it names the event that gives its keys."""
    from keri.core import eventing

    serder, _, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    made = eventing.receipt(pre=hab.pre, sn=sn, said=serder.said)
    est = by.kever.lastEst
    seal = eventing.SealEvent(i=by.pre, s=f"{est.s:x}", d=est.d)
    return bytes(eventing.messagize(made, sigers=by.sign(ser=serder.raw, indexed=True), seal=seal))


def quadruples(hab: Any, sn: int, by: Any) -> bytes:
    """An event with such receipts attached to it (-D), as a replay has them."""
    from keri.core import coring, counting

    serder, _, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
    est = by.kever.lastEst
    signed = by.sign(ser=serder.raw, indexed=True)
    out = event(hab, sn)
    out += counting.Counter(code=counting.CtrDex_1_0.TransReceiptQuadruples, count=len(signed), gvrsn=_version()).qb64b
    for each in signed:
        out += by.pre.encode() + coring.Seqner(sn=est.s).qb64b + est.d.encode() + each.qb64b
    return out


def _version() -> Any:
    from keri import kering

    return kering.Vrsn_1_0


def _sn(pre: str, sn: int) -> bytes:
    from keri.db.dbing import snKey

    return snKey(pre.encode(), sn)


def _witnesses(stack: ExitStack, count: int) -> list[Any]:
    hby = stack.enter_context(habery("witnesses"))
    return [hby.makeHab(f"w{number}", transferable=False) for number in range(count)]


def _anchor(boss: Any, hab: Any, sn: int) -> None:
    said = bytes(hab.db.getKeLast(_sn(hab.pre, sn))).decode()
    boss.interact(data=[{"i": hab.pre, "s": f"{sn:x}", "d": said}])


# -- scenarios ----------------------------------------------------------------------------------------------------


@scenario
def receipts_after_a_witnessed_inception(stack: ExitStack) -> list[bytes]:
    wits = _witnesses(stack, 4)
    hab = stack.enter_context(habery("one")).makeHab("one", wits=[each.pre for each in wits[:3]], toad=2)
    return [
        event(hab, 0),
        receipt(hab, 0, wits[0]),
        indexed(hab, 0, [(1, wits[1])]),
        indexed(hab, 0, [(0, wits[0]), (2, wits[2])]),
        receipt(hab, 0, wits[3]),
    ]


@scenario
def receipts_of_an_interaction(stack: ExitStack) -> list[bytes]:
    wits = _witnesses(stack, 2)
    hab = stack.enter_context(habery("one")).makeHab("one", wits=[each.pre for each in wits], toad=2)
    hab.interact(data=[{"a": "b"}])
    return [
        event(hab, 0) + receipt(hab, 0, wits[0]),
        indexed(hab, 0, [(1, wits[1])]),
        event(hab, 1),
        receipt(hab, 1, wits[0]),
        receipt(hab, 1, wits[1]),
    ]


@scenario
def a_rotation_cuts_and_adds_witnesses(stack: ExitStack) -> list[bytes]:
    wits = _witnesses(stack, 3)
    hab = stack.enter_context(habery("one")).makeHab("one", wits=[each.pre for each in wits[:2]], toad=2)
    hab.rotate(cuts=[wits[0].pre], adds=[wits[2].pre], toad=2)
    hab.interact()
    return [
        event(hab, 0) + indexed(hab, 0, [(0, wits[0]), (1, wits[1])]),
        event(hab, 1),
        receipt(hab, 1, wits[1]),
        receipt(hab, 1, wits[2]),
        event(hab, 2) + receipt(hab, 2, wits[2]) + receipt(hab, 2, wits[1]),
    ]


@scenario
def delegated_inception_and_rotation(stack: ExitStack) -> list[bytes]:
    boss = stack.enter_context(habery("boss")).makeHab("boss")
    hab = stack.enter_context(habery("dele")).makeHab("dele", delpre=boss.pre)
    _anchor(boss, hab, 0)
    hab.rotate()
    _anchor(boss, hab, 1)
    return [event(boss, 0), event(boss, 1), event(hab, 0), event(boss, 2), piped(coupled(hab, 1, boss, 2))]


@scenario
def couples_that_name_the_wrong_event(stack: ExitStack) -> list[bytes]:
    boss = stack.enter_context(habery("boss")).makeHab("boss")
    hab = stack.enter_context(habery("dele")).makeHab("dele", delpre=boss.pre)
    boss.interact(data=[{"i": hab.pre, "s": "1", "d": hab.pre}])
    _anchor(boss, hab, 0)
    hab.rotate()
    _anchor(boss, hab, 1)
    return [
        event(boss, 0) + event(boss, 1),
        event(boss, 2),
        coupled(hab, 0, boss, 1),
        event(boss, 3),
        coupled(hab, 1, boss, 2, said=boss.kever.serder.said),
    ]


@scenario
def a_delegate_of_a_delegate(stack: ExitStack) -> list[bytes]:
    root = stack.enter_context(habery("root")).makeHab("root")
    middle = stack.enter_context(habery("middle")).makeHab("middle", delpre=root.pre)
    _anchor(root, middle, 0)
    leaf = stack.enter_context(habery("leaf")).makeHab("leaf", delpre=middle.pre)
    _anchor(middle, leaf, 0)
    leaf.interact()
    return [
        event(root, 0) + event(root, 1),
        coupled(middle, 0, root, 1),
        event(middle, 1),
        event(leaf, 0),
        event(leaf, 1),
    ]


@scenario
def a_delegate_with_witnesses_of_a_delegator_with_witnesses(stack: ExitStack) -> list[bytes]:
    wits = _witnesses(stack, 2)
    boss = stack.enter_context(habery("boss")).makeHab("boss", wits=[wits[0].pre], toad=1)
    hab = stack.enter_context(habery("dele")).makeHab("dele", delpre=boss.pre, wits=[wits[1].pre], toad=1)
    _anchor(boss, hab, 0)
    return [
        event(boss, 0) + receipt(boss, 0, wits[0]),
        event(boss, 1),
        receipt(boss, 1, wits[0]),
        coupled(hab, 0, boss, 1),
        receipt(hab, 0, wits[1]),
    ]


@scenario
def receipts_by_those_with_a_log(stack: ExitStack) -> list[bytes]:
    hab = stack.enter_context(habery("one")).makeHab("one")
    hab.interact()
    validator = stack.enter_context(habery("validator")).makeHab("validator", isith="2", icount=2, nsith="2", ncount=2)
    attached = quadruples(hab, 1, validator)
    validator.rotate()
    # In this order, since keripy itself loses all but the first of several that are attached while the validator is unknown.
    return [event(validator, 0), event(hab, 0), attached, event(validator, 1), endorsed(hab, 0, validator)]


@scenario
def several_signers_and_a_rotation(stack: ExitStack) -> list[bytes]:
    from keri.core import eventing

    hab = stack.enter_context(habery("many")).makeHab("many", isith="2", icount=3, nsith="2", ncount=3)
    hab.rotate()
    parts = []
    for sn in (0, 1):
        serder, sigers, _ = hab.getOwnEvent(sn=sn)
        parts += [bytes(eventing.messagize(serder, sigers=[each])) for each in sigers[: 2 + sn]]
    return parts


def kinds(kind: str) -> list[bytes]:
    """A witnessed log in another serialization, and its receipts."""
    from keri.core import coring, eventing, signing

    salter = signing.Salter(raw=b"another-kind-_16")
    keys = salter.signers(count=4, path=kind, temp=True)
    wits = salter.signers(count=2, path=f"{kind}w", transferable=False, temp=True)
    digests = [coring.Diger(ser=each.verfer.qb64b).qb64 for each in keys]
    icp = eventing.incept(
        keys=[keys[0].verfer.qb64], ndigs=digests[1:2], code=coring.MtrDex.Blake3_256, kind=kind,
        wits=[each.verfer.qb64 for each in wits], toad=1,
    )  # fmt: skip
    rot = eventing.rotate(
        pre=icp.pre, keys=[keys[1].verfer.qb64], dig=icp.said, ndigs=digests[2:3], sn=1, kind=kind, toad=1,
        wits=[each.verfer.qb64 for each in wits], cuts=[wits[0].verfer.qb64],
    )  # fmt: skip
    ixn = eventing.interact(pre=icp.pre, dig=rot.said, sn=2, data=[{"n": 1}], kind=kind)
    pieces = [
        bytes(eventing.messagize(each, sigers=[key.sign(each.raw, index=0)]))
        for each, key in ((icp, keys[0]), (rot, keys[1]))
    ]
    for each, wit in ((icp, wits[0]), (rot, wits[1])):
        made = eventing.receipt(pre=icp.pre, sn=each.sn, said=each.said)
        pieces.append(bytes(eventing.messagize(made, cigars=[wit.sign(each.raw)])))
    last = eventing.messagize(ixn, sigers=[keys[1].sign(ixn.raw, index=0)], wigers=[wits[1].sign(ixn.raw, index=0)])
    return [*pieces, bytes(last)]


def permutations(pieces: list[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Every order."""
    import itertools

    yield from itertools.permutations(pieces)
