"""A wallet on CPython for the tests: real keripy over real lmdb in a temporary directory, behind a worker of workerkit.

What stands in for `worker.disk` keeps its promises as far as files can: a batch that raises restores every file. That it
is one IndexedDB transaction, and that an answer waits for it, is for the tests of keriwasm.disk.disk and of the browser.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from poolkit import alone
from workerkit import Kit, running

PASSCODE = "a passcode of enough characters"
SLICES = {name: {"module": f"slices.{name}"} for name in ("wallet", "verifying")}


class Sharing:
    """A worker's objects of one a class, as `Worker.shared` has them."""

    def shared(self, make: Any) -> Any:
        made = vars(self).setdefault("made", {})
        if make not in made:
            made[make] = make(self)
        return made[make]


class FakeDisk:
    """`worker.disk` over a directory; `batches` counts the batches that were kept."""

    trouble: str | None = None
    dirty = False
    state = "none"  # neither writer nor follower: the Doers of the real disk find nothing to do
    backing = None
    leftover = ""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.forgets = 0
        self.batches = 0
        self.undone = 0
        self.settled = 0

    def mount(self, progress: Any = None) -> Iterator[Any]:
        yield

    def forget(self) -> None:
        self.forgets += 1

    def settle(self) -> Iterator[Any]:
        self.settled += 1
        yield

    @contextmanager
    def unkept(self) -> Iterator[None]:
        yield

    @contextmanager
    def batch(self) -> Iterator[None]:
        saved = self.root.with_name(f"{self.root.name}.saved")
        shutil.rmtree(saved, ignore_errors=True)
        if self.root.exists():
            shutil.copytree(self.root, saved)
        try:
            yield
        except BaseException:
            self.undone += 1
            shutil.rmtree(self.root, ignore_errors=True)
            if saved.exists():
                shutil.copytree(saved, self.root)
            raise
        self.batches += 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with its least cost: what is stretched and how is keripy's business and tried once in full."""
    from keri.core import signing

    stretch = signing.Salter.stretch
    monkeypatch.setattr(signing.Salter, "stretch", lambda self, **kwa: stretch(self, **{**kwa, "temp": True}))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the wallet's databases lie in this test."""
    from slices.network import consent
    from slices.vault import vault

    monkeypatch.setattr(vault, "HEAD", tmp_path / "wallet")
    monkeypatch.setattr(consent, "HEAD", tmp_path / "network")
    return tmp_path / "wallet"


@asynccontextmanager
async def wallet(place: Path, *, created: bool = True, **init: Any) -> AsyncIterator[Kit]:
    """A worker with the wallet slice, a wallet in it unless told otherwise; its databases are closed at the end."""
    from slices.vault import vault

    async with running(slices=init.pop("slices", SLICES), **init) as kit:
        kit.worker.disk = FakeDisk(place)
        alone(kit)
        if created:
            made = await kit.ask("POST", "/app/wallet", json_body={"name": "Mine", "passcode": PASSCODE})
            assert made.status == 201, made.text
        try:
            yield kit
        finally:
            held = vault.of(kit.worker)
            held._close()
            held._store.close()


def vault_of(kit: Kit) -> Any:
    """The worker's vault."""
    from slices.vault import vault

    return vault.of(kit.worker)


def habs(hby: Any) -> list[Any]:
    """All Habs of an open wallet's Habery, by alias."""
    while not hby.habs.whole:
        hby.habs.gather()
    return [hby.habs[aid] for _, aid in hby.habs.order]
