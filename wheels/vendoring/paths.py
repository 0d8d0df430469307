"""Where things lie. Every path in the lock is relative to ROOT, which is also the app's base URL."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"
WHEELS = ROOT / "wheels"
MANIFEST = WHEELS / "vendor.toml"
FIRST = WHEELS / "first.toml"
"""What a first click needs of the library and the wheels."""

LICENCES = WHEELS / "licences"
BUNDLES = WHEELS / "bundles"
"""What each bundle exports, as a module that esbuild begins with."""

LOCK = STATIC / "lock.json"
NOTICES = STATIC / "THIRD-PARTY-NOTICES.txt"

SITE_PACKAGES = "/lib/python3.14/site-packages"
"""Where a worker unpacks a wheel: the file names inside bytecode say so."""


def cache() -> Path:
    """The folder for downloads and the toolchain: $KERIWASM_CACHE, else ~/.cache/keriwasm. Made when missing."""
    path = Path(os.environ.get("KERIWASM_CACHE") or Path.home() / ".cache" / "keriwasm")
    path.mkdir(parents=True, exist_ok=True)
    return path
