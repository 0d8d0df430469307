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


def test_lines_are_not_long() -> None:
    """120 columns, as in Python: what is longer holds two thoughts."""
    paths = [path for room in ("router", "workers", "static/page", "static/notebook") for path in (ROOT / room).rglob("*.[jt]s")]
    paths += [ROOT / "service-worker.js"]
    assert len(paths) > 30
    lines = [(path, number, line) for path in paths for number, line in enumerate(path.read_text().split("\n"), 1)]
    assert not [f"{path.relative_to(ROOT)}:{number}" for path, number, line in lines if len(line) > 120]
    sizes = {path.relative_to(ROOT).as_posix(): len(path.read_text().split("\n")) for path in paths}
    assert not {path: size for path, size in sizes.items() if size > 450}
