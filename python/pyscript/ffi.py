"""What PyScript's storage.py wants of its ffi: whether a value is Python's None or JavaScript's null."""

from __future__ import annotations

from typing import Any

try:
    from pyodide.ffi import jsnull
except ImportError:  # CPython, in the tests
    jsnull = None


def is_none(value: Any) -> bool:
    """Whether `value` stands for nothing."""
    return value is None or value is jsnull
