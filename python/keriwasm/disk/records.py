"""The bytes of the disk: what a commit changed, and what a checkpoint holds, as checked binary records.

A record is a frame (magic, number, CRC-32, length) around sections. A section names the store and the database that it is
about, then carries all its lengths as one array and all its bytes as one run, so that a hundred thousand entries are read
with a few calls. Keys and values are the bytes that lmdb was given; nothing is text but paths.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

MAGIC = b"KWL\x01"
FRAME = struct.Struct("<4sQII")
"""Magic, number (of the log record, or of the checkpoint's part), CRC-32 of number and payload, length of the payload."""

PUT, DELETE, CREATE, DROP, CLEAR, NEW, MOVE, GONE = range(8)
"""Kinds of operations. The first five are those of lmdb.stores, about a store and a database; the others are about a store:
(NEW, path), (MOVE, path), (GONE,)."""

SINGLE, PAIR, STORE, DATABASE = 0x53, 0x50, 0x40, 0x41
"""Marks of a section: values under keys; pairs whose values are sorted; the store, and the database, that follow."""

MAIN = 0xFFFF
"""The length of a database's name that means the main one."""

Op = tuple[Any, ...]


class Damaged(Exception):
    """A record is not what was written. The message names it and says how that was seen."""


def encode(number: int, changes: Iterable[tuple[str, Op]]) -> bytes:
    """A record of (store id, operation) in order."""
    out: list[bytes] = []
    store: str | None = None
    database: Any = ()
    run: list[Op] = []

    def flush() -> None:
        if run:
            out.append(_run(run))
            run.clear()

    for id, op in changes:
        if id != store:
            flush()
            out.append(bytes([STORE]) + _text(id))
            store, database = id, ()
        kind = op[0]
        if kind in (NEW, MOVE, GONE):
            flush()
            out.append(bytes([kind]) + (b"" if kind == GONE else _text(op[1])))
            continue
        if op[1] != database:
            flush()
            database = op[1]
            out.append(bytes([DATABASE]) + _name(database))
        if kind in (PUT, DELETE):
            if run and (run[0][0] != kind or (kind == DELETE and type(run[0][2]) is not type(op[2]))):
                flush()
            run.append(op)
            continue
        flush()
        flags = sum(1 << bit for bit, flag in enumerate(op[2]) if flag) if kind == CREATE else 0
        out.append(bytes([kind, flags]))
    flush()
    return frame(number, b"".join(out))


def frame(number: int, payload: bytes) -> bytes:
    """Put the frame around a payload."""
    check = zlib.crc32(payload, zlib.crc32(number.to_bytes(8, "little")))
    return FRAME.pack(MAGIC, number, check, len(payload)) + payload


def opened(what: str, number: int, record: bytes) -> bytes:
    """The payload of a record, once it is shown to be whole and the one that it should be. Raises Damaged."""
    if len(record) < FRAME.size:
        raise Damaged(f"{what} {number} is cut off: {len(record)} bytes")
    magic, named, check, length = FRAME.unpack_from(record)
    payload = record[FRAME.size :]
    if magic[:3] != MAGIC[:3]:
        raise Damaged(f"{what} {number} is no record of ours")
    if magic != MAGIC:
        raise Damaged(f"{what} {number} is of format {magic[3]}, written by a later version of this app")
    if named != number:
        raise Damaged(f"{what} {number} says that it is {named}")
    if length != len(payload):
        raise Damaged(f"{what} {number} is cut off: {len(payload)} of {length} bytes")
    if check != zlib.crc32(payload, zlib.crc32(number.to_bytes(8, "little"))):
        raise Damaged(f"{what} {number} does not have the checksum that it was written with")
    return payload


def decode(payload: bytes, flags: Any = tuple) -> Iterator[tuple[str, Op]]:
    """The (store id, operation) of a payload. `flags` makes what CREATE carries of five booleans."""
    for id, kind, name, content in sections(payload):
        if kind == PUT:
            keys, values = content
            for key, value in zip(keys, values, strict=True):
                yield id, (PUT, name, key, value)
        elif kind == DELETE:
            for place in content:
                yield id, (DELETE, name, place)
        elif kind == CREATE:
            yield id, (CREATE, name, flags(content))
        elif kind in (DROP, CLEAR):
            yield id, (kind, name)
        else:
            yield id, (kind, content) if kind != GONE else (GONE,)


def sections(payload: bytes) -> Iterator[tuple[str, int, Any, Any]]:
    """(store id, kind, database name, content): whole sections, for whoever loads many entries at once.

    content: (keys, values) of PUT, places of DELETE, five booleans of CREATE, the path of NEW and MOVE.
    """
    at, end = 0, len(payload)
    store, name = "", None
    while at < end:
        mark = payload[at]
        at += 1
        if mark == STORE:
            store, at = _read_text(payload, at)
        elif mark == DATABASE:
            (length,) = struct.unpack_from("<H", payload, at)
            at += 2
            name = None if length == MAIN else payload[at : at + length]
            at += 0 if length == MAIN else length
        elif mark in (NEW, MOVE):
            path, at = _read_text(payload, at)
            yield store, mark, None, path
        elif mark == GONE:
            yield store, GONE, None, None
        elif mark in (CREATE, DROP, CLEAR):
            bits = payload[at]
            at += 1
            yield store, mark, name, tuple(bool(bits & 1 << bit) for bit in range(5))
        elif mark in (SINGLE, PAIR):
            kind, count = struct.unpack_from("<BI", payload, at)
            at += 5
            columns = 2 if kind == PUT or mark == PAIR else 1
            lengths = struct.unpack_from(f"<{columns * count}I", payload, at)
            at += 4 * columns * count
            read = []
            for column in range(columns):
                part = []
                for length in lengths[column * count : (column + 1) * count]:
                    part.append(payload[at : at + length])
                    at += length
                read.append(part)
            if kind == PUT:
                yield store, PUT, name, tuple(read)
            else:
                yield store, DELETE, name, list(zip(*read, strict=True)) if mark == PAIR else read[0]
        else:
            raise Damaged(f"a section begins with {mark:#x}, which means nothing")


def _run(run: list[Op]) -> bytes:
    """A section of puts or of deletions."""
    kind = run[0][0]
    if kind == PUT:
        mark, columns = SINGLE, [[op[2] for op in run], [op[3] for op in run]]
    elif isinstance(run[0][2], tuple):
        mark, columns = PAIR, [[op[2][0] for op in run], [op[2][1] for op in run]]
    else:
        mark, columns = SINGLE, [[op[2] for op in run]]
    lengths = [len(part) for column in columns for part in column]
    head = struct.pack(f"<BBI{len(lengths)}I", mark, kind, len(run), *lengths)
    return head + b"".join(part for column in columns for part in column)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<H", len(data)) + data


def _read_text(payload: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", payload, at)
    return payload[at + 2 : at + 2 + length].decode(), at + 2 + length


def _name(name: bytes | None) -> bytes:
    return struct.pack("<H", MAIN) if name is None else struct.pack("<H", len(name)) + name
