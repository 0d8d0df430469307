"""JSON that is nested too deep is refused before json.loads recurses: in wasm that would end the runtime."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keriwasm.fields import MAX_DEPTH, _too_deep

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


@given(VALUES, st.integers(0, 3), st.booleans())
def test_what_is_shallow_passes_whatever_its_strings_hold(value, wrap, ascii):
    for _ in range(wrap):
        value = [value]
    if depth(value) <= MAX_DEPTH:
        assert not _too_deep(json.dumps([value] * 20, ensure_ascii=ascii).encode())


@given(VALUES, st.integers(2 * MAX_DEPTH + 1, 3000), st.booleans())
def test_what_is_deep_does_not(value, levels, objects):
    opened, closed = ('{"a":', "}") if objects else ("[1,", "]")
    assert _too_deep((opened * levels + json.dumps(value) + closed * levels).encode())


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "[{" * 70, '["' + "\\" * 8 + '",' + "[" * 100, '"\\\\"' + "[" * 100]
)
def test_broken_and_deep(body):
    assert _too_deep(body.encode())


@pytest.mark.parametrize("body", ["", "]" * 1000, '"' + "[" * 1000 + '"', '["\\"' + "[" * 1000 + '"]', "[]" * 1000])
def test_brackets_that_are_no_nesting(body):
    assert not _too_deep(body.encode())


@pytest.mark.parametrize("unit", [b"[]", b"[", b'"', b"\\", b'{"a":[1]},', b"]["])
def test_large_bodies_are_judged_in_linear_time(unit):
    body = unit * ((8 << 20) // len(unit))
    started = time.perf_counter()
    _too_deep(body)
    assert time.perf_counter() - started < 60  # it takes a tenth of a second; a quadratic way would take hours
