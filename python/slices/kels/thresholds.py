"""Thresholds as people and the contract write them."""

from __future__ import annotations

from typing import Any

from keriwasm.data import guarding

from slices.foreign import bodies

__all__ = ["readable"]


def readable(sith: Any) -> int | list[Any]:
    """A threshold as people and the contract write it: keripy's hex text as a number, weights as they are.

    keripy takes weights also as the text of a JSON list, and a number as it is.
    """
    if not isinstance(sith, str):
        return sith
    return bodies.safe(guarding.json_value(sith, strict=False)) if "[" in sith else int(sith, 16)
