"""A wallet with something in it, for the tests of backup and credentials: real keripy over real lmdb, no scheduler."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from poolkit import alone
from walletkit import PASSCODE, FakeDisk, Sharing, place, quick  # noqa: F401 (fixtures)
from workerkit import Kit, running


class Doist:
    """A clock that stands."""

    active = None

    def now(self) -> float:
        return 0.0

    def wake(self, doer: Any) -> None:
        """Nobody waits."""


class Bench(Sharing):
    """As much of a worker as a vault needs."""

    generation = 1

    def __init__(self, root: Path) -> None:
        self.disk = FakeDisk(root)
        self.doist = Doist()
        self.holders: set[object] = set()

    def fault(self, ex: BaseException, **about: Any) -> str:
        raise ex


def do(generator: Any) -> Any:
    """Run what a Doer would `yield from`."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


class FakeKem:
    """In place of ML-KEM-768, which is in no library here: the same shape, and a changed ciphertext gives another secret.

    It encrypts nothing from anybody. The real one is tried in tests/wasm.
    """

    def keypair(self, seed: bytes) -> tuple[bytes, bytes]:
        public = hashlib.shake_256(b"public" + seed).digest(1184)
        return public, public

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        ciphertext = hashlib.shake_256(b"a ciphertext").digest(1088)
        return ciphertext, self.decapsulate(public, ciphertext)

    def decapsulate(self, secret: bytes, ciphertext: bytes) -> bytes:
        return hashlib.sha256(secret + ciphertext).digest()


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """lmdb that does not wait for the disk: these tests open some hundred environments and pull no plug."""
    import lmdb

    monkeypatch.setattr(lmdb, "open", partial(lmdb.open, sync=False, metasync=False))


@pytest.fixture
def vault(quick: None, unsynced: None, place: Path) -> Iterator[Any]:  # noqa: F811
    """An open wallet with three identifiers that have lived."""
    from slices.vault.vault import Vault

    made = Vault(Bench(place.parent))  # type: ignore[arg-type]
    do(made.create("Mine", PASSCODE, "low"))
    with made.change() as hby:
        first = hby.makeHab("first")
        first.rotate()
        first.interact(data=[{"a": 1}])
        hby.makeHab("second", icount=3, isith=["1/2", "1/2", "1/2"], ncount=3, nsith=["1/2", "1/2", "1/2"])
        hby.makeHab("fixed", transferable=False)
    yield made
    made._close()
    made._store.close()


ATTRIBUTES = {"course": "KERI <b>in depth</b>", "grade": "passed", "hours": 12}


def issued(vault: Any, **attributes: Any) -> Any:
    """A credential of the first identifier for the second, of a sample's schema, in a registry made when there is none."""
    from slices.credentials import issuing, schemas

    schemer = schemas.load(dict(schemas.SAMPLES["course"]), saidify=False)
    hby = vault.hby
    with vault.change():
        hby.db.schema.pin(schemer.said, schemer)
        if not vault.rgy.regs:
            issuing.make_registry(vault, hby.habByName("first"), "Courses. 2026")
    (registry,) = vault.rgy.regs.values()
    holder = hby.habByName("second").pre
    with vault.change():
        return issuing.issue(vault, registry, schemer.sed, holder, {**ATTRIBUTES, **attributes})


def credentials(vault: Any) -> list[dict[str, Any]]:
    """What a list tells of all that the open wallet has, the newest first."""
    from slices.credentials import view
    from slices.credentials.kept import shelf

    return do(view.credentials(vault, do(shelf.of(vault).read()).order))


def registries(vault: Any) -> list[dict[str, Any]]:
    """What a list tells of the open wallet's registries."""
    from slices.credentials import view
    from slices.credentials.kept import shelf

    return view.registries(vault, do(shelf.of(vault).read()).counts())


@asynccontextmanager
async def serving(place: Path) -> AsyncIterator[tuple[Kit, Any]]:  # noqa: F811
    """A worker with the slice of credentials over the wallet in this folder, and its vault."""
    from slices.vault import vault as module

    async with running(slices={name: {} for name in ("credentials", "verifying")}) as kit:
        kit.worker.disk = FakeDisk(place)
        alone(kit)
        held = module.of(kit.worker)
        try:
            yield kit, held
        finally:
            held._close()
            held._store.close()
