"""A wallet of many identifiers: opening makes none of them, lists come in parts, and all that looks at each gives way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from backupkit import unsynced  # noqa: F401 (fixture)
from slicekit import Page, form, get, post, problem
from slices.vault import owned
from slices.vault.trouble import Locked
from walletkit import PASSCODE, habs, place, quick, vault_of, wallet  # noqa: F401 (fixtures)
from workerkit import Kit

pytestmark = pytest.mark.usefixtures("quick", "unsynced")

MANY = 130
JSON = "application/json"


@pytest.fixture
def within(place: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Kit], Awaitable[None]]], None]:  # noqa: F811
    """Runs a coroutine function with an open wallet of MANY identifiers, read ten at a time."""
    monkeypatch.setattr(owned, "AT_ONCE", 10)

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with wallet(place) as kit:
                with vault_of(kit).change() as hby:
                    for number in range(MANY):
                        hby.makeHab(f"no-{number:03}", transferable=number % 10 != 0, icount=1)
                await test(kit)
                assert not kit.faults(), kit.faults()

        asyncio.run(inner())

    return start


def made(kit: Kit) -> tuple[int, int]:
    """Habs and Kevers of the open wallet that are in memory."""
    hby = vault_of(kit).hby
    return dict.__len__(hby.habs), dict.__len__(hby.kevers)


async def again(kit: Kit) -> None:
    await post(kit, "/app/wallet/lock")
    assert (await post(kit, "/app/wallet/unlock", passcode=PASSCODE)).status == 200


def test_opening_makes_no_identifier_and_neither_do_lists(within: Any) -> None:
    async def test(kit: Kit) -> None:
        vault = vault_of(kit)
        await again(kit)
        assert made(kit) == (0, 0) and len(vault.hby.habs) == MANY
        for path in ("/app/wallet", "/app/wallet/panel", "/app/identifiers", "/app/wallet/challenge"):
            for accept in (JSON, "text/html"):
                assert (await get(kit, path, accept)).status == 200
        assert made(kit) == (0, 0)
        with pytest.raises(ZeroDivisionError), vault.change() as hby:
            hby.makeHab("undone")
            raise ZeroDivisionError
        assert made(kit) == (0, 0) and len(vault.hby.habs) == MANY, "opened again after a failed change"
        aid = (await get(kit, "/app/identifiers?q=no-007", JSON)).json["identifiers"][0]["aid"]
        assert (await post(kit, f"/app/identifiers/{aid}/rotate")).status == 201
        assert made(kit) == (1, 1)
        for walk in (iter, lambda all: all.values(), lambda all: all.items(), lambda all: all.keys()):
            with pytest.raises(TypeError, match=r"vault\.own"):
                walk(vault.hby.habs)

    within(test)


def test_who_is_there_is_read_in_steps_and_a_lock_ends_it(within: Any) -> None:
    async def test(kit: Kit) -> None:
        vault = vault_of(kit)
        vault.lock()
        await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
        vault._reopen()
        steps = vault.own()
        for _ in range(5):
            next(steps)
        assert len(vault.hby.habs.names) == 50
        with vault.change() as hby:  # one before what was read, one behind it; found once each
            for number in range(20):
                hby.makeHab(f"Between {number}")
        while not vault.hby.habs.whole:
            next(steps, None)
        listed = [hab.name for hab in habs(vault.hby)]
        assert len(listed) == len(set(listed)) == MANY + 20 and listed == sorted(listed)
        vault._reopen()
        steps = vault.own()
        next(steps)
        vault.lock()
        with pytest.raises(Locked):
            next(steps)

    within(test)


def test_a_list_comes_in_parts(within: Any) -> None:
    async def test(kit: Kit) -> None:
        whole = (await get(kit, "/app/identifiers", JSON)).json
        aliases = [each["alias"] for each in whole["identifiers"]]
        assert aliases == [f"no-{number:03}" for number in range(MANY)]
        assert (whole["total"], whole["found"], whole["from"], whole["next"]) == (MANY, MANY, 0, None)
        at, seen = 0, []
        while at is not None:
            part = (await get(kit, f"/app/identifiers?from={at}&count=40", JSON)).json
            seen += part["identifiers"]
            at = part["next"]
        assert seen == whole["identifiers"]
        found = (await get(kit, "/app/identifiers?q=NO-01&count=4", JSON)).json
        assert (found["found"], found["next"], len(found["identifiers"])) == (10, 4, 4)
        aid = whole["identifiers"][77]["aid"]
        by_aid = (await get(kit, f"/app/identifiers?q={aid[:20]}", JSON)).json
        assert [each["alias"] for each in by_aid["identifiers"]] == ["no-077"]
        for query, field in (("from=-1", "from"), ("count=0", "count"), ("count=1001", "count"), ("from=x", "from")):
            problem(await get(kit, f"/app/identifiers?{query}", JSON), 422, field)
        wallet = (await get(kit, "/app/wallet", JSON)).json
        assert wallet["count"] == MANY and wallet["identifiers"] == whole["identifiers"]

    within(test)


def test_pages_show_the_first_and_lead_on(within: Any) -> None:
    async def cards(kit: Kit, path: str) -> tuple[list[str], Page]:
        page = Page((await get(kit, path)).text)
        assert page.problems == [], page.problems
        return [each["href"] for each in page.all("a") if each["href"].startswith("app/identifiers/") and len(each["href"]) > 50], page

    async def test(kit: Kit) -> None:
        first, page = await cards(kit, "/app/identifiers")
        assert len(first) == 50 and page.all("input", name="q")
        (more,) = (each["hx-get"] for each in page.all("a") if "/list?" in each.get("hx-get", ""))
        second, _ = await cards(kit, f"/{more}")
        third, page = await cards(kit, f"/{more.replace('from=50', 'from=100')}")
        assert len({*first, *second, *third}) == MANY and not page.all("a", role="button")
        none, page = await cards(kit, "/app/identifiers/list?q=nobody")
        assert none == [] and "None has all of these words" in page.text
        shown, page = await cards(kit, "/app/wallet")
        assert len(shown) == 12 and "All 130" in page.text
        shown, page = await cards(kit, "/app/wallet/panel")
        assert len(shown) == 5 and "130 identifiers" in page.text and "and 125 more" in page.text

    within(test)


def test_one_of_many_is_named_by_alias_or_aid(within: Any) -> None:
    async def test(kit: Kit) -> None:
        page = Page((await get(kit, "/app/identifiers")).text)
        assert not page.all("select", name="delegator") and page.all("input", name="delegator")
        names = (await get(kit, "/app/identifiers/names?of=delegator&delegator=no-03", JSON)).json["names"]
        assert [each["alias"] for each in names] == [f"no-{number:03}" for number in range(30, 40)]
        listed = Page((await get(kit, "/app/identifiers/names?of=delegator&delegator=")).text)
        assert len(listed.all("option")) == 20
        boss = names[1]["aid"]
        by_alias = await form(kit, "/app/identifiers", alias="deputy", delegator="no-031")
        by_aid = await post(kit, "/app/identifiers", alias="other deputy", delegator=boss)
        assert by_alias.status == by_aid.status == 201 and by_aid.json["delegator"] == boss
        listed = (await get(kit, "/app/identifiers?q=deputy", JSON)).json["identifiers"]
        assert [each["delegator"] for each in listed] == [boss, boss]
        told = problem(await post(kit, "/app/identifiers", alias="x", delegator="no-999"), 422, "delegator")
        assert "neither an alias nor an AID" in told["detail"]
        problem(await post(kit, "/app/identifiers", alias="x", delegator="no-030"), 422, "delegator")  # cannot rotate
        words = "one two three four five six"
        signed = await post(kit, "/app/wallet/challenge/answer", identifier="no-031", words=words)
        assert signed.status == 200 and signed.json["aid"] == boss
        for typed in ("no-999", "", "x" * 1000, "no-03"):
            problem(await post(kit, "/app/wallet/challenge/answer", identifier=typed, words=words), 422, "identifier")

    within(test)


def test_what_a_list_tells_is_what_keripy_holds(within: Any) -> None:
    async def test(kit: Kit) -> None:
        halves = ["1/2", "1/2", "1/2"]
        boss = (await post(kit, "/app/identifiers", alias="boss", keys=3, threshold=halves, next_threshold=halves)).json["aid"]
        await post(kit, "/app/identifiers", alias="deputy", delegator=boss)
        await post(kit, "/app/identifiers", alias="ended", next_keys=0)
        await post(kit, f"/app/identifiers/{boss}/rotate")
        await post(kit, f"/app/identifiers/{boss}/rename", alias="A boss")
        for each in (await get(kit, "/app/identifiers", JSON)).json["identifiers"]:
            hab = vault_of(kit).hby.habs[each["aid"]]
            kever = hab.kever
            assert (each["alias"], each["sn"], each["digest"]) == (hab.name, kever.sner.num, kever.serder.said)
            assert each["keys"] == [verfer.qb64 for verfer in kever.verfers]
            assert each["next_digests"] == [diger.qb64 for diger in kever.ndigers]
            assert each["transferable"] is kever.transferable and each["delegator"] == kever.delpre
            assert each["toad"] == kever.toader.num and each["algo"] == hab.algo
            assert each["threshold"] == (halves if each["aid"] == boss else 1)
        aliases = [each["alias"] for each in (await get(kit, "/app/identifiers", JSON)).json["identifiers"]]
        assert aliases == sorted(aliases, key=str.casefold) and "A boss" in aliases and "boss" not in aliases

    within(test)
