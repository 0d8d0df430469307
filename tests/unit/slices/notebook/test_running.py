"""Cells run as in Jupyter: statements, then a last expression's value; tracebacks name the cell's own lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slices.notebook import running


class Doist:
    active = "doer"

    def __init__(self) -> None:
        self.woken: list[Any] = []

    def wake(self, doer: Any) -> None:
        self.woken.append(doer)


@contextmanager
def free() -> Iterator[None]:
    yield


def run(source: str, namespace: dict[str, Any] | None = None, guard: running.Guard = free, name: str = "<cell 1>") -> Any:
    """A cell's value, in a loop of its own."""

    async def whole() -> Any:
        steps = running.execute(source, {} if namespace is None else namespace, name, Doist(), guard)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value
            await asyncio.sleep(0)

    return asyncio.run(whole())


@pytest.mark.parametrize(("source", "value"), [
    ("1 + 1", 2),
    ("x = 2\nx * 3", 6),
    ("x = 2", running.SILENT),
    ("1 + 1;", running.SILENT),
    ("'ä;'  # no semicolon ends it", "ä;"),
    ("", running.SILENT),
    ("# nothing", running.SILENT),
    ("None", None),
    ("import asyncio\nawait asyncio.sleep(0, 'slept')", "slept"),
    ("import asyncio\nx = await asyncio.sleep(0, 4)\nx + 1", 5),
    ("async def f():\n    return 7\nawait f()", 7),
])  # fmt: skip
def test_the_last_expression_is_the_value(source: str, value: Any) -> None:
    assert run(source) == value


def test_names_stay() -> None:
    namespace: dict[str, Any] = {}
    run("def f(): return 41", namespace)
    assert run("f() + 1", namespace) == 42


def test_a_coroutine_that_is_only_made_is_a_value() -> None:
    made = run("async def f():\n    return 7\nf()")
    assert asyncio.iscoroutine(made)
    made.close()


def failed(source: str, name: str) -> list[str]:
    with pytest.raises(BaseException) as caught:
        run(source, name=name)
    return running.failure(caught.value)


def test_a_traceback_begins_at_the_cell_and_shows_its_line() -> None:
    lines = failed("def f():\n    raise ValueError('why')\nf()", "<cell 7>")
    assert lines[0].startswith("Traceback")
    assert '  File "<cell 7>", line 3, in <module>' in lines[1]
    assert "    raise ValueError('why')" in lines
    assert lines[-1] == "ValueError: why"
    assert not any("running.py" in line for line in lines)


def test_a_cause_is_told_as_well() -> None:
    lines = failed("try:\n    1 / 0\nexcept ZeroDivisionError as ex:\n    raise KeyError('k') from ex", "<cell 8>")
    text = "\n".join(lines)
    assert "ZeroDivisionError" in text and "KeyError: 'k'" in text and "running.py" not in text


def test_a_syntax_error_points_at_its_place() -> None:
    lines = failed("x = (1,\ny = 2", "<cell 9>")
    text = "\n".join(lines)
    assert 'File "<cell 9>"' in text and "SyntaxError" in text and "running.py" not in text


def test_each_step_is_guarded_and_nothing_between() -> None:
    inside, seen = [False], []

    @contextmanager
    def guard() -> Iterator[None]:
        inside[0] = True
        try:
            yield
        finally:
            inside[0] = False

    namespace = {"look": lambda: seen.append(inside[0])}
    run("import asyncio\nlook()\nawait asyncio.sleep(0.01)\nlook()\nawait asyncio.sleep(0)\nlook()", namespace, guard)
    assert seen == [True, True, True] and inside == [False]


def test_closing_cancels_what_is_awaited() -> None:
    async def whole() -> str:
        namespace: dict[str, Any] = {"told": []}
        source = "import asyncio\ntry:\n    await asyncio.sleep(60)\nfinally:\n    told.append('cancelled')"
        steps = running.execute(source, namespace, "<cell 1>", Doist(), free)
        next(steps)
        await asyncio.sleep(0)
        steps.close()
        await asyncio.sleep(0.01)
        return namespace["told"][0]

    assert asyncio.run(whole()) == "cancelled"
