"""A backup's content read back from a stream: only the shape that `Dump.pack` writes, and no more of it than is bounded.

Whoever made the file knew its key, but may have lied: MessagePack can ask for a billion empty lists in a few bytes, so
nothing is unpacked as a whole. Each list and map is walked by its own length, each value must be of the one type that
belongs there, and lengths are compared with a bound before anything of that length is made.

What this does not catch: content of the right shape that means nothing. checking.py looks at what it says.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Any

from slices.backup.dump import DATABASES_MOST, FLAGS, FORMAT, Dump, Store
from slices.backup.format import BadFile

__all__ = ["read"]

STORES_MOST = 64
PAIRS_FREE, PAIRS_MOST, PAIR_BYTES = 100_000, 2_000_000, 8
"""Records in all: PAIRS_FREE, or one for each PAIR_BYTES of the file (a real one takes about 50), at most PAIRS_MOST."""
TEXT_MOST = 4096
BYTES_MOST = 16 << 20
"""Bytes of one key or value."""
MEMBERS_MOST = 16
AT_ONCE = 20_000
"""Records between two yields."""
ROOMS = ("wallet", "ledger")
PATH = re.compile(r"[A-Za-z0-9_-]{1,64}(?:/[A-Za-z0-9_-]{1,64}){0,7}\Z")


def read(pieces: Iterator[bytes], size: int) -> Generator[float, float, Dump]:
    """The content whose bytes `pieces` gives; size: bytes of the file that they come from. Raises BadFile, and what
    `pieces` raises. Yields between pieces of work."""
    import msgpack

    reader = _Reader(pieces, min(PAIRS_MOST, max(PAIRS_FREE, size // PAIR_BYTES)))
    try:
        made = yield from reader.dump()
    except (ValueError, KeyError, TypeError, msgpack.UnpackException) as ex:
        if isinstance(ex, BadFile):
            raise
        raise BadFile("holds something else than a wallet") from ex
    reader.finish()
    places = [(store.room, store.path) for store in made.stores]
    if len(set(places)) != len(places):
        raise BadFile("holds a store twice")
    return made


class _Stream:
    """As much of a file as msgpack's Unpacker asks for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.given = 0

    def read(self, size: int) -> bytes:
        """The next piece, b"" at the end. Pieces are smaller than what is asked for."""
        piece = next(self.pieces, b"")
        self.given += len(piece)
        return piece


class _Reader:
    """Walks the content. `left`: records that may still come."""

    def __init__(self, pieces: Iterator[bytes], left: int) -> None:
        import msgpack

        self.left = left
        self.stream = _Stream(pieces)
        # Without room for any member a list or map can only be read by its header: see `length` and `members`.
        self.unpacker = msgpack.Unpacker(
            self.stream,
            read_size=256 << 10,
            max_buffer_size=BYTES_MOST + (1 << 20),
            max_array_len=0,
            max_map_len=0,
            max_ext_len=0,
            max_str_len=TEXT_MOST,
            max_bin_len=BYTES_MOST,
        )

    def finish(self) -> None:
        """Nothing may follow; the rest of the stream is asked for, because only its end tells that it is whole."""
        for _ in self.stream.pieces:
            raise BadFile("holds more than a wallet")
        if self.unpacker.tell() != self.stream.given:
            raise BadFile("holds more than a wallet")

    def value(self, kind: type) -> Any:
        """The next value, which must be of this type."""
        value = self.unpacker.unpack()
        if type(value) is not kind:
            raise BadFile(f"holds a {type(value).__name__} where a {kind.__name__} belongs")
        return value

    def length(self, most: int, what: str) -> int:
        """Of the list that begins here."""
        length = self.unpacker.read_array_header()
        if length > most:
            raise BadFile(f"holds {length:,} {what}; at most {most:,} are restored")
        return length

    def members(self, wanted: dict[str, Any]) -> Generator[Any, Any, dict[str, Any]]:
        """The map that begins here: `wanted` says how each member is read, as a type or a generator function."""
        count = self.unpacker.read_map_header()
        if count > MEMBERS_MOST:
            raise BadFile("holds something else than a wallet")
        found: dict[str, Any] = {}
        for _ in range(count):
            name = self.value(str)
            how = wanted[name]
            found[name] = self.value(how) if isinstance(how, type) else (yield from how())
        if len(found) != count or found.keys() != wanted.keys():
            raise BadFile("holds something else than a wallet")
        return found

    def dump(self) -> Generator[Any, Any, Dump]:
        wanted = {"format": self.format, "made": int, "name": str, "seed": str, "stores": self.stores}
        found = yield from self.members(wanted)
        return Dump(found["made"], found["name"], found["seed"], found["stores"])

    def format(self) -> Generator[Any, Any, int]:
        """Looked at before the rest is: another format may have other members."""
        number = self.value(int)
        if number != FORMAT:
            raise BadFile(f"holds content of format {number}, which this version does not know")
        return number
        yield

    def stores(self) -> Generator[Any, Any, list[Store]]:
        made = []
        for _ in range(self.length(STORES_MOST, "stores")):
            found = yield from self.members({"room": str, "path": str, "databases": self.databases})
            if found["room"] not in ROOMS or not PATH.match(found["path"]):
                raise BadFile("holds a store at a place where none belongs")
            made.append(Store(found["room"], found["path"], found["databases"]))
        return made

    def databases(self) -> Generator[Any, Any, list[tuple[bytes, list[str], list[Any]]]]:
        made = []
        for _ in range(self.length(DATABASES_MOST, "databases in a store")):
            found = yield from self.members({"name": bytes, "flags": self.flags, "pairs": self.pairs})
            made.append((found["name"], found["flags"], found["pairs"]))
        return made

    def flags(self) -> Generator[Any, Any, list[str]]:
        flags = [self.value(str) for _ in range(self.length(len(FLAGS), "flags of a database"))]
        if not set(flags) <= set(FLAGS):
            raise BadFile("holds a database that is none")
        return flags
        yield

    def pairs(self) -> Generator[Any, Any, list[list[bytes]]]:
        count = self.length(self.left, "records, more than a file of its size")
        self.left -= count
        made = []
        for number in range(count):
            if self.unpacker.read_array_header() != 2:
                raise BadFile("holds a database that is none")
            made.append([self.value(bytes), self.value(bytes)])
            if number % AT_ONCE == AT_ONCE - 1:
                yield
        return made
