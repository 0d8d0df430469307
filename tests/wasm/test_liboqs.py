"""liboqs-python's own tests, unmodified, over the liboqs of pyoqs-wasm, in Pyodide.

The whole suite is some 1,500 checks and takes a core for half an hour, nearly all of it in a few algorithms. Two runs
of it, side by side, check every algorithm once for correctness, and the slow ones not again with a wrong message,
signature and key. With KERIWASM_FULL=1 everything runs that can.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from suites import judge

FULL = os.environ.get("KERIWASM_FULL") == "1"

def test_own_suite(pyodide, sdists, count):
    root = sdists("liboqs-python")

    def part(modules: list[str]) -> list:
        args = {"prepare": ["oqs"], "modules": modules, "excluded": {}}
        return pyodide.run("suite.py", args, mounts={"/sdist": root}, path=["/sdist/tests"], timeout=7200)

    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(part, [["test_kem", "test_install"], ["test_sig"]])
        cases = [case for cases in parts for case in cases]
    import json
    open("/tmp/aw/oqs_cases.json","w").write(json.dumps(cases))
    judge("liboqs-python 0.16.0.1 over liboqs 0.15.0", cases, count, at_least=1)
