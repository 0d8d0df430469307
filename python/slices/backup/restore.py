"""Restoring a backup: open it, verify all of it in temporary directories, and only then put it in the wallet's place.

Nothing is changed before the last step, and that is one IndexedDB transaction over all stores.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Generator
from typing import Any

import falcon
from keriwasm.web.form.errors import FieldError

from slices.backup import checking, making, reading, records, recovery, sealing
from slices.backup.dump import read_stores, remove, write_stores
from slices.backup.format import BadFile, split
from slices.ledger import book
from slices.vault import passcode as passcodes
from slices.vault.facts import Facts
from slices.vault.vault import Vault

__all__ = ["Occupied", "restore"]


class Occupied(falcon.HTTPConflict):
    """409: there is a wallet, and its name was not typed to replace it."""

    def __init__(self, name: str, typed: str) -> None:
        told = "was not typed" if not typed else "is not what was typed"
        super().__init__(
            title="There is a wallet already",
            description=f"This browser keeps one wallet, and it has one named {name}. Restoring replaces it with all its "
            f"keys: type its name to do that. It {told}; nothing was changed.",
        )
        self.extra = {"wallet": name, "field": "replace"}


def restore(
    vault: Vault,
    data: bytes,
    secret: sealing.Secret,
    *,
    kem: recovery.Kem,
    replace: str = "",
    new: str | None = None,
    check: bool = False,
) -> Generator[float, float, dict[str, Any]]:
    """Verify a backup and, unless `check`, put it in place, locked; gives what checking.verify gives, with made and by.

    new: a passcode that replaces the one the wallet had. Raises BadFile, sealing.WrongSecret, passwords.TooExpensive,
    Occupied, FieldError about the new passcode's tier.
    """
    parts = split(data)
    if not check:
        _vacant(vault, replace)
    yield from vault.ready()
    if not check:
        _vacant(vault, replace)
    key, by = sealing.file_key(parts, secret, kem)
    yield
    dump = yield from reading.read(sealing.open_body(parts, key), len(data))
    if dump.made != parts.header.made:
        raise BadFile("holds the content of another backup")
    with checking.opened(dump) as held:
        yield
        told = yield from checking.verify(held)
        facts = held.facts
        facts.failures = facts.until = facts.opened = 0
        if not check:
            if new is not None:
                _rekey(held, facts, new)
            held.store.write(facts)
            record = records.read(held.rooms["wallet"])
            record.made, record.bytes, record.by = dump.made, len(data), [each["by"] for each in parts.header.wraps]
            record.marks = yield from records.marks(lambda: held.hby.habs, lambda: held.rgy.reger, held.rooms["ledger"])
            records.write(held.rooms["wallet"], record)
            held.close()
            stores = read_stores(held.rooms)
    told |= {"made": dump.made, "by": by, "restored": not check}
    if not check:
        yield
        _vacant(vault, replace)
        _put(vault, stores)
    return told


def _vacant(vault: Vault, replace: str) -> None:
    if vault.exists and (not replace or replace != vault.name):
        raise Occupied(str(vault.name), replace)


def _rekey(held: checking.Opened, facts: Facts, new: str) -> None:
    """Encrypt the temporary key store for another passcode, as Vault.rekey does with the real one."""
    try:
        passcodes.check_tier(facts.tier)
    except FieldError as ex:
        raise FieldError("new_passcode", ex.reason) from ex
    salt = os.urandom(16)
    signer = passcodes.stretch(new, salt, facts.tier)
    held.hby.mgr.updateAeid(signer.verfer.qb64, signer.qb64)
    facts.salt = base64.b64encode(salt).decode()


def _put(vault: Vault, stores: list[Any]) -> None:
    """The one step that changes anything: all of it or nothing."""
    ledger = book.of(vault.worker)
    if ledger.progress is not None:
        raise falcon.HTTPConflict(
            title="An import into the ledger is running",
            description="The backup brings a ledger of its own. Wait until the import is done, then restore again.",
        )
    vault.lock()
    vault.reset()  # closes what is open below the directories that go
    ledger.close()
    try:
        with vault.worker.disk.batch():
            remove(making.rooms(vault))
            write_stores(stores, making.rooms(vault))
            vault.worker.disk.forget()
    finally:
        vault.reset()
