"""What our answers can say: JSON that everybody reads, and text that has bytes, whatever a foreign log holds.

keripy takes Infinity, NaN and halves of pairs in an event, so a log that does not belong to us may have them for ever. They
are shown, as text that names them ("Infinity", "\\ud800"), and break neither the answer nor who reads it. What is sent in
by our own forms and programs cannot hold them: see guarding.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

__all__ = ["json_text", "text"]


def json_text(value: Any, *, default: Callable[[Any], Any] | None = None, **options: Any) -> str:
    """JSON in Unicode, compact unless told otherwise (indent). Most values have nothing odd and cost nothing more."""
    options = {"ensure_ascii": False, "allow_nan": False, "default": default, **options}
    if "indent" not in options:
        options.setdefault("separators", (",", ":"))
    try:
        made = json.dumps(value, **options)
        made.encode()
    except ValueError:  # a number, or half of a pair
        made = json.dumps(_said(value), **options)
    return made


def text(given: str) -> str:
    """Text that can be encoded: a half of a pair is spelled as JSON does."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return given.encode(errors="backslashreplace").decode()
    return given


def _said(value: Any) -> Any:
    """The same with every odd value spelled. Levels are bounded where the value came in."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {text(name) if isinstance(name, str) else name: _said(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_said(each) for each in value]
    return value
