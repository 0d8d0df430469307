"""Stand-in for cryptography.utils: what tests and tools around ECDSA take from it to put a number into bytes."""

from __future__ import annotations


def int_to_bytes(integer: int, length: int | None = None) -> bytes:
    """Big-endian; as short as it goes, at least one byte. ValueError for length 0, OverflowError when it does not fit."""
    if length == 0:
        raise ValueError("length argument can't be 0")
    return integer.to_bytes(length or max(1, (integer.bit_length() + 7) // 8), "big")
