"""The JavaScript doors and hosts carry JSDoc types; TypeScript checks them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_types() -> None:
    """No type error in what jsconfig.json includes."""
    compiler = ROOT / "tests" / "node_modules" / ".bin" / "tsc"
    assert compiler.exists(), "run `python test.py unit`: it brings TypeScript"
    result = subprocess.run([compiler, "-p", ROOT / "jsconfig.json"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
