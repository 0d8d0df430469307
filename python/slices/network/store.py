"""What is kept of the network: whether it is on, each origin with the user's word and its counts, and the log of what left.

One small lmdb environment on the worker's disk. It is not made before something is kept in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keriwasm.data import guarding

__all__ = ["LOG_MOST", "ORIGINS_MOST", "Store"]

TABLES = (b"settings", b"origins", b"log", b"outbox")
LOG_MOST = 500
"""Requests that the log holds; the oldest go."""
ORIGINS_MOST = 500
"""Origins; of those beyond, that which nobody has judged goes first, then the one that was used longest ago."""

NEW: dict[str, Any] = {"allowed": None, "requests": 0, "failed": 0, "last": None, "who": "", "reason": "", "asked": None}


class Store:
    """Held in memory as well: it is small, and each page shows all of it.

    Attributes:
        enabled (bool)
        origins: origin -> {allowed: True, False or None (a question), requests, failed, last, who, reason, asked}
        outbox: id -> an act that waits for the line, or what came of it: see outbox.py
        log: entries, the newest first: {when, who, reason, method, url, origin, bytes, status, ms, kind}
    """

    def __init__(self, path: Path) -> None:
        import lmdb

        path.mkdir(parents=True, exist_ok=True)
        self.env = lmdb.open(str(path), max_dbs=len(TABLES), map_size=1 << 24)
        self._tables = {name: self.env.open_db(name) for name in TABLES}
        self.enabled = dict(self._items(b"settings")).get("enabled") is True
        self.origins: dict[str, dict[str, Any]] = {key: {**NEW, **value} for key, value in self._items(b"origins")}
        self.outbox: dict[str, dict[str, Any]] = dict(self._items(b"outbox"))
        self._log: dict[str, dict[str, Any]] = dict(self._items(b"log"))

    def close(self) -> None:
        self.env.close()

    @property
    def log(self) -> list[dict[str, Any]]:
        return [self._log[key] for key in sorted(self._log, reverse=True)]

    @property
    def last(self) -> int | None:
        """When the last request left."""
        return max((each["last"] for each in self.origins.values() if each["last"] is not None), default=None)

    def enable(self, enabled: bool) -> None:
        self.enabled = enabled
        self._put(b"settings", "enabled", enabled)

    def judge(self, origin: str, allowed: bool) -> None:
        """The user's word on an origin."""
        self._change(origin, allowed=allowed)

    def asked(self, origin: str, who: str, reason: str, when: int) -> None:
        """Somebody wants an origin that nobody has judged; of one that was, this is no news."""
        if self.origins.get(origin, NEW)["allowed"] is None:
            self._change(origin, who=who, reason=reason, asked=when)

    def left(self, entry: Mapping[str, Any], number: int) -> None:
        """A request left. The same one told twice is one."""
        key = f"{entry['when']:015d}.{number:06d}"
        if key in self._log:
            return
        self._log[key] = dict(entry)
        self._put(b"log", key, self._log[key])
        for old in sorted(self._log)[:-LOG_MOST]:
            del self._log[old]
            self._put(b"log", old, None)
        known = self.origins.get(entry["origin"], NEW)
        failed = known["failed"] + (entry["kind"] != "" or entry["status"] >= 400)
        last = max(known["last"] or 0, entry["when"])
        self._change(entry["origin"], requests=known["requests"] + 1, failed=failed, last=last)

    def keep(self, id: str, act: dict[str, Any] | None) -> None:
        """An act of the outbox; None when it is gone."""
        self.outbox.pop(id, None)
        if act is not None:
            self.outbox[id] = act
        self._put(b"outbox", id, act)

    def _change(self, origin: str, **fields: Any) -> None:
        self.origins[origin] = {**self.origins.get(origin, NEW), **fields}
        self._put(b"origins", origin, self.origins[origin])
        if len(self.origins) > ORIGINS_MOST:
            others = {key: each for key, each in self.origins.items() if key != origin}
            spare = min(others, key=lambda key: (others[key]["allowed"] is not None, others[key]["last"] or 0))
            del self.origins[spare]
            self._put(b"origins", spare, None)

    def _put(self, table: bytes, key: str, value: Any) -> None:
        with self.env.begin(db=self._tables[table], write=True) as txn:
            if value is None:
                txn.delete(key.encode())
            else:
                txn.put(key.encode(), json.dumps(value, ensure_ascii=False).encode())

    def _items(self, table: bytes) -> list[tuple[str, Any]]:
        with self.env.begin(db=self._tables[table]) as txn:
            return [(bytes(key).decode(), guarding.json_value(bytes(value))) for key, value in txn.cursor()]
