"""The lists of files in pyscript.toml: written from what lies in the tree, by the rules below.

`python wheels/vendor.py manifest` puts them between two marks at the manifest's end; what a person edits stands before them.
A file's place in its interpreter is a function of its path: `python/` and `workers/` are where a worker's imports begin,
`python/standins/` holds packages that stand in for others, `templates/` keeps its name; the router's files keep their paths.
"""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

BEGIN = "# files: begin (written by `python wheels/vendor.py manifest`)"
END = "# files: end"

WORKER = ("python/**/*.py", "templates/**/*.html", "workers/**/*.py", "static/pyscript/*/stdlib/pyscript/*.py", "static/witnesses.toml")
ROUTER = ("router/**/*.py", "python/**/slices/*/routes.py")
PAGE = (
    "index.html", "manifest.webmanifest", "pyscript.toml", "service-worker.js",
    "python/**/*.*", "router/**/*.*", "static/**/*.*", "templates/**/*.*", "workers/**/*.*",
)  # fmt: skip

# Of PyScript's own Python a worker has these two; python/pyscript is the rest of what it needs.
STDLIB = ("*/pyscript/flatted.py", "*/pyscript/storage.py")
# The page's Python is fetched by PyScript, a suite's by the suites page when it runs, a slice's routes by the router.
NOT_A_WORKERS = ("python/page*", "python/suites/*", "python/*slices/*/routes.py")
# Pictures of the README, the server on CPython and its page, the edge component, notes for readers, what an interpreter or
# an editor leaves behind.
NOBODYS = (
    "static/*screenshot.png", "static/*wallet-open.png", "static/*wallet-log.png", "static/*.jpg", "static/*.webp",
    "python/keriwasm/server/*", "python/wasi/*", "static/page/served.js",
    "router/*.d.ts", "*.md", "*.br", "*/__pycache__/*", "*/.*", ".*", "*~",
)  # fmt: skip
# What of the checkout is its own app: an app of one's own brings these itself.
ITS_OWN = (
    "index.html", "manifest.webmanifest", "pyscript.toml", "python/page/*", "python/*slices/*", "python/suites/*", "static/css/*",
    "static/icons/*", "static/page/*", "static/witnesses.toml", "templates/*", "workers/lab/*", "workers/scanner/*",
)  # fmt: skip
SHARED = ("templates/macros/ui.html", "templates/fragments/problem.html")  # which the runtime renders
ROOMS = ("python/standins/", "python/", "workers/")  # the first that fits: what a place leaves out of a path


class NoMarks(ValueError):
    """The manifest has no place for the lists, or two."""


def found(root: Path, app: Path, patterns: tuple[str, ...], *but: str) -> list[str]:
    """Files that fit a pattern, sorted: the app's, and the checkout's at `root`; `but` are patterns of those that do not count."""
    names: set[str] = set()
    for tree in {root, app}:
        paths = {path for pattern in patterns for path in tree.glob(pattern) if path.is_file()}
        inside = {path.relative_to(tree).as_posix() for path in paths}
        if tree != app:
            inside = {name for name in inside if name in SHARED or not any(fnmatchcase(name, pattern) for pattern in ITS_OWN)}
        names |= inside
    return sorted(name for name in names if not any(fnmatchcase(name, pattern) for pattern in (*but, *NOBODYS)))


def place(path: str) -> str:
    """Where a worker finds the file, below the folder that its imports begin in."""
    if path.startswith("static/"):
        return path.partition("/stdlib/")[2] or path
    return next((path.removeprefix(room) for room in ROOMS if path.startswith(room)), path)


def lists(root: Path, app: Path | None = None) -> str:
    """The three tables as text: what a worker has, what the router has, what else the page is made of.

    They are those of the checkout at `root`, or of an app that has a folder of its own and runs on the checkout.
    """
    app = app or root
    worker = [
        path for path in found(root, app, WORKER, *NOT_A_WORKERS)
        if not path.startswith("static/pyscript/") or any(fnmatchcase(path, pattern) for pattern in STDLIB)
    ]  # fmt: skip
    router = found(root, app, ROUTER)
    locked = {asset["path"] for asset in json.loads((root / "static" / "lock.json").read_text())["assets"]}
    page = [path for path in found(root, app, PAGE) if path not in {*worker, *router, *locked}]
    rows = ["# A worker's files: address, and path below /home/pyodide, which is on sys.path.", "[files]"]
    rows += [f'"./{path}" = "{place(path)}"' for path in worker]
    # A list, not a table: a browser's older version reads it to learn what the new one consists of.
    rows += ["", "# The router's Python, found by its path below the app's folder or its python/.", "[router]"]
    rows += ["files = [", *(f'  "./{path}",' for path in router), "]"]
    rows += ["", "# What else the app is: with the above and the assets of static/lock.json a browser keeps it whole.", "[app]"]
    rows += ["files = [", *(f'  "./{path}",' for path in page), "]"]
    return "\n".join(rows)


def written(text: str, lists: str) -> str:
    """The manifest with these lists between its marks. Raises NoMarks."""
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not begin or not end or BEGIN in rest:
        raise NoMarks(f"the manifest needs one line {BEGIN!r} and after it one line {END!r}")
    result = f"{before}{BEGIN}\n{lists}\n{END}\n{after}"
    tomllib.loads(result)
    return result


def write(root: Path, app: Path | None = None) -> bool:
    """Bring the manifest's lists up to date; whether that changed it."""
    manifest = (app or root) / "pyscript.toml"
    text = manifest.read_text(encoding="utf-8")
    new = written(text, lists(root, app))
    if new != text:
        manifest.write_text(new, encoding="utf-8")
    return new != text
