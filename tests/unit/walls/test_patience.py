"""No test bounds real time from above: a busy machine makes it wrong. What must be quick is benched, what must end has a minute.

A cadence is tested by `doistkit`'s clock. Found are bounds on what a test has read from a clock itself, by names within one function:
not what a helper measured and returned, nor counts that only a quick machine reaches.
"""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
CLOCKS = {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "time"}
MINUTE = 60
FILES = sorted(
    path for path in TESTS.rglob("*.py")
    if not {"node_modules", "bench", ".work"} & set(path.relative_to(TESTS).parts)
)  # fmt: skip


def reads(node: ast.AST, known: set[str]) -> bool:
    """Whether an expression reads a clock, or a name that holds such a reading."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in known:
            return True
        called = each.func if isinstance(each, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in CLOCKS and getattr(called.value, "id", "") == "time":
            return True
    return False


def readings(function: ast.AST) -> set[str]:
    """Names of differences of clock readings, and of lists of readings: what a bound could be set to."""
    known: set[str] = set()
    while True:
        before = len(known)
        for each in ast.walk(function):
            value, names = None, []
            if isinstance(each, ast.Assign):
                value, names = each.value, [target for whole in each.targets for target in ast.walk(whole)]
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "append" and each.args:
                value, names = each.args[0], [each.func.value]
            elif isinstance(each, ast.comprehension):
                value, names = each.iter, list(ast.walk(each.target))
            if value is not None and reads(value, known):
                known |= {name.id for name in names if isinstance(name, ast.Name)}
        if len(known) == before:
            return known


def bounded(source: str) -> list[int]:
    """Lines with an assertion that real time is less than a number below a minute."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        known = readings(function)
        for check in ast.walk(function):
            if not isinstance(check, ast.Assert):
                continue
            for each in ast.walk(check.test):
                if not isinstance(each, ast.Compare):
                    continue
                sides = [each.left, *each.comparators]
                for at, sign in enumerate(each.ops):
                    small, large = sides[at : at + 2] if isinstance(sign, ast.Lt | ast.LtE) else sides[at : at + 2][::-1]
                    bound = large.value if isinstance(large, ast.Constant) else None
                    if isinstance(sign, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and isinstance(bound, int | float) and bound < MINUTE:
                        found += [check.lineno] * reads(small, known)
    return sorted(set(found))


def test_no_assertion_bounds_real_time() -> None:
    assert {path: lines for path in FILES if (lines := bounded(path.read_text()))} == {}


def limits(source: str) -> list[int]:
    """Lines with `timeout=` of seconds below a minute: what a kit or a command waits for before it calls it a hang."""
    return [
        each.lineno for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Call) for word in each.keywords
        if word.arg == "timeout" and isinstance(word.value, ast.Constant) and 1 < (word.value.value or MINUTE) < MINUTE
    ]  # fmt: skip


def test_what_waits_for_a_hang_has_a_minute() -> None:
    assert {path: lines for path in FILES if (lines := limits(path.read_text()))} == {}


def test_the_wall_sees_what_it_is_for() -> None:
    def found(*lines: str) -> list[int]:
        return bounded("def test():\n" + "\n".join(f"    {line}" for line in lines))

    assert found("begun = time.perf_counter()", "assert time.perf_counter() - begun < 2") == [3]
    assert found("late.append(time.monotonic() - then)", "assert sorted(late)[5] < 0.02") == [3]
    assert found("asked = [time.time()]", "gaps = [b - a for a, b in asked]", "assert all(gap < 0.2 for gap in gaps)") == [4]
    assert found("took = time.time() - begun", "assert 5 > took") == [3]
    assert found("took = time.time() - begun", "assert took > 5", "assert took < 60", "assert count < 5") == []
    assert limits("run(command, timeout=20)\nrun(command, timeout=60)\nrun(command)") == [1]
