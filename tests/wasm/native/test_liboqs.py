"""liboqs-python's own tests, unmodified, over the liboqs of pyoqs-wasm, in Pyodide.

The whole suite keeps two cores busy for a quarter of an hour, nearly all of it in a few slow families. In the plain run
every algorithm is checked for correctness (of SLH-DSA with a hash before it, every hash and every parameter set, not each
pair), and the quick ones for everything; the long tests run the catalogue's effort "standard", with KERIWASM_FULL=1 all that
can run at all. What is left out is printed with its reason.
"""

from __future__ import annotations

import os

import pytest
from suites import judge

EFFORT = "full" if os.environ.get("KERIWASM_FULL") == "1" else "standard"
PARTS = 2
"""Processes that share the cases: the machines that this runs on have two cores."""

SAMPLED = pytest.mark.parametrize("sample", [
    pytest.param(True, id="sample"), pytest.param(False, id="whole", marks=pytest.mark.long),
])  # fmt: skip


def correct(results: list[dict], module: str) -> int:
    """How many algorithms were found correct."""
    start = f"{module}.test_correctness["
    return len([one for one in results if one["id"].startswith(start) and one["outcome"] == "passed"])


@SAMPLED
def test_kems(pyodide, count, sample):
    assert correct(judge(pyodide, "liboqs-kem", count, effort=EFFORT, sample=sample, parts=PARTS), "test_kem") == 29


@SAMPLED
def test_signatures(pyodide, count, sample):
    results = judge(pyodide, "liboqs-sig", count, effort=EFFORT, sample=sample, parts=PARTS)
    assert correct(results, "test_sig") == (89 if sample else 221)


@SAMPLED
def test_stateful_signatures(pyodide, count, sample):
    results = judge(pyodide, "liboqs-stateful", count, effort=EFFORT, sample=sample, parts=PARTS)
    passed = len([one for one in results if one["outcome"] == "passed"])
    assert passed >= (40 if sample else 100 if EFFORT == "full" else 75)
    count("    LMS is verify-only in this liboqs; its own suite leaves it out")
