"""Fields that several of the wallet's forms have: names for people, key counts, thresholds, the expected event."""

from __future__ import annotations

import re
from typing import Any

from keriwasm.data import guarding
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.form.labels import MOST as WORDS_MOST
from keriwasm.web.form.labels import label

from slices.vault.trouble import Moved

__all__ = ["MOST_KEYS", "WORDS_MOST", "check_expected", "label", "threshold"]

MOST_KEYS = 64
"""Keys of one event: what fits the short codes of CESR's indexed signatures."""

Sith = str | list[Any]


def check_expected(fields: Fields, sn: int) -> None:
    """Raise Moved (409) when the form was made for another event than the latest: a form sent twice acts once.

    Programs may leave the field `sn` out; then nothing is checked.
    """
    expected = fields.integer("sn", 0, 1 << 53, default=None)
    if expected is not None and expected != sn:
        raise Moved(expected, sn)


def threshold(fields: Fields, name: str, keys: int) -> Sith | None:
    """A signing threshold for so many keys as keripy takes it: a hex number or a list of weights; None when left out.

    A number ("2"), weights ("1/2, 1/2, 1/2"), weights in groups that must all be met ("1/2,1/2; 1,1"), or as JSON the
    number or the list. Raises FieldError when it does not fit the keys.
    """
    value = _value(fields, name)
    if value is None:
        return None
    from keri import kering
    from keri.core import coring

    try:
        tholder = coring.Tholder(sith=value)
    except (kering.KeriError, ValueError, TypeError, IndexError, ZeroDivisionError) as ex:
        raise FieldError(name, f"is no threshold: {_reason(ex)}") from ex
    if tholder.weighted and tholder.size != keys:
        raise FieldError(
            name, f"has {tholder.size} weights, but there {'is 1 key' if keys == 1 else f'are {keys} keys'}"
        )
    if not tholder.weighted and not (1 <= tholder.num <= keys or keys == 0 == tholder.num):
        raise FieldError(name, "must be 1: there is one key" if keys == 1 else f"must be from 1 to {keys}, the number of keys")
    return tholder.sith


def _value(fields: Fields, name: str) -> Sith | None:
    """The field in keripy's form, not yet checked."""
    if not fields.given(name):
        return None
    raw = fields.json(name) if fields.typed else fields.text(name, max_bytes=4096).strip()
    if isinstance(raw, int) and not isinstance(raw, bool):
        if raw > MOST_KEYS:
            raise FieldError(name, f"is {str(raw)[:20]}: an event has at most {MOST_KEYS} keys")
        return f"{max(raw, 0):x}"
    if isinstance(raw, list):
        return _weights(name, raw)
    if not isinstance(raw, str):
        raise FieldError(name, "must be a number or weights such as 1/2,1/2,1/2")
    text = raw.strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,3}", text):
        return f"{int(text):x}"
    if text.startswith("["):
        try:
            return _weights(name, guarding.json_value(text))
        except guarding.Unfit as ex:
            raise FieldError(name, f"is no list of weights: it {ex.reason}") from ex
    groups = [[each.strip() for each in group.split(",") if each.strip()] for group in text.split(";") if group.strip()]
    return _weights(name, groups if len(groups) > 1 else (groups or [[]])[0])


def _weights(name: str, given: Any, levels: int = 2) -> list[Any]:
    """Weights as texts, in one list or in groups; a weight may be shared out: {"1/2": ["1/2", "1/2"]}, once."""
    if not isinstance(given, list) or not given:
        raise FieldError(name, "must be a number or weights such as 1/2,1/2,1/2")
    if levels == 2 and all(isinstance(each, list) for each in given):
        return [_weights(name, each, 1) for each in given]
    for each in given:
        if levels and isinstance(each, dict) and len(each) == 1:
            ((outer, shares),) = each.items()
            _weights(name, [outer], 0)
            _weights(name, shares, 0)
        elif not isinstance(each, str) or not re.fullmatch(r"[0-9]{1,6}(/[1-9][0-9]{0,5})?", each):
            raise FieldError(name, f"has {str(each)[:40]!r}, which is no weight such as 1/2")
    return given


def _reason(ex: Exception) -> str:
    text = str(ex).split(" for ")[0].strip().rstrip(".")
    return text[:200] or type(ex).__name__
