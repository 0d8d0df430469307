"""What is known of an object, and of what an expression would give, by looking alone: nothing of a cell's runs for it.

Attributes are read as `inspect.getattr_static` reads them, out of the dictionaries of the object and of its classes:
no property, no `__getattr__`, no `__dir__`, no `__repr__`. What an attribute or a call would give is taken from its annotation.
This does not catch code of keys (`__hash__` and `__eq__` of a str's subclass in a `__dict__`), nor names that a class makes
only when asked: those are not offered.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Thing", "attribute", "evaluated", "is_a", "members", "mro", "namespace"]

DEEP = 50
"""Levels of an expression, attribute on attribute."""
EXPRESSION_MOST = 2_000
"""Characters of one."""
UNKNOWN = object()

_MRO, _DICT = type.__dict__["__mro__"], type.__dict__["__dict__"]
FUNCTIONS = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodDescriptorType, types.MethodWrapperType,
    types.WrapperDescriptorType, types.ClassMethodDescriptorType, functools.partial, type(functools.lru_cache(len)),
)  # fmt: skip
LITERALS = {
    ast.JoinedStr: str, ast.List: list, ast.ListComp: list, ast.Tuple: tuple, ast.Dict: dict, ast.DictComp: dict,
    ast.Set: set, ast.SetComp: set, ast.Compare: bool,
}  # fmt: skip


@dataclass
class Thing:
    """An object, or, when only its class is known, anything of that class."""

    value: Any = UNKNOWN
    of: type | None = None
    bound: bool = False
    """It was looked up on an instance: its first parameter is given."""

    @property
    def kind(self) -> type:
        return self.of if self.of is not None else type(self.value)


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """isinstance, without asking the object for its `__class__`."""
    return issubclass(type(value), kinds)


def mro(kind: type) -> tuple[type, ...]:
    return _MRO.__get__(kind)


def namespace(kind: type) -> Mapping[str, Any]:
    """What a class itself defines."""
    return _DICT.__get__(kind)


def own(value: Any) -> dict[str, Any]:
    """What lies in the object itself: its `__dict__`, unless a class of it makes one up."""
    for kind in mro(type(value)):
        found = namespace(kind).get("__dict__")
        if found is not None:
            return found.__get__(value) if is_a(found, (types.GetSetDescriptorType, types.MemberDescriptorType)) else {}
    return {}


def _tables(thing: Thing) -> list[Mapping[str, Any]]:
    """Where its attributes are, the first to be asked first."""
    if thing.value is UNKNOWN:
        return [namespace(kind) for kind in mro(thing.kind)]
    if is_a(thing.value, type):
        return [namespace(kind) for kind in mro(thing.value)]
    return [own(thing.value), *(namespace(kind) for kind in mro(thing.kind))]


def members(thing: Thing) -> dict[str, Any]:
    """Its attributes as they lie there: a property as property."""
    found: dict[str, Any] = {}
    for table in _tables(thing):
        for name in table:
            if is_a(name, str):
                found.setdefault(name, table[name])
    return found


def attribute(thing: Thing, name: str) -> Thing | None:
    """What an attribute is; None when that cannot be said without running code."""
    tables = _tables(thing)
    raw = next((table[name] for table in tables if name in table), UNKNOWN)
    if raw is UNKNOWN:
        return None
    instance = not is_a(thing.value, (type, types.ModuleType)) or thing.value is UNKNOWN
    if instance and thing.value is not UNKNOWN and name in tables[0]:
        return Thing(raw)
    if is_a(raw, (property, functools.cached_property)):
        return returned(raw.fget if is_a(raw, property) else raw.func) if instance else None
    if is_a(raw, (classmethod, staticmethod)):
        return Thing(raw.__func__, bound=is_a(raw, classmethod))
    if is_a(raw, types.MemberDescriptorType):
        try:
            return Thing(raw.__get__(thing.value)) if thing.value is not UNKNOWN else None
        except (AttributeError, TypeError):  # a slot that is empty, or of a class
            return None
    if is_a(raw, FUNCTIONS):
        return Thing(raw, bound=instance)
    if any("__get__" in namespace(kind) for kind in mro(type(raw))):
        return None
    return Thing(raw)


def called(thing: Thing) -> Thing | None:
    """What a call of it gives."""
    if is_a(thing.value, type):
        return Thing(of=thing.value)
    return returned(thing.value)


def annotations(function: Any) -> dict[str, Any]:
    """Those of a function; names as text where they are not made yet, for making them runs code."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(function, format=annotationlib.Format.STRING)
    return function.__annotations__


def returned(function: Any) -> Thing | None:
    """What its annotation says that it gives, when that names a class."""
    if not is_a(function, types.FunctionType):
        return None
    try:
        said = annotations(function).get("return")
    except Exception:  # whatever a person's annotations do: then they say nothing
        return None
    if is_a(said, str):
        name = next((part for part in re.split(r"[\s|]+", said.strip("'\"")) if part != "None"), "")
        if not re.fullmatch(r"[\w.]+", name):
            return None
        found = evaluated(name, function.__globals__)
        said = found.value if found else None
    return Thing(of=said) if is_a(said, type) and said is not type(None) else None


def evaluated(expression: str, names: Mapping[str, Any]) -> Thing | None:
    """What an expression would give; None when that cannot be said."""
    if len(expression) > EXPRESSION_MOST:
        return None
    try:
        tree = ast.parse(f"({expression})", mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return _evaluated(tree.body, names, DEEP)


def _evaluated(node: ast.AST, names: Mapping[str, Any], deep: int) -> Thing | None:
    if not deep:
        return None
    match node:
        case ast.Name(id=name):
            for table in (names, vars(builtins)):
                if name in table:
                    return Thing(table[name])
        case ast.Attribute(value=inner, attr=name):
            found = _evaluated(inner, names, deep - 1)
            return attribute(found, name) if found else None
        case ast.Call(func=inner):
            found = _evaluated(inner, names, deep - 1)
            return called(found) if found else None
        case ast.Await(value=inner):
            return _evaluated(inner, names, deep - 1)
        case ast.Subscript(value=inner, slice=ast.Constant(value=int() | str() as key)):
            found = _evaluated(inner, names, deep - 1)
            if found and type(found.value) in (dict, list, tuple):
                try:
                    return Thing(found.value[key])
                except (LookupError, TypeError):
                    return None
        case ast.Constant(value=value):
            return Thing(of=type(value))
        case _ if type(node) in LITERALS:
            return Thing(of=LITERALS[type(node)])
    return None
