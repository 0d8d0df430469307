"""What is nested too deep is refused before a parser recurses: in wasm that would end the runtime."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keriwasm.data.guarding import DEPTH, Bounds, Unfit, scan_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\[]{}:,\n\u00e9', max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='"\\[{a', max_size=4), inner, max_size=4)
    ),
    max_leaves=60,
)


def depth(value: object) -> int:
    match value:
        case list():
            return 1 + max(map(depth, value), default=0)
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
    return 0


def count(value: object) -> int:
    match value:
        case list():
            return 1 + sum(map(count, value))
        case dict():
            return 1 + sum(map(count, value.values()))
    return 1


def too_deep(body: bytes, most: int = DEPTH) -> bool:
    try:
        scan_json(body, Bounds(depth=most))
    except Unfit as ex:
        assert ex.code == "depth"
        return True
    return False


@given(VALUES, st.integers(0, 3), st.booleans(), st.integers(0, 8))
def test_the_depth_is_counted_exactly_whatever_strings_hold(value, wrap, ascii, most):
    for _ in range(wrap):
        value = [value]
    body = json.dumps([value] * 20, ensure_ascii=ascii).encode()
    assert too_deep(body, most) == (1 + depth(value) > most)


@given(VALUES)
def test_values_are_never_counted_low(value):
    body = json.dumps(value).encode()
    scan_json(body, Bounds(values=2 * count(value) + 1))  # an empty list may count for two
    if count(value) > 1:
        with pytest.raises(Unfit, match="values"):
            scan_json(body, Bounds(values=count(value) - 1))


@given(VALUES, st.integers(DEPTH + 1, 3000), st.booleans())
def test_what_is_deep_does_not_pass(value, levels, objects):
    opened, closed = ('{"a":', "}") if objects else ("[1,", "]")
    assert too_deep((opened * levels + json.dumps(value) + closed * levels).encode())


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "[{" * 70, '["' + "\\" * 8 + '",' + "[" * 100, '"\\\\"' + "[" * 100]
)
def test_broken_and_deep(body):
    assert too_deep(body.encode())


def test_the_place_is_the_bracket_that_is_one_too_many():
    with pytest.raises(Unfit, match="at byte 74: 64 levels"):
        scan_json(b'["[[\\"",' + b"[]," + b"[" * 63 + b"[" + b"x" * 10)
    with pytest.raises(Unfit, match="at byte 4: 2 levels"):
        scan_json(b"[[1,[", Bounds(depth=2))


@pytest.mark.parametrize("body", ["", "]" * 1000, '"' + "[" * 1000 + '"', '["\\"' + "[" * 1000 + '"]', "[]" * 1000])
def test_brackets_that_are_no_nesting(body):
    assert not too_deep(body.encode())


@pytest.mark.parametrize("unit", [b"[]", b"[", b'"', b"\\", b'{"a":[1]},', b"][", b'\\"', b'"\\'])
def test_large_bodies_are_judged_in_linear_time(unit):
    body = unit * ((8 << 20) // len(unit))
    started = time.perf_counter()
    try:
        scan_json(body)
    except Unfit:
        pass
    assert time.perf_counter() - started < 60  # it takes a tenth of a second; a quadratic way would take hours
