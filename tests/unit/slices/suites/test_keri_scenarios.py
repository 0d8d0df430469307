"""Our scenarios of keripy (tests/keri) on CPython with the real lmdb: what Pyodide must show as well (tests/wasm/keri/test_keri.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def test_scenarios_on_cpython() -> None:
    # A process of its own whose path lacks python/, so that `lmdb` is the real one.
    command = [sys.executable, "-m", "pytest", "-q", "-o", "pythonpath=.", "tests/keri"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert "passed" in done.stdout
