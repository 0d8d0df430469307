"""Reading a CESR stream that must be whole: a presentation, the answer to a challenge.

The ledger takes of a stream what it can use and names the rest (slices/foreign/framing.py). Here that would be wrong: what is
judged as one thing is read as one thing, or refused with the place and the reason. What editors, mail and shells do to a
stream without changing any message is undone, with a remark: a BOM, white space around messages and in attachments, lines
broken at some width, counters that only tell the version of the codes.

Nothing is verified here and nothing of keripy's is used: a message's claims are read by bounded parsers (guarding.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from keriwasm.data import guarding

from slices.foreign.attachments import VERSION_COUNTER

__all__ = ["Message", "Stream", "Unreadable", "cut", "plainly", "read"]

VERSION = re.compile(
    rb"(?P<protocol>KERI|ACDC)(?:(?P<major>[0-9a-f])[0-9a-f](?P<kind>JSON|CBOR|MGPK)(?P<size>[0-9a-f]{6})_"
    rb"|[A-Za-z0-9_-]{6}(?:JSON|CBOR|MGPK|CESR)[A-Za-z0-9_-]{4}\.)"
)
FURTHEST = 12
"""Bytes before the version string in any of the three serializations."""
HEADS = (b'{"v":"KERI', b'{"v":"ACDC')
LEAST = FURTHEST + 17
ATTACHED = re.compile(rb"[A-Za-z0-9_\-\s]*")
SPACE = re.compile(rb"(?:\s++|\xef\xbb\xbf)*+")
"""Possessive: what could be given back is remembered for each round, a gigabyte for ten megabytes of spaces."""
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "ZIP", b"BZh": "bzip2", b"%PDF": "PDF", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
WIDE = (
    (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe\x00\x00", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip
MESSAGES_MOST = 20_000


class Unreadable(ValueError):
    """The stream is refused as a whole. reason: in words that follow the field's name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Message:
    """A message as it stands in the stream; `sad` is its body, of which nothing is verified.

    Attributes:
        number (int): its place among the messages, from 1
        offset (int): its first byte in what was read
        raw (bytes): body and attachments, without white space in these
        body (int): bytes of the body
    """

    number: int
    offset: int
    raw: bytes
    body: int
    protocol: str
    sad: dict[str, Any] = field(repr=False)

    @property
    def ilk(self) -> str:
        """Its type; "" for a credential, which has none."""
        told = self.sad.get("t")
        return told if isinstance(told, str) else ""

    @property
    def said(self) -> str:
        told = self.sad.get("d")
        return told if isinstance(told, str) else ""

    @property
    def content(self) -> bytes:
        """The body as it was sent."""
        return self.raw[: self.body]

    @property
    def attached(self) -> bytes:
        """What is behind it, in Base64."""
        return self.raw[self.body :]


@dataclass
class Stream:
    """Messages in order, and what was passed over on the way."""

    messages: list[Message]
    remarks: list[str]


def read(data: bytes) -> Stream:
    """All messages of a stream. Raises Unreadable."""
    _encoding(data)
    remarks = ["A byte order mark was passed over."] if data.startswith(b"\xef\xbb\xbf") else []
    try:
        messages, counters = _messages(data)
    except Unreadable:
        if b"\n" not in data and b"\r" not in data:
            raise
        try:  # no message holds a line's end as it is: JSON escapes it, and keripy's has none between its parts
            messages, counters = _messages(data.translate(None, b"\r\n"))
        except Unreadable:
            pass
        else:
            remarks.append("Lines were broken within messages: the line ends were taken out.")
            return Stream(messages, remarks + _counted(counters))
        raise
    return Stream(messages, remarks + _counted(counters))


def _counted(counters: int) -> list[str]:
    many = "A counter that tells the version of the codes was" if counters == 1 else f"{counters} version counters were"
    return [f"{many} passed over."] if counters else []


def _encoding(data: bytes) -> None:
    """Raise Unreadable for what is no UTF-8 and no message in binary either, as far as a glance tells."""
    for mark, name in WIDE:
        if data.startswith(mark):
            raise Unreadable(f"is text in {name}: a stream is UTF-8. Save it anew as UTF-8 and try again")
    head = data[:64]
    if head[:4].count(0) == 2 and len(head) > 8 and (not any(head[1::2]) or not any(head[0::2])):
        raise Unreadable("is text in UTF-16: a stream is UTF-8. Save it anew as UTF-8 and try again")
    for magic, name in PACKED.items():
        if data.startswith(magic):
            raise Unreadable(f"is a {name} file: send the stream itself, unpacked")


def _messages(data: bytes) -> tuple[list[Message], int]:
    """(messages, number of version counters). Raises Unreadable."""
    messages: list[Message] = []
    counters, at = 0, 0
    while True:
        at = SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at >= len(data):
            return messages, counters
        if counter := VERSION_COUNTER.match(data, at):
            counters, at = counters + 1, counter.end()
            continue
        if len(messages) >= MESSAGES_MOST:
            raise Unreadable(f"has more than {MESSAGES_MOST} messages")
        message, at, trailing = _message(data, at, len(messages) + 1)
        messages.append(message)
        counters += trailing


def _message(data: bytes, at: int, number: int) -> tuple[Message, int, int]:
    """(the message at a place, where the next one begins, version counters behind it)."""
    version = VERSION.search(data, at, at + FURTHEST + 24)
    first = data[at]
    begins = first == 0x7B or first & 0xF0 in (0x80, 0xA0) or first >> 1 == 0x6F
    if version is None or version.start() > at + FURTHEST or not begins:
        rest = data[at : at + 24]
        if any(head.startswith(rest[: len(head)]) and len(data) - at < 23 for head in HEADS):
            raise cut(number, len(data), at)
        raise Unreadable(_stray(data, at, number))
    if version["size"] is None or version["major"] != b"1":
        raise Unreadable(f"has a message of version 2 at byte {at} (message {number}): keripy 1.3.6 verifies version 1")
    size, kind = int(version["size"], 16), version["kind"].decode()
    if kind == "JSON" and not data.startswith(b'{"v":"', at):
        raise Unreadable(
            f"has a message {number} at byte {at} whose JSON was printed anew, with spaces or in another order: send it as it was made"
        )
    left = len(data) - at
    if size > left:
        raise cut(number, len(data), at, f"it claims {size} bytes, {left} are there")
    if size < LEAST:
        raise Unreadable(f"has a message {number} at byte {at} that claims {size} bytes, fewer than its own beginning has")
    sad = _body(data[at : at + size], kind, number, at)
    until = ATTACHED.match(data, at + size).end()  # type: ignore[union-attr]
    if until < len(data) and data[until] >> 5 == 0o7 and not data[at + size : until].strip():
        raise Unreadable(f"has attachments in binary at byte {until}: export it in the text domain (Base64)")
    attached = b"".join(data[at + size : until].split())
    trailing = 0
    while len(attached) >= 8 and VERSION_COUNTER.fullmatch(attached[-8:]):
        attached, trailing = attached[:-8], trailing + 1
    protocol = version["protocol"].decode()
    return Message(number, at, data[at : at + size] + attached, size, protocol, sad), until, trailing


def cut(number: int, end: int, start: int, more: str = "") -> Unreadable:
    """The error for a stream that ends too soon."""
    told = f" ({more})" if more else ""
    return Unreadable(f"ends within message {number} at byte {end}: it was cut off. That message begins at byte {start}{told}")


def _body(body: bytes, kind: str, number: int, at: int) -> dict[str, Any]:
    values = {"JSON": guarding.json_value, "CBOR": guarding.cbor_value, "MGPK": guarding.mgpk_value}
    try:
        sad = values[kind](body)
    except guarding.Unfit as ex:
        raise Unreadable(f"has a message {number} at byte {at} that {ex.reason}") from ex
    if not isinstance(sad, dict):
        raise Unreadable(f"has a message {number} at byte {at} that is no object")
    for pointer, each in guarding.walk(sad):
        if isinstance(each, dict) and not all(isinstance(name, str) for name in each):
            raise Unreadable(f"has a message {number} with a name at {pointer or 'its top'} that is no text")
        if each is not None and not isinstance(each, (str, bool, int, float, list, dict)):
            raise Unreadable(f"has a message {number} with a value at {pointer} that JSON does not have: {type(each).__name__}")
        if isinstance(each, int) and abs(each) >= 1 << 64:
            raise Unreadable(f"has a message {number} with a number at {pointer} of more than 64 bits")
    return sad


def _stray(data: bytes, at: int, number: int) -> str:
    """What stands where a message should begin."""
    place = f"at byte {at}" if number == 1 else f"at byte {at}, behind message {number - 1}"
    if data[at] == 0x2D:
        return f"has attachments {place} without a message before them"
    if data[at] == 0x7B:
        return f"has an object {place} that does not begin with a version string of KERI or ACDC, as a message does"
    return f"has bytes {place} that begin no message"


def plainly(ex: BaseException) -> str:
    """keripy's own words of an error on one line, without the dump of the event that it puts behind them."""
    ex = ex.__cause__ or ex
    words = " ".join(str(ex.args[0] if ex.args else ex).split())
    words = re.split(r"( for evt|, for evt| from| of| in sad| in)? ?=? ?[{\[]'", words, maxsplit=1)[0].strip(" =:,")
    return f"{type(ex).__name__}{': ' if words else ''}{words[:300]}"
