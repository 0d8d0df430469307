"""What the forms of the crypto and pq slices need beyond ``Fields``, and how their answers are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import falcon
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

__all__ = ["carried", "optional", "refusing", "tell", "text_or_none"]

# A message or value up to this many bytes is written into the next form, so that the next step needs no copying.
CARRY_MOST = 64 << 10


def optional(fields: Fields, name: str, size: int | None = None) -> bytes | None:
    """The binary field `name`, or None when it is absent or empty (a form sends its untouched inputs empty).

    Raises FieldError (422) for bytes of another `size`.
    """
    if not fields.given(name) or not fields.binary(name):
        return None
    return fields.binary(name, size=size)


@contextmanager
def refusing(field: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn an exception of the given `kinds` raised inside into a 422 about `field` with the exception's own words."""
    try:
        yield
    except kinds as error:
        raise FieldError(field, str(error)) from error


def text_or_none(data: bytes) -> str | None:
    """`data` as text when it is UTF-8 that a page can show (no control characters but tab and line ends), else None."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(each.isprintable() or each in "\t\r\n" for each in text) else None


def carried(message: bytes) -> str:
    """The message as the next form's text, or "" when a form would not give it back as it is.

    Every line end of a form's text is read as LF (``Fields.text``): a message with another one would come back changed.
    """
    text = text_or_none(message) if len(message) <= CARRY_MOST else None
    return "" if text is None or "\r" in text else text


def tell(
    req: falcon.Request, rep: falcon.Response, template: str, data: dict[str, Any], *, title: str | None, **more: Any
) -> None:
    """``answer``, but what is only of use to the page (`more`) stays out of the JSON."""
    answer(req, rep, template, data if wants_json(req) else {**data, **more}, title=title)
