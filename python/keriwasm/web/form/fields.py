"""What a request sends in: query, urlencoded, multipart or JSON, read once, strictly and within bounds.

    fields = Fields(req)
    message = fields.message()                      # bytes from exactly one of text, data, file
    algorithm = fields.choice("algorithm", NAMES)

Whatever is wrong with a field raises FieldError, which names it and says why: 422 for missing or wrong values, 413 for
too large ones. Falcon's own errors are raised for the body as a whole: 400 unparsable, 413 too large, 415 wrong type.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import falcon
from falcon.media.multipart import MultipartFormHandler, MultipartParseError
from keriwasm.data import guarding

MAX_FILE = 64 << 20
"""Bytes of one file, or of any other value, unless the caller says otherwise."""
MAX_BODY = MAX_FILE + (4 << 20)
"""Bytes of a body, as `max_body_bytes` of pyscript.toml: the largest file, and what a form says around it (a line or two for
each of thousands of files)."""
MAX_FIELDS = 20_000
"""Fields (parts, pairs) of one request."""
MAX_TEXT = 1 << 20
"""Bytes of one text field unless the caller says otherwise."""

ALPHABET = re.compile(r"[A-Za-z0-9_-]*\Z")
NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})\Z")
INTEGER = re.compile(r"[+-]?[0-9]{1,20}\Z")


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()
"""Default of a field that has none."""

T = TypeVar("T")


class FieldError(falcon.HTTPError):
    """One field is wrong.

    The problem's members are field, reason (also in detail) and errors: [{field, reason}].
    """

    def __init__(self, field: str, reason: str, status: int = 422) -> None:
        title = "The content is too large" if status == 413 else "A field is not acceptable"
        super().__init__(status, title=title, description=f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.extra: dict[str, Any] = {"field": field, "reason": reason, "errors": [{"field": field, "reason": reason}]}


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form."""

    filename: str
    content: bytes


@dataclass(frozen=True)
class Item:
    """One element of `Fields.items`."""

    name: str
    data: bytes


def b64u(data: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, field: str) -> bytes:
    """The bytes of unpadded base64url. Strict: FieldError for padding, other alphabets, impossible lengths, and for
    left-over bits that are not zero (two texts must not stand for the same bytes)."""
    if not ALPHABET.match(text):
        if "=" in text:
            raise FieldError(field, "must be base64url without padding (=)")
        raise FieldError(field, "must be base64url: only A-Z a-z 0-9 - and _")
    if len(text) % 4 == 1:
        raise FieldError(field, f"is no base64url: a text of {len(text)} characters stands for no whole bytes")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64u(data) != text:
        raise FieldError(field, "is no base64url: bits beyond the last byte are not zero")
    return data


class Fields:
    """The fields of one request. A name in the body outweighs the same name in the query."""

    def __init__(self, req: falcon.Request, *, max_body: int = MAX_BODY) -> None:
        """Reads all of query and body. Raises 400, 413, 415 or FieldError."""
        self._values: dict[str, list[Any]] = {}
        self._typed = False  # values have JSON types: text is not coerced, and an empty string is a value
        self.carrier = ""  # which of text, data and file `message` was sent as: what is wrong with it is told there
        for name, value in _pairs(req.env.get("QUERY_STRING", "").encode("latin-1")):
            self._add(self._values, name, value)
        body = _body(req, max_body)
        kind = (req.content_type or "").partition(";")[0].strip().lower()
        if not body and (not kind or req.method in ("GET", "HEAD", "DELETE")):
            return  # clients that name a type on every request are not asked for a body where none belongs
        sent: dict[str, list[Any]] = {}
        if kind == "application/json":
            self._typed = True
            for name, value in _json(body).items():
                self._add(sent, name, value)
        elif kind == "application/x-www-form-urlencoded":
            for name, value in _pairs(body):
                self._add(sent, name, value)
        elif kind == "multipart/form-data":
            for name, value in _parts(req.content_type or "", body):
                self._add(sent, name, value)
        elif body:
            raise falcon.HTTPUnsupportedMediaType(
                title="This kind of content is not understood",
                description=f"Send a form, multipart/form-data or JSON, not {kind or 'a body without Content-Type'}.",
            )
        self._values.update(sent)

    # -- typed access ---------------------------------------------------------------------------------------------

    def given(self, name: str) -> bool:
        """Whether the field was sent with anything in it. JSON's null and an untouched file input count as absent."""
        return any(not _absent(value) for value in self._values.get(name, ()))

    def text(self, name: str, default: T = REQUIRED, *, max_bytes: int = MAX_TEXT, nul: bool = False) -> str | T:
        """A text of at most `max_bytes` bytes of UTF-8, without NUL unless `nul`.

        What came by a form ends its lines with LF: that is what was typed, CR LF is only how browsers send it. In JSON
        a text is what it says, to the byte, as a file is.
        """
        value = self._one(name)
        if value is None:
            return _defaulted(name, default)
        if isinstance(value, Upload):
            raise FieldError(name, "must be text, not a file")
        if isinstance(value, bytes):
            value = value.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            _bounded(name, len(value), max_bytes)
            try:
                value = value.decode()
            except UnicodeDecodeError as ex:
                raise FieldError(name, f"is not valid UTF-8 (byte {ex.start})") from ex
        elif not isinstance(value, str):
            raise FieldError(name, f"must be text, not {_kind(value)}")
        else:
            try:
                _bounded(name, len(value.encode()), max_bytes)
            except UnicodeEncodeError as ex:
                raise FieldError(name, f"is not valid Unicode (character {ex.start} is half of a pair)") from ex
        if "\0" in value and not nul:
            raise FieldError(name, "must not contain the character NUL")
        return value

    def binary(
        self, name: str, default: T = REQUIRED, *, max_bytes: int = MAX_FILE, size: int | Sequence[int] | None = None
    ) -> bytes | T:
        """Bytes from unpadded base64url, or from a file of that name; of exactly `size` (or one of several) bytes."""
        value = self._one(name)
        if value is None:
            return _defaulted(name, default)
        if isinstance(value, Upload):
            data = value.content
            _bounded(name, len(data), max_bytes)
        else:
            data = unb64u(str(self.text(name, max_bytes=max_bytes // 3 * 4 + 4)).strip(), name)
            _bounded(name, len(data), max_bytes)
        sizes = (size,) if isinstance(size, int) else tuple(size or ())
        if sizes and len(data) not in sizes:
            wanted = " or ".join(str(each) for each in sizes)
            raise FieldError(name, f"must be {wanted} bytes long, not {len(data)}")
        return data

    def file(self, name: str = "file", default: T = REQUIRED, *, max_bytes: int = MAX_FILE) -> tuple[str, bytes] | T:
        """(filename, content) of a file of a multipart form."""
        value = self._one(name)
        if value is None:
            return _defaulted(name, default)
        if not isinstance(value, Upload):
            raise FieldError(name, "must be a file (multipart/form-data)")
        _bounded(name, len(value.content), max_bytes)
        return value.filename, value.content

    def uploads(self, name: str = "file") -> list[Upload]:
        """All files of that name in a multipart form, in order; [] when there is none. Raises FieldError for what is no file."""
        values = [value for value in self._values.get(name, ()) if not _absent(value) and value != b""]
        if not all(isinstance(value, Upload) for value in values):
            raise FieldError(name, "must be a file (multipart/form-data)")
        return values

    def message(self, *, max_bytes: int = MAX_FILE) -> bytes:
        """Bytes from exactly one of `text` (as UTF-8), `data` (base64url) and `file`.

        A form sends its empty inputs as well: those do not count beside a filled one, and an empty text alone is the
        empty message. In JSON every field that is there counts.
        """
        names = [name for name in ("text", "data", "file") if self.given(name)]
        if not self._typed:
            filled = [name for name in names if self._one(name) not in (b"", "")]
            names = filled or names[:1]
        if not names:
            raise FieldError("text", "is missing: send one of text, data and file")
        if len(names) > 1:
            raise FieldError(names[1], f"is sent besides {names[0]}: send exactly one of text, data and file")
        self.carrier = names[0]
        match names[0]:
            case "text":
                return self.text("text", max_bytes=max_bytes, nul=True).encode()
            case "data":
                return self.binary("data", max_bytes=max_bytes)
            case _:
                value = self._one("file")
                if isinstance(value, Upload):
                    return self.file("file", max_bytes=max_bytes)[1]
                return self.binary("file", max_bytes=max_bytes)  # JSON has no files: base64url as every other binary

    def integer(self, name: str, low: int, high: int, default: T = REQUIRED) -> int | T:
        """A whole number in low..high; forms send it as text."""
        value = self._one(name)
        if value is None or (value in (b"", "") and not self._typed and default is not REQUIRED):
            return _defaulted(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            if isinstance(value, (float, bool, list, dict)):
                raise FieldError(name, f"must be a whole number, not {_kind(value)}")
            text = str(self.text(name, max_bytes=MAX_TEXT)).strip()
            if not INTEGER.match(text):
                raise FieldError(name, "must be a whole number")
            value = int(text)
        if not low <= value <= high:
            raise FieldError(name, f"must be from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float, default: T = REQUIRED) -> float | T:
        """A finite number in low..high; forms send it as text, with a point for the fraction."""
        value = self._one(name)
        if value is None or (value in (b"", "") and not self._typed and default is not REQUIRED):
            return _defaulted(name, default)
        if isinstance(value, (bool, list, dict)):
            raise FieldError(name, f"must be a number, not {_kind(value)}")
        if not isinstance(value, (int, float)):
            text = str(self.text(name, max_bytes=64)).strip()
            if not NUMBER.match(text):
                raise FieldError(name, "must be a number, such as 0.5")
            value = float(text)
        if not low <= value <= high:
            raise FieldError(name, f"must be from {low:g} to {high:g}")
        return float(value)

    def several(self, name: str, default: T = REQUIRED, *, max_items: int = 1000) -> list[str] | T:
        """Short texts: a JSON list (whole numbers count as text), or a form's field sent once or more, each parted by
        commas. A field that was sent empty is an empty list."""
        values = [value for value in self._values.get(name, ()) if not _absent(value)]
        if not values:
            return _defaulted(name, default)
        listed: list[str] = []
        for value in values:
            each = value if isinstance(value, list) else [value]
            for item in each:
                if isinstance(item, bool) or not isinstance(item, (str, bytes, int)):
                    raise FieldError(name, f"must be a list of texts, not of {_kind(item)}")
                text = item.decode(errors="replace") if isinstance(item, bytes) else str(item)
                listed += [part.strip() for part in text.split(",") if part.strip()]
        _counted(name, len(listed), max_items)
        return listed

    def choice(self, name: str, options: Iterable[str], default: T = REQUIRED) -> str | T:
        """One of `options`, spelled exactly so."""
        options = list(options)
        value = self.text(name, default)
        if value is default and default is not REQUIRED:
            return value
        if value not in options:
            some = ", ".join(options[:12]) + (f" … ({len(options)} in all)" if len(options) > 12 else "")
            raise FieldError(name, f"must be one of: {some}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no: JSON's true and false; in forms on, true, yes, 1 or off, false, no, 0, empty."""
        value = self._one(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        text = str(self.text(name, max_bytes=64)).strip().lower()
        if text in ("on", "true", "yes", "1"):
            return True
        if text in ("off", "false", "no", "0", ""):
            return False
        raise FieldError(name, "must be true or false")

    @property
    def typed(self) -> bool:
        """Whether the values came as JSON, with types of their own; a form's are texts and files."""
        return self._typed

    def json(self, name: str, default: T = REQUIRED, *, max_bytes: int = MAX_TEXT) -> Any | T:
        """Any JSON value: as it stands in a JSON body, or read from the text of a form's field (an empty one is absent) or
        from a file."""
        value = self._one(name)
        if value is None:
            return _defaulted(name, default)
        if isinstance(value, Upload):
            _bounded(name, len(value.content), max_bytes)
            return _json_value(name, value.content)
        if isinstance(value, bytes):
            text = str(self.text(name, max_bytes=max_bytes)).strip()
            return _json_value(name, text.encode()) if text else _defaulted(name, default)
        _bounded(name, len(json.dumps(value, ensure_ascii=False).encode(errors="replace")), max_bytes)
        return value

    def items(
        self, name: str = "items", *, max_items: int = MAX_FIELDS, max_bytes: int = MAX_FILE, max_name: int = 1024
    ) -> list[Item]:
        """Named messages: JSON [{name, data | text}, …], or the files of a multipart form (under `name` or `file`)."""
        values = [value for key in (name, "file") for value in self._values.get(key, ()) if isinstance(value, Upload)]
        if values:
            items = [Item(value.filename, value.content) for value in values if not _absent(value)]
        else:
            listed = self._one(name)
            if isinstance(listed, bytes):  # a form's field may carry the JSON as text
                listed = _json_value(name, listed)
            if listed is None:
                raise FieldError(name, "is missing")
            if not isinstance(listed, list):
                raise FieldError(name, f"must be a list, not {_kind(listed)}")
            _counted(name, len(listed), max_items)
            items = [self._item(f"{name}[{index}]", each, max_bytes, max_name) for index, each in enumerate(listed)]
        if not items:
            raise FieldError(name, "is empty")
        _counted(name, len(items), max_items)
        _bounded(name, sum(len(item.data) for item in items), max_bytes)
        return items

    # -- private --------------------------------------------------------------------------------------------------

    def _item(self, where: str, value: Any, max_bytes: int, max_name: int) -> Item:
        if not isinstance(value, dict):
            raise FieldError(where, f"must be an object with name and data, not {_kind(value)}")
        inner = Fields.__new__(Fields)
        inner._typed = True
        inner._values = {f"{where}.{key}": [each] for key, each in value.items()}
        item_name = inner.text(f"{where}.name", max_bytes=max_name)
        text, data = f"{where}.text", f"{where}.data"
        if inner.given(text) and inner.given(data):
            raise FieldError(text, "is sent besides data: send one of them")
        if inner.given(text):
            return Item(item_name, inner.text(text, max_bytes=max_bytes, nul=True).encode())
        return Item(item_name, inner.binary(data, max_bytes=max_bytes))

    def _one(self, name: str) -> Any:
        """The value of a field, None when absent; FieldError when it came more than once."""
        values = [value for value in self._values.get(name, ()) if not _absent(value)]
        if len(values) > 1:
            raise FieldError(name, "is sent more than once")
        return values[0] if values else None

    @staticmethod
    def _add(into: dict[str, list[Any]], name: str, value: Any) -> None:
        into.setdefault(name, []).append(value)


# -- bodies -------------------------------------------------------------------------------------------------------


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
        raise FieldError("body", f"must be a JSON object, not {_kind(value)}")
    return value


def _json_value(name: str, text: bytes) -> Any:
    try:
        return guarding.json_value(text)
    except guarding.Unfit as ex:
        raise FieldError(name, ex.reason, status=413 if ex.code == "size" else 422) from ex


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, Any]]:
    """Parts of multipart/form-data by Falcon's own parser."""
    import io

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


# -- small ones ---------------------------------------------------------------------------------------------------


def _name(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def _unescaped(name: str) -> str:
    """A name as it was before a browser escaped these three, and only these, in a part's head (WHATWG HTML, multipart/form-data).

    A name that has such a `%22` of its own cannot be told from that: browsers leave the percent sign as it is.
    """
    return name.replace("%22", '"').replace("%0A", "\n").replace("%0D", "\r")


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, Upload) and not value.filename and not value.content)


def _defaulted(name: str, default: Any) -> Any:
    if default is REQUIRED:
        raise FieldError(name, "is missing")
    return default


def _bounded(name: str, size: int, most: int) -> None:
    if size > most:
        raise FieldError(name, f"is {size} bytes long, {most} are accepted", status=413)


def _counted(name: str, count: int, most: int) -> None:
    if count > most:
        raise FieldError(name, f"has {count} elements, {most} are accepted", status=413)


def _kind(value: Any) -> str:
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
