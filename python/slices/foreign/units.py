"""What workers ask each other to verify and to judge, read from MessagePack and held to its shape.

The routes stand in the table like all others, so whoever can send a request to this app can send one here. A unit of another
shape, or with values that keripy cannot make anything of, is the sender's fault: 400 with the place, and no fault of the worker.

A shape is a type, `ANY`, `[shape]` for a list of any length, a tuple of shapes for a list of that length, `{name: shape}` for
an object with at least these names, or `{str: shape}` for one with any names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import falcon
from keriwasm.data import guarding
from keriwasm.web.form.errors import FieldError

__all__ = ["ANY", "Shape", "meant", "misfit", "read"]

Shape = Any
ANY = object
NAMES = {bytes: "bytes", str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def misfit(value: Any, shape: Shape, where: str = "it") -> str:
    """Where and how a value is not of a shape; "" when it is."""
    if isinstance(shape, (list, tuple, dict)):
        kind = dict if isinstance(shape, dict) else list
        if type(value) is not kind:
            return f"{where} must be {NAMES[kind]}"
        if isinstance(shape, tuple):
            if len(value) != len(shape):
                return f"{where} must have {len(shape)} values"
            within = [(f"{where}[{n}]", *pair) for n, pair in enumerate(zip(value, shape, strict=True))]
        elif isinstance(shape, list):
            within = [(f"{where}[{n}]", each, shape[0]) for n, each in enumerate(value)]
        elif str in shape:
            within = [(f"{where}[{name!r:.60}]", each, shape[str]) for name, each in value.items()]
            within += [(f"a name of {where}", name, str) for name in value]
        else:
            within = [(f"{where}.{name}", value[name], each) for name, each in shape.items() if name in value]
            if missing := [name for name in shape if name not in value]:
                return f"{where} has no {missing[0]!r}"
        return next((found for place, each, form in within if (found := misfit(each, form, place))), "")
    right = type(value) is shape or shape is ANY
    return "" if right else f"{where} must be {NAMES[shape]}"


def read(req: falcon.Request, shape: Shape) -> Any:
    """The unit of a request. Raises HTTPBadRequest."""
    try:
        unit = guarding.mgpk_value(req.bounded_stream.read(), strict=False)
    except guarding.Unfit as ex:
        raise falcon.HTTPBadRequest(title="The content cannot be read", description=f"It {ex.reason}.") from ex
    if reason := misfit(unit, shape):
        raise falcon.HTTPBadRequest(title="The content is not what is asked here", description=f"In the MessagePack {reason}.")
    return unit


@contextmanager
def meant(field: str) -> Iterator[None]:
    """What is made here of the unit's own values, by keripy: that it cannot be made is told by the field's name."""
    from keri import kering

    try:
        yield
    except (kering.KeriError, ValueError, TypeError, LookupError, AttributeError) as ex:
        raise FieldError(field, f"holds what keripy cannot read ({type(ex).__name__}: {str(ex)[:200]})") from ex
