"""Where the attachments of a message end: counted group by group with keripy's own tables of code sizes (CESR version 1, text).

A run of Base64 alone does not tell: a version counter that belongs to what follows is Base64 as well. Nothing is verified
here, and no value is looked at but who has receipted it with a log, so that it is known whose is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["VERSION_COUNTER", "Attached", "codes", "short", "unfit", "walk"]

VERSION_COUNTER = re.compile(rb"-[-_]AAA([A-Za-z0-9_-])([A-Za-z0-9_-]{2})|\xfb[\xe0\xf0]\x00[\x00-\x03]..", re.DOTALL)
"""Genus and version of the code tables that follow, in text or binary: keripy 1.3.6 writes `--AAA`, the specification `-_AAA`."""
SPACE = re.compile(rb"[ \t\r\n]*")
RUN = re.compile(rb"[A-Za-z0-9_\-]*")
COUNTER = re.compile(rb"-(?:([A-Z])([A-Za-z0-9_-]{2})|0([A-Z])([A-Za-z0-9_-]{5}))")
CUT = re.compile(rb"(-([A-Z][A-Za-z0-9_-]?|0([A-Z][A-Za-z0-9_-]{0,4})?)?)?")
"""A counter that the text's end cuts short."""

GROUPS = {
    "A": "I",
    "B": "I",
    "C": "MM",
    "D": "MMMI",
    "E": "MM",
    "F": "MMMS",
    "G": "MM",
    "H": "MS",
    "I": "MMM",
    "Z": "M",
}
"""Counter code -> what each of its elements is made of: M a primitive, I an indexed signature, S a group of signatures."""
QUADLETS = "VLW"
"""Codes that count groups of four characters instead."""
RECEIPTORS = "DF"
DEEPEST = 8
"""Groups within groups that are followed; keripy and its kin write two."""
VERSIONS_MOST = 1000
"""Version counters within the attachments of one message."""


class Malformed(Exception):
    """These are no attachments that the tables know."""


class Deep(Malformed):
    """They would be, if they were not nested so deep."""


class Short(Malformed):
    """They would be, if they went on."""


@dataclass
class Attached:
    """What stands behind a body: up to `end`, without version counters; `versions` says which of these were passed over,
    `codes` those of the groups, out of a group around others (-V) those within, `receiptors` who has signed by a log:
    (identifier, number of the event that gives the keys)."""

    end: int
    kept: bytes = b""
    versions: list[str] = field(default_factory=list)
    receiptors: list[tuple[str, int]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


def walk(data: bytes, at: int) -> Attached | None:
    """Follow the groups from `at`. None when they are not whole or not known: then the caller takes the run as it is."""
    try:
        return _groups(data, at, len(data))
    except (Malformed, KeyError, UnicodeDecodeError):
        return None


def unfit(data: bytes, at: int) -> tuple[str, str] | None:
    """(code, reason) why what stands from `at` to the end is no whole attachments; None when it is.

    keripy 1.3.6 must never see others: where receipts (-C, -F) end too early, its Parser asks for more for ever, and takes
    memory each time.
    """
    try:
        found = _groups(data, at, len(data))
    except Short:
        return "truncated", "the stream ends within its attachments (truncated)"
    except Deep:
        return "attachments", f"its attachments are nested too deep: {DEEPEST} groups within each other are read"
    except (Malformed, KeyError, UnicodeDecodeError):
        return "attachments", "its attachments cannot be read: a code in them is not known, or a group is damaged"
    if found.end < len(data):
        return "attachments", f"{len(data) - found.end} bytes after its attachments belong to nothing"
    return None


def short(attached: bytes) -> bool:
    """Whether more should follow. keripy's parser asks for more when it has too little, but for groups of groups: there it fails
    in ways that say nothing of a cut."""
    found = unfit(attached, 0)
    return found is not None and found[0] == "truncated"


def codes(attached: bytes) -> list[str]:
    """The codes of the groups; "" among them for what cannot be told."""
    found = walk(attached, 0)
    return [""] if found is None else found.codes + [""] * (found.end < len(attached))


def _groups(data: bytes, at: int, until: int, level: int = 0) -> Attached:
    if level > DEEPEST:
        raise Deep
    top = not level
    made = Attached(at)
    kept: list[bytes] = []
    while at < until:
        here, versions = _past_versions(data, at, until, top)
        counter = COUNTER.match(data, here, until)
        if counter is None:
            if here < until and CUT.fullmatch(data, here, until):
                raise Short
            if top:  # a version counter before a message belongs to that
                break
            raise Malformed
        made.versions += versions
        if len(made.versions) > VERSIONS_MOST:
            raise Malformed
        code = (counter[1] or counter[3]).decode()
        count = _number(counter[2] or counter[4])
        if code in QUADLETS:
            end = counter.end() + 4 * count
            if end > until and RUN.fullmatch(data, here, until):
                raise Short
            if RUN.fullmatch(data, here, end) is None or end > until:
                raise Malformed
            piece = data[here:end]
            if code != "V":
                made.codes.append(code)
            else:
                inner = _groups(data, counter.end(), end, level + 1)
                made.receiptors += inner.receiptors
                made.codes += inner.codes
                made.versions += inner.versions
                if inner.versions:  # its count is not true any more: its groups go without it
                    piece = inner.kept
        else:
            end = counter.end()
            made.codes.append(code)
            for _ in range(count):
                if code in RECEIPTORS:
                    made.receiptors.append(_receiptor(data, end, until))
                for kind in GROUPS[code]:
                    end = _element(data, end, until, kind)
            piece = data[here:end]
        kept.append(piece)
        at = made.end = end
    made.kept = b"".join(kept)
    return made


def _past_versions(data: bytes, at: int, until: int, spaced: bool) -> tuple[int, list[str]]:
    """The place behind white space and version counters, and these in words."""
    versions = []
    while True:
        here = SPACE.match(data, at, until).end() if spaced else at  # type: ignore[union-attr]
        version = VERSION_COUNTER.match(data, here, until)
        if version is None:
            return here, versions
        versions.append(version_words(version))
        at = version.end()


def _receiptor(data: bytes, at: int, until: int) -> tuple[str, int]:
    """Identifier and number of the event that gives the keys of a receipt."""
    end = _primitive(data, at, until)
    number = data[end : _primitive(data, end, until)]
    if number[:2] != b"0A":
        raise Malformed
    return data[at:end].decode(), _number(number[2:])


def _element(data: bytes, at: int, until: int, kind: str) -> int:
    if kind == "M":
        return _primitive(data, at, until)
    if kind == "I":
        return _indexed(data, at, until)
    counter = COUNTER.match(data, at, until)
    if counter is None and CUT.fullmatch(data, at, until):
        raise Short
    if counter is None or counter[1] != b"A":
        raise Malformed
    at = counter.end()
    for _ in range(_number(counter[2])):
        at = _indexed(data, at, until)
    return at


def _primitive(data: bytes, at: int, until: int) -> int:
    from keri.core.coring import Matter

    return _sized(data, at, until, Matter.Hards, Matter.Sizes)


def _indexed(data: bytes, at: int, until: int) -> int:
    from keri.core.indexing import Indexer

    return _sized(data, at, until, Indexer.Hards, Indexer.Sizes)


def _sized(data: bytes, at: int, until: int, hards: dict[str, int], sizes: dict) -> int:
    if at >= until:
        raise Short
    hard = hards[data[at : at + 1].decode()]
    if at + hard > until:
        raise Short
    size = sizes[data[at : at + hard].decode()]
    length = size.fs
    if length is None:  # its own soft part counts its quadlets
        soft = data[at + hard : at + size.hs + size.ss]
        if len(soft) != size.ss:
            raise Malformed
        length = size.hs + size.ss + 4 * _number(soft)
    if at + length > until and RUN.fullmatch(data, at, until):
        raise Short
    if RUN.fullmatch(data, at, at + length) is None or at + length > until:
        raise Malformed
    return at + length


def _number(text: bytes) -> int:
    value = 0
    for each in text:
        value = value * 64 + DIGITS[each]
    return value


DIGITS = {
    ord(each): place for place, each in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}


def version_words(found: re.Match[bytes]) -> str:
    """A version counter for people: "-_AAACAA (CESR version 2.00)"."""
    if found[1] is None:
        return "in binary"
    return f"{found[0].decode()} (CESR version {_number(found[1])}.{_number(found[2]):02d})"
