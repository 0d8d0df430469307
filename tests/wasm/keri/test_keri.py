"""keripy in Pyodide: its own published tests, and our scenarios (tests/keri), run by pytest inside Pyodide."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import folder
from conftest import ROOT


def run(pyodide: Any, target: Path, count: Any, name: str) -> Counter[str]:
    """Counts by outcome; fails with the message of each test that did not pass."""
    root, inside = folder.place(target)
    args = {"root": folder.INSIDE, "target": inside, "options": ["-q"]}
    found = pyodide.run("folder.py", args, wheels=folder.wheels_for_tests(), mounts={folder.INSIDE: root})
    bad = [f"{case['id']}: {case['outcome']}\n{case['message']}" for case in found["cases"] if case["outcome"] != "passed"]
    assert not bad, "\n\n".join(bad)
    assert found["status"] == 0
    count(f"{name}: {found['counts']['passed']} passed in Pyodide ({sum(case['seconds'] for case in found['cases']):.0f} s)")
    return Counter(found["counts"])


def test_own_suite(pyodide: Any, sdists: Any, count: Any) -> None:
    assert run(pyodide, sdists("keri") / "tests", count, "keri 1.3.6, the tests in its sdist")["passed"] >= 10


def test_scenarios(pyodide: Any, count: Any) -> None:
    assert run(pyodide, ROOT / "tests" / "keri", count, "our scenarios of keripy")["passed"] >= 50


def test_the_command_tells_what_failed(tmp_path: Path) -> None:
    """`python test.py wasm --tests DIR` ends with pytest's status; what a package imports of itself is found."""
    package = tmp_path / "checkout" / "tests" / "deep"
    package.mkdir(parents=True)
    (tmp_path / "checkout" / "setup.py").write_text("")
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text("SIZE = 3\n")
    (package / "test_it.py").write_text(
        "import sys\nfrom tests.deep import SIZE\nimport keri, lmdb\n\n"
        "def test_good():\n    assert SIZE == 3 and sys.platform == 'emscripten'\n\n"
        "def test_bad():\n    assert keri.__version__ == 'another'\n"
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "wasm" / "folder.py"), str(package), "-q"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "1 failed, 1 passed" in done.stdout and "another" in done.stdout
