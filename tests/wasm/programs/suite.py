"""Runs a package's own tests inside Pyodide: unittest classes, plain test functions, and nose's yielded checks."""

import importlib
import inspect
import re
import time
import traceback
import unittest


def _reason(name, excluded):
    """Why a case is left out, or None. ``excluded`` is a list of (regular expression, reason)."""
    return next((reason for pattern, reason in excluded if re.match(pattern, name)), None)


class Suite:
    """Collects outcomes as dictionaries: id, outcome (passed, failed, excluded), seconds, message.

    ``share`` (number, of): run only each of-th case, beginning with the number-th: processes can share a suite.
    """

    def __init__(self, excluded, share=(0, 1)):
        self.excluded = excluded
        self.share = share
        self.module = ""
        self.turn = 0
        self.cases = []

    def case(self, name, call, *args):
        """Run one test, record how it went."""
        number, of = self.share
        if (reason := _reason(name, self.excluded)) is None:
            # Turns are taken among what runs, so that each process gets its share of the slow ones.
            self.turn += 1
            if self.turn % of != number:
                return
        elif number != 0:
            return
        name = f"{self.module}.{name}"
        if reason is not None:
            self.cases.append({"id": name, "outcome": "excluded", "seconds": 0, "message": reason})
            return
        start = time.perf_counter()
        try:
            call(*args)
        except unittest.SkipTest as skip:
            outcome, message = "excluded", f"skipped by its author: {skip}"
        except Exception:
            outcome, message = "failed", traceback.format_exc()[-2000:]
        else:
            outcome, message = "passed", ""
        seconds = round(time.perf_counter() - start, 4)
        self.cases.append({"id": name, "outcome": outcome, "seconds": seconds, "message": message})

    def functions(self, module):
        """Every `test_*` function of a module, in its order; one that is a generator yields (check, *arguments), as nose has it."""
        for name, function in vars(module).items():
            if not name.startswith("test_") or not inspect.isfunction(function):
                continue
            if inspect.isgeneratorfunction(function):
                for check, *args in function():
                    self.case(f"{name}[{','.join(map(str, args))}]", check, *args)
            else:
                self.case(name, function)

    def classes(self, module):
        """Every unittest case of a module."""
        for test in _flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
            self.case(test.id().removeprefix(f"{module.__name__}."), _run_unittest, test)


def _flat(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _flat(item)
        else:
            yield item


def _run_unittest(test):
    result = unittest.TestResult()
    test.run(result)
    if result.skipped:
        raise unittest.SkipTest(result.skipped[0][1])
    for _, text in result.errors + result.failures + [(s, "unexpected success") for s in result.unexpectedSuccesses]:
        raise AssertionError(text)


def main(args):
    """``args``: modules (of the package's tests), prepare (names of native libraries), excluded, share, missing."""
    from keriwasm import native

    for name in args["prepare"]:
        getattr(native, name)()
    for module in args.get("missing", []):
        # The test file imports it at its top; the tests that use it are excluded, with that as the reason.
        import sys
        import types

        sys.modules[module] = types.ModuleType(module)
    suite = Suite(args.get("excluded", []), args.get("share", (0, 1)))
    for name in args["modules"]:
        module = importlib.import_module(name)
        suite.module = name
        suite.functions(module)
        suite.classes(module)
    return suite.cases
