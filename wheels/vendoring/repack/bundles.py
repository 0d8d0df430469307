"""One module of several npm packages: esbuild resolves their names, which lead nowhere in a page without an import map.

esbuild is taken as WebAssembly, so that it is one package for all machines. It writes neither dates nor paths: the same
packages give the same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vendoring import node

from . import archives

__all__ = ["ESBUILD", "bundled", "lay"]

ESBUILD = "esbuild-wasm"


def lay(work: Path, tarballs: Mapping[str, Path]) -> dict[str, Path]:
    """Unpack packages where Node looks for them, below `work`; the folder of each."""
    roots = {}
    for name, tarball in tarballs.items():
        roots[name] = work / "node_modules" / name
        roots[name].parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work) as folder:
            shutil.move(archives.untar(tarball, Path(folder)), roots[name])
    return roots


def bundled(work: Path, entry: Path) -> bytes:
    """What `entry` exports, with all that it needs, as one module. Raises RuntimeError for a package that is missing."""
    source, made = work / entry.name, work / "made" / entry.name
    shutil.copy(entry, source)
    node.run(work / "node_modules" / ESBUILD / "bin" / "esbuild", source, "--bundle", "--format=esm", "--minify",
             "--target=es2022", "--legal-comments=none", "--log-level=warning", f"--outfile={made}")
    return made.read_bytes()
