"""A Python that runs keripy, which asks for 3.12: a machine's own, or Debian 13's, unpacked into a folder.

On a machine that has none (Debian 12 has 3.11) the packages of Debian 13's are unpacked and started through their own loader: nothing is
installed, no root is needed. They come through the private apt that also brings the compiler (build/toolchain.py), checked against
Debian's keyring.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from vendoring import paths
from vendoring.build.toolchain import Apt
from vendoring.fetch import run

LEAST = "3.12.2"
NEWER = ("python3.14", "python3.13", "python3.12", "python3")
SUITE = "trixie"
DEBIAN = [
    *("python3.13-minimal", "libpython3.13-minimal", "libpython3.13-stdlib", "libc6", "libexpat1", "zlib1g", "libssl3t64", "libffi8"),
    *("liblzma5", "libbz2-1.0", "libsqlite3-0", "libuuid1", "libgcc-s1", "libstdc++6", "libzstd1", "libsodium23"),
]
STARTED = "debian/usr/bin/python3"
STARTER = """#!/bin/sh
root=${0%/*}/..
exec "$root/lib64/ld-linux-x86-64.so.2" --argv0 "$0" --library-path "$root/lib/x86_64-linux-gnu" "$root/bin/python3.13" "$@"
"""


class Unavailable(Exception):
    """No such Python can be had on this machine; the message says why."""


def provide(folder: Path) -> Path:
    """A Python for what lies in this folder: written down in its file `python`, or unpacked below it. Raises Unavailable."""
    python = own()
    if python is None:
        return _debian(folder)
    (folder / "python").write_text(str(python))
    return python


def provided(folder: Path) -> Path:
    """The one that `provide` has brought into this folder, or one where it stood before it was renamed."""
    lent = folder / "python"
    return Path(lent.read_text()) if lent.exists() else folder / STARTED


def install(folder: Path, python: Path, requirements: list[str], constraint: Path | None = None) -> None:
    """Packages for that Python into the folder's `site`, compiled. Raises subprocess.CalledProcessError."""
    # pip runs under that Python; hio's metadata asks for 3.14, what is used of it runs on 3.12.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    bounds = ["--constraint", str(constraint)] if constraint else []
    run([*pip, "--ignore-requires-python", "--target", str(folder / "site"), *bounds, *requirements])
    library = [str(part) for part in (folder / "debian").glob("usr/lib/python3*")]  # Debian compiles it when it installs
    run([str(python), "-m", "compileall", "-q", "-j", "0", str(folder / "site"), *library])


def own() -> Path | None:
    """A Python of this machine that can run keripy."""
    wanted = f"import sys; sys.exit(sys.version_info < {tuple(int(part) for part in LEAST.split('.'))})"
    for name in NEWER:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", wanted], capture_output=True, check=False).returncode == 0:
            return Path(found)
    return None


def _debian(folder: Path) -> Path:
    """Debian 13's Python, unpacked."""
    if os.uname().machine != "x86_64":
        raise Unavailable(f"no Python {LEAST} or newer here, and Debian's can be brought for x86_64 only: please install one")
    apt = Apt(paths.cache() / f"apt-{SUITE}", SUITE)
    debs = folder / "debs"
    debs.mkdir()
    apt.run("apt-get", "--quiet", "download", *(f"{name}/{SUITE}" for name in DEBIAN), cwd=debs)
    for deb in debs.iterdir():
        run(["dpkg", "-x", str(deb), str(folder / "debian")])
    shutil.rmtree(debs)
    starter = folder / STARTED
    starter.write_text(STARTER)
    starter.chmod(0o755)
    return starter
