"""The parameters of a call, and the first line that its author says of it."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any

from slices.notebook.hints import looking
from slices.notebook.hints.looking import Thing
from slices.notebook.hints.reading import Call

__all__ = ["keywords", "signature"]

PARAMETERS_MOST = 60
DEFAULT_MOST = 40
DOC_MOST = 300
PLAIN = (int, float, complex, bool, str, bytes, type(None), type(...))
"""Types whose `repr` is their own: that of any other default is somebody's code, and is not asked."""

Kind = inspect.Parameter


def signature(call: Call, names: Mapping[str, Any]) -> dict[str, Any] | None:
    """{name, params, active, doc} of a call: `active` is the place of the parameter at the cursor, -1 for none."""
    thing = looking.evaluated(call.callee, names)
    params = _parameters(thing) if thing else None
    if thing is None or params is None:
        return None
    return {"name": call.callee.rpartition(".")[2][:80], "params": [_written(each) for each in params],
            "active": _active(call, params), "doc": _doc(thing.value)}  # fmt: skip


def keywords(call: Call, names: Mapping[str, Any]) -> list[str]:
    """Names of arguments that can still be given."""
    thing = looking.evaluated(call.callee, names)
    params = (_parameters(thing) if thing else None) or []
    taken = call.given | {each.name for each in params[: call.argument] if not call.given}
    return [each.name for each in params if each.kind in (Kind.POSITIONAL_OR_KEYWORD, Kind.KEYWORD_ONLY) and each.name not in taken]


def _parameters(thing: Thing) -> list[inspect.Parameter] | None:
    """None where nothing can be said."""
    value, bound = thing.value, thing.bound
    if looking.is_a(value, type):
        made = _maker(value)
        value, bound = (made, True) if made is not None else (value, False)
    elif not looking.is_a(value, looking.FUNCTIONS):
        inner = looking.attribute(thing, "__call__") if value is not looking.UNKNOWN else None
        if inner is None or not looking.is_a(inner.value, types.FunctionType):
            return None
        value, bound = inner.value, True
    try:
        if sys.version_info >= (3, 14):
            import annotationlib

            found = inspect.signature(value, annotation_format=annotationlib.Format.STRING)
        else:
            found = inspect.signature(value)
    except (ValueError, TypeError):  # it has none
        return None
    except Exception:  # what a decorator of a person's has left behind
        return None
    params = list(found.parameters.values())
    if bound and params and params[0].kind in (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD):
        params.pop(0)
    return params[:PARAMETERS_MOST]


def _maker(kind: type) -> types.FunctionType | None:
    """The function in Python that takes the arguments of a class."""
    for klass in looking.mro(kind):
        own = looking.namespace(klass)
        for name in ("__init__", "__new__"):
            made = own.get(name)
            made = made.__func__ if looking.is_a(made, staticmethod) else made
            if looking.is_a(made, types.FunctionType):
                return made
    return None


def _written(param: inspect.Parameter) -> str:
    stars = {Kind.VAR_POSITIONAL: "*", Kind.VAR_KEYWORD: "**"}.get(param.kind, "")
    if param.default is Kind.empty:
        return f"{stars}{param.name}"
    shown = repr(param.default) if type(param.default) in PLAIN else "…"
    return f"{param.name}={shown if len(shown) <= DEFAULT_MOST else '…'}"


def _active(call: Call, params: list[inspect.Parameter]) -> int:
    if call.keyword:
        named = [n for n, each in enumerate(params) if each.name == call.keyword]
        return next(iter(named or [n for n, each in enumerate(params) if each.kind == Kind.VAR_KEYWORD]), -1)
    at = 0
    for n, each in enumerate(params):
        if each.kind == Kind.VAR_POSITIONAL:
            return n
        if each.kind in (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD):
            if at == call.argument:
                return n
            at += 1
    return -1


def _doc(value: Any) -> str:
    """The first line of its text."""
    if looking.is_a(value, type):
        text = looking.namespace(value).get("__doc__")
    elif looking.is_a(value, looking.FUNCTIONS):
        text = value.__doc__
    else:
        return ""
    lines = (line.strip() for line in text.splitlines()) if isinstance(text, str) else ()
    return next((line for line in lines if line), "")[:DOC_MOST]
