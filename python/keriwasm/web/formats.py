"""How values are written: a server-sent event, and what the templates call filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from keriwasm.data import sayable

__all__ = ["group", "json_text", "sse"]


def sse(event: str | None, data: str | bytes | Mapping[str, Any] | list[Any], *, id: str | None = None) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2.6), of the default type "message" when `event` is None.

    Mappings and lists become JSON; every line of text becomes a `data:` line of its own.

    Raises ValueError for a line break in `event` or `id`, which would begin another field.
    """
    if isinstance(data, (Mapping, list)):
        data = sayable.json_text(data)
    text = data.decode() if isinstance(data, bytes) else sayable.text(data)
    lines = []
    for name, value in (("event", event), ("id", id)):
        if value is not None:
            if set(value) & set("\r\n\0"):
                raise ValueError(f"a server-sent event's {name} must be one line, not {value!r}")
            lines.append(f"{name}: {value}")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines += [f"data: {line}" for line in text.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def json_text(value: Any) -> str:
    """JSON for reading, as plain text: the template escapes it (Jinja's own tojson is for scripts and spells < as \\u003c)."""
    return sayable.json_text(value, indent=2)


def group(value: object, width: int = 8) -> Markup:
    """A long value with a place to break the line after every `width` characters; copying it gives the bare value."""
    text = str(value)
    return Markup("<wbr>").join(text[at : at + width] for at in range(0, len(text), width))
