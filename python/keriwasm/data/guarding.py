"""The one way in for JSON, CBOR and MessagePack that somebody sent: bounded before it is parsed, and judged by its place.

The parsers of all three recurse. CPython stops that by looking at its stack, but in WebAssembly another one fills up
first, the engine's own, and its overflow ends the interpreter: no `except` helps. So depth and number of values are
counted by a linear scan of the bytes, before any parser sees them. What is parsed is strict as well: no number that
would become Infinity or zero, no half of a pair, no name twice; the error names the place (a JSON pointer, or a byte).

    value = guarding.json_value(data)            # or cbor_value, mgpk_value; raises Unfit
    guarding.scan(body, "CBOR")                  # a message's body, before keripy gets it
    guarding.install()                           # whatever keripy itself parses is scanned, too

What keripy reads is scanned but not strict: a foreign log may hold what keripy takes, and must be shown as it is.

What this does not catch: time. A value within these bounds may still ask for much work of those who use it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from math import isfinite
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["DEPTH", "INPUT", "Bounds", "Unfit", "cbor_value", "install", "json_value", "mgpk_value", "scan"]

DEPTH = 64
"""Levels of lists and objects; our own have three, a schema's some twenty."""
DIGITS = 64
"""Digits in a row of one number; 128 bits have 39."""


@dataclass(frozen=True)
class Bounds:
    """What a value may have at most: bytes, levels, values (an object's names do not count)."""

    size: int = 64 << 20
    depth: int = DEPTH
    values: int = 250_000


INPUT = Bounds()
"""Of a whole request: `Fields` takes 20,000 items, each of which is an object of two or three values."""


class Unfit(ValueError):
    """The bytes are not taken.

    Attributes:
        reason: in words that follow "it", with the place: "has a number at /a/0 that is too large: 1e400"
        pointer: JSON pointer of the value, None where the bytes as a whole are meant
        code: size, depth, syntax, twice (a name), value (well-formed, but not taken: numbers, halves of pairs)
    """

    def __init__(self, code: str, reason: str, pointer: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.pointer = pointer


# -- JSON ---------------------------------------------------------------------------------------------------------

SUSPECT_NUMBER = re.compile(rb"[0-9]{%d}|[eE][+-]?[0-9]{3}" % (DIGITS + 1))
SUSPECT_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
STRUCTURE = re.compile(rb"[\[\]{},]")
BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
STEPS = bytes.maketrans(b"[]{}", b"\x02\x00\x02\x00")


class _Bad(NamedTuple):
    """Stands where the value does that is not taken, until its place is found."""

    code: str
    what: str


def json_value(data: bytes | str, bounds: Bounds = INPUT, *, strict: bool = True) -> Any:
    """The value of a JSON text in UTF-8. strict=False: also what keripy takes in a log (see above). Raises Unfit."""
    try:
        raw, text = (data.encode(), data) if isinstance(data, str) else (bytes(data), None)
        scan_json(raw, bounds)
        text = raw.decode() if text is None else text
    except UnicodeDecodeError as ex:
        raise Unfit("syntax", f"is not valid UTF-8 (byte {ex.start})") from ex
    except UnicodeEncodeError as ex:
        raise Unfit("value", f"has half of a pair at character {ex.start}, which is no character") from ex
    if not strict:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as ex:
            raise Unfit("syntax", f"is no JSON: {ex}") from ex
    bad: list[_Bad] = []

    def refused(code: str, what: str) -> _Bad:
        bad.append(_Bad(code, what))
        return bad[-1]

    def constant(name: str) -> _Bad:
        return refused("value", f"{name}, which is no JSON number")

    def unique(pairs: list[tuple[str, Any]]) -> Any:
        made = dict(pairs)
        return made if len(made) == len(pairs) else refused("twice", f"the name {_doubled(pairs)} twice")

    def whole(digits: str) -> Any:
        return int(digits) if len(digits) <= DIGITS + 1 else refused("value", f"a number of {len(digits)} digits")

    def real(digits: str) -> Any:
        if len(digits) > 4 * DIGITS:
            return refused("value", f"a number of {len(digits)} characters")
        number = float(digits)
        if not isfinite(number):
            return refused("value", f"a number that is too large: {digits[:40]}")
        if number == 0.0 and re.search(r"[1-9]", re.split("[eE]", digits)[0]):
            return refused("value", f"a number that is too small: {digits[:40]}")
        return number

    # Most texts have no such number: then the parser's own, faster ones do.
    numbers: dict[str, Any] = {"parse_int": whole, "parse_float": real} if SUSPECT_NUMBER.search(raw) else {}
    try:
        value = json.loads(text, parse_constant=constant, object_pairs_hook=unique, **numbers)
    except RecursionError as ex:
        raise Unfit("depth", "is nested too deep") from ex
    except ValueError as ex:
        raise Unfit("syntax", f"is no JSON: {ex}") from ex
    if bad or SUSPECT_PAIR.search(raw):
        _judge(value)
    return value


def _doubled(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return ascii(name[:40])
        seen.add(name)
    return ""


def scan_json(raw: bytes, bounds: Bounds = INPUT) -> None:
    """Raise Unfit for a text with too many bytes, levels or values. Linear, in C speed; never recurses, never parses."""
    _sized(raw, bounds)
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= bounds.depth and opened + raw.count(b",") < bounds.values:
        return
    # Escapes first, so that every quote left begins or ends a string; then what stands within strings. All of one length.
    plain = raw.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    texts = plain.count(b'"') // 2  # each is a value, or the name of one
    if texts > 2 * bounds.values:
        raise Unfit("size", f"has {texts} texts, {bounds.values} values are accepted")
    parts = plain.split(b'"')
    parts[1::2] = [b" " * len(part) for part in parts[1::2]]
    bare = b" ".join(parts)
    values = 1 + bare.count(b",") + bare.count(b"[") + bare.count(b"{")
    if values > bounds.values:
        raise Unfit("size", f"has {values} values, {bounds.values} are accepted")
    steps = bare.translate(STEPS, delete=BRACKETS)
    for index, depth in enumerate(accumulate(each - 1 for each in steps)):
        if depth > bounds.depth:
            brackets = (found for found in STRUCTURE.finditer(bare) if found[0] != b",")
            at = next(islice(brackets, index, None)).start()
            raise Unfit("depth", f"is nested too deep at byte {at}: {bounds.depth} levels are accepted")


# -- CBOR and MessagePack -----------------------------------------------------------------------------------------


def cbor_value(data: bytes, bounds: Bounds = INPUT, *, strict: bool = True) -> Any:
    """The value of a CBOR item. strict: as for JSON. Raises Unfit."""
    import cbor2

    scan_cbor(data, bounds)
    return _loaded(cbor2.loads, data, "CBOR", strict)


def mgpk_value(data: bytes, bounds: Bounds = INPUT, *, strict: bool = True) -> Any:
    """The value of a MessagePack object. strict: as for JSON. Raises Unfit."""
    import msgpack

    scan_mgpk(data, bounds)
    return _loaded(lambda raw: msgpack.unpackb(raw, strict_map_key=False), data, "MessagePack", strict)


def _loaded(loads: Callable[[bytes], Any], data: bytes, kind: str, strict: bool) -> Any:
    try:
        value = loads(data)
    except Exception as ex:  # the two libraries have no common class for content that they do not take
        raise Unfit("syntax", f"is no {kind}: {ex}") from ex
    if strict:
        _judge(value)
    return value


class _Levels:
    """Counts, of a binary value, the levels that are open and the values so far: neither grows beyond the bounds."""

    def __init__(self, bounds: Bounds, size: int) -> None:
        self.bounds = bounds
        self.size = size
        self.left = [1]
        self.values = 0

    def open(self, at: int, values: int) -> None:
        """A list, an object or chunks begin, of so many values; -1: until a break."""
        if len(self.left) > self.bounds.depth:
            raise Unfit("depth", f"is nested too deep at byte {at}: {self.bounds.depth} levels are accepted")
        if values >= self.size - at:
            raise Unfit("syntax", f"claims {values} values at byte {at}, more than it has bytes")
        self.left.append(values)

    def turn(self, at: int) -> bool:
        """Whether one more value is to come at `at`."""
        while self.left and self.left[-1] == 0:
            self.left.pop()
        if not self.left:
            return False
        if at >= self.size:
            raise Unfit("syntax", f"ends within a value (byte {self.size})")
        if self.left[-1] > 0:
            self.left[-1] -= 1
        self.values += 1
        if self.values > self.bounds.values:
            raise Unfit("size", f"has more than {self.bounds.values} values")
        return True


def scan_cbor(data: bytes, bounds: Bounds = INPUT) -> None:
    """Raise Unfit for one item that is too large, too deep, cut off or has tags: those make cycles, patterns, huge numbers."""
    _sized(data, bounds)
    levels, at, end = _Levels(bounds, len(data)), 0, len(data)
    while levels.turn(at):
        start, head = at, data[at]
        kind, info = head >> 5, head & 31
        at += 1
        if head == 0xFF:
            if levels.left[-1] != -1:
                raise Unfit("syntax", f"has a break at byte {start} where none belongs")
            levels.left.pop()
            continue
        count = info
        if 24 <= info < 28:
            count = int.from_bytes(data[at : at + (1 << info - 24)], "big")
            at += 1 << info - 24
        elif info >= 28 and (info != 31 or kind not in (2, 3, 4, 5)):
            raise Unfit("syntax", f"has a byte at {start} that begins no value")
        if kind == 6:
            raise Unfit("value", f"has a tag at byte {start}: none is taken")
        if kind in (4, 5):
            levels.open(start, -1 if info == 31 else count * (kind - 3))
        elif kind in (2, 3) and info == 31:
            levels.open(start, -1)
        elif kind in (2, 3):
            at += count
        if at > end:
            raise Unfit("syntax", f"ends within the value at byte {start}")


def scan_mgpk(data: bytes, bounds: Bounds = INPUT) -> None:
    """Raise Unfit for one object that is too large, too deep, cut off or of an extension's type."""
    _sized(data, bounds)
    levels, at, end = _Levels(bounds, len(data)), 0, len(data)
    while levels.turn(at):
        start, head = at, data[at]
        at += 1
        if head < 0x80 or head >= 0xE0 or head in (0xC0, 0xC2, 0xC3):
            continue
        if head < 0xA0:
            levels.open(start, (head & 15) << (head < 0x90))
        elif head < 0xC0:
            at += head & 31
        elif head in WIDTHS:
            at += WIDTHS[head]
        elif head in LENGTHS:
            width = LENGTHS[head]
            count = int.from_bytes(data[at : at + width], "big")
            at += width
            if head >= 0xDC:
                levels.open(start, count << (head >= 0xDE))
            else:
                at += count
        else:
            raise Unfit("value", f"has a byte at {start} that begins no value that is taken")
        if at > end:
            raise Unfit("syntax", f"ends within the value at byte {start}")


WIDTHS = {0xCA: 4, 0xCB: 8} | {0xCC + n: 1 << n for n in range(4)} | {0xD0 + n: 1 << n for n in range(4)}
LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}

# -- all of them --------------------------------------------------------------------------------------------------

SCANS: dict[str, Callable[[bytes, Bounds], None]] = {"JSON": scan_json, "CBOR": scan_cbor, "MGPK": scan_mgpk}


def scan(body: bytes, kind: str, bounds: Bounds = INPUT) -> None:
    """A message's body of keripy's kind JSON, CBOR or MGPK: raise Unfit before a parser would recurse or swell."""
    SCANS[kind](body, bounds)


def _sized(raw: bytes, bounds: Bounds) -> None:
    if len(raw) > bounds.size:
        raise Unfit("size", f"is {len(raw)} bytes long, {bounds.size} are accepted")


def _judge(value: Any) -> None:
    """Raise Unfit for the first value, in the order of the text, that is not taken."""
    for pointer, each in walk(value):
        if isinstance(each, _Bad):
            raise Unfit(each.code, f"has {f'at {pointer} ' if pointer else ''}{each.what}", pointer)
        if isinstance(each, float) and not isfinite(each):
            raise Unfit("value", f"has at {pointer or 'its top'} the number {each}, which JSON does not have", pointer)
        if isinstance(each, str) and not each.isascii():
            try:
                each.encode()
            except UnicodeEncodeError as ex:
                half = f"half of a pair ({ascii(each[ex.start])[1:-1]}), which is no character"
                raise Unfit("value", f"has at {pointer or 'its top'} {half}", pointer) from ex


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """(JSON pointer, value) of a value and all in it, in order; an object's names come as values of their place."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        pointer, each = stack.pop()
        yield pointer, each
        if isinstance(each, dict):
            for name, inner in reversed(each.items()):
                step = str(name).replace("~", "~0").replace("/", "~1")[:100]
                place = f"{pointer}/{step.encode(errors='backslashreplace').decode()}"
                stack.append((place, inner))
                if isinstance(name, str) and not name.isascii():
                    stack.append((place, name))
        elif isinstance(each, list):
            stack.extend((f"{pointer}/{index}", each[index]) for index in range(len(each) - 1, -1, -1))


# -- what keripy parses -------------------------------------------------------------------------------------------

KERIPY = ("keri.core.serdering", "keri.core.coring", "keri.core.scheming")
"""Its modules that parse what came from outside; what `keri.db` reads was written by itself."""
EVENT = Bounds(size=16 << 20)
"""A version string of KERI's version 1 can claim as much."""


def install() -> None:
    """Let keripy's modules find scanning `loads` where they look for json, msgpack and cbor. Again: nothing happens.

    Its code stays as it is. A threshold that is text in an event is parsed by keripy as JSON of its own, deep within:
    no scan of the event's body would see that.
    """
    for name in KERIPY:
        module = sys.modules.get(name)
        for each, kind in (("json", "JSON"), ("msgpack", "MGPK"), ("cbor", "CBOR")):
            library = getattr(module, each, None)
            if isinstance(library, ModuleType) and not isinstance(library, _Scanning):
                setattr(module, each, _Scanning(library, kind))


class _Scanning(ModuleType):
    """A library as a module sees it, whose `loads` scans first and raises what the callers expect: ValueError.

    All else is asked of the library when it is wanted: one that was put off for a memory snapshot has nothing yet.
    """

    def __init__(self, library: ModuleType, kind: str) -> None:
        super().__init__(library.__name__)
        self.__dict__["_library"] = library
        unguarded = library.loads

        def loads(data: Any, *args: Any, **kwa: Any) -> Any:
            raw = data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data)
            if kind == "JSON" and b"\0" in raw:  # of UTF-16, say, which json would take, and the scan not see through
                raise Unfit("syntax", "is no JSON in UTF-8: it has bytes of 0")
            scan(raw, kind, EVENT)
            return unguarded(data, *args, **kwa)

        self.__dict__["loads"] = loads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)
