"""Creating, unlocking, locking, deleting by the routes: shapes, refusals, pages, and what must never be answered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from slicekit import HTML, Page, form, get, post, problem
from walletkit import PASSCODE, place, quick, vault_of, wallet  # noqa: F401 (fixtures)
from workerkit import Kit, run

pytestmark = pytest.mark.usefixtures("quick")

EVIL = "<script>alert(1)</script>"


async def page(kit: Kit, path: str) -> Page:
    answer = await get(kit, path)
    made = Page(answer.text)
    assert made.problems == [], (path, made.problems)
    return made


@run
async def _states(place: Path) -> None:  # noqa: F811
    async with wallet(place, created=False) as kit:
        state = (await kit.ask("GET", "/app/wallet")).json
        assert state.items() >= {"exists": False, "locked": True, "name": None, "identifiers": []}.items()
        assert set(state["storage"]) == {"persisted", "usage", "quota", "private"}
        assert "New wallet" in (await page(kit, "/app/wallet")).text
        made = await post(kit, "/app/wallet", name=" My  wallet ", passcode=PASSCODE, tier="med")
        assert made.status == 201 and made.json["name"] == "My wallet" and made.json["tier"] == "med"
        assert (made.json["exists"], made.json["locked"]) == (True, False)
        problem(await post(kit, "/app/wallet", name="Two", passcode=PASSCODE), 409)
        assert "Identifiers" in (await page(kit, "/app/wallet")).text
        assert (await post(kit, "/app/wallet/lock")).json["locked"]
        assert "is locked" in (await page(kit, "/app/wallet")).text
        assert (await post(kit, "/app/wallet/lock")).status == 200
        opened = await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
        assert opened.status == 200 and not opened.json["locked"]
        problem(await kit.ask("DELETE", "/app/wallet", json_body={"name": "other"}), 422, "name")
        name = {"name": "My wallet"}
        problem(await kit.ask("DELETE", "/app/wallet", json_body=name), 422, "passcode")
        # Open, it is not to be deleted by whoever finds it so; lost is what is locked.
        problem(await kit.ask("DELETE", "/app/wallet", json_body={**name, "without_passcode": True}), 422, "passcode")
        for wrong in (1, 2):
            told = problem(await kit.ask("DELETE", "/app/wallet", json_body={**name, "passcode": "not it"}), 422, "passcode")
            assert told["failures"] == wrong
        gone = await kit.ask("DELETE", "/app/wallet", json_body={**name, "passcode": PASSCODE})
        assert gone.status == 200 and not gone.json["exists"] and not place.exists()
        problem(await post(kit, "/app/wallet/unlock", passcode=PASSCODE), 409)


def test_from_nothing_to_nothing(place: Path) -> None:  # noqa: F811
    bound(_states, place)


def bound(test: Any, *args: Any) -> None:
    """Run a coroutine test that takes fixtures."""
    asyncio.run(test.__wrapped__(*args))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "passcode": PASSCODE}, "name"),
        ({"name": "x" * 101, "passcode": PASSCODE}, "name"),
        ({"name": "a\x07b", "passcode": PASSCODE}, "name"),
        ({"passcode": PASSCODE}, "name"),
        ({"name": "n"}, "passcode"),
        ({"name": "n", "passcode": "twenty characters!!!"}, "passcode"),
        ({"name": "n", "passcode": "a" * 30}, "passcode"),
        ({"name": "n", "passcode": "p" * 1025}, "passcode"),
        ({"name": "n", "passcode": PASSCODE, "again": PASSCODE + "x"}, "again"),
        ({"name": "n", "passcode": PASSCODE, "tier": "free"}, "tier"),
    ],
)
def test_what_cannot_be_a_wallet(place: Path, fields: dict[str, str], field: str) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place, created=False) as kit:
            told = await post(kit, "/app/wallet", **fields)
            problem(
                told,
                413 if fields.get("passcode", "").startswith("pp") or len(fields.get("name", "")) > 400 else 422,
                field,
            )
            assert not place.exists() and fields.get("passcode", "no passcode") not in told.text

    asyncio.run(test())


def test_wrong_passcodes_are_told_and_never_repeated(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            await post(kit, "/app/wallet/lock")
            secret = "definitely not the passcode"
            for number in (1, 2, 3):
                told = await post(kit, "/app/wallet/unlock", passcode=secret)
                assert problem(told, 422, "passcode")["failures"] == number
            assert told.headers["retry-after"] == "5" and secret not in told.text
            early = await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
            assert problem(early, 429, "passcode")["retry_after"] <= 5 and early.headers["retry-after"]
            shown = await get(kit, "/app/wallet")
            assert "3 wrong tries" in shown.text and "possible in" in shown.text
            said = await form(kit, "/app/wallet/unlock", passcode=secret)
            assert "too soon" in said.text.lower() and secret not in said.text
            everything = json.dumps([message for message, _ in kit.host.posted])
            assert secret not in everything and PASSCODE not in everything
            assert not kit.faults(), kit.faults()[0]["error"]["traceback"][-900:]

    asyncio.run(test())


def test_locked_or_missing_every_route_says_what_to_do(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place, created=False) as kit:
            told = problem(await post(kit, "/app/wallet/autolock", seconds=60), 409)
            assert told["create"] == "app/wallet"
            assert "Make a wallet" in (await get(kit, "/app/identifiers")).text
        async with wallet(place) as kit:
            await post(kit, "/app/wallet/lock")
            told = problem(await post(kit, "/app/wallet/passcode", old=PASSCODE, new=PASSCODE + "2"), 423)
            assert told["unlock"] == "app/wallet/unlock"
            shown = await get(kit, "/app/identifiers")
            assert shown.status == 200  # somebody went there: it is a page that explains
            made = Page(shown.text)
            assert not made.problems and made.all("form", action="app/wallet/unlock")
            assert made.all("input", name="next", value="app/identifiers")

    asyncio.run(test())


def test_unlocking_goes_where_one_wanted_to_go(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            await post(kit, "/app/wallet/lock")
            went = await form(kit, "/app/wallet/unlock", passcode=PASSCODE, next="app/identifiers")
            assert went.headers["hx-retarget"] == "#main" and 'hx-get="app/identifiers"' in went.text
            for evil in ("//evil.example/", "https://evil.example", "javascript:alert(1)", f'app/"{EVIL}'):
                await post(kit, "/app/wallet/lock")
                went = await form(kit, "/app/wallet/unlock", passcode=PASSCODE, next=evil)
                assert "evil.example" not in went.text and "javascript" not in went.text and EVIL not in went.text

    asyncio.run(test())


def test_the_passcode_is_changed(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            new = "another passcode of enough length"
            problem(await post(kit, "/app/wallet/passcode", old=new, new=new), 422, "old")
            problem(await post(kit, "/app/wallet/passcode", old=PASSCODE, new="short"), 422, "new")
            problem(await post(kit, "/app/wallet/passcode", old=PASSCODE, new=new, again=PASSCODE), 422, "again")
            done = await form(kit, "/app/wallet/passcode", old=PASSCODE, new=new, again=new, tier="low")
            assert done.status == 200 and "encrypted anew" in done.text and new not in done.text
            await post(kit, "/app/wallet/lock")
            problem(await post(kit, "/app/wallet/unlock", passcode=PASSCODE), 422, "passcode")
            assert (await post(kit, "/app/wallet/unlock", passcode=new)).status == 200

    asyncio.run(test())


def test_it_locks_itself_and_tells_the_page(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from slices.vault import idle

    monkeypatch.setattr(idle, "SOONEST", 0.01)

    async def test() -> None:
        async with wallet(place) as kit:
            problem(await post(kit, "/app/wallet/autolock", seconds=5), 422, "seconds")
            assert (await post(kit, "/app/wallet/autolock", seconds=10)).json["autolock_s"] == 10
            vault = vault_of(kit)
            token = vault.token
            stream = kit.begin("GET", f"/app/wallet/events?since={token}&at=app/identifiers", accept=HTML)
            await kit.host.wait("http:chunk", id=stream)
            vault.facts.autolock = 0.1  # no whole second: only a test can have it
            vault.worker.doist.wake(next(each for each in vault.watchers if type(each).__name__ == "IdleDoer"))
            end = await kit.answer(stream)
            assert 'hx-get="app/identifiers"' in end.text
            state = (await kit.ask("GET", "/app/wallet")).json
            assert state["locked"] and "not used" in state["reason"]
            assert "It was locked: it was not used" in (await get(kit, "/app/wallet")).text
            late = await kit.ask("GET", f"/app/wallet/events?since={token}")
            assert 'hx-get="app/wallet"' in late.text, "a page that comes late is told at once"
            problem(await kit.ask("GET", f"/app/wallet/events?since={token}&at=//evil.example"), 422, "at")
            assert len(vault.watchers) == 2, "the two that lock it and collect receipts: a stream that ended is watched no more"

    asyncio.run(test())


def test_names_are_text_everywhere(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place, created=False) as kit:
            made = await form(kit, "/app/wallet", name=EVIL, passcode=PASSCODE, again=PASSCODE)
            assert made.status == 201 and made.headers["hx-push-url"] == "app/wallet"
            for path in ("/app/wallet", "/app/wallet/panel"):
                for _ in range(2):
                    text = (await get(kit, path)).text
                    assert EVIL not in text and "&lt;script&gt;" in text
                    await post(kit, "/app/wallet/lock")
                await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
            await post(kit, "/app/wallet/lock")
            text = (await get(kit, "/app/identifiers")).text
            assert EVIL not in text

    asyncio.run(test())


def test_a_lost_passcode_leaves_only_deletion_and_only_while_locked(place: Path) -> None:  # noqa: F811
    async def test() -> None:
        async with wallet(place) as kit:
            opened = await page(kit, "/app/wallet")
            assert opened.all("input", name="passcode") and not opened.all("input", name="without_passcode")
            gone = {"name": "Mine", "without_passcode": "1"}
            problem(await post(kit, "/app/wallet/delete", **gone), 422, "passcode")
            await post(kit, "/app/wallet/lock")
            locked = await page(kit, "/app/wallet")
            assert len(locked.all("input", name="without_passcode")) == 1
            assert "checked" not in locked.all("input", name="without_passcode")[0]
            problem(await post(kit, "/app/wallet/delete", name="Mine"), 422, "passcode")
            problem(await post(kit, "/app/wallet/delete", name="mine", without_passcode="1"), 422, "name")
            for wrong in range(1, 4):  # counted as any wrong try: the fourth is not looked at
                told = problem(await post(kit, "/app/wallet/delete", name="Mine", passcode="a guess"), 422, "passcode")
                assert told["failures"] == wrong
            problem(await post(kit, "/app/wallet/delete", name="Mine", passcode=PASSCODE), 429)
            problem(await post(kit, "/app/wallet/unlock", passcode=PASSCODE), 429)
            assert place.exists() and (await kit.ask("GET", "/app/wallet")).json["exists"]
            assert not (await form(kit, "/app/wallet/delete", **gone)).text.count("problem") and not place.exists()

    run(test)()
