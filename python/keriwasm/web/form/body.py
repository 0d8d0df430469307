"""What a request carries, as named values: query, urlencoded, multipart or JSON, read once and within bounds."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import falcon
from falcon.media.multipart import MultipartFormHandler, MultipartParseError

from keriwasm.data import guarding
from keriwasm.web.form.errors import FieldError

__all__ = ["MAX_BODY", "MAX_FIELDS", "MAX_FILE", "Upload", "absent", "json_value", "kind", "read"]

MAX_FILE = 64 << 20
"""Bytes of one file, or of any other value, unless the caller says otherwise."""
MAX_BODY = MAX_FILE + (4 << 20)
"""Bytes of a body, as `max_body_bytes` of pyscript.toml: the largest file, and what a form says around it (a line or two for
each of thousands of files)."""
MAX_FIELDS = 20_000
"""Fields (parts, pairs) of one request."""


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form."""

    filename: str
    content: bytes


Values = dict[str, list[Any]]
"""Name -> what was sent under it, in order: text as bytes from a form, as JSON's types from JSON; Uploads."""


def read(req: falcon.Request, max_body: int = MAX_BODY) -> tuple[Values, bool]:
    """(values by name, whether they have JSON's types). A name in the body outweighs the same name in the query.

    Raises 400 (unparsable), 413, 415 for the body as a whole, or FieldError.
    """
    values = _gathered(_pairs(req.env.get("QUERY_STRING", "").encode("latin-1")))
    body = _body(req, max_body)
    sent = (req.content_type or "").partition(";")[0].strip().lower()
    if not body and (not sent or req.method in ("GET", "HEAD", "DELETE")):
        return values, False  # clients that name a type on every request are not asked for a body where none belongs
    if sent == "application/json":
        return {**values, **_gathered(_json(body).items())}, True
    if sent == "application/x-www-form-urlencoded":
        return {**values, **_gathered(_pairs(body))}, False
    if sent == "multipart/form-data":
        return {**values, **_gathered(_parts(req.content_type or "", body))}, False
    if body:
        raise falcon.HTTPUnsupportedMediaType(
            title="This kind of content is not understood",
            description=f"Send a form, multipart/form-data or JSON, not {sent or 'a body without Content-Type'}.",
        )
    return values, False


def _gathered(pairs: Iterable[tuple[str, Any]]) -> Values:
    values: Values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _body(req: falcon.Request, max_body: int) -> bytes:
    length = req.content_length or 0
    if length > max_body:
        raise falcon.HTTPContentTooLarge(
            title="The content is too large", description=f"{length} bytes were sent, {max_body} are accepted."
        )
    return req.bounded_stream.read() if length else b""


def _unparsable(reason: str) -> falcon.HTTPBadRequest:
    return falcon.HTTPBadRequest(title="The content cannot be read", description=reason)


def _pairs(encoded: bytes) -> Iterator[tuple[str, bytes]]:
    """Pairs of application/x-www-form-urlencoded (WHATWG URL, 5.1); values stay bytes until somebody wants text."""
    if not encoded:
        return
    if encoded.count(b"&") >= MAX_FIELDS:
        raise falcon.HTTPContentTooLarge(title="Too many fields", description=f"At most {MAX_FIELDS} are accepted.")
    for pair in encoded.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        yield _name(unquote_to_bytes(name)), unquote_to_bytes(value)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = guarding.json_value(body)
    except guarding.Unfit as ex:
        if ex.code == "value":  # well-formed, and yet not taken: the field it stands in is named
            field = (ex.pointer or "").split("/")[1:2] or ["body"]
            raise FieldError(field[0], ex.reason) from ex
        if ex.code == "size":
            raise falcon.HTTPContentTooLarge(title="The content is too large", description=f"The JSON {ex.reason}.") from ex
        raise _unparsable(f"The JSON {ex.reason}.") from ex
    if not isinstance(value, dict):
        raise FieldError("body", f"must be a JSON object, not {kind(value)}")
    return value


def json_value(name: str, text: bytes) -> Any:
    try:
        return guarding.json_value(text)
    except guarding.Unfit as ex:
        raise FieldError(name, ex.reason, status=413 if ex.code == "size" else 422) from ex


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, Any]]:
    """Parts of multipart/form-data by Falcon's own parser."""
    handler = MultipartFormHandler()
    handler.parse_options.max_body_part_count = MAX_FIELDS
    handler.parse_options.max_body_part_buffer_size = MAX_BODY
    try:
        for part in handler.deserialize(io.BytesIO(body), content_type, len(body)):
            if part.name is None:
                raise _unparsable("A part of the form has no name.")
            name, filename = _unescaped(part.name), part.filename and _unescaped(part.filename)
            content = part.stream.read()
            yield name, content if filename is None else Upload(filename, content)
    except MultipartParseError as ex:
        raise _unparsable(f"The form cannot be read: {ex.description or ex.title}") from ex
    except falcon.HTTPInvalidHeader as ex:
        raise _unparsable("The form's Content-Type names no valid boundary.") from ex
    except (UnicodeError, LookupError, ValueError) as ex:
        raise _unparsable(f"The form cannot be read: {ex}") from ex


def _name(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def _unescaped(name: str) -> str:
    """A name as it was before a browser escaped these three, and only these, in a part's head (WHATWG HTML, multipart/form-data).

    A name that has such a `%22` of its own cannot be told from that: browsers leave the percent sign as it is.
    """
    return name.replace("%22", '"').replace("%0A", "\n").replace("%0D", "\r")


def absent(value: Any) -> bool:
    return value is None or (isinstance(value, Upload) and not value.filename and not value.content)


def kind(value: Any) -> str:
    """JSON's name of a value's type."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str() | bytes():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case Upload():
            return "a file"
    return "nothing"
