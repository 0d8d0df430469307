"""liboqs-python's own tests, unmodified, over the liboqs of pyoqs-wasm, in Pyodide.

The whole suite keeps two cores busy for a quarter of an hour, nearly all of it in a few slow families. By default every
KEM and signature algorithm is checked for correctness and each family for everything (the catalogue's effort "standard");
KERIWASM_FULL=1 runs all that can run at all. What is left out is printed with its reason.
"""

from __future__ import annotations

import os

from suites import judge

EFFORT = "full" if os.environ.get("KERIWASM_FULL") == "1" else "standard"
PARTS = 2
"""Processes that share the cases: the machines that this runs on have two cores."""


def correct(results: list[dict], module: str) -> int:
    """How many algorithms were found correct."""
    start = f"{module}.test_correctness["
    return len([one for one in results if one["id"].startswith(start) and one["outcome"] == "passed"])


def test_kems(pyodide, count):
    assert correct(judge(pyodide, "liboqs-kem", count, effort=EFFORT, parts=PARTS), "test_kem") == 29


def test_signatures(pyodide, count):
    assert correct(judge(pyodide, "liboqs-sig", count, effort=EFFORT, parts=PARTS), "test_sig") == 221


def test_stateful_signatures(pyodide, count):
    results = judge(pyodide, "liboqs-stateful", count, effort=EFFORT, parts=PARTS)
    assert len([one for one in results if one["outcome"] == "passed"]) >= (100 if EFFORT == "full" else 75)
    count("    LMS is verify-only in this liboqs; its own suite leaves it out")
