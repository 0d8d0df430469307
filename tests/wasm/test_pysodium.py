"""pysodium's own tests, unmodified, over our libsodium, in Pyodide."""

from __future__ import annotations

from suites import judge


def test_own_suite(pyodide, sdists, count):
    root = sdists("pysodium")
    args = {"prepare": ["pysodium"], "modules": ["test_pysodium"]}
    cases = pyodide.run("suite.py", args, mounts={"/sdist": root / "test"}, path=["/sdist"])
    judge("pysodium 0.7.19 over libsodium 1.0.22", cases, count, at_least=72)
