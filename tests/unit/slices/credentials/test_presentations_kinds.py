"""Presentations of every honest kind that keripy makes: valid here as there, and taken in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, serving, unsynced  # noqa: F401 (fixtures)
from credkit import DATED, TRIAL, Issuer, issuers, remade
from ledgerkit import habery
from slicekit import HTML, Page, upload
from test_presentations import judged

pytestmark = pytest.mark.usefixtures("unsynced")


class Of(Issuer):
    """An issuer over an identifier that somebody else made; signs: what its log's messages are."""

    def __init__(self, hab: Any, before: Callable[[], list[bytes]] = list, log: Callable[[], list[bytes]] | None = None) -> None:
        self.hab, self.before, self.own = hab, before, log
        self.regk, self.tel = "", []
        self.open()

    @property
    def log(self) -> list[bytes]:
        own = self.own() if self.own is not None else [bytes(each) for each in self.hab.db.clonePreIter(pre=self.hab.pre)]
        return [*self.before(), *own]


def group(hby: Any, _: Any) -> bytes:
    issuer = Of(hby.makeHab("three", isith="2", icount=3, nsith=["1/2", "1/2", "1/2"], ncount=3))
    issuer.hab.rotate()
    return whole(issuer)


def whole(issuer: Issuer, **more: Any) -> bytes:
    _, made = issuer.issue(issuer.body(**more))
    return b"".join([*issuer.log, *issuer.tel, *made])


def delegated(hby: Any, _: Any) -> bytes:
    boss = hby.makeHab("boss")
    dele = hby.makeHab("dele", delpre=boss.pre)
    boss.interact(data=[{"i": dele.pre, "s": "0", "d": dele.pre}])
    hby.kvy.processEscrows()
    assert dele.pre in hby.kevers
    return whole(Of(dele, before=lambda: [bytes(each) for each in hby.db.cloneDelegation(hby.kevers[dele.pre])]))


def witnessed(hby: Any, wits: Any) -> bytes:
    from keri.core import eventing, indexing

    one, two = (wits.makeHab(f"w{n}", transferable=False) for n in (1, 2))
    hab = hby.makeHab("witnessed", wits=[one.pre, two.pre], toad=2)

    def log() -> list[bytes]:
        """The first witness signs along with the event, the second one's receipt comes as a message of its own."""
        messages = []
        for sn in range(hab.kever.sn + 1):
            serder, sigers, _ = hab.getOwnEvent(sn=sn, allowPartiallySigned=True)
            wiger = indexing.Siger(raw=one.sign(ser=serder.raw, indexed=False)[0].raw, index=0)
            receipt = eventing.receipt(pre=hab.pre, sn=sn, said=serder.said)
            messages.append(bytes(eventing.messagize(serder, sigers=sigers, wigers=[wiger])))
            messages.append(bytes(eventing.messagize(receipt, cigars=two.sign(ser=serder.raw, indexed=False))))
        return messages

    return whole(Of(hab, log=log))


def backed(hby: Any, wits: Any, twice: bool = False) -> bytes:
    """A registry with backers: every event of it and of its credentials is signed by two of three, or twice by one."""
    from keri.core import coring, indexing, serdering
    from keri.vdr import eventing

    habs = [wits.makeHab(f"b{n}", transferable=False) for n in range(3)]
    issuer = Of(hby.makeHab("backed"))

    def signed(serder: Any) -> bytes:
        plain = issuer.anchored(serder)
        couple = plain[plain.index(b"-GAB") :]
        wigers = [indexing.Siger(raw=h.sign(ser=serder.raw, indexed=False)[0].raw, index=n) for n, h in enumerate(habs[:2])]
        if twice:  # the same signature in CESR's other code for it
            wigers[1] = indexing.Siger(raw=wigers[0].raw, code=indexing.IdrDex.Ed25519_Big_Sig, index=0, ondex=0)
        attached = b"-BAC" + b"".join(each.qb64b for each in wigers) + couple
        return serder.raw + b"-V" + coring.intToB64(len(attached) // 4, l=2).encode() + attached

    vcp = eventing.incept(issuer.hab.pre, baks=[h.pre for h in habs], toad=2, code=coring.MtrDex.Blake3_256)
    raw = remade(issuer.body(ri=vcp.pre))
    said = json.loads(raw)["d"]
    fields = {"v": "KERI10JSON000000_", "t": "bis", "d": "", "i": said, "ii": vcp.pre, "s": "0",
              "ra": {"i": vcp.pre, "s": "0", "d": vcp.said}, "dt": DATED}  # fmt: skip
    bis = serdering.SerderKERI(raw=remade(fields))
    tel = [signed(vcp), signed(bis)]
    triple = b"-IAB" + said.encode() + coring.Seqner(sn=0).qb64b + bis.saidb
    return b"".join([*issuer.log, *tel, raw + triple])


def signed_besides(hby: Any, _: Any) -> bytes:
    """The seal and, as some do, the issuer's signatures."""
    issuer = Of(hby.makeHab("signing"))
    data = whole(issuer)
    body, seal = data[: data.rindex(b"-IAB")], data[data.rindex(b"-IAB") :]
    acdc = body[body.rindex(b'{"v":"ACDC') :]
    from keri.core import eventing

    with_signature = bytes(eventing.messagize(_Serder(acdc), sigers=issuer.hab.sign(ser=acdc, indexed=True),
                                              seal=eventing.SealEvent(i=issuer.hab.pre, s="0", d=issuer.hab.pre)))  # fmt: skip
    return body + seal + with_signature[len(acdc) :]


class _Serder:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw


def across(hby: Any, _: Any) -> bytes:
    """One credential makes another one's issuer: I2I, over two registries, with rules and salts."""
    root, middle = Of(hby.makeHab("root")), Of(hby.makeHab("middle"))
    salt = "0AAAAAAAAAAAAAAAAAAAAAAA"
    given = {"d": "", "u": salt, "i": middle.hab.pre, "dt": DATED, "name": "may issue"}
    sad = root.body(given, r={"d": "", "usage": {"l": "only here"}})
    far, one = root.issue({"v": sad["v"], "d": "", "u": salt, **{k: v for k, v in sad.items() if k not in ("v", "d")}})
    _, two = middle.issue(middle.body(e={"d": "", "auth": {"n": far, "s": TRIAL["$id"], "o": "I2I"}}))
    return b"".join([*middle.log, *middle.tel, *two, *root.log, *root.tel, *one])


def compact(hby: Any, _: Any) -> bytes:
    """The attributes as their SAID only."""
    return whole(Of(hby.makeHab("compact")), attributes="E" + "A" * 43)


def by_rotation(hby: Any, _: Any) -> bytes:
    """An identifier whose log takes establishment events only anchors by rotations."""
    hab = hby.makeHab("established", estOnly=True)
    hab.interact = lambda data: hab.rotate(data=data)
    return whole(Of(hab))


KINDS = [group, delegated, witnessed, backed, signed_besides, across, compact, by_rotation]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_is_valid_and_taken_in(kind: Callable[[Any, Any], bytes], quick: None, place: Path) -> None:  # noqa: F811
    with habery("making") as hby, habery("backing") as wits:
        data = kind(hby, wits)
    valid, told, report = judged(data)
    assert valid is True, told
    assert len(report["order"]) >= 5

    async def inner() -> None:
        async with serving(place) as (kit, held):
            do(held.create("Mine", PASSCODE, "low"))
            await kit.ask("POST", "/app/credentials/schemas", json_body={"schema": TRIAL})
            for _ in range(2):
                taken = await upload(kit, "/app/credentials/receive", [("file", ("x", data))])
                assert taken.status == 200, taken.text
            listed = (await kit.ask("GET", "/app/credentials")).json["credentials"]
            assert {each["state"] for each in listed} == {"issued"} and len(listed) == len(taken.json["results"])
            for each in listed:
                page = await kit.ask("GET", f"/app/credentials/{each['said']}", accept=HTML)
                assert page.status == 200 and not Page(page.text).problems
                again = (await kit.ask("GET", f"/app/credentials/{each['said']}/cesr")).body
                assert (await upload(kit, "/app/credentials/verify", [("file", ("x", again))])).json["valid"]
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

    asyncio.run(inner())


def test_a_backer_counts_once() -> None:
    with habery("making") as hby, habery("backing") as wits:
        valid, told, _ = judged(backed(hby, wits, twice=True))
    assert valid is False and "backers" in told, told


def test_many_credentials_of_a_long_log_are_judged_in_one_pass() -> None:
    """The issuer's log is looked through once, not once for each credential."""
    from slices.credentials import reporting

    with issuers("issuer") as (issuer,):
        made = [issuer.issue(issuer.body({"d": "", "dt": DATED, "name": str(n)}))[1] for n in range(12)]
        data = b"".join([*issuer.log, *issuer.tel, *(each for pair in made for each in pair)])
        calls = 0
        real = reporting.anchors

        def counted(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            return real(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reporting, "anchors", counted)
            assert judged(data)[0] is True
        assert calls == 1
