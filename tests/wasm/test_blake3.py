"""blake3's own tests and vectors, over its C implementation on wasm SIMD, in Pyodide."""

from __future__ import annotations

import json

from suites import judge

EXCLUDED = [
    ("test_example_dot_py", "it starts a subprocess, which a browser has not"),
    ("test_reentrancy_deadlock", "it starts threads, which Pyodide has not"),
    ("test_strided_array_fails", "it needs numpy, which has no wasm wheel on PyPI (test_strided does the same by hand)"),
]


def test_own_suite(pyodide, sdists, count):
    tests = sdists("blake3") / "tests"
    args = {
        "prepare": ["blake3"], "modules": ["test_blake3"], "missing": ["numpy"], "excluded": EXCLUDED,
    }  # fmt: skip
    cases = pyodide.run("suite.py", args, mounts={"/sdist": tests}, path=["/sdist"])
    judge("blake3 1.0.11 (C implementation, SIMD)", cases, count, at_least=25)
    vectors = json.loads((tests / "test_vectors.json").read_text())["cases"]
    count(f"    its vectors: {len(vectors)} lengths, each hashed, keyed and key-derived, whole and in parts")


def test_strided(pyodide):
    """What numpy is for in the excluded test: a buffer with gaps is refused, not read across its gaps."""
    program = """
def main(args):
    from blake3 import blake3
    blake3(memoryview(b"abcd"))
    try:
        blake3(memoryview(b"abcd")[::2])
    except (BufferError, ValueError) as error:
        return str(type(error).__name__)
"""
    assert pyodide.run(program) in ("BufferError", "ValueError")
