"""The tests of a suite as unittest cases by id: unittest classes, plain test functions, and nose's yielded checks.

pytest-style functions need no pytest here: they take no fixtures in any of these suites, so each becomes a
`unittest.FunctionTestCase`. A function with parameters is refused, loudly: it would want a fixture.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import unittest
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slices.suites.catalogue import Suite


class NotCollected(Exception):
    """A suite's tests could not be found; the message says why."""


def collect(suite: Suite) -> dict[str, unittest.TestCase]:
    """Import the test modules and find their tests: id ("test_kem.test_correctness[ML-KEM-768]") -> case, in order.

    Their folder must be on sys.path. Raises NotCollected, naming the module.
    """
    from keriwasm.imports import native

    for name in suite.prepare:
        getattr(native, name)()
    absent = [name for name in suite.missing if name not in sys.modules]
    sys.modules.update((name, types.ModuleType(name)) for name in absent)
    try:
        return _collect(suite)
    finally:
        for name in absent:  # others ask whether numpy was imported
            del sys.modules[name]


def _collect(suite: Suite) -> dict[str, unittest.TestCase]:
    cases: dict[str, unittest.TestCase] = {}
    for name in suite.modules:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what upstream's files were written with is not ours to correct
                module = importlib.import_module(name)
                found = list(of_module(module))
        except Exception as ex:
            raise NotCollected(f"{suite.name}: {name} could not be collected: {type(ex).__name__}: {ex}") from ex
        for id, case in found:
            if id in cases:
                raise NotCollected(f"{suite.name}: two tests have the id {id}")
            cases[id] = case
    return cases


def of_module(module: types.ModuleType) -> Iterator[tuple[str, unittest.TestCase]]:
    """(id, case) of every test of a module: functions in their order, then classes."""
    for name, function in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        wanted = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        if wanted:
            raise NotCollected(f"{name} wants the fixture {wanted[0].name}, and there is no pytest here")
        if inspect.isgeneratorfunction(function):
            for check, *args in function():
                yield f"{module.__name__}.{name}[{','.join(map(str, args))}]", unittest.FunctionTestCase(bound(check, args))
        else:
            yield f"{module.__name__}.{name}", unittest.FunctionTestCase(function)
    for case in flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
        yield case.id(), case


def bound(check: Callable[..., object], args: list[object]) -> Callable[[], object]:
    """A check with its arguments, under its own name: unittest wants one, which a partial has not."""

    @wraps(check)
    def call() -> object:
        return check(*args)

    return call


def flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """The cases of a suite of suites. Raises NotCollected for one that unittest could not load."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flat(item)
        elif isinstance(item, unittest.loader._FailedTest):
            raise NotCollected(str(item._exception))
        else:
            yield item
