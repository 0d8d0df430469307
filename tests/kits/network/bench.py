"""Brings what runs keripy's own witnesses: keri on a Python new enough for it, kept in a folder of the cache, outside of git.

    python tests/kits/network/bench.py      # brings it, says where it is; test.py does this before the suite `network`

keripy 1.3.6 asks for Python 3.12. A machine that has one lends it. On one that has not (Debian 12 has 3.11) the packages of
Debian 13's are unpacked into the folder and started through their own loader: nothing is installed, no root is needed. They
come through the private apt that also brings the compiler (wheels/vendoring), checked against Debian's keyring.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import paths  # noqa: E402
from vendoring.build.toolchain import Apt  # noqa: E402
from vendoring.fetch import run  # noqa: E402
from vendoring.lock import digest  # noqa: E402

PINS = ROOT / "tests" / "requirements.txt"
KERI = next(line for line in PINS.read_text().splitlines() if line.startswith("keri=="))
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
    """The bench cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Bench:
    """A Python, and the folder of what keripy needs."""

    python: Path
    site: Path

    def environment(self, home: Path) -> dict[str, str]:
        """For a program of this bench that keeps all it writes below a home of its own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
        return {**kept, "HOME": str(home), "PYTHONPATH": str(self.site), "PYTHONDONTWRITEBYTECODE": "1"}


def provide() -> Bench:
    """The bench, from the cache when it is there. Raises Unavailable."""
    key = digest(PINS.read_bytes() + Path(__file__).read_bytes())[:16]
    folder = paths.cache() / f"witnesses-{key}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=paths.cache()) as name:
            _make(Path(name))
            Path(name).chmod(0o755)
            Path(name).rename(folder)
            Path(name).mkdir()  # for the context manager to remove
    lent = folder / "python"
    return Bench(Path(lent.read_text()) if lent.exists() else folder / STARTED, folder / "site")


def _make(folder: Path) -> None:
    python = _newer()
    if python is None:
        python = _debian(folder)
    else:
        (folder / "python").write_text(str(python))
    # pip runs under that Python; hio's metadata asks for 3.14 (see requirements.txt).
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--ignore-requires-python", "--target", str(folder / "site"), "--constraint", str(PINS), KERI])
    library = [str(part) for part in (folder / "debian").glob("usr/lib/python3*")]  # Debian compiles it when it installs
    run([str(python), "-m", "compileall", "-q", "-j", "0", str(folder / "site"), *library])


def _newer() -> Path | None:
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


if __name__ == "__main__":
    try:
        found = provide()
    except Exception as error:
        sys.exit(f"the witnesses' Python cannot be brought: {error}")
    print(f"keripy for witnesses: {found.python}, {found.site}")
