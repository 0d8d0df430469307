"""Precompressed twins: `X.br` beside `X` where brotli saves enough to be worth a file.

The first visit is dominated by bytes, and brotli at quality 11 is too slow to do while somebody waits (25 s for
Pyodide's wasm), so it is done here.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from vendoring import node, paths
from vendoring.lock import digest

MIN_SIZE = 1024
"""Below this a response is one packet either way."""

MIN_SAVING = 0.10
"""The least part of a file that compression must save."""

_SCRIPT = Path(__file__).with_name("brotli.mjs")


@functools.cache
def _brotli_version() -> str:
    return node.run(_SCRIPT).strip()


def brotli(data: bytes) -> bytes | None:
    """``data`` compressed, or None when it is too small or does not gain enough. Results are kept in the cache."""
    if len(data) < MIN_SIZE:
        return None
    store = paths.cache() / f"brotli-{_brotli_version()}-q11-w24"
    store.mkdir(exist_ok=True)
    kept = store / f"{digest(data)}.br"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=store) as folder:
            plain, packed = Path(folder, "plain"), Path(folder, "packed")
            plain.write_bytes(data)
            node.run(_SCRIPT, plain, packed)
            packed.replace(kept)  # whole or not at all: an interrupted run must not leave half a file
    result = kept.read_bytes()
    return result if len(result) <= len(data) * (1 - MIN_SAVING) else None
