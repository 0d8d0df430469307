"""Cut a CESR stream into messages with their positions, before anything of it is believed.

A message is a body (JSON, CBOR or MessagePack, whose version string tells its size) and the attachments behind it in
Base64. What cannot be a message becomes a Broken piece with its place and the reason; reading goes on at the next place
where a message begins, whatever its serialization, so that one damaged spot does not hide what follows it. What a message
holds inside of itself is not read as a message of its own. Nothing is dropped without a word.

Passed over: white space, byte order marks, line ends that a mail or an editor put into a message, version counters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from slices.foreign import attachments, bodies

__all__ = ["Broken", "Frame", "Passed", "frames", "seals"]

RUN = re.compile(rb"[A-Za-z0-9_\-]*")
SPACE = re.compile(rb"(?:[ \t\r\n\v\f]++|\xef\xbb\xbf)*+")
"""Possessive: what could be given back is remembered for each round, a gigabyte for ten megabytes of spaces."""
MARK = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r?\n")
VERSION = re.compile(
    rb"(?P<proto>KERI|ACDC)(?:(?P<major1>[0-9a-f])(?P<minor1>[0-9a-f])(?P<kind1>JSON|CBOR|MGPK)(?P<size1>[0-9a-f]{6})_"
    rb"|[A-Za-z0-9_-]{3}(?:[A-Za-z0-9_-]{3})?(?P<kind2>JSON|CBOR|MGPK|CESR)(?P<size2>[A-Za-z0-9_-]{4})\.)"
)
_STRING = rb"(?:KERI|ACDC)(?:[0-9a-f]{2}(?:JSON|CBOR|MGPK)[0-9a-f]{6}_|[A-Za-z0-9_-]{3,6}(?:JSON|CBOR|MGPK)[A-Za-z0-9_-]{4}\.)"
START = re.compile(
    rb'\{[ \t\r\n]{0,3}"v"[ \t\r\n]{0,2}:[ \t\r\n]{0,2}"(?=' + _STRING + rb")"  # JSON
    rb"|(?:[\xa0-\xb7\xbf]|\xb8.|\xb9..)av(?:[\x60-\x77]|\x78.)(?="
    + _STRING
    + rb")"  # CBOR: a map, its first name is v
    rb"|(?:[\x80-\x8f]|\xde..)\xa1v(?:[\xa0-\xbf]|\xd9.)(?=" + _STRING + rb")",  # MessagePack: the same
    re.DOTALL,
)
CLAIMS = {
    "said": re.compile(rb'"d":"([A-Za-z0-9_-]{44})"'),
    "aid": re.compile(rb'"i":"([A-Za-z0-9_-]{44})"'),
    "sn": re.compile(rb'"s":"([0-9a-f]{1,32})"'),
}
"""What a damaged message may still say of itself: told with its reason, so that it can be found."""
WIDTHS = (*range(20, 201), 998)
"""Columns at which a text that was sent or edited is wrapped. A whole signed message is longer than the first ones."""
LINE_LEAST = 10
"""Bytes for each line end of a wrapped text at least; one with more is not looked at as such."""
EFFORT, EFFORT_FREE = 4, 16 << 20
"""Bytes that are read in vain, for messages that are none, for each byte of the stream, and besides: each of them may claim all
that follows, and is left at the next beginning."""
FURTHEST = 12
"""Bytes before the version string in any of the three serializations."""
QUALIFIED = re.compile(r"[A-Za-z0-9_-]{1,128}")
HEX = re.compile(r"[0-9a-f]{1,32}")
WIDE = re.compile(
    rb"(?P<UTF32>\xff\xfe\x00\x00|\x00\x00\xfe\xff|\{\x00\x00\x00\"|\x00\x00\x00\{)"
    rb"|(?P<UTF16>\xff\xfe[^\x00]\x00|\xfe\xff\x00[^\x00]|\{\x00\"\x00|\x00\{\x00\")"
)


@dataclass
class Frame:
    """One message as it stands in the stream; `claims` is what its body says of itself, not yet verified.

    Attributes:
        raw: body and attachments as keripy can read them; body: bytes of the body, the rest are attachments
        offset, size: bytes, in the source; size may be more than raw has: see `frames`
        source (int): index of the file or text it came in
        proto: KERI or ACDC
        aid, sn, ilk, said, delegator, route: what the body claims; "" or None when it does not
        seals: events (aid, sn in hex, said) that it claims to anchor; receiptors: see attachments.Attached
        remarks: what was passed over in it
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
    proto: str = "KERI"
    route: str = ""
    span: int | None = None
    seals: list[tuple[str, str, str]] = field(default_factory=list, repr=False)
    receiptors: list[tuple[str, int]] = field(default_factory=list, repr=False)
    remarks: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.raw) if self.span is None else self.span


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
    code: str = "framing"


class _Effort:
    """left: bytes that may still be read in vain."""

    def __init__(self, size: int) -> None:
        self.left = EFFORT * size + EFFORT_FREE


@dataclass
class Passed:
    """Bytes between messages that mean nothing for what is kept; said in a remark."""

    offset: int
    size: int
    remark: str
    source: int = 0


def frames(data: bytes, source: int = 0) -> Iterator[Frame | Broken | Passed]:
    """The pieces of a stream in order. White space and byte order marks between messages are passed over.

    A stream that was wrapped into lines of one width is read without these line ends; places and sizes are those of `data`.
    """
    unwrapped = _unwrapped(data)
    if unwrapped is None:
        yield from _pieces(data, source)
        return
    text, ends = unwrapped
    for piece in _pieces(text, source):
        start, size = piece.offset, piece.size
        piece.offset = start + _gone(ends, start)
        size += _gone(ends, start + size - 1) - _gone(ends, start)
        if isinstance(piece, Frame):
            if size > piece.size:
                piece.remarks.append("line ends within it were passed over")
            piece.span = size
        else:
            piece.size = size
        yield piece


def _pieces(data: bytes, source: int) -> Iterator[Frame | Broken | Passed]:
    at, end, effort = 0, len(data), _Effort(len(data))
    while True:
        at = SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at >= end:
            return
        piece = _piece(data, at, source, effort)
        following = piece.offset + piece.size
        yield piece
        at = following


def _unwrapped(data: bytes) -> tuple[bytes, list[tuple[int, int]]] | None:
    """The stream without the line ends that its wrapping has put in, and [(place in it, bytes that are gone by there)].

    None when it is not wrapped. keripy writes no line end into a message, and what stands between messages means nothing.
    """
    if b"\n" not in data[: WIDTHS[-1] + 6] or data.count(b"\n") > len(data) // LINE_LEAST + LINE_LEAST:
        return None
    marks = list(LINE_END.finditer(data))
    starts = [len(MARK) if data.startswith(MARK) else 0, *(mark.end() for mark in marks)]
    lengths = [mark.start() - start for mark, start in zip(marks, starts, strict=False)]
    width = max([*lengths, len(data) - starts[-1]])
    if width not in WIDTHS or bodies.text(data) is None:  # only JSON is text
        return None
    parts, ends, at, gone = [], [], 0, 0
    for mark, length in zip(marks, lengths, strict=True):
        if length == width:
            parts.append(data[at : mark.start()])
            at = mark.end()
            gone += mark.end() - mark.start()
            ends.append((at - gone, gone))
    parts.append(data[at:])
    return b"".join(parts), ends


def _gone(ends: list[tuple[int, int]], place: int) -> int:
    """Bytes that are gone before a place of the unwrapped stream."""
    index = bisect_right(ends, place, key=lambda each: each[0])
    return ends[index - 1][1] if index else 0


def _piece(data: bytes, at: int, source: int, effort: _Effort) -> Frame | Broken | Passed:
    counter = attachments.VERSION_COUNTER.match(data, at)
    if counter is not None:
        words = f"a version counter, {attachments.version_words(counter)}, was passed over"
        return Passed(at, counter.end() - at, words, source)
    version = VERSION.search(data, at, at + FURTHEST + 28)
    first = data[at]
    if (
        version is None
        or version.start() > at + FURTHEST
        or not (first == 0x7B or first & 0xF0 in (0x80, 0xA0, 0xB0) or first >> 1 == 0x6F)
    ):
        wide = WIDE.match(data, at)
        if wide:
            name = "UTF-16" if wide["UTF16"] else "UTF-32"
            broken = _broken(
                data, at, source, f"this text is in {name}, as some editors save it: save it as UTF-8 and import that"
            )
            broken.code = "encoding"
            return broken
        return _broken(data, at, source, _what_is_there(data, at))
    if version["size1"] is None:
        return _second_version(data, at, source, version, effort)
    size = int(version["size1"], 16)
    left = len(data) - at
    if size > left:
        reason = f"the stream ends within this message: it claims {size} bytes, {left} are left (truncated)"
        return _broken(data, at, source, reason)
    if size < FURTHEST + 17:
        return _broken(data, at, source, f"the message claims to be {size} bytes long, shorter than its own beginning")
    if size > effort.left:
        return _unread(data, at, source)
    frame = Frame(data[at : at + size], size, at, source, proto=version["proto"].decode())
    kind = version["kind1"].decode()
    reason = _filled(frame, frame.raw, kind)
    if reason is None:
        return _with_attachments(frame, data, at + size)
    effort.left -= size
    return _damaged(data, at, at + size, source, reason)


def _unread(data: bytes, at: int, source: int) -> Broken:
    """All that is left of a stream that was too much in vain."""
    reason = "from here on nothing was read: too much before it claims to be longer than it is"
    return _broken(data, at, source, reason, len(data))


def _with_attachments(frame: Frame, data: bytes, at: int) -> Frame | Broken:
    """The message with what stands behind its body, which ends at `at`."""
    found = attachments.walk(data, at)
    run = RUN.match(data, at).end()  # type: ignore[union-attr]
    if found is not None and (found.end >= run or attachments.VERSION_COUNTER.match(data, found.end)):
        frame.raw += found.kept
        frame.receiptors = found.receiptors
        frame.remarks += [f"a version counter within, {each}, was passed over" for each in found.versions]
        end = found.end
    else:  # not whole, or more than belongs there: keripy's own words are the reason
        frame.raw += data[at:run]
        end = run
    if end == at and end < len(data) and data[end] >> 5 == 0o7 and not data.startswith(b"\xef\xbb\xbf", end):
        reason = "its attachments are in binary: export it in the text domain (Base64)"
        return _broken(data, frame.offset, frame.source, reason)
    frame.span = end - frame.offset
    return frame


def _filled(frame: Frame, body: bytes, kind: str) -> str | None:
    """Read what a body claims; the reason when it is none."""
    try:
        ked = bodies.load(body, kind)
    except ValueError as ex:
        return f"the body of this message {ex}"
    if not isinstance(ked, dict):
        return "the body of this message is no object"
    texts = {name: ked.get(name) for name in ("i", "t", "d", "di")}
    texts = {name: each if isinstance(each, str) and QUALIFIED.fullmatch(each) else "" for name, each in texts.items()}
    frame.aid, frame.ilk, frame.said, frame.delegator = texts["i"], texts["t"], texts["d"], texts["di"]
    sn, route = ked.get("s"), ked.get("r")
    frame.sn = int(sn, 16) if isinstance(sn, str) and HEX.fullmatch(sn) else None
    frame.route = route if isinstance(route, str) and route.isascii() else ""
    frame.seals = list(seals(ked.get("a")))
    return None


def seals(anchored: Any) -> Iterator[tuple[str, str, str]]:
    """Events (aid, sn in hex, said) among what an event anchors."""
    for each in anchored if isinstance(anchored, list) else ():
        if isinstance(each, dict) and all(isinstance(each.get(name), str) for name in ("i", "s", "d")):
            yield each["i"], each["s"], each["d"]


def _second_version(data: bytes, at: int, source: int, version: re.Match[bytes], effort: _Effort) -> Broken:
    """A message of version 2 is one piece, whatever it has inside."""
    reason = "this is a message of KERI version 2, which keripy 1.3.6 does not verify"
    if version["proto"] == b"ACDC":
        reason = "this is a credential of ACDC version 2, which keripy 1.3.6 does not verify"
    end = at + attachments._number(version["size2"])
    if end - at > effort.left:
        return _unread(data, at, source)
    if _whole(data, at, end):
        return _damaged(data, at, end, source, reason)
    effort.left -= max(0, min(end, len(data)) - at)
    # Its size is not true. What stands where a value would, after a quote or a colon, is inside of it all the same.
    following = next(
        (each.start() for each in START.finditer(data, at + 1) if not _inside(data, each.start())), len(data)
    )
    return _broken(data, at, source, reason, following)


def _damaged(data: bytes, at: int, end: int, source: int, reason: str) -> Broken:
    """A message that is not taken: up to `end`, where it claims to, when that can be; else up to the next beginning."""
    if not _whole(data, at, end):
        return _broken(data, at, source, reason)
    found = attachments.walk(data, end)
    until = max(found.end if found else end, RUN.match(data, end).end())  # type: ignore[union-attr]
    return _broken(data, at, source, reason, until)


def _whole(data: bytes, at: int, end: int) -> bool:
    """Whether a body may reach to `end`: no other message begins before, that is not inside of it."""
    if not at < end <= len(data) or not _may_end(data, end):
        return False
    return all(_inside(data, inner.start()) for inner in START.finditer(data, at + 1, end))


def _inside(data: bytes, start: int) -> bool:
    """Whether a message begins where a value of JSON would."""
    return data[start - 1] in b':[,"'


def _may_end(data: bytes, end: int) -> bool:
    """Whether a body may end here: the stream ends, a counter or a message follows, or white space before these."""
    end = SPACE.match(data, end).end()  # type: ignore[union-attr]
    return end == len(data) or bool(
        attachments.COUNTER.match(data, end) or attachments.VERSION_COUNTER.match(data, end) or START.match(data, end)
    )


def _broken(data: bytes, at: int, source: int, reason: str, until: int | None = None) -> Broken:
    """Everything up to `until`, or to where the next message may begin."""
    if until is None:
        following = START.search(data, at + 1)
        until = following.start() if following else len(data)
    broken = Broken(at, until - at, reason, source)
    for name, pattern in CLAIMS.items():
        found = pattern.search(data, at, until)
        if found:
            setattr(broken, name, int(found[1], 16) if name == "sn" else found[1].decode())
    return broken


def _what_is_there(data: bytes, at: int) -> str:
    first = data[at]
    if first == 0x2D and VERSION.search(data, at, at + FURTHEST + 28):
        return "this is a message of KERI version 2 in CESR, which keripy 1.3.6 does not verify"
    if first == 0x2D or RUN.match(data, at).end() - at > 8:  # type: ignore[union-attr]
        return "attachments without a message before them"
    if first == 0x7B:
        return "an object that does not begin with a KERI version string"
    return "no message begins here: these bytes belong to nothing"
