"""The content of a backup: every lmdb store of the wallet and of the ledger, as data, and back into directories.

It is a logical dump (databases with their flags, keys and values), not pages of a file: so it is the same whether a store
lives in this project's lmdb over IndexedDB or in the real one, and can be read by whoever has msgpack:

    {"format": 1, "made": epoch ms, "name": the wallet's name, "seed": what opens its key store, qb64,
     "stores": [{"room": "wallet" | "ledger", "path": "keri/db/wallet",
                 "databases": [{"name": bytes, empty for the main one, "flags": ["dupsort"], "pairs": [[key, value], …]}]}]}

It is read back as a stream (reading.py), so that what stands in a file decides about no more memory than the file's own size
allows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slices.backup.format import BadFile

__all__ = ["DATABASES_MOST", "FLAGS", "FORMAT", "Dump", "Store", "read_stores", "remove", "write_stores"]

FORMAT = 1
DATABASES_MOST = 256
MAP_SIZE = 100 << 20
"""Bytes of address space for a store, at the least: keripy's own."""
FLAGS = ("dupsort", "reverse_key", "integerkey", "integerdup", "dupfixed")


@dataclass
class Store:
    """One lmdb environment. databases: (name, flags that are set, pairs); the main database is named b""."""

    room: str
    path: str
    databases: list[tuple[bytes, list[str], list[Any]]]


@dataclass
class Dump:
    """What a backup holds."""

    made: int
    name: str
    seed: str
    stores: list[Store]

    def pack(self) -> bytes:
        """As it is sealed."""
        import msgpack

        stores = [
            {
                "room": store.room,
                "path": store.path,
                "databases": [{"name": n, "flags": f, "pairs": p} for n, f, p in store.databases],
            }
            for store in self.stores
        ]
        return msgpack.packb(
            {"format": FORMAT, "made": self.made, "name": self.name, "seed": self.seed, "stores": stores}
        )


def read_stores(rooms: dict[str, Path]) -> list[Store]:
    """All stores below the rooms' directories. Does not yield: so it is one state of all of them."""
    import lmdb

    found = []
    for room, head in rooms.items():
        for marker in sorted(head.rglob("data.mdb")):
            env = lmdb.open(str(marker.parent), max_dbs=DATABASES_MOST, map_size=MAP_SIZE, create=False)
            try:
                databases = list(_databases(env))
            finally:
                env.close()
            found.append(Store(room, marker.parent.relative_to(head).as_posix(), databases))
    return found


def _databases(env: Any) -> Iterator[tuple[bytes, list[str], list[Any]]]:
    import lmdb

    with env.begin() as txn:
        own = []
        for key, value in list(txn.cursor()):
            try:
                db = env.open_db(bytes(key), txn=txn, create=False)
            except lmdb.IncompatibleError:  # an ordinary record of the main database, not the name of another
                own.append([bytes(key), bytes(value)])
                continue
            flags = db.flags(txn)
            pairs = [[bytes(k), bytes(v)] for k, v in txn.cursor(db=db)]
            yield bytes(key), [name for name in FLAGS if flags.get(name)], pairs
        yield b"", [], own


def write_stores(stores: list[Store], rooms: dict[str, Path]) -> None:
    """Make the stores below the rooms' directories, in which there must be none of them yet. Raises BadFile."""
    import lmdb

    for store in stores:
        place = rooms[store.room] / store.path
        place.mkdir(parents=True, exist_ok=False)
        size = sum(len(k) + len(v) + 64 for _, _, pairs in store.databases for k, v in pairs)
        env = lmdb.open(str(place), max_dbs=DATABASES_MOST, map_size=max(MAP_SIZE, 4 * size))
        try:
            with env.begin(write=True) as txn:
                for name, flags, pairs in store.databases:
                    db = env.open_db(name, txn=txn, **dict.fromkeys(flags, True)) if name else None
                    for key, value in pairs:
                        txn.put(key, value, **({"db": db} if db is not None else {}))
        except (lmdb.BadValsizeError, lmdb.IncompatibleError, lmdb.DbsFullError) as ex:
            raise BadFile("holds a record that no database takes") from ex
        finally:
            env.close()


def remove(rooms: dict[str, Path]) -> None:
    """Delete the rooms' directories."""
    for head in rooms.values():
        if head.exists():
            shutil.rmtree(head)
