"""Whether attachments in CESR's text domain end too soon: by the sizes in their codes only, of which keripy has the tables.

keripy's parser asks for more bytes when it has too few. In groups of groups it does not: there it fails in ways that say
nothing of a cut. So what was cut off is found here, before it is asked.
"""

from __future__ import annotations

import re

from slices.foreign.attachments import GROUPS, QUADLETS

__all__ = ["codes", "short"]

SIGNATURES = re.compile("-0?A")
COUNTER = re.compile(r"-(?:([A-Z])([A-Za-z0-9_-]{2})|0([A-Z])([A-Za-z0-9_-]{5}))")


class _Ends(Exception):
    """The text ends before the primitive does."""


class _Unknown(Exception):
    """A code that is not in the tables: damaged, not cut. keripy tells."""


def short(attached: bytes) -> bool:
    """Whether more should follow."""
    text, at = attached.decode("ascii"), 0
    try:
        while at < len(text):
            at = _group(text, at)
    except _Ends:
        return True
    except _Unknown:
        return False
    return False


def codes(attached: bytes) -> list[str]:
    """The codes of the groups at the top, as far as they can be told; "" for one that cannot."""
    text, at, told = attached.decode("ascii"), 0, []
    try:
        while at < len(text):
            found = COUNTER.match(text, at)
            code = found[1] or found[3] if found else ""
            if found and code == "V":  # around others
                at = found.end()
                continue
            told.append(code)
            at = _group(text, at)
    except (_Ends, _Unknown):
        told.append("")
    return told


def _group(text: str, at: int) -> int:
    """Where the group that begins here ends."""
    found = COUNTER.match(text, at)
    if found is None:
        if re.fullmatch(r"(-([A-Z][A-Za-z0-9_-]?|0([A-Z][A-Za-z0-9_-]{0,4})?)?)?", text[at:]):
            raise _Ends
        raise _Unknown
    code, count = found[1] or found[3], _number(found[2] or found[4])
    at = found.end()
    if code in QUADLETS:
        if at + 4 * count > len(text):
            raise _Ends
        return at + 4 * count
    if code not in GROUPS:
        raise _Unknown
    for _ in range(count):
        for each in GROUPS[code]:
            if each == "S" and not SIGNATURES.match(text, at) and len(text) - at > 3:
                raise _Unknown  # of all groups only these stand within others: no depth
            at = _group(text, at) if each == "S" else _primitive(text, at, indexed=each == "I")
    return at


def _primitive(text: str, at: int, *, indexed: bool) -> int:
    from keri.core.coring import Matter
    from keri.core.indexing import Indexer

    table = Indexer if indexed else Matter
    if at >= len(text):
        raise _Ends
    hard = table.Hards.get(text[at])
    if hard is None:
        raise _Unknown
    code = text[at : at + hard]
    if len(code) < hard:
        raise _Ends
    sizes = table.Sizes.get(code)
    if sizes is None:
        raise _Unknown
    size = sizes.fs
    if size is None:  # its length stands behind the code
        soft = text[at + sizes.hs : at + sizes.hs + sizes.ss]
        if len(soft) < sizes.ss:
            raise _Ends
        size = sizes.hs + sizes.ss + 4 * _number(soft)
    if at + size > len(text):
        raise _Ends
    return at + size


def _number(text: str) -> int:
    from keri.help.helping import b64ToInt

    return b64ToInt(text)
