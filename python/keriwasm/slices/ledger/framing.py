"""Cut a CESR stream into messages with their positions, before anything of it is believed.

A message is a body (JSON, CBOR or MessagePack, whose version string tells its size) and the attachments behind it in
Base64. What cannot be a message becomes a Broken piece with its place and the reason; reading goes on at the next place
where a message begins, so that one damaged spot does not hide what follows it. Nothing is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from keriwasm import guarding

__all__ = ["Broken", "Frame", "frames"]

ATTACHED = re.compile(rb"[A-Za-z0-9_\-]*")
SPACE = re.compile(rb"[ \t\r\n]*")
HEAD = re.compile(rb'\{"v":"KERI[0-9A-Za-z_-]{7,}')
VERSION = re.compile(
    rb"KERI(?:(?P<major1>[0-9a-f])(?P<minor1>[0-9a-f])(?P<kind1>JSON|CBOR|MGPK)(?P<size1>[0-9a-f]{6})_"
    rb"|[A-Za-z0-9_-]{6}(?P<kind2>JSON|CBOR|MGPK|CESR)(?P<size2>[A-Za-z0-9_-]{4})\.)"
)
CLAIMS = {
    "said": re.compile(rb'"d":"([A-Za-z0-9_-]{44})"'),
    "aid": re.compile(rb'"i":"([A-Za-z0-9_-]{44})"'),
    "sn": re.compile(rb'"s":"([0-9a-f]{1,32})"'),
}
"""What a damaged message may still say of itself: told with its reason, so that it can be found."""
FURTHEST = 12
"""Bytes before the version string in any of the three serializations."""


@dataclass
class Frame:
    """One message as it stands in the stream; `claims` is what its body says of itself, not yet verified.

    Attributes:
        offset, size: bytes, in the source
        source (int): index of the file or text it came in
        aid, sn, ilk, said: what the body claims; "" or None when it does not
        body (int): bytes of the body, the rest are attachments
    """

    raw: bytes
    body: int
    offset: int
    source: int = 0
    aid: str = ""
    sn: int | None = None
    ilk: str = ""
    said: str = ""
    delegator: str = ""
    stored: bytes | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        return len(self.raw)


@dataclass
class Broken:
    """Bytes that are no message: why, and from where to where."""

    offset: int
    size: int
    reason: str
    source: int = 0
    aid: str = ""
    sn: int | None = None
    said: str = ""


def frames(data: bytes, source: int = 0) -> Iterator[Frame | Broken]:
    """The pieces of a stream in order. White space between messages, as an editor leaves it, is passed over."""
    at, end = 0, len(data)
    while True:
        at = SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at >= end:
            return
        piece = _piece(data, at, source)
        yield piece
        at = piece.offset + piece.size


def _piece(data: bytes, at: int, source: int) -> Frame | Broken:
    version = VERSION.search(data, at, at + FURTHEST + 24)
    first = data[at]
    if (
        version is None
        or version.start() > at + FURTHEST
        or not (first == 0x7B or first & 0xF0 in (0x80, 0xA0) or first >> 1 == 0x6F)
    ):
        return _broken(data, at, source, _what_is_there(data, at))
    if version["size1"] is None:
        return _broken(data, at, source, "this is a message of KERI version 2, which keripy 1.3.6 does not verify")
    size = int(version["size1"], 16)
    left = len(data) - at
    if size > left:
        return _broken(
            data,
            at,
            source,
            f"the stream ends within this message: it claims {size} bytes, {left} are left (truncated)",
        )
    if size < FURTHEST + 17:
        return _broken(data, at, source, f"the message claims to be {size} bytes long, shorter than its own beginning")
    body = data[at : at + size]
    until = ATTACHED.match(data, at + size).end()  # type: ignore[union-attr]
    if until == at + size and until < len(data) and data[until] >> 5 == 0o7:
        return _broken(data, at, source, "its attachments are in binary: export it in the text domain (Base64)")
    frame = Frame(data[at:until], size, at, source)
    reason = _claims(frame, body) if version["kind1"] == b"JSON" else _binary_claims(frame, body)
    return frame if reason is None else _broken(data, at, source, reason)


def _claims(frame: Frame, body: bytes) -> str | None:
    """Read what a JSON body claims; the reason when it is no JSON object of claims."""
    try:
        ked = guarding.json_value(body, strict=False)
    except guarding.Unfit as ex:
        return f"the body of this message {ex.reason}"
    return _filled(frame, ked)


def _binary_claims(frame: Frame, body: bytes) -> str | None:
    """As `_claims`."""
    binary = guarding.mgpk_value if body[0] & 0xF0 == 0x80 or body[0] >> 1 == 0x6F else guarding.cbor_value
    try:
        return _filled(frame, binary(body, strict=False))
    except guarding.Unfit as ex:
        return f"the body of this message {ex.reason}"


def _filled(frame: Frame, ked: Any) -> str | None:
    if not isinstance(ked, dict):
        return "the body of this message is no object"
    texts = {name: ked.get(name) for name in ("i", "t", "d", "s", "di")}
    texts = {name: value if isinstance(value, str) else "" for name, value in texts.items()}
    frame.aid, frame.ilk, frame.said, frame.delegator = texts["i"], texts["t"], texts["d"], texts["di"]
    if re.fullmatch(r"[0-9a-f]{1,32}", texts["s"]):
        frame.sn = int(texts["s"], 16)
    return None


def _broken(data: bytes, at: int, source: int, reason: str) -> Broken:
    """Everything up to where the next message may begin."""
    following = HEAD.search(data, at + 1)
    until = following.start() if following else len(data)
    broken = Broken(at, until - at, reason, source)
    for name, pattern in CLAIMS.items():
        found = pattern.search(data, at, until)
        if found:
            setattr(broken, name, int(found[1], 16) if name == "sn" else found[1].decode())
    return broken


def _what_is_there(data: bytes, at: int) -> str:
    first = data[at]
    if first == 0x2D or ATTACHED.match(data, at).end() - at > 8:  # type: ignore[union-attr]
        return "attachments without a message before them"
    if data[at : at + 10] == b'{"v":"ACDC':
        return "this is a credential (ACDC), no key event"
    if first == 0x7B:
        return "an object that does not begin with a KERI version string"
    return "no message begins here: these bytes belong to nothing"
