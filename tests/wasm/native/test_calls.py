"""`wasm_calls` gives what ctypes with the guard gives, argument for argument, and refuses what that refuses."""

from __future__ import annotations

import pytest
from vendoring.build.compiler import Compiler

ECHO = """
int echo(int low, long long high, long long *out) { out[0] = (unsigned)low; out[1] = high; return low; }
"""


@pytest.fixture(scope="module")
def told(pyodide, toolchain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("echo")
    (folder / "echo.c").write_text(ECHO)
    compiler = Compiler(toolchain, folder)
    (folder / "libecho.so").write_bytes(compiler.link(compiler.objects({"echo.c": []}), exports=["echo"]))
    return pyodide.run("call_cases.py", {"library": "/echo/libecho.so"}, mounts={"/echo": folder})


def test_both_ways_agree(told, count):
    """Values, addresses, refusals and their words."""
    assert told["different"] == []
    assert 200 < told["refused"] < told["count"] - 200, "a fair part of both"
    count(f"wasm_calls: {told['count']} calls as ctypes makes them, {told['refused']} of them refused")


def test_every_function_of_the_libraries_has_a_caller(told):
    """A signature that is missing here costs only time, but it should be known."""
    assert told["signatures"] == told["shapes"]
    assert told["direct"] == [True, True, True]


def test_declared_results(told):
    assert told["results"] == [
        [True, -2], [True, 2**32 - 2], [True, 2**32 - 2], [False, True], [False, -12], [False, 2**32 - 2], [True, -2],
        [False, [-2, 3]], [True, -2],
    ]  # fmt: skip


def test_no_reference_is_left_behind(told):
    assert told["leaks"] == [0] * len(told["leaks"])
