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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import falcon

from keriwasm.data.encoding import b64u
from keriwasm.web.form.body import MAX_BODY, MAX_FIELDS, MAX_FILE, Upload, absent, json_value, kind, read
from keriwasm.web.form.errors import FieldError

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


@dataclass(frozen=True)
class Item:
    """One element of `Fields.items`."""

    name: str
    data: bytes


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
        self._values, self._typed = read(req, max_body)  # typed: text is not coerced, and an empty string is a value
        self.carrier = ""  # which of text, data and file `message` was sent as: what is wrong with it is told there

    # -- typed access ---------------------------------------------------------------------------------------------

    def given(self, name: str) -> bool:
        """Whether the field was sent with anything in it. JSON's null and an untouched file input count as absent."""
        return any(not absent(value) for value in self._values.get(name, ()))

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
            raise FieldError(name, f"must be text, not {kind(value)}")
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
        values = [value for value in self._values.get(name, ()) if not absent(value) and value != b""]
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
                raise FieldError(name, f"must be a whole number, not {kind(value)}")
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
            raise FieldError(name, f"must be a number, not {kind(value)}")
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
        values = [value for value in self._values.get(name, ()) if not absent(value)]
        if not values:
            return _defaulted(name, default)
        listed: list[str] = []
        for value in values:
            each = value if isinstance(value, list) else [value]
            for item in each:
                if isinstance(item, bool) or not isinstance(item, (str, bytes, int)):
                    raise FieldError(name, f"must be a list of texts, not of {kind(item)}")
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
            return json_value(name, value.content)
        if isinstance(value, bytes):
            text = str(self.text(name, max_bytes=max_bytes)).strip()
            return json_value(name, text.encode()) if text else _defaulted(name, default)
        _bounded(name, len(json.dumps(value, ensure_ascii=False).encode(errors="replace")), max_bytes)
        return value

    def items(
        self, name: str = "items", *, max_items: int = MAX_FIELDS, max_bytes: int = MAX_FILE, max_name: int = 1024
    ) -> list[Item]:
        """Named messages: JSON [{name, data | text}, …], or the files of a multipart form (under `name` or `file`)."""
        values = [value for key in (name, "file") for value in self._values.get(key, ()) if isinstance(value, Upload)]
        if values:
            items = [Item(value.filename, value.content) for value in values if not absent(value)]
        else:
            listed = self._one(name)
            if isinstance(listed, bytes):  # a form's field may carry the JSON as text
                listed = json_value(name, listed)
            if listed is None:
                raise FieldError(name, "is missing")
            if not isinstance(listed, list):
                raise FieldError(name, f"must be a list, not {kind(listed)}")
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
            raise FieldError(where, f"must be an object with name and data, not {kind(value)}")
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
        values = [value for value in self._values.get(name, ()) if not absent(value)]
        if len(values) > 1:
            raise FieldError(name, "is sent more than once")
        return values[0] if values else None


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


