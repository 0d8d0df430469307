"""blake3's own tests and vectors, over its C implementation on wasm SIMD, in Pyodide."""

from __future__ import annotations

import json

from suites import judge


def test_own_suite(pyodide, sdists, count):
    judge(pyodide, "blake3", count)
    vectors = json.loads((sdists("blake3") / "tests" / "test_vectors.json").read_text())["cases"]
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
