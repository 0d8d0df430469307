"""Bytes of whatever a caller hands over as such."""

from __future__ import annotations

from typing import Any


def binary(value: Any) -> bytes:
    """The bytes of a bytes-like object. Raises TypeError for text and for anything else."""
    if value.__class__ is bytes:
        return value
    if isinstance(value, str):
        raise TypeError("Won't implicitly convert Unicode to bytes; use .encode()")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    return memoryview(value).tobytes()
