"""`python3 python/keriwasm/server/setup.py`: brings what the server runs on into `.server` of this checkout, and nothing anywhere else.

A Python 3.12 or newer (this machine's, or on Debian 12 Debian 13's, unpacked) and the packages that pyproject.toml pins under `server`.
Afterwards `.server/keriwasm` is `python -m keriwasm.server`. Any Python from 3.11 runs this; it needs `venv` (Debian: python3-venv).
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PLACE = ROOT / ".server"
PINS = ROOT / "pyproject.toml"
STARTER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH={source}:$here/site exec {python} -m keriwasm.server "$@"
"""


def requirements() -> list[str]:
    """What pyproject.toml pins under `server`."""
    return tomllib.loads(PINS.read_text())["project"]["optional-dependencies"]["server"]


def key() -> str:
    """Changes with what would be brought."""
    return hashlib.sha256("\n".join([*requirements(), Path(__file__).read_text()]).encode()).hexdigest()


def bring(place: Path) -> None:
    """Fill a folder. Raises OSError, subprocess.CalledProcessError, vendoring's Unavailable and ToolchainUnavailable."""
    venv.create(place / "pip", with_pip=True)
    pip = place / "pip" / "bin" / "python"
    # Debian 12's pip does not run under a Python newer than its own.
    subprocess.run([pip, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pip>=24"], check=True)
    # In a process of its own, whose pip that is.
    subprocess.run([pip, __file__, "--bring", place], check=True)
    shutil.rmtree(place / "pip")


def brought(place: Path) -> None:
    """The part of `bring` that needs pip."""
    sys.path.insert(0, str(ROOT / "wheels"))
    from vendoring import newer_python

    newer_python.install(place, newer_python.provide(place), requirements())


def start(place: Path) -> None:
    """Write the starter; the folder stands where it is to stay."""
    lent = place / "python"
    python = lent.read_text() if lent.exists() else "$here/debian/usr/bin/python3"
    starter = place / "keriwasm"
    starter.write_text(STARTER.format(source=ROOT / "python", python=python))
    starter.chmod(0o755)
    (place / "key").write_text(key())


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    told = argparse.ArgumentParser(description="Bring what the server runs on.", allow_abbrev=False)
    told.add_argument("--place", type=Path, default=PLACE, help="folder to fill (%(default)s)")
    told.add_argument("--bring", type=Path, help=argparse.SUPPRESS)
    given = told.parse_args(arguments)
    if given.bring:
        brought(given.bring)
        return 0
    place = given.place.absolute()
    kept = place / "key"
    if not kept.exists() or kept.read_text() != key():
        print(f"setup: bringing a Python and its packages into {place}", flush=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".server-") as name:
            try:
                bring(Path(name))
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"setup: this did not work: {error}", file=sys.stderr)
                return 1
            shutil.rmtree(place, ignore_errors=True)
            Path(name).chmod(0o755)
            Path(name).rename(place)
            Path(name).mkdir()  # for the context manager to remove
        start(place)
    print(f"setup: ready. Start it with {place / 'keriwasm'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
