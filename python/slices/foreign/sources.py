"""Where a stream of key events comes in: as the body itself, in files, or as a form's text."""

from __future__ import annotations

import falcon
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

__all__ = ["CESR", "sources_of"]

CESR = ("application/cesr", "application/json+cesr", "application/cesr+json", "application/octet-stream", "text/plain")


def sources_of(req: falcon.Request, most: int) -> list[tuple[str, bytes]]:
    """What a request brings: [(name, bytes)], at most `most` bytes of it together. Raises FieldError, 413, 415."""
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind in CESR:
        length = req.content_length or 0
        _bounded("body", length, most)
        data = req.bounded_stream.read()
        if not data.strip():
            raise FieldError("body", "is empty: send a stream of key events")
        return [("", data)]
    fields = Fields(req)
    sources = [(each.filename, each.content) for each in fields.uploads("file") if each.content]
    for name in ("text", "data"):
        if not fields.given(name):
            continue
        data = (
            fields.text(name, max_bytes=most).encode()
            if name == "text"
            else fields.binary(name, max_bytes=most)
        )
        if data.strip():
            sources.append(("pasted text" if name == "text" else "", data))
    if not sources:
        raise FieldError("file", "is missing: choose a file of key events (CESR), drop one, or paste its text")
    _bounded("file", sum(len(data) for _, data in sources), most)
    names: dict[str, int] = {}
    named = []
    for name, data in sources:  # two files of one name stay apart in the result
        names[name] = names.get(name, 0) + 1
        named.append((name if names[name] == 1 else f"{name} ({names[name]})", data))
    return named


def _bounded(field: str, size: int, most: int) -> None:
    if size > most:
        raise FieldError(field, f"is {size:,} bytes long, {most:,} are accepted at once", status=413)
