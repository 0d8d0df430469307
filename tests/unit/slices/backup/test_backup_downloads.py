"""A recovery key's secret half: it waits for its download, and not for longer than the wallet is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backupkit import PASSCODE, do, place, quick, unsynced  # noqa: F401 (fixtures)
from slicekit import Page
from slices.backup import format
from test_backup_restore import ledger, living, serving  # noqa: F401 (a fixture)
from workerkit import Kit, run


@run
async def test_the_recovery_secret_goes_with_the_lock(quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    """However it is locked, and without anybody asking for it; the sealed file stays."""
    from slices.backup import downloads

    held_downloads: list[Any] = []
    real = downloads.Downloads.__init__
    monkeypatch.setattr(downloads.Downloads, "__init__", lambda self, of: (real(self, of), held_downloads.append(self))[0])

    async def links(kit: Kit) -> list[str]:
        html = {"accept": "text/html", "headers": {"hx-request": "true"}}
        shown = await kit.ask("POST", "/app/wallet/recovery-key", **html)
        sealed = await kit.ask("POST", "/app/wallet/backup", body=b"page=1", accept="text/html",
                               headers={"hx-request": "true", "content-type": "application/x-www-form-urlencoded"})  # fmt: skip
        return [next(each["href"] for each in Page(made.text).all("a") if "/files/" in each["href"]) for made in (shown, sealed)]

    async with serving(place, monkeypatch) as (kit, held):
        living(held)
        for how in ("lock", "idle", "asked"):
            secret, sealed = await links(kit)
            (kept,) = [each for each in held_downloads[0]._files.values() if each.epoch is not None]
            assert b"KWRS1-" in kept.content
            if how == "idle":
                held.facts.autolock = 1
                held._used = (kit.worker.doist.now() - 1.5, held._used[1] - 1.5)
                held._changed()  # as its Doer's clock would ring
            elif how == "lock":
                held.lock()
            else:
                held.autolock(600)
            if how != "asked":
                await kit.ask("GET", "/app/pool")  # something else: the scheduler turns
                await until(lambda: not [each for each in held_downloads[0]._files.values() if each.epoch is not None])
                assert not any(kept.content), "overwritten"
            assert (await kit.ask("GET", f"/{secret}")).status == 404
            assert (await kit.ask("GET", f"/{sealed}")).body.startswith(format.MAGIC)
            if held.locked:
                do(held.unlock(PASSCODE))
                held.facts.autolock = 600
            assert (await kit.ask("GET", f"/{secret}")).status == 404


async def until(true: Callable[[], bool]) -> None:
    """Patience, not a deadline: the worker's scheduler runs beside this."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")
