"""What may follow at the cursor: names, attributes, modules, and the keywords of the call."""

from __future__ import annotations

import builtins
import functools
import keyword
import types
from collections.abc import Mapping
from typing import Any

from slices.notebook.hints import looking, modules, reading, signature

__all__ = ["complete"]

MOST = 200
"""Completions at once; what more there is comes when another letter is typed."""


def complete(source: str, at: int, names: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """(what is offered, whether there is more). names: those of the cells."""
    place = reading.read(source, at)
    if place is None:
        return [], False
    if place.module is not None:
        found = modules.names(place.module) if place.names else dict.fromkeys(modules.below(place.module), modules)
        return _offered(place.prefix, found)
    names = {**modules.imported(source), **names}
    if place.owner is not None:
        thing = looking.evaluated(place.owner, names)
        return _offered(place.prefix, looking.members(thing)) if thing else ([], False)
    if not place.prefix and not place.call:
        return [], False
    given = signature.keywords(place.call, names) if place.call and place.call.innermost and not place.call.keyword else []
    options = [{"label": f"{name}=", "type": "property", "boost": 2} for name in given if name.startswith(place.prefix)]
    words = [{"label": word, "type": "keyword"} for word in keyword.kwlist if place.prefix and word.startswith(place.prefix)]
    if not place.prefix:
        return options, False
    rest, more = _offered(place.prefix, {**vars(builtins), **names})
    return options + rest + words, more


def _offered(prefix: str, found: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Names that begin so, in either case; those with an underscore only for who asks for them."""
    low = prefix.lower()
    fitting = [name for name in found if name.isidentifier() and name.lower().startswith(low)]
    if not prefix.startswith("_"):
        fitting = [name for name in fitting if not name.startswith("_")]
    fitting.sort(key=lambda name: (not name.startswith(prefix), name.startswith("__"), name.lower()))
    return [{"label": name, "type": _kind(found[name])} for name in fitting[:MOST]], len(fitting) > MOST


def _kind(value: Any) -> str:
    """As the editor names kinds."""
    if looking.is_a(value, type):
        return "class"
    if looking.is_a(value, types.ModuleType):
        return "namespace"
    if looking.is_a(value, (*looking.FUNCTIONS, classmethod, staticmethod)):
        return "function"
    descriptor = looking.is_a(value, (property, functools.cached_property, types.GetSetDescriptorType, types.MemberDescriptorType))
    return "property" if descriptor else "variable"
