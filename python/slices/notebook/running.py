"""Running a cell: its statements, then its last expression for its value, with `await` at the top as in Jupyter.

    value = yield from execute("1 + 1", namespace, "<cell 1>", doist)

is hio's way of waiting for what the cell awaits; a cell without `await` runs to its end in one step.
"""

from __future__ import annotations

import ast
import asyncio
import collections.abc
import inspect
import linecache
import traceback
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from types import CodeType
from typing import Any

from keriwasm.runtime.scheduling import WAIT

Guard = Callable[[], AbstractContextManager[None]]

__all__ = ["SILENT", "called", "execute", "failure", "pieces"]

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
SILENT = object()
"""The value of a cell that has none: its last statement is no expression, or ends in a semicolon."""


def pieces(source: str, name: str) -> tuple[CodeType | None, CodeType | None]:
    """(its statements, its last expression), compiled; None where there is none. Raises SyntaxError, ValueError."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = compile(source, name, "exec", ast.PyCF_ONLY_AST | FLAGS)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _hushed(source, tree.body[-1]):
        final = tree.body.pop()
        last = compile(ast.Expression(final.value), name, "eval", FLAGS)
    return compile(tree, name, "exec", FLAGS) if tree.body else None, last


def _hushed(source: str, last: ast.Expr) -> bool:
    """Whether a semicolon stands behind the last expression."""
    lines = source.splitlines()[last.end_lineno - 1 :]  # type: ignore[operator]
    lines[0] = lines[0].encode()[last.end_col_offset :].decode()
    return "\n".join(lines).lstrip().startswith(";")


class Steps(collections.abc.Coroutine[Any, Any, Any]):
    """A coroutine each of whose steps may be interrupted, and nothing between them."""

    def __init__(self, coroutine: Any, guard: Guard) -> None:
        self.coroutine, self.guard = coroutine, guard

    def __await__(self) -> Any:
        raise TypeError("it is run as a task")

    def send(self, value: Any) -> Any:
        with self.guard():
            return self.coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        with self.guard():
            return self.coroutine.throw(*error)

    def close(self) -> None:
        self.coroutine.close()


def execute(source: str, namespace: dict[str, Any], name: str, doist: Any, guard: Guard) -> Generator[Any, Any, Any]:
    """Run a cell; its value or SILENT. Raises what it raises; closing the generator cancels what it awaits.

    guard: what the cell's code runs within, each step of it: there it may be interrupted.
    """
    statements, last = pieces(source, name)
    if statements is not None:
        yield from _ran(statements, namespace, doist, guard)
    return SILENT if last is None else (yield from _ran(last, namespace, doist, guard))


def _ran(code: CodeType, namespace: dict[str, Any], doist: Any, guard: Guard) -> Generator[Any, Any, Any]:
    """What code gives; when it awaits at its top that is waited for."""
    with guard():
        value = eval(code, namespace)
    return (yield from _awaited(value, doist, guard)) if code.co_flags & inspect.CO_COROUTINE else value


def called(function: Callable[[], Any], doist: Any, guard: Guard) -> Generator[Any, Any, Any]:
    """What a function gives; of one that is `async` what it gives in the end. Raises what it raises."""
    with guard():
        value = function()
    return (yield from _awaited(value, doist, guard)) if inspect.iscoroutine(value) else value


def _awaited(value: Any, doist: Any, guard: Guard) -> Generator[Any, Any, Any]:
    doer = doist.active
    task = asyncio.ensure_future(Steps(value, guard))
    task.add_done_callback(lambda _: doist.wake(doer))
    try:
        while not task.done():
            yield WAIT
    finally:
        task.cancel()
    return task.result()


def failure(ex: BaseException) -> list[str]:
    """The lines of a traceback, from the cell's own line on."""
    told = traceback.TracebackException(type(ex), ex, ex.__traceback__, compact=True)
    seen: set[int] = set()
    inner: traceback.TracebackException | None = told
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        own = next((n for n, frame in enumerate(inner.stack) if frame.filename.startswith("<cell")), len(inner.stack))
        if own or isinstance(ex, SyntaxError):
            inner.stack = traceback.StackSummary.from_list(list(inner.stack)[own:])
        inner = inner.__cause__ or inner.__context__
    return "".join(told.format()).splitlines()
