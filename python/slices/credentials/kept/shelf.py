"""Which credentials the wallet has, with what their list is ordered, filtered and counted by: kept in memory while it is open.

Read in steps. After a change of the wallet the names of all transaction events are looked over, and only those credentials are read
again of which there are others than before: nothing has to say which ones it changed.

    shelf = yield from shelves.of(vault).read()
    shelf.order         # SAIDs, the newest first
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from itertools import islice
from typing import Any, NamedTuple

from slices.credentials.lookup import state as state_of
from slices.vault.vault import Vault

__all__ = ["Entry", "Shelf", "of"]

KEYS_AT_ONCE = 1000
"""Names looked over between two yields: some ten milliseconds in a browser."""
READ_AT_ONCE = 10
"""Credentials read between two yields."""


class Entry(NamedTuple):
    """mark: the names of its transaction events; state: issued, revoked or unknown; roles: of issued and held."""

    mark: tuple[bytes, ...]
    issued: str
    schema: str
    registry: str
    state: str
    roles: tuple[str, ...]


def of(vault: Vault) -> Shelf:
    """The one of the vault's worker."""
    shelf = vault.worker.shared(Shelf)
    if shelf.vault is None:
        shelf.vault = vault
        vault.listeners.add(shelf.look)
    return shelf


class Shelf:
    """entries: SAID -> Entry; order: SAIDs, the newest first."""

    def __init__(self, worker: Any) -> None:
        self.vault: Any = None
        self.entries: dict[str, Entry] = {}
        self.order: list[str] = []
        self._rgy: Any = None
        self._stale = True

    def look(self) -> None:
        """The wallet has changed."""
        self._stale = True

    def read(self) -> Generator[float, float, Shelf]:
        """Wait until it is as the wallet is now. Raises Locked as the vault does."""
        while self._stale or self._rgy is not self.vault.rgy:
            if self._rgy is not self.vault.rgy:  # another wallet, or this one opened again
                self.entries, self._rgy = {}, self.vault.rgy
            self._stale = False
            whole = False
            try:
                whole = yield from self._read(self._rgy)
            finally:
                self._stale = self._stale or not whole
        return self

    def used(self) -> Counter[str]:
        """Schema -> number of credentials."""
        return Counter(each.schema for each in self.entries.values())

    def counts(self) -> Counter[tuple[str, str]]:
        """(registry, state) -> number of credentials."""
        return Counter((each.registry, each.state) for each in self.entries.values())

    def _read(self, rgy: Any) -> Generator[float, float, bool]:
        """False when the wallet was opened again meanwhile."""
        saids = [key.decode() for key in (yield from self._keys(rgy, rgy.reger.saved.sdb))]
        marks: dict[str, list[bytes]] = {}
        for key in (yield from self._keys(rgy, rgy.reger.tvts)):
            said, _, digest = key.partition(b".")
            marks.setdefault(said.decode(), []).append(digest)
        if self.vault.rgy is not rgy:
            return False
        entries: dict[str, Entry] = {}
        count = 0
        for said in saids:
            mark = tuple(marks.get(said, ()))
            known = self.entries.get(said)
            if known is None or known.mark != mark:
                if (count := count + 1) % READ_AT_ONCE == 0:
                    yield 0.0
                    if self.vault.rgy is not rgy:
                        return False
                known = _entry(self.vault, rgy.reger, said, mark)
            if known is not None:
                entries[said] = known
        self.entries = entries
        self.order = sorted(entries, key=lambda said: (entries[said].issued, said), reverse=True)
        return True

    def _keys(self, rgy: Any, db: Any) -> Generator[float, float, list[bytes]]:
        """All keys of a database, in steps."""
        found: list[bytes] = []
        following = b""
        while True:
            with rgy.reger.env.begin(db=db, buffers=False) as txn:
                cursor = txn.cursor()
                some = list(islice(cursor.iternext(values=False), KEYS_AT_ONCE)) if cursor.set_range(following) else []
            found += some
            if len(some) < KEYS_AT_ONCE:
                return found
            following = some[-1] + b"\0"
            yield 0.0
            if self.vault.rgy is not rgy:
                return found  # of a wallet that was opened again; see below


def _entry(vault: Vault, reger: Any, said: str, mark: tuple[bytes, ...]) -> Entry | None:
    creder = reger.creds.get(keys=said)
    if creder is None:
        return None
    given = creder.attrib if isinstance(creder.attrib, dict) else {}
    told, own = state_of(reger, creder), vault.hby.habs
    return Entry(
        mark,
        str(given.get("dt", "")),
        creder.schema,
        creder.regi,
        "unknown" if told is None else "revoked" if told.et in ("rev", "brv") else "issued",
        tuple(role for role, aid in (("issued", creder.issuer), ("held", given.get("i"))) if aid in own),
    )
