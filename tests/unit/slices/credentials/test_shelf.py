"""A wallet of many credentials: a list comes in parts, and after a change only what is new is read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from backupkit import credentials, do, issued, place, quick, registries, serving, unsynced, vault  # noqa: F401 (fixtures)
from slicekit import Page, get, problem
from slices.credentials import issuing, resources
from slices.credentials.kept import shelf
from slices.vault.trouble import Locked
from walletkit import PASSCODE

JSON = "application/json"


def test_after_a_change_only_what_is_new_is_read(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    made = [issued(vault, hours=number + 1).said for number in range(7)]
    read: list[str] = []
    entry = shelf._entry
    monkeypatch.setattr(shelf, "_entry", lambda vault, reger, said, mark: read.append(said) or entry(vault, reger, said, mark))
    monkeypatch.setattr(shelf, "KEYS_AT_ONCE", 3)
    assert {each["said"] for each in credentials(vault)} == set(made) == set(read) and len(read) == 7
    read.clear()
    credentials(vault)
    with vault.change() as hby:
        hby.habByName("second").rotate()
    credentials(vault)
    assert not read
    with vault.change():
        issuing.revoke(vault, vault.rgy.reger.creds.get(keys=made[3]))
    more = issued(vault, hours=99).said
    assert [each["said"] for each in credentials(vault) if each["state"] == "revoked"] == [made[3]]
    assert sorted(read) == sorted([made[3], more])
    (registry,) = registries(vault)
    assert (registry["issued"], registry["revoked"]) == (7, 1)
    read.clear()
    with pytest.raises(ZeroDivisionError), vault.change():
        issuing.revoke(vault, vault.rgy.reger.creds.get(keys=made[0]))
        raise ZeroDivisionError
    assert [each["said"] for each in credentials(vault) if each["state"] == "revoked"] == [made[3]]
    monkeypatch.setattr(shelf, "READ_AT_ONCE", 2)
    vault._reopen()
    reading = shelf.of(vault).read()
    next(reading)
    vault.lock()
    with pytest.raises(Locked):
        do(reading)


def test_a_list_comes_in_parts(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(resources, "PER_PAGE", 3)
    where = Path(vault.head)
    for number in range(7):
        last = issued(vault, hours=number + 1).said
    with vault.change():
        issuing.revoke(vault, vault.rgy.reger.creds.get(keys=last))
    vault.lock()
    vault._store.close()

    async def test() -> None:
        async with serving(where) as (_kit, held):
            await asyncio.sleep(0)
            do(held.unlock(PASSCODE))
            whole = (await get(_kit, "/app/credentials", JSON)).json
            assert (len(whole["credentials"]), whole["total"], whole["found"], whole["next"]) == (7, 7, 7, None)
            part = (await get(_kit, "/app/credentials?from=5&count=1", JSON)).json
            assert part["credentials"] == whole["credentials"][5:6] and (part["from"], part["next"]) == (5, 6)
            gone = (await get(_kit, "/app/credentials?state=revoked", JSON)).json
            assert [each["said"] for each in gone["credentials"]] == [last] and (gone["found"], gone["total"]) == (1, 7)
            page = Page((await get(_kit, "/app/credentials?from=3")).text)
            assert not page.problems and "4 to 6 of 7" in page.text
            at = {each["href"] for each in page.all("a") if "from=" in each["href"]}
            assert at == {"app/credentials?from=0&state=&role=", "app/credentials?from=6&state=&role="}
            panel = (await get(_kit, "/app/credentials/panel", JSON)).json
            assert (panel["issued"], panel["held"], panel["revoked"]) == (7, 7, 1)
            problem(await get(_kit, "/app/credentials?count=1001", JSON), 422, "count")
            at = f"/app/credentials/registries/{whole['registries'][0]['regk']}"
            log = (await get(_kit, at, JSON)).json
            assert (len(log["events"]), log["log"], log["next"]) == (9, 9, None), "the registry, seven credentials, one revoked"
            part = (await get(_kit, f"{at}?from=2&count=3", JSON)).json
            assert part["events"] == log["events"][2:5] and part["next"] == 5
            page = Page((await get(_kit, f"{at}?from=3")).text)
            assert not page.problems and "4 to 6 of 9" in page.text
            assert {each["href"][-7:] for each in page.all("a") if "?from=" in each["href"]} == {"?from=0", "?from=6"}

    asyncio.run(test())
