"""The wallet's receipts on CPython, against real witnesses: the same code as in the page, over Python's own HTTP client."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import unsynced  # noqa: F401 (fixture)
from plainweb import PlainWeb
from slicekit import problem
from walletkit import SLICES, place, quick, vault_of, wallet  # noqa: F401 (fixtures)
from workerkit import Kit

pytestmark = pytest.mark.usefixtures("quick", "unsynced")

WITH_LEDGER = {**SLICES, "ledger": {"module": "slices.ledger"}}


async def post(kit: Kit, path: str, **fields: Any) -> Any:
    """Patiently: a witness that is silent has ten seconds."""
    return await kit.ask("POST", path, json_body=fields, seconds=60.0)


async def receipted(kit: Kit, aid: str, count: int) -> dict[str, Any]:
    """The identifier, once its latest event has so many receipts and nothing is under way."""
    from slices.witnessing import collecting

    for _ in range(600):
        got = (await kit.ask("GET", f"/app/identifiers/{aid}")).json
        if got["receipts"] >= count and not collecting.of(kit.worker).busy(vault_of(kit).hby.habs[aid]):
            return got
        await asyncio.sleep(0.05)
    raise AssertionError((got["receipts"], collecting.of(kit.worker).cases))


def log(witness: Any, aid: str) -> bytes:
    with urllib.request.urlopen(f"{witness.url}log?pre={aid}", timeout=60) as got:
        return got.read()


def events(stream: bytes) -> list[str]:
    """SAIDs of a stream's events, in order."""
    return [found.decode() for found in re.findall(rb'"t":"(?:icp|rot|ixn|dip|drt)","d":"([^"]{44})"', stream)]


def test_receipts_are_collected(witnesses: Any, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from slices.ledger import book

    monkeypatch.setattr(book, "HEAD", tmp_path / "ledger")
    wan, wil, wes, wit, _, wyz = witnesses.values()

    async def test() -> None:
        async with wallet(place, slices=WITH_LEDGER) as kit:
            web = kit.worker.outside = PlainWeb()
            oobis = [each.oobi for each in (wan, wil, wes, wit)]
            problem(await post(kit, "/app/identifiers", alias="w", witnesses=[wan.aid]), 422, "witnesses")
            made = await post(kit, "/app/identifiers", alias="w", witnesses=oobis)
            assert made.status == 201, made.text
            aid = made.json["aid"]
            assert (made.json["toad"], made.json["receipts"]) == (3, 0)
            assert [each["url"] for each in made.json["witnesses"]] == [each.url for each in (wan, wil, wes, wit)]
            got = await receipted(kit, aid, 4)
            assert all(each["receipted"] for each in got["witnesses"])

            turned = await post(kit, f"/app/identifiers/{aid}/rotate", cut=[wil.aid], add=[wyz.oobi])
            assert turned.status == 201, turned.text
            await receipted(kit, aid, 4)
            await post(kit, f"/app/identifiers/{aid}/interact", data={"d": "x"})
            got = await receipted(kit, aid, 4)
            for each in (wan, wes, wit, wyz):
                assert events(log(each, aid)) == [event["digest"] for event in got["events"]]
                assert log(each, aid).count(b"-BAE") == 3, "each knows the receipts of all"

            wes.kill()
            wit.stop()
            try:
                await post(kit, f"/app/identifiers/{aid}/interact", data={"d": "y"})
                told = await post(kit, f"/app/identifiers/{aid}/receipts")
                assert (told.json["receipts"], told.json["toad"]) == (2, 3)
                why = {each["aid"]: each["problem"] for each in told.json["witnesses"]}
                assert why[wan.aid] is None
                assert why[wes.aid] == "It is not reachable."
                assert why[wit.aid] in ("It did not answer in time.", "It is not reachable."), "Python's own client says either"
            finally:
                wit.go_on()
                wes.start()
                wes.wait()
            told = await post(kit, f"/app/identifiers/{aid}/receipts")
            assert told.json["receipts"] == 4, told.json
            for each in (wan, wes, wit, wyz):
                assert log(each, aid).count(b"-BAE") == 4
            assert {ticket.request.who for ticket in web.tickets} == {"ledger", "wallet"}
            await post(kit, "/app/wallet/lock")
            assert not kit.faults(), kit.faults()

    asyncio.run(test())
