"""`dataclasses.astuple` for workers: the same answers, quicker for instances that hold nothing but plain values.

keripy asks `code in MtrDex` for every primitive that it reads or makes, and its code tables answer by `astuple`, which
walks some hundred fields by Python's recursion each time: a fifth of the time of parsing a foreign key event log. keri
stays unmodified; what it imports from the standard library is replaced before it does so (native.keri).

Where a value is not plain (a list, another dataclass), where fields are none or one, and for anything that is no
instance of a dataclass, the standard library's own function answers, errors included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any
from weakref import ref

PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
"""Types whose values astuple hands on as they are: exactly these, no subclasses."""

standard = dataclasses.astuple
getters: dict[int, Callable[[Any], tuple[Any, ...]] | None] = {}
"""By the id of the class: a WeakKeyDictionary takes a call in Python for each look. `living` forgets an id with its class."""
living: dict[int, ref[type]] = {}


def getter(cls: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """What fetches all fields at once; None for classes that are left to the standard library."""
    if not dataclasses.is_dataclass(cls):
        return None
    names = [field.name for field in dataclasses.fields(cls)]
    return attrgetter(*names) if len(names) > 1 else None


def noted(cls: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """The getter of a class that was not seen before, kept as long as the class lives."""
    key = id(cls)

    def forget(_: ref[type]) -> None:
        del getters[key], living[key]

    living[key] = ref(cls, forget)
    getters[key] = fetch = getter(cls)
    return fetch


def astuple(obj: Any, *, tuple_factory: Callable[[list[Any]], Any] = tuple) -> Any:
    """As dataclasses.astuple: the fields of a dataclass instance, nested ones as tuples, other values copied."""
    cls = type(obj)
    key = id(cls)
    fetch = getters[key] if key in getters else noted(cls)
    if fetch is not None:
        values = fetch(obj)
        if PLAIN.issuperset(map(type, values)):
            return values if tuple_factory is tuple else tuple_factory(list(values))
    return standard(obj, tuple_factory=tuple_factory)


def install() -> None:
    """Put it in the standard library's place, for what is imported from now on."""
    dataclasses.astuple = astuple
