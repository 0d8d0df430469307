"""Random histories in the style of keripy and hio: many small transactions of their own methods, on one to three databases, which
are emptied and filled again, walked while they are changed, with readers held open and environments closed and opened."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from keridb.kit import TARGETS, Target
from keridb.side import Side

DELETING = ("rem", "remOn", "trim", "pin", "pop", "del", "set")
"""How the methods' names begin that delete: they are drawn as often as all others together."""

History = tuple[list[str], list[tuple[Any, ...]]]


def calls(target: Target) -> st.SearchStrategy[tuple[Any, ...]]:
    """(target, method, arguments) of any method, of those that delete more often."""

    def of(methods: list[str]) -> st.SearchStrategy[tuple[Any, ...]]:
        return st.sampled_from(methods).flatmap(
            lambda method: st.tuples(st.just(target.name), st.just(method), target.arguments(method))
        )

    deleting = [method for method in target.methods if method.startswith(DELETING)]
    return st.one_of(of(target.methods), of(deleting)) if deleting else of(target.methods)


def walks(target: Target) -> st.SearchStrategy[tuple[Any, ...]]:
    """(target, method, arguments) of a method that gives an iterator; without its optional arguments it walks over all."""
    methods = [method for method in target.methods if "Iter" in method]
    return st.sampled_from(methods).flatmap(
        lambda method: st.tuples(st.just(target.name), st.just(method), st.one_of(st.just({}), target.arguments(method)))
    )


def operations(names: list[str]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Operations of `keridbside.Side` on these databases."""
    targets = [TARGETS[name] for name in names]
    call = st.one_of([calls(target) for target in targets]).map(lambda found: ("call", *found))
    walk = st.one_of([walks(target) for target in targets])
    fill = st.sampled_from(names).map(lambda name: ("fill", name))
    empty = st.sampled_from(names).map(lambda name: ("empty", name))
    changes = st.lists(st.one_of(st.just(("remove",)), st.just(("remove",)), call), min_size=1, max_size=3)
    return st.one_of(
        call,
        call,
        call,
        fill,
        empty,
        st.tuples(walk, changes).map(lambda drawn: ("loop", *drawn[0], drawn[1])),
        walk.map(lambda found: ("hold", *found)),
        st.tuples(st.just("step"), st.integers(0, 3), st.integers(1, 4)),
        st.one_of(st.tuples(st.just("drop"), st.integers(0, 3)), st.just(("reopen",))),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    names = draw(st.lists(st.sampled_from(sorted(TARGETS)), min_size=1, max_size=2, unique=True))
    before = draw(st.sampled_from([(), ("fill",), ("fill", "empty"), ("fill", "empty", "fill")]))
    begun = [(what, name) for what in before for name in names]
    return names, begun + draw(st.lists(operations(names), min_size=10, max_size=40))


def play(sides: list[Side], history: History) -> None:
    """Play it on both sides; every answer must be the same, and all that is stored in the end."""
    names, sequence = history
    for at, operation in enumerate(sequence):
        real, mine = (side.do(operation) for side in sides)
        assert mine == real, (at, operation)
    for name in names:
        real, mine = (side.do(("dump", name)) for side in sides)
        assert mine == real, name
