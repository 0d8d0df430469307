"""POST /app/ledger/check: the same verdicts as an import, by every way in, and nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import habery, ledger, messages, unsynced  # noqa: F401 (fixtures)
from slicekit import HTML, Page, form, get, post, problem, upload
from streams import EVIL, streams
from workerkit import Answer, Kit

EXPECTED = {
    "whole": {"accepted": 3}, "two": {"accepted": 7}, "backwards": {"accepted": 3}, "gap": {"accepted": 1, "escrowed": 1},
    "twice": {"accepted": 3, "known": 1}, "cut": {"accepted": 2, "rejected": 1}, "forged": {"accepted": 1, "rejected": 1},
    "delegated": {"escrowed": 1}, "garbage": {"accepted": 3, "rejected": 2},
}  # fmt: skip
VERDICTS = ("accepted", "known", "rejected", "escrowed")


@pytest.fixture
def within(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger and verifies."""

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with ledger(tmp_path, monkeypatch) as kit:
                try:
                    await test(kit)
                finally:
                    assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def sent(kit: Kit, data: bytes, to: str = "check", kind: str = "application/cesr", accept: str = "application/json") -> Answer:
    path = "/app/ledger/check" if to == "check" else "/app/ledger"
    return await kit.ask("POST", path, body=data, headers={"content-type": kind}, accept=accept)


def verdicts(answer: Answer) -> dict[str, list[tuple[Any, ...]]]:
    """What was said of each message, where it stood."""
    assert answer.status == 200, answer.text
    return {
        name: [(each["aid"], each["sn"], each["said"], each.get("code"), each.get("reason"), each["offset"]) for each in answer.json[name]]
        for name in VERDICTS
    }


@pytest.mark.parametrize("name", ["whole", "two", "backwards", "gap", "twice", "cut", "forged", "delegated", "garbage"])
def test_what_it_says_is_what_an_import_says(within: Any, name: str) -> None:
    data = streams()[name]

    async def test(kit: Kit) -> None:
        alone = verdicts(await sent(kit, data))
        assert (await get(kit, "/app/ledger", "application/json")).json["total"] == 0, "something was kept"
        assert verdicts(await sent(kit, data, "import")) == alone
        told = EXPECTED[name]
        assert {key: len(alone[key]) for key in VERDICTS if alone[key]} == told

    within(test)


def test_every_way_in_and_the_key_states(within: Any) -> None:
    with habery() as hby:
        hab = hby.makeHab("one", isith="2", icount=3, nsith="2", ncount=3)
        hab.rotate()
        log = b"".join(messages(hab))

    async def test(kit: Kit) -> None:
        answer = await sent(kit, log)
        (state,) = answer.json["identifiers"]
        assert (state["aid"], state["sn"], state["keys"], state["threshold"]) == (hab.pre, 1, [each.qb64 for each in hab.kever.verfers], 2)
        assert state["digest"] == hab.kever.serder.said and len(state["next"]) == 3
        for other in (
            await post(kit, "/app/ledger/check", text=log.decode()),
            await upload(kit, "/app/ledger/check", [("file", ("log.cesr", log))], "application/json"),
            await kit.ask("POST", "/app/ledger/check", json_body={"text": log.decode()}),
        ):
            assert verdicts(other) == verdicts(answer)
        shown = await form(kit, "/app/ledger/check", text=log.decode() + EVIL)
        assert shown.status == 200 and Page(shown.text).problems == [] and "<script>" not in shown.text
        assert "2 events verified" in shown.text and hab.pre in shown.text and "Nothing of it was kept" in shown.text
        asked = await kit.ask("GET", "/app/ledger/check", accept=HTML)
        assert asked.status == 200 and Page(asked.text).problems == []

    within(test)


def test_what_is_too_much_or_nothing_is_refused(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.verifying import alone

    with habery() as hby:
        hab = hby.makeHab("one")
        for _ in range(4):
            hab.interact()
        log = b"".join(messages(hab))

    async def test(kit: Kit) -> None:
        problem(await sent(kit, b""), 422, "body")
        problem(await post(kit, "/app/ledger/check"), 422, "file")
        problem(await post(kit, "/app/ledger/check", data="%%%"), 422, "data")
        problem(await sent(kit, b"x", kind="image/png"), 415)
        problem(await sent(kit, b"x" * (alone.MOST_BYTES + 1)), 413, "body")
        monkeypatch.setattr(alone, "MOST_SIGNATURES", 4)
        problem(await sent(kit, log), 413, "body")
        monkeypatch.setattr(alone, "MOST_SIGNATURES", 5)
        assert len(verdicts(await sent(kit, log))["accepted"]) == 5

    within(test)
