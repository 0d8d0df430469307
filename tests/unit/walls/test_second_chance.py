"""What test.py repeats, and what it does not: tests/secondchance.py under pytest itself."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

from tests import secondchance

ROOT = Path(__file__).resolve().parents[3]
TESTS = """
import subprocess, pytest
class NotInTime(AssertionError): pass
tried = []
FIRST = {
    "timeout": TimeoutError("the page was late"),
    "wait": NotInTime("not within 30 s: something"),
    "program": subprocess.TimeoutExpired("node", 3),
    "data": AssertionError("12 == 13"),
    "error": ValueError("no number"),
}
@pytest.mark.parametrize("what", FIRST)
def test_once(what):
    tried.append(what)
    if tried.count(what) == 1:
        a_value_that_explains = "the cause of " + what
        raise FIRST[what]

def test_an_assertion_about_data_that_a_timeout_led_to():
    tried.append("both")
    try:
        raise TimeoutError("late")
    except TimeoutError:
        assert tried.count("both") == 2, "keys were drawn twice"
"""


def test_only_what_the_machine_does_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "test_chances.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--showlocals", *secondchance.OPTIONS, str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "3 failed, 3 passed, 3 rerun" in done.stdout
    for name in ("test_once[data]", "test_once[error]", "test_an_assertion_about_data_that_a_timeout_led_to"):
        assert f"FAILED test_chances.py::{name}" in done.stdout
    first = done.stdout[done.stdout.index("what failed before it was repeated") :]
    for what in ("timeout", "wait", "program"):
        assert f"a_value_that_explains = 'the cause of {what}'" in first
    assert "REPEATED test_chances.py::test_once[wait]: test_chances.NotInTime: not within 30 s: something" in first


STANDING = """
import shutil, subprocess
from pathlib import Path
from tests import standstill
standstill.STANDSTILL_S = 1
tried = []

def test_stands_still(tmp_path):
    tried.append(1)
    if len(tried) == 1:
        browser = shutil.copy(shutil.which("sleep"), tmp_path / "chromium")
        subprocess.run([browser, "300"], check=True)  # killed: CalledProcessError
"""


def test_a_browser_that_stands_still_is_ended_and_its_test_repeated(tmp_path: Path) -> None:
    (tmp_path / "test_standing.py").write_text(STANDING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *secondchance.OPTIONS, str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 rerun" in done.stdout and "NotInTime: the browser stood still" in done.stdout


def test_every_browser_test_is_run() -> None:
    """As a first visit, as a returning one, or both."""
    command = runpy.run_path(str(ROOT / "test.py"))
    browser = ROOT / "tests" / "browser"
    named = [browser / name for name in (*command["FIRST_VISIT"], *command["RETURNING"])]
    assert all(path.exists() for path in named), named
    left = [path for path in browser.rglob("test_*.py") if not any(path == name or name in path.parents for name in named)]
    assert not left
