"""The inner references and the patterns of a schema, looked at before it is taken in.

A reference ($ref) that goes nowhere is an error only once somebody issues by it; one that comes back to itself without
having gone a step into what is judged never ends. Both are told here, with their place. A pattern must be a regular
expression; how long it may take is not seen in its form: that is bounded where it is run (slices/foreign/strangers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

__all__ = ["trouble"]

INTO = ("additionalItems", "contains", "additionalProperties", "propertyNames", "items")
"""Keywords whose schema judges a part of the value: a loop through one of them ends where the value does."""
ALIKE = ("not", "if", "then", "else", "allOf", "anyOf", "oneOf")
"""Keywords whose schemas judge the same value."""
NAMED = ("properties", "patternProperties", "definitions", "$defs")
PATTERN_MOST = 2000

Place = tuple[Any, ...]


def trouble(sed: dict[str, Any]) -> str:
    """What is wrong, in words that follow the schema's name; "" when nothing is."""
    onward: dict[Place, list[Place]] = {}
    waiting: list[Place] = [()]
    inner = False
    while waiting:
        place = waiting.pop()
        if place in onward:
            continue
        onward[place] = alike = []
        schema = _at(sed, place)
        if not isinstance(schema, dict):
            continue
        inner = inner or (bool(place) and isinstance(schema.get("$id"), str))
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if not reference.startswith("#"):
                return f"refers to {reference[:100]} at {_words(place)}: other documents are not fetched, put it inline"
            target = _target(reference)
            if target is None:
                return f"refers to {reference[:100]} at {_words(place)}: only places in the schema itself (#/…) are understood"
            if not isinstance(_at(sed, target), (dict, bool)):
                return f"refers to {reference[:100]} at {_words(place)}, where there is no schema"
            alike.append(target)
            waiting.append(target)
            continue  # what stands beside a reference does not count in draft 7
        for pattern in _patterns(schema):
            if len(pattern) > PATTERN_MOST:
                return f"has a pattern of {len(pattern)} characters at {_words(place)}: {PATTERN_MOST} are accepted"
            try:
                re.compile(pattern)
            except (re.error, OverflowError, RecursionError) as ex:
                return f"has a pattern at {_words(place)} that is no regular expression: {ex}"
        for same, step in _steps(schema):
            waiting.append((*place, *step))
            if same:
                alike.append((*place, *step))
    if inner and any(isinstance(_at(sed, place), dict) and "$ref" in _at(sed, place) for place in onward):
        return "has an $id of an inner part, which changes where its references go: leave it out"
    loop = _loop(onward)
    return f"refers to itself at {_words(loop)}, without an end" if loop is not None else ""


def _steps(schema: dict[str, Any]) -> Iterator[tuple[bool, Place]]:
    """(whether it judges the same value, steps) of each schema that stands directly in this one."""
    for name, value in schema.items():
        same = name in ALIKE or name == "dependencies"
        if name in INTO or name in ALIKE:
            if isinstance(value, list):
                yield from ((same, (name, index)) for index in range(len(value)))
            else:
                yield same, (name,)
        elif (name in NAMED or name == "dependencies") and isinstance(value, dict):
            yield from ((same, (name, each)) for each in value)


def _patterns(schema: dict[str, Any]) -> Iterator[str]:
    if isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    if isinstance(schema.get("patternProperties"), dict):
        yield from schema["patternProperties"]


def _target(reference: str) -> Place | None:
    """The steps of a JSON pointer, None when it is no pointer but a name."""
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        return None
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _at(value: Any, place: Place) -> Any:
    """What stands there; None when nothing does."""
    for step in place:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and (isinstance(step, int) or (step.isdigit() and len(step) < 7)) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _loop(onward: dict[Place, list[Place]]) -> Place | None:
    """A place that is reached from itself over the same value."""
    done: set[Place] = set()
    for start in onward:
        way: dict[Place, Iterator[Place]] = {start: iter(onward[start])} if start not in done else {}
        while way:
            place = next(reversed(way))
            step = next(way[place], None)
            if step is None:
                del way[place]
                done.add(place)
            elif step in way:
                return step
            elif step not in done:
                way[step] = iter(onward.get(step, ()))
    return None


def _words(place: Place) -> str:
    return "/".join(str(each) for each in place)[:100] or "its top"
