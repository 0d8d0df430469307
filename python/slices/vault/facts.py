"""The public facts of the wallet: what may be read while it is locked, stored beside its key store.

One small lmdb environment below the wallet's directory, so that it is written in the same IndexedDB transaction as the
keys it belongs to, moves with a backup, and goes when the directory goes. No secret is ever in it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

__all__ = ["AUTOLOCK", "FactStore", "Facts"]

KEY = b"wallet"
AUTOLOCK = 15 * 60
"""Seconds without use after which a new wallet locks itself."""


@dataclass
class Facts:
    """What is known of a wallet without its passcode.

    Attributes:
        name: as its owner calls it
        tier: keripy's Argon2 tier that its passcode is stretched with: low, med, high
        salt: 16 random bytes as base64, mixed into the passcode before it is stretched
        created: epoch milliseconds
        failures: wrong passcodes in a row; until: epoch milliseconds before which none is tried
        autolock: seconds without use until it locks itself, 0 is never
        opened: epoch milliseconds of the unlock that has not been ended by a lock, else 0
    """

    name: str
    tier: str
    salt: str
    created: int
    failures: int = 0
    until: int = 0
    autolock: int = AUTOLOCK
    opened: int = 0

    @property
    def salt_bytes(self) -> bytes:
        return base64.b64decode(self.salt)


class FactStore:
    """Reads and writes the Facts below a wallet's directory. Opens its environment only when there is one, or to write."""

    def __init__(self, head: Path) -> None:
        self.path = Path(head) / "facts"
        self._env: Any = None

    def read(self) -> Facts | None:
        """None when there is no wallet. Members of a newer version that are not known here are left out."""
        if self._env is None and not self.path.exists():
            return None
        with self._open().begin() as txn:
            raw = txn.get(KEY)
        if raw is None:
            return None
        known = {each.name for each in fields(Facts)}
        return Facts(**{name: value for name, value in json.loads(bytes(raw)).items() if name in known})

    def write(self, facts: Facts) -> None:
        """One transaction."""
        with self._open().begin(write=True) as txn:
            txn.put(KEY, json.dumps(asdict(facts), ensure_ascii=False).encode())

    def close(self) -> None:
        """Before its directory is deleted or replaced."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def _open(self) -> Any:
        if self._env is None:
            import lmdb

            self.path.mkdir(parents=True, exist_ok=True)
            self._env = lmdb.open(str(self.path), map_size=1 << 20)
        return self._env
