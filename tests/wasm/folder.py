"""Somebody's own folder of pytest tests in Pyodide under Node: `python test.py wasm --tests DIR [-- PYTEST OPTIONS]`.

The tests get what a pool worker has (the wheels of static/, keripy over our lmdb, pysodium over our libsodium) and what
keripy's tests import beside it. They see their own folder, as far up as it is one package, and nothing else of this
machine; they may write there. There is no network, no thread and no subprocess in Pyodide: tests that want one fail.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from conftest import Pyodide, locked_wheels
from vendoring import lock as locking
from vendoring import manifest as manifests
from vendoring import paths
from vendoring.fetch import Fetcher, FetchError

INSIDE = "/tests"


def wheels_for_tests() -> list[Path]:
    """A worker's wheels, then pytest and the rest of vendor.toml's [[test_wheel]]: fetched, or from the cache."""
    fetcher = Fetcher(locking.read(paths.LOCK))
    extra = manifests.read(paths.MANIFEST).test_wheel
    return [*locked_wheels(), *(fetcher.wheel(package.name, package.version) for package in extra)]


def place(target: Path) -> tuple[Path, str]:
    """The folder to mount for a folder (or file) of tests, and where the tests are in Pyodide.

    A package is mounted with what is above it, so that `from tests.app import ...` finds itself; with its checkout where
    that has a `src` or a pytest configuration.
    """
    root = target if target.is_dir() else target.parent
    while (root / "__init__.py").exists():
        root = root.parent
    if root == target and any((root.parent / name).exists() for name in ("pyproject.toml", "setup.cfg", "setup.py", "src")):
        root = root.parent
    below = target.relative_to(root).as_posix()
    return root, INSIDE if below == "." else f"{INSIDE}/{below}"


def job(pyodide: Pyodide, target: Path, options: list[str]) -> tuple[list[str], Path]:
    """The command that runs the tests and the file of its result (see programs/folder.py)."""
    root, inside = place(target)
    args = {"root": INSIDE, "target": inside, "options": options}
    return pyodide.command("folder.py", args, wheels=wheels_for_tests(), mounts={INSIDE: root})


def outcome(result: Path) -> dict[str, Any]:
    """What programs/folder.py found. Raises FileNotFoundError when Pyodide ended before it could tell."""
    return json.loads(result.read_text())


def main(arguments: list[str]) -> int:
    """Run the tests with their output as it comes; the exit status is pytest's."""
    target = Path(arguments[0]).expanduser().resolve()
    if not target.exists():
        print(f"test.py: there is no {target}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            command, result = job(Pyodide(locked_wheels(), Path(folder)), target, arguments[1:])
        except FetchError as error:
            print(f"test.py: what the tests need cannot be fetched: {error}", file=sys.stderr)
            return 2
        print(f"test.py: pytest over {target} in Pyodide under Node", flush=True)
        status = subprocess.run(command, check=False).returncode
        return outcome(result)["status"] if status == 0 and result.exists() else status or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
