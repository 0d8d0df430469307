"""What was typed into a form that names witnesses, kept over the way to the Network page and back: in the page's own address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

__all__ = ["NEW", "ROTATED", "coming_back", "filled"]

NEW = ("alias", "witnesses", "toad")
ROTATED = ("add", "cut", "toad")
MOST = 6000
"""Characters of such an address: twenty OOBIs. Longer ones lead back to the empty form."""
FIELD_MOST = 4000
TEXT_MOST = 64 << 10


@contextmanager
def coming_back(path: str, fields: Fields, names: tuple[str, ...]) -> Iterator[None]:
    """Around what asks outside: its refusal for want of the user's word leads back to the form at `path`, as it was filled in."""
    try:
        yield
    except FieldError as ex:
        if "outside" in ex.extra:
            given = {} if fields.typed else {name: _text(fields, name, TEXT_MOST) for name in names if fields.given(name)}
            query = urlencode(given)
            ex.extra["again"] = f"{path}?{query}" if query and len(query) <= MOST else path
        raise


def filled(fields: Fields | None, names: tuple[str, ...]) -> dict[str, str]:
    """What a page's address says of the fields of its form; fields: None for an answer to something else."""
    return {name: _text(fields, name, FIELD_MOST) if fields else "" for name in names}


def _text(fields: Fields, name: str, most: int) -> str:
    """A field as the form shows it again; `cut` is a box for each witness."""
    return ",".join(fields.several(name, [])) if name == "cut" else fields.text(name, "", max_bytes=most)
