"""Keys from a salt: derived ahead, counted, given up by a cancel; and they are the keys that keripy itself derives."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from slicekit import get, post, problem
from slices.vault import stretching
from walletkit import place, quick, vault_of, wallet  # noqa: F401 (fixtures)

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def counted(quick: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:  # noqa: F811
    """Paths that were really stretched."""
    from keri.core import signing

    paths: list[str] = []
    stretch = signing.Salter.stretch

    def counting(self: Any, **kwa: Any) -> bytes:
        paths.append(kwa["path"])
        time.sleep(0.02)
        return stretch(self, **kwa)

    monkeypatch.setattr(signing.Salter, "stretch", counting)
    return paths


def test_they_are_keripy_s_own_keys_and_each_is_stretched_once(place: Path, counted: list[str]) -> None:  # noqa: F811
    async def test() -> None:
        from keri.app import keeping

        async with wallet(place) as kit:
            before = len(counted)
            made = await post(kit, "/app/identifiers", alias="salty", algo="salty", keys=3, next_keys=4, threshold="2")
            assert made.status == 201, made.text
            aid = made.json["aid"]
            assert len(counted) - before == 7 == len(set(counted[before:]))
            before = len(counted)
            for following in (2, 5):
                turned = await post(kit, f"/app/identifiers/{aid}/rotate", next_keys=following)
                assert turned.status == 201, turned.text
            assert len(counted) - before == 7 == len(set(counted[before:]))
            assert (await post(kit, f"/app/identifiers/{aid}/rotate")).status == 201

            manager = vault_of(kit).hby.mgr
            creator = keeping.SaltyCreator(salt=manager.salt, stem="salty", tier=manager.tier)
            shown = (await get(kit, f"/app/identifiers/{aid}", "application/json")).json
            log = [each["keys"] for each in shown["events"]]
            for turn, first, keys in ((0, 0, 3), (1, 3, 4), (2, 7, 2), (3, 9, 5)):
                signers = creator.create(count=keys, ridx=turn, kidx=first)
                assert log[turn] == [signer.verfer.qb64 for signer in signers], turn
            assert vault_of(kit).making is None

    asyncio.run(test())


def test_it_is_counted_and_a_cancel_ends_it_between_two_keys(place: Path, counted: list[str]) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            idle = (await get(kit, "/app/identifiers/making", "application/json")).json
            assert idle == {"running": False, "done": 0, "total": 0}
            headers = {"content-type": "application/json"}
            body = b'{"alias": "many", "algo": "salty", "keys": 64}'
            id = kit.begin("POST", "/app/identifiers", body=body, headers=headers)
            seen = []
            async with asyncio.timeout(60):
                while len(seen) < 3:
                    told = (await get(kit, "/app/identifiers/making", "application/json")).json
                    if told["running"] and told["done"] not in seen:
                        seen.append(told["done"])
                        assert told["total"] == 128
                    await asyncio.sleep(0)
            shown = (await get(kit, "/app/identifiers/making")).text
            assert "of 128 keys derived" in shown and "<progress" in shown
            kit.send("http:cancel", id=id, reason="Cancel was pressed")
            await kit.host.wait("http:cancelled", id=id)
            stretched = len(counted)
            assert (await get(kit, "/app/identifiers/making", "application/json")).json["running"] is False
            assert len(counted) == stretched < 100 and not kit.faults()
            assert (await get(kit, "/app/identifiers", "application/json")).json["identifiers"] == []
            assert "<progress" not in (await get(kit, "/app/identifiers/making")).text

    asyncio.run(test())


def test_a_lock_meanwhile_ends_it(place: Path, counted: list[str]) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            asked = asyncio.create_task(post(kit, "/app/identifiers", alias="many", algo="salty", keys=64))
            async with asyncio.timeout(60):
                while not vault_of(kit).making:
                    await asyncio.sleep(0.01)
            await post(kit, "/app/wallet/lock")
            stretched = len(counted)
            problem(await asked, 423)
            assert vault_of(kit).making is None and len(counted) <= stretched + 1 < 100

    asyncio.run(test())


def test_what_was_not_foreseen_is_stretched_as_always() -> None:
    from keri import core

    salter = core.Salter(raw=b"0123456789abcdef", tier="low")
    seeds = {(salter.raw, "known", "low", 32): b"s" * 32}
    with stretching.at_hand(seeds):
        assert salter.stretch(path="known") == b"s" * 32
        assert salter.stretch(path="other") != b"s" * 32
        assert salter.stretch(path="known", tier="low", size=16) != b"s" * 16
    assert salter.stretch(path="known") != b"s" * 32
