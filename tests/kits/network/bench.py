"""Brings what runs keripy's own witnesses: keri on a Python new enough for it, kept in a folder of the cache, outside of git.

    python tests/kits/network/bench.py      # brings it, says where it is; test.py does this before the suite `network`

The Python is the machine's own or Debian 13's, unpacked (wheels/vendoring/newer_python.py).
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import newer_python, paths  # noqa: E402
from vendoring.lock import digest  # noqa: E402

PINS = ROOT / "tests" / "requirements.txt"
KERI = next(line for line in PINS.read_text().splitlines() if line.startswith("keri=="))

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
    """The bench, from the cache when it is there. Raises newer_python.Unavailable."""
    key = digest(PINS.read_bytes() + Path(__file__).read_bytes())[:16]
    folder = paths.cache() / f"witnesses-{key}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=paths.cache()) as name:
            _make(Path(name))
            Path(name).chmod(0o755)
            Path(name).rename(folder)
            Path(name).mkdir()  # for the context manager to remove
    return Bench(newer_python.provided(folder), folder / "site")


def _make(folder: Path) -> None:
    newer_python.install(folder, newer_python.provide(folder), [KERI], PINS)


if __name__ == "__main__":
    try:
        found = provide()
    except Exception as error:
        sys.exit(f"the witnesses' Python cannot be brought: {error}")
    print(f"keripy for witnesses: {found.python}, {found.site}")
