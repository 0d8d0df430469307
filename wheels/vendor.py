#!/usr/bin/env python3
"""Vendored parts: from wheels/vendor.toml to static/ and its lock, and the check of one against the other.

    python wheels/vendor.py verify                 every file is the one that the lock names (no network)
    python wheels/vendor.py refresh                fetch, build and write all of it again; the same lock comes out
    python wheels/vendor.py refresh --accept-new   the same after vendor.toml names new versions
    python wheels/vendor.py refresh --new-toolchain   the same with the compiler and headers that Debian has today
    python wheels/vendor.py table                  bytes of a first visit, raw and compressed
    python wheels/vendor.py manifest [FOLDER]      write pyscript.toml's lists of files, from what lies in the tree (FOLDER: an app's)
    python wheels/vendor.py release [--list]       the sha256 that the pool page shows for this checkout; what it is made of

Needs Python 3.11 or newer; refresh also needs pip, npm, Node.js and Debian's apt.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from vendoring import filelists, paths
from vendoring import lock as locking
from vendoring import release as releasing


def verify() -> int:
    if not paths.LOCK.exists():
        print(f"{paths.LOCK}: missing", file=sys.stderr)
        return 1
    lock = locking.read(paths.LOCK)
    found = locking.problems(lock, paths.ROOT)
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print(f"{len(found)} problems; `python wheels/vendor.py refresh` restores the vendored parts", file=sys.stderr)
        return 1
    total = sum(asset.size for asset in lock.assets)
    print(f"{len(lock.assets)} files, {total / 1e6:.1f} MB: all as locked")
    return 0


def table() -> int:
    """Print what a first visit transfers: each asset as it is, and as a browser that takes brotli gets it."""
    lock = locking.read(paths.LOCK)
    packed = {asset.of: asset.size for asset in lock.assets if asset.of}
    rows = [(a.path, a.size, packed.get(a.path, a.size)) for a in lock.assets if not a.of]
    width = max(len(path) for path, _, _ in rows)
    for path, raw, small in sorted(rows, key=lambda row: -row[2]):
        print(f"{path:{width}} {raw:>11,} {small:>11,} {small / raw:>5.0%}")
    raw, small = sum(row[1] for row in rows), sum(row[2] for row in rows)
    print(f"{'total':{width}} {raw:>11,} {small:>11,} {small / raw:>5.0%}")
    return 0


def manifest(app: Path | None) -> int:
    """Bring the lists of files up to date: of this app's manifest, else of our own and those of the examples."""
    apps = [app.resolve()] if app else [paths.ROOT, *(path.parent for path in paths.ROOT.glob("examples/*/pyscript.toml"))]
    try:
        for each in apps:
            changed = filelists.write(paths.ROOT, each)
            print(f"{each / 'pyscript.toml'}: its lists of files are {'written anew' if changed else 'right'}")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify", help="check static/ against static/lock.json")
    commands.add_parser("table", help="bytes of a first visit")
    lists = commands.add_parser("manifest", help="write the lists of files in pyscript.toml")
    lists.add_argument("app", nargs="?", type=Path, help="folder of an app of its own; without it: this checkout and its examples")
    number = commands.add_parser("release", help="the sha256 that the pool page shows")
    number.add_argument("--list", action="store_true", help="each file's own sha256, as sha256sum prints it")
    again = commands.add_parser("refresh", help="make static/ anew from vendor.toml")
    again.add_argument("--accept-new", action="store_true", help="take versions that the lock does not know yet")
    again.add_argument("--new-toolchain", action="store_true", help="take Debian's present compiler and headers")
    arguments = parser.parse_args()
    if arguments.command == "verify":
        return verify()
    if arguments.command == "table":
        return table()
    if arguments.command == "manifest":
        return manifest(arguments.app)
    if arguments.command == "release":
        print(releasing.listing(paths.ROOT) if arguments.list else releasing.release(paths.ROOT), end="\n" * (not arguments.list))
        return 0
    from vendoring.build.toolchain import ToolchainUnavailable
    from vendoring.fetch import FetchError
    from vendoring.refresh import refresh

    try:
        lock = refresh(accept_new=arguments.accept_new, new_toolchain=arguments.new_toolchain)
    except (FetchError, ToolchainUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(lock.assets)} files written")
    return verify()


if __name__ == "__main__":
    sys.exit(main())
