"""What a release is, as one number: the sha256 over the list of the app's files and their own sha256.

The page makes the same list of what the browser has kept (router/offline/generations.js) and shows the number on its pool page. The list is
what `sha256sum` prints, sorted by path, so that anybody can make it without this.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path


def files(root: Path) -> list[str]:
    """The app as a browser keeps it: as router/offline/app-files.js lists it (a test compares the two)."""
    config = tomllib.loads((root / "pyscript.toml").read_text(encoding="utf-8"))
    lock = json.loads((root / "static" / "lock.json").read_text(encoding="utf-8"))
    locked = [asset["path"] for asset in lock["assets"]]
    own = [*config["app"]["files"], *config["router"]["files"], *config["files"]]
    wheels = {path.removeprefix("./") for path in (*config["packages"], *config["postponed"])}
    without = tuple(config["offline"]["without"])
    wanted = [path for path in locked if not path.endswith(".br") and (path in wheels or not path.startswith(without))]
    return sorted({*wanted, *(path.removeprefix("./") for path in own)})


def listing(root: Path) -> str:
    """A line for each file: its sha256, two blanks, its path."""
    return "".join(f"{hashlib.sha256((root / path).read_bytes()).hexdigest()}  {path}\n" for path in files(root))


def release(root: Path) -> str:
    """The number."""
    return hashlib.sha256(listing(root).encode()).hexdigest()
