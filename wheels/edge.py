#!/usr/bin/env python3
"""The edge component: the stateless slices as one wasi:http component, built by componentize-py.

    python wheels/edge.py                          build it; prints its file, size and sha256
    python wheels/edge.py --out FILE               the same, copied to FILE
    python wheels/edge.py serve [--port 8001]      build it and serve it with jco on Node 24
    python wheels/edge.py serve --by wasmtime      the same with wasmtime
    python wheels/edge.py tools                    bring what building and jco need, and say where it is

What it needs comes from PyPI and npm into a folder of its own in the cache ($KERIWASM_CACHE, else ~/.cache/keriwasm), pinned in
python/wasi/tools; nothing of it is in git. A component is kept there by the digest of all that it is made of: a second build is a
look-up.
Needs Python 3.11 or newer on x86-64 Linux; serve also npm.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from edging import building, tools


def build(out: Path | None) -> Path:
    began = time.monotonic()
    made = building.component()
    size = made.stat().st_size
    print(f"{made}: {size:,} bytes, sha256 {building.digest(made)}, {time.monotonic() - began:.0f} s", flush=True)
    if out is not None:
        shutil.copyfile(made, out)
        return out
    return made


def serve(port: int, by: str) -> int:
    made = str(build(None))
    if by == "wasmtime":
        command = [*tools.wasmtime(), "serve", "--addr", f"127.0.0.1:{port}", "-S", "cli", made]
    else:
        command = [*tools.jco(), "serve", made, "--host", "127.0.0.1", "--port", str(port)]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="build", choices=("build", "serve", "tools"))
    parser.add_argument("--out", type=Path, help="where to copy the component to")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--by", choices=("jco", "wasmtime"), default="jco", help="who serves it")
    given = parser.parse_args()
    try:
        if given.what == "serve":
            return serve(given.port, given.by)
        if given.what == "tools":
            print(*tools.componentize())
            print(*tools.jco())
            return 0
        build(given.out)
    except tools.Missing as ex:
        print(f"edge.py: {ex}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
