"""What a component consists of, section by section: two builds are compared by it.

componentize-py 0.25 does not give the same bytes twice (its issue 247 says why: the interpreter that it starts and keeps draws the seed of
its hashes, reads clocks, and lays its memory out by both). The memory that it keeps is one section of data and one of globals; all else,
all code and every file that went in, is the same (tests/conformance/test_reproducible.py builds it twice).
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MEMORY", "differing", "sections"]

MODULE, COMPONENT = 1, 4
"""Sections of a component that hold a core module, or another component."""
MEMORY = (6, 11)
"""Sections of a core module that its memory is kept in: globals and data. Two builds differ in these alone."""


def sections(data: bytes, where: str = "") -> Iterator[tuple[str, int, bytes]]:
    """(path, number, content) of each section of a module or component, nested ones' after the path of what holds them."""
    layer = data[6:8]
    at, number = 8, 0
    while at < len(data):
        kind = data[at]
        size, at = _leb(data, at + 1)
        content = data[at : at + size]
        at += size
        path = f"{where}/{number}"
        number += 1
        if layer == b"\x01\x00" and kind in (MODULE, COMPONENT):
            yield from sections(content, path)
        else:
            yield path, kind if layer == b"\x00\x00" else -kind, content


def differing(first: bytes, second: bytes) -> list[tuple[str, int]]:
    """(path, number) of the sections that are not the same, or that only one has."""
    one, two = ({(path, kind): content for path, kind, content in sections(each)} for each in (first, second))
    return sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
