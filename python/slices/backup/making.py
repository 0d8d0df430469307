"""Making a backup of the open wallet: read everything in one state, seal it, open it again and verify it, hand it out."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from keriwasm.imports import native

from slices.backup import checking, reading, records, recovery, sealing
from slices.backup.dump import Dump, read_stores
from slices.backup.format import split
from slices.crypto import passwords
from slices.ledger import book
from slices.vault.vault import Vault, epoch_ms

__all__ = ["Made", "filename", "make", "rooms"]


class Made(NamedTuple):
    """A backup. holds: what checking.verify found in it; by: the ways to open it."""

    file: bytes
    name: str
    made: int
    by: list[str]
    holds: dict[str, Any]


def rooms(vault: Vault) -> dict[str, Path]:
    """What goes into a backup."""
    return {"wallet": vault.head, "ledger": book.of(vault.worker).head}


def filename(made: int) -> str:
    """It names no wallet: the file may lie anywhere."""
    return time.strftime("keriwasm-backup-%Y-%m-%d-%H%M.kwb", time.gmtime(made / 1000))


def make(
    vault: Vault,
    app: str,
    *,
    passphrase: str | None = None,
    tier: passwords.Tier | None = None,
    public: recovery.Public | None = None,
    kem: recovery.Kem,
) -> Generator[float, float, Made]:
    """Back up the open wallet. Sealed by its own passcode, or by a passphrase with a tier; for a recovery key besides.

    Raises Locked, NoWallet; BadFile when there is too much or when what was made does not verify;
    passwords.TooExpensive for a tier that this worker cannot give.
    """
    from keri import core

    hby = vault.hby
    seed = hby.mgr.seed
    key = native.pysodium().randombytes(32)
    if passphrase is None:
        raw = core.Signer(qb64=seed, transferable=False).raw
        wraps = [sealing.wrap_passcode(key, raw, vault.facts.salt_bytes, vault.facts.tier)]
    else:
        assert tier is not None
        wraps = [sealing.wrap_passphrase(key, passphrase, tier)]
    if public is not None:
        wraps.append(sealing.wrap_recovery(key, public, kem))
    made, by = epoch_ms(), [wrap["by"] for wrap in wraps]
    yield
    _ = vault.hby  # the idle time may have ended meanwhile
    marks = yield from records.marks(lambda: vault.hby.habs, lambda: vault.rgy.reger, rooms(vault)["ledger"])
    content = Dump(made, str(vault.name), seed, read_stores(rooms(vault))).pack()
    file = sealing.seal(content, key, wraps, made=made, app=app)
    yield
    dump = yield from reading.read(sealing.open_body(split(file), key), len(file))
    with checking.opened(dump) as held:
        holds = yield from checking.verify(held)
    record = records.read(vault.head)
    record.made, record.bytes, record.by, record.marks = made, len(file), by, marks
    with vault.change():
        records.write(vault.head, record)
    return Made(file, filename(made), made, by, holds)
