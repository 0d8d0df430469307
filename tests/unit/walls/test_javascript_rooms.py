"""A folder of JavaScript is a licence: what a file in it may import, and which of the page's powers it may name."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = (
    "router/doors", "router/offline", "router/boot", "router/host", "router/tabs",
    "workers", "workers/lab", "workers/scanner", "static/page",
    "router/capsule", "static/notebook", "static/notebook/app",
)  # fmt: skip
MAY = {
    "router/doors": set(),
    "router/offline": {"router/doors"},
    "router/boot": {"router/offline"},
    "router/host": {"router/boot", "router/doors"},
    "router/tabs": {"router/offline", "router/doors"},
    "workers": set(),
    "workers/lab": set(),
    "workers/scanner": {"router/boot"},
    "static/page": {"workers/lab", "router/doors"},  # served.js, a page without a router
    "router/capsule": set(),
    "static/notebook": {"router/boot", "router/offline"},
    "static/notebook/app": {"router/doors", "router/tabs"},
}
"""Room -> rooms below it. All may import router/root.js; types are no imports."""

IN_WORKERS = ("router/host", "workers", "workers/lab", "workers/scanner")
"""Rooms whose files run in workers only: there is no page there."""
IMPORT = re.compile(r"""^import\s[^;]*?'(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)(?!\.\w+[ }>\[|)])""", re.M)


def code(path: Path) -> str:
    """Without comments, in which types are named."""
    return re.sub(r"/\*.*?\*/|(?<![:'])//[^\n]*", "", path.read_text(), flags=re.S)


def imports() -> dict[str, set[str]]:
    """Each file -> the files that it imports, then or later."""
    found = {}
    for room in ROOMS:
        for path in (ROOT / room).glob("*.js"):
            place = path.relative_to(ROOT).as_posix()
            named = ["".join(groups) for groups in IMPORT.findall(code(path))]
            found[place] = {os.path.normpath(f"{room}/{target}") for target in named}
    return found


GRAPH = imports()


def test_imports_run_downward() -> None:
    assert sum(map(len, GRAPH.values())) > 40, GRAPH
    for place, targets in GRAPH.items():
        room = place.rpartition("/")[0]
        for target in targets:
            assert (ROOT / target).is_file(), f"{place} imports {target}"
            below = target.rpartition("/")[0]
            assert below == room or below in MAY[room] or target == "router/root.js", f"{place} imports {target}"


def test_no_circle() -> None:
    left = {place: {each for each in targets if each != "router/root.js"} for place, targets in GRAPH.items()}
    while left:
        free = {place for place, targets in left.items() if not targets & left.keys()}
        assert free, f"these import each other: {sorted(left)}"
        left = {place: targets for place, targets in left.items() if place not in free}


def test_no_page_in_a_worker() -> None:
    for place in GRAPH:
        if place.rpartition("/")[0] in IN_WORKERS:
            named = re.findall(r"\b(?:document|window|localStorage|sessionStorage)\b\.", code(ROOT / place))
            assert not named, f"{place} names {named}"


def test_one_way_up() -> None:
    """Where the app's folder is says root.js, so that a file may move. The page's first script and its start cannot import."""
    for place in GRAPH:
        ups = re.findall(r"new URL\('\.\.[^']*'", code(ROOT / place))
        workers = re.findall(r"new Worker\(\s*new URL\('\.\.", code(ROOT / place))
        assert place in ("router/boot/early.js", "static/page/start.js") or len(ups) == len(workers), f"{place}: {ups}"
