"""keriwasm.imports.quick_dataclasses.astuple against the standard library's: same results, same errors, same independence."""

from __future__ import annotations

import dataclasses
import gc
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keri.core import coring, counting, indexing
from keriwasm.imports.quick_dataclasses import astuple, getters, living, standard


@dataclasses.dataclass
class Two:
    one: Any = 1
    two: Any = "two"


@dataclasses.dataclass(frozen=True)
class One:
    one: Any = 1


@dataclasses.dataclass
class Nothing:
    pass


@dataclasses.dataclass(slots=True)
class Derived(Two):
    three: Any = None


class Pair(NamedTuple):
    left: Any
    right: Any


class Text(str):
    pass


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.builds(Text)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=2), st.builds(Two, inner, inner),
        st.builds(One, inner), st.builds(Pair, inner, inner),
    ),
    max_leaves=6,
)  # fmt: skip


def shape(value: Any) -> Any:
    """A value with its types, so that a tuple is no list and a subclass is not its base."""
    if isinstance(value, list | tuple):
        return type(value), [shape(each) for each in value]
    if isinstance(value, dict):
        return type(value), {key: shape(each) for key, each in value.items()}
    return type(value), value


@given(st.one_of(st.builds(Two, VALUES, VALUES), st.builds(Derived, VALUES, VALUES, VALUES), st.builds(One, VALUES)))
def test_same_results(instance: Any) -> None:
    assert shape(astuple(instance)) == shape(standard(instance))
    assert shape(astuple(instance, tuple_factory=list)) == shape(standard(instance, tuple_factory=list))


@pytest.mark.parametrize("codex", [coring.MtrDex, coring.DigDex, counting.CtrDex_1_0, counting.CtrDex_2_0, indexing.IdrDex])
def test_the_code_tables_of_keripy(codex: Any) -> None:
    assert astuple(codex) == standard(codex) == tuple(codex)
    assert len(astuple(codex)) > 3


def test_a_changed_instance_gives_its_new_values() -> None:
    instance = Two()
    assert astuple(instance) == (1, "two")
    instance.two = [1]
    copy = astuple(instance)
    instance.two.append(2)
    assert copy == (1, [1]) and astuple(instance) == (1, [1, 2])


@pytest.mark.parametrize("wrong", [Two, 1, None, (1, 2)])
def test_same_errors(wrong: Any) -> None:
    for function in (standard, astuple):
        with pytest.raises(TypeError, match="dataclass instance"):
            function(wrong)
    assert astuple(Nothing()) == standard(Nothing()) == ()


def test_a_class_that_is_gone_is_forgotten_before_another_one_has_its_id() -> None:
    for number in range(50):
        names = [f"field{number}", "other"]
        made = dataclasses.make_dataclass("Passing", names)
        assert astuple(made(number, 2)) == (number, 2)
        key = id(made)
        assert key in getters and key in living
        del made
        gc.collect()
        assert key not in getters and key not in living
