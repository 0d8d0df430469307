"""What every field of a credential and of a transaction event may hold, as tables: looked at before keripy sees a message.

keripy verifies digests, seals and signatures; of the values it takes most as they come, and a number where a text belongs
ends in whatever Python says of it. A schema judges the attributes; all that keripy itself uses is in these tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

__all__ = ["MOST", "TRANSACTIONS", "faults", "kind", "moment", "number", "said", "shown"]

CODE = re.compile(r"[A-Za-z0-9_-]{44,128}")
HEX = re.compile(r"[0-9a-f]{1,32}")
SALT = re.compile(r"[A-Za-z0-9_-]{1,128}")
KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
MOST = 10
"""Faults told of one message."""

Shape = Callable[[Any], str]
"""Why a value is not of the shape; "" when it is."""


def kind(value: Any) -> str:
    return KINDS.get(type(value), "null")


def shown(value: Any) -> str:
    """A value in a sentence: a text itself, of anything else what it is."""
    return ascii(value[:40]) if isinstance(value, str) else kind(value)


def text(value: Any) -> str:
    return "" if isinstance(value, str) else f"is {kind(value)}, where a text belongs"


def _matching(pattern: re.Pattern[str], what: str) -> Shape:
    def shape(value: Any) -> str:
        return text(value) or ("" if pattern.fullmatch(value) else f"is {value[:40]!r}, which is no {what}")

    return shape


said = _matching(CODE, "SAID")
aid = _matching(CODE, "identifier")
number = _matching(HEX, "hexadecimal number as text")
salt = _matching(SALT, "salt in Base64")


def moment(value: Any, zoned: bool = True) -> str:
    """Why it is no date and time in ISO 8601 (zoned: with a time zone); "" when it is one."""
    if reason := text(value):
        return reason
    try:
        read = datetime.fromisoformat(value)
    except ValueError as ex:
        return f"is {value[:40]!r}, which is no date and time as in 2026-11-29T21:34:34.000000+00:00 ({str(ex)[:80]})"
    if zoned and read.utcoffset() is None:
        return f"is {value[:40]!r}, a time without its zone: +00:00 or another must end it"
    return ""


def day(value: Any) -> str:
    return moment(value, zoned=False)


def anything(value: Any) -> str:
    return ""


def _listed(shape: Shape) -> Shape:
    def listed(value: Any) -> str:
        if not isinstance(value, list):
            return f"is {kind(value)}, where a list belongs"
        return next((f"has at {at} what {reason}" for at, each in enumerate(value) if (reason := shape(each))), "")

    return listed


def _object(**shapes: Shape) -> Shape:
    def shape(value: Any) -> str:
        if not isinstance(value, dict):
            return f"is {kind(value)}, where an object belongs"
        missing = [name for name in shapes if name not in value]
        if missing:
            return f"has no `{missing[0]}`"
        told = ((name, shapes[name](each)) for name, each in value.items() if name in shapes)
        return next((f"has a `{name}` that {reason}" for name, reason in told if reason), "")

    return shape


backer_seal = _object(i=aid, s=number, d=said)
HEAD = {"v": text, "t": text, "d": said, "i": aid, "s": number}
TRANSACTIONS: dict[str, dict[str, Shape]] = {
    "vcp": {**HEAD, "ii": aid, "c": _listed(text), "bt": number, "b": _listed(aid), "n": salt},
    "vrt": {**HEAD, "p": said, "bt": number, "br": _listed(aid), "ba": _listed(aid)},
    "iss": {**HEAD, "ri": said, "dt": moment},
    "rev": {**HEAD, "ri": said, "p": said, "dt": moment},
    "bis": {**HEAD, "ii": aid, "ra": backer_seal, "dt": moment},
    "brv": {**HEAD, "p": said, "ra": backer_seal, "dt": moment},
}
"""Type of a transaction event -> its fields: all of them are there in each."""


def schema(value: Any) -> str:
    if isinstance(value, dict):
        return "holds the schema itself: keripy 1.3.6 looks a schema up by its SAID, so that alone may stand here"
    return said(value)


def attributes(value: Any) -> str:
    if isinstance(value, str):
        return said(value)
    return "" if isinstance(value, dict) else f"is {kind(value)}, where an object belongs"


def edges(value: Any) -> str:
    if isinstance(value, str):
        return said(value)
    return "" if isinstance(value, dict) else _listed(_object())(value)


def rules(value: Any) -> str:
    return "" if isinstance(value, (dict, str, list)) else f"is {kind(value)}, where an object belongs"


def _aggregate(value: Any) -> str:
    return "holds aggregated attributes, which keripy 1.3.6 does not judge"


CREDENTIAL: dict[str, Shape] = {
    "v": text, "d": said, "u": salt, "i": aid, "ri": said, "s": schema, "a": attributes, "A": _aggregate, "e": edges, "r": rules,
}  # fmt: skip
CREDENTIAL_NEEDS = ("v", "d", "i", "ri", "s", "a")
ATTRIBUTES: dict[str, Shape] = {"d": said, "u": salt, "i": aid, "dt": day}
"""Of the attributes, what every credential has of them and keripy uses; the schema judges the rest."""
NAMES = {
    "d": "the SAID", "i": "the identifier", "ri": "the registry", "s": "the schema", "a": "the attributes", "e": "the edges",
    "r": "the rules", "dt": "the date", "u": "the salt", "p": "the event before it", "ii": "the issuer",
}  # fmt: skip


def faults(sad: dict[str, Any], ilk: str = "") -> list[str]:
    """What is wrong with the fields of a transaction event of that type, or of a credential: sentences, the first few."""
    found = []
    for each in _all(sad, ilk):
        if len(found) == MOST:
            return [*found, "There is more."]
        found.append(each)
    return found


def _all(sad: dict[str, Any], ilk: str) -> Iterator[str]:
    table = TRANSACTIONS[ilk] if ilk else CREDENTIAL
    yield from _judged(sad, table, CREDENTIAL_NEEDS if not ilk else tuple(table), "s" if ilk else "")
    given = sad.get("a")
    if not ilk and isinstance(given, dict):
        yield from _judged(given, ATTRIBUTES, (), "", "a.")


def _judged(sad: dict[str, Any], table: dict[str, Shape], needs: tuple[str, ...], plain: str, path: str = "") -> Iterator[str]:
    for name in needs:
        if name not in sad and not (name == "a" and "A" in sad):
            yield f"`{path}{name}`{_named(name, plain)} is missing."
    for name, value in sad.items():
        if name in table and (reason := table[name](value)):
            yield f"`{path}{name}`{_named(name, plain)} {reason}."


def _named(name: str, plain: str) -> str:
    """In a transaction event `s` is a number and no schema."""
    told = "" if name in plain else NAMES.get(name, "")
    return f", {told}," if told else ""
