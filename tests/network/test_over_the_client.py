"""keripy's own networking code, unmodified, over our client below hio, and the ledger's OOBIs, against real witnesses."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hio.base import doing
from keriwasm.web.hio_client import Outgoing, Purpose
from ledgerkit import habery, ledger, unsynced  # noqa: F401 (fixtures)
from plainweb import PlainWeb
from slicekit import post

PURPOSE = Purpose("wallet", "to collect receipts", deadline=20.0)


def run(web: PlainWeb, doers: list[Any], steps: Any, seconds: float = 60.0) -> None:
    """Until `steps`, a generator, is done."""
    net = Outgoing(SimpleNamespace(outside=web, doist=doing.Doist()))

    def act(tymth: Any = None, tock: float = 0.0, **_: Any) -> Any:
        yield tock
        yield from net.within(PURPOSE, steps)
        return True  # hio's `done` is what a generator returns

    actor = doing.doify(act)
    doist = doing.Doist(tock=0.005, real=True, doers=[*doers, actor])
    doist.enter()
    ends = time.monotonic() + seconds
    while not actor.done and time.monotonic() < ends:
        doist.recur()
        time.sleep(0.002)
    doist.exit()
    assert actor.done, "it did not end by itself"


def introduce(hby: Any, witnesses: Any) -> None:
    """Where the witnesses are, into keripy's own tables, by their OOBIs as keripy reads them."""
    import urllib.request

    from keri.core import eventing, parsing, routing

    rtr = routing.Router()
    rvy = routing.Revery(db=hby.db, rtr=rtr)
    kvy = eventing.Kevery(db=hby.db, lax=True, local=False, rvy=rvy)
    kvy.registerReplyRoutes(router=rtr)
    for witness in witnesses.values():
        with urllib.request.urlopen(witness.oobi, timeout=60) as got:
            parsing.Parser(framed=True, kvy=kvy, rvy=rvy).parse(ims=bytearray(got.read()))


def receipts(hab: Any) -> int:
    from keri.db.dbing import dgKey

    return len(hab.db.getWigs(dgKey(hab.pre.encode(), hab.kever.serder.saidb)))


def test_receiptor_collects_receipts_and_a_dead_witness_costs_only_its_own(witnesses: Any) -> None:
    from keri.app import agenting

    web = PlainWeb()
    with habery("walter") as hby:
        introduce(hby, witnesses)
        hab = hby.makeHab("walter", wits=[each.aid for each in witnesses.values()], toad=4)
        receiptor = agenting.Receiptor(hby=hby)
        run(web, [receiptor], receiptor.receipt(hab.pre))
        assert receipts(hab) == 6
        assert {ticket.request.who for ticket in web.tickets} == {"wallet"}
        witnesses["wes"].kill()
        try:
            hab.rotate()
            run(web, [receiptor], receiptor.receipt(hab.pre))
            assert receipts(hab) == 5, "the others' are there, and it has ended by itself (keripy #814)"
        finally:
            witnesses["wes"].start()
            witnesses["wes"].wait()
        run(web, [receiptor], receiptor.catchup(hab.pre, witnesses["wes"].aid))
        run(web, [receiptor], receiptor.receipt(hab.pre))
        assert receipts(hab) == 6


def test_the_ledger_resolves_oobis(
    witnesses: Any, anna: Any, unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    aid = anna.aid

    async def test() -> None:
        async with ledger(tmp_path, monkeypatch) as kit:
            kit.worker.outside = PlainWeb()
            wan = witnesses["wan"]
            for url in (wan.oobi, f"{wan.url}oobi"):
                got = await post(kit, "/app/ledger/oobi", url=url, alias="Wan")
                assert got.status == 200, got.text
                assert (got.json["aid"], got.json["sn"], got.json["alias"]) == (wan.aid, 0, "Wan")
                assert [each["url"] for each in got.json["endpoints"] if each["scheme"] == "http"] == [wan.url]
                assert {each["signed_by"] for each in got.json["endpoints"]} == {wan.aid}
            got = await post(kit, "/app/ledger/oobi", url=f"{wan.url}oobi/{aid}/witness/{wan.aid}?name=Anna")
            assert got.status == 200, got.text
            assert (got.json["aid"], got.json["sn"], got.json["alias"]) == (aid, 0, "Anna")
            known = {each["eid"]: each["url"] for each in got.json["endpoints"] if each["role"] == "witness" and each["scheme"] != "tcp"}
            assert known == {wan.aid: wan.url, witnesses["wil"].aid: "", witnesses["wyz"].aid: ""}
            got = await post(kit, "/app/ledger/oobi", url=f"{witnesses['wub'].url}oobi/{aid}")
            assert got.status == 422 and "knows nobody" in got.text, "it is no witness of hers"
            assert not kit.faults()

    asyncio.run(test())
