"""What the ledger keeps beside keripy's database: contacts, messages that wait, proofs of duplicity, endpoints, what was mended,
what witnesses said when they were asked last, and when they shall be asked.

One small lmdb environment below the ledger's directory, written in the same batch as the events it belongs to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Notes"]

TABLES = (b"contacts", b"pending", b"duplicity", b"mended", b"endpoints", b"watched", b"settings")


class Notes:
    """Dicts by key in tables. `pending` is held in memory as well, for every import looks through it.

    Attributes:
        touched: AIDs about whom something was changed, for who keeps a list of them (roll.py) and empties it
    """

    def __init__(self, path: Path) -> None:
        import lmdb

        path.mkdir(parents=True, exist_ok=True)
        self.env = lmdb.open(str(path), max_dbs=8, map_size=1 << 28)
        self._tables = {name: self.env.open_db(name) for name in TABLES}
        self.pending: dict[str, dict[str, Any]] = dict(self._items(b"pending"))
        self.pending_bytes = sum(len(message["raw"]) for message in self.pending.values())
        self.touched: set[str] = set()

    def close(self) -> None:
        self.env.close()

    # -- contacts ---------------------------------------------------------------------------------------------------

    def contact(self, aid: str) -> dict[str, Any] | None:
        """{alias, notes, changed}, or None."""
        return self._get(b"contacts", aid)

    def contacts(self) -> dict[str, dict[str, Any]]:
        return dict(self._items(b"contacts"))

    def set_contact(self, aid: str, contact: dict[str, Any] | None) -> None:
        self.touched.add(aid)
        self._put(b"contacts", aid, contact)

    # -- messages that wait -----------------------------------------------------------------------------------------

    def hold(self, message: dict[str, Any]) -> str:
        """Keep {raw, body, aid, sn, said, ilk, waits, code, reason, since, at?}; raw is bytes. Returns its key."""
        digest = hashlib.blake2b(message["raw"], digest_size=8).hexdigest()
        key = f"{message['aid']}.{message['sn']:032x}.{digest}"
        before = self.pending.get(key)
        if before is None:
            self.pending_bytes += len(message["raw"])
        self.touched.add(message["aid"])
        self.pending[key] = {**(before or {}), **message}
        self._put(b"pending", key, {**self.pending[key], "raw": self.pending[key]["raw"].decode("latin-1")})
        return key

    def waits_on(self, key: str, why: dict[str, Any]) -> None:
        """{waits, code, reason, at?} of a waiting message as they are now."""
        message = self.pending.get(key)
        if message is not None and any(message.get(name) != value for name, value in why.items()):
            self.hold({**message, **why})

    def release(self, key: str) -> None:
        message = self.pending.pop(key, None)
        if message is not None:
            self.pending_bytes -= len(message["raw"])
            self.touched.add(message["aid"])
        self._put(b"pending", key, None)

    def waiting(self, aid: str) -> list[dict[str, Any]]:
        """What waits in the log of an AID, by number."""
        return [message for key, message in sorted(self.pending.items()) if message["aid"] == aid]

    def waits(self, aid: str) -> int:
        """How many messages wait in the log of an AID."""
        return sum(message["aid"] == aid for message in self.pending.values())

    # -- duplicity --------------------------------------------------------------------------------------------------

    def accuse(self, proof: dict[str, Any]) -> bool:
        """Keep {aid, sn, said, first, raw, seen, source} for ever; False when it is known already."""
        key = f"{proof['aid']}.{proof['sn']:032x}.{proof['said']}"
        if self._get(b"duplicity", key) is not None:
            return False
        self.touched.add(proof["aid"])
        self._put(b"duplicity", key, {**proof, "raw": proof["raw"].decode("latin-1")})
        return True

    def duplicity(self, aid: str = "") -> list[dict[str, Any]]:
        """Proofs against an AID, or all of them."""
        return [proof for _, proof in self._items(b"duplicity", f"{aid}." if aid else "")]

    # -- endpoints --------------------------------------------------------------------------------------------------

    def word(self, key: str) -> dict[str, Any] | None:
        """The latest word of a signer on a role or an address: see endpoints.py."""
        return self._get(b"endpoints", key)

    def words(self, prefix: str) -> list[dict[str, Any]]:
        """Those whose key begins so."""
        return [word for _, word in self._items(b"endpoints", prefix)]

    def keep_word(self, key: str, word: dict[str, Any]) -> None:
        self._put(b"endpoints", key, word)

    # -- watching ---------------------------------------------------------------------------------------------------

    def watched(self, aid: str) -> dict[str, Any] | None:
        """What its witnesses said when they were asked last: see watching/watch.py."""
        return self._get(b"watched", aid)

    def set_watched(self, aid: str, told: dict[str, Any] | None) -> None:
        self._put(b"watched", aid, told)

    def setting(self, name: str) -> dict[str, Any] | None:
        return self._get(b"settings", name)

    def set_setting(self, name: str, value: dict[str, Any]) -> None:
        self._put(b"settings", name, value)

    # -- all of it --------------------------------------------------------------------------------------------------

    def forget(self, aid: str) -> None:
        """Everything about an AID."""
        self.touched.add(aid)
        self.set_contact(aid, None)
        self.set_watched(aid, None)
        for key in [key for key, message in self.pending.items() if message["aid"] == aid]:
            self.release(key)
        for key in [key for key, _ in self._items(b"duplicity", f"{aid}.")]:
            self._put(b"duplicity", key, None)
        for kind in ("end", "loc"):
            for key in [key for key, _ in self._items(b"endpoints", f"{kind}.{aid}.")]:
                self._put(b"endpoints", key, None)

    # -- what was mended --------------------------------------------------------------------------------------------

    def mended(self, what: str) -> bool:
        """Whether this was put right already, or was never wrong."""
        return self._get(b"mended", what) is not None

    def mark(self, what: str, number: int) -> None:
        """Remember that it was, and in how many places."""
        self._put(b"mended", what, {"number": number})

    # -- private ----------------------------------------------------------------------------------------------------

    def _get(self, table: bytes, key: str) -> dict[str, Any] | None:
        with self.env.begin(db=self._tables[table]) as txn:
            raw = txn.get(key.encode())
        return None if raw is None else _read(bytes(raw))

    def _put(self, table: bytes, key: str, value: dict[str, Any] | None) -> None:
        with self.env.begin(db=self._tables[table], write=True) as txn:
            if value is None:
                txn.delete(key.encode())
            else:
                txn.put(key.encode(), json.dumps(value, ensure_ascii=False).encode())

    def _items(self, table: bytes, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        start = prefix.encode()
        found = []
        with self.env.begin(db=self._tables[table]) as txn:
            cursor = txn.cursor()
            if cursor.set_range(start) if start else cursor.first():
                for key, value in cursor.iternext():
                    if not bytes(key).startswith(start):
                        break
                    found.append((bytes(key).decode(), _read(bytes(value))))
        yield from found


def _read(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw)
    if "raw" in value:
        value["raw"] = value["raw"].encode("latin-1")
    return value
