"""What the body of a message says, whatever its serialization: its version string tells the kind, nothing else is looked at.

    bodies.content(raw)     # dict, of JSON, CBOR or MessagePack
    bodies.shown(raw)       # (kind, text): JSON as it stands; the others told as JSON
    bodies.safe(value)      # the value as every JSON answer can carry it

A foreign log may hold what JSON has no word for (infinite numbers, half of a surrogate pair, bytes, names that are no text).
`safe` tells it as text: an answer never breaks on it. What is told is for reading; what is signed are the bytes.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from keriwasm.data import guarding

__all__ = ["content", "ilk", "in_full", "load", "number", "safe", "shown", "text"]

DEEPEST = 64
"""Levels of a value that are told."""


VALUES = {"JSON": guarding.json_value, "CBOR": guarding.cbor_value, "MGPK": guarding.mgpk_value}


def load(body: bytes, kind: str) -> Any:
    """The value of a body whose version string names this kind, bounded (see guarding). Raises guarding.Unfit with the reason."""
    return VALUES[kind](body, strict=False)


def content(raw: bytes) -> dict[str, Any]:
    """The body of a message that is accepted already."""
    from keri import kering

    return load(raw, kering.smell(raw).kind)


def number(raw: bytes) -> int:
    """The sequence number of an accepted event."""
    return int(content(raw)["s"], 16)


def ilk(raw: bytes) -> str:
    """The type of an accepted event."""
    return content(raw)["t"]


def shown(raw: bytes) -> tuple[str, str]:
    """(kind, text) of a body. JSON is given as it stands, the others as JSON that says the same; never raises."""
    from keri import kering

    try:
        kind = kering.smell(raw).kind
        if kind == "JSON":
            return kind, raw.decode()
        return kind, json.dumps(safe(load(raw, kind)), ensure_ascii=False, indent=1)
    except (ValueError, kering.KeriError):  # a damaged one that is kept as a proof, or of which no kind is told
        return "", raw.decode("utf-8", "backslashreplace")


def text(data: bytes) -> str | None:
    """A message as text; None for one with a binary body: it can only go as bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def in_full(message: bytes, raw: bytes) -> dict[str, Any]:
    """{kind, json, cesr, data} of a message and its body: the body told as JSON (the signed bytes themselves where the kind is
    JSON), the message as text (None when its body is binary), and its bytes in base64url."""
    kind, told = shown(raw)
    return {"kind": kind, "json": told, "cesr": text(message), "data": safe(message)}


def safe(value: Any, levels: int = DEEPEST) -> Any:
    """The value for an answer: what JSON has no word for becomes text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.urlsafe_b64encode(bytes(value)).decode().rstrip("=")
    if levels == 0:
        return "… (nested deeper than is told here)"
    if isinstance(value, dict):
        return {name if isinstance(name, str) and name.isascii() else str(safe(name, 0)): safe(each, levels - 1)
                for name, each in value.items()}  # fmt: skip
    if isinstance(value, (list, tuple)):
        return [safe(each, levels - 1) for each in value]
    return safe(str(value))
