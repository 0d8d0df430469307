"""py-lmdb's own tests, unmodified, over our lmdb, in Pyodide."""

from __future__ import annotations

from suites import judge


def test_own_suite(pyodide, count):
    results = judge(pyodide, "lmdb", count)
    assert len([result for result in results if result["outcome"] == "passed"]) >= 170
