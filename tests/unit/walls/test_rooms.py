"""The walls of the house, held against its imports: a room is a licence, and says what a line in it may touch.

An import counts wherever it stands: at the top, in a function, under TYPE_CHECKING. What these tests do not see is what is
reached by a name at run time (`import_module`, an attribute of an object that was handed in).
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

MAY: dict[str, str] = {
    "keriwasm": "",
    "keriwasm.data": "",
    "keriwasm.runtime": "",
    "keriwasm.browser": "runtime",
    "keriwasm.imports": "data runtime",
    "keriwasm.disk": "browser runtime lmdb pyscript",
    "keriwasm.web": "data runtime imports",
    "keriwasm.worker": "runtime disk web keriwasm",
    "keriwasm.snapshot": "runtime imports web worker keriwasm",
    "keriwasm.server": "browser disk keriwasm",
    "lmdb": "",
    "slices": "data runtime browser imports disk web lmdb keriwasm",
}
"""Room -> the rooms that it may import from. The runtime knows no slice."""

AMONG = (
    "network", "foreign", "kels", "crypto", "pq", "vault", "ledger", "witnessing", "wallet", "credentials", "backup", "verifying",
    "pool", "faults", "home", "load", "suites",
)  # fmt: skip
"""The slices' own rooms: each may import from those before it."""

MICROPYTHON = {"collections", "heapq", "io", "json", "sys", "traceback"}
"""What router/policy may use beside itself; `traceback` where there is one (text.py)."""

JAVASCRIPT = ("js", "pyodide", "pyodide_js")

MOST_FILES, MOST_LINES = 15, 450
SOURCE = (".py", ".js", ".mjs", ".html", ".md", ".toml")
FOLDERS = (
    "examples", "python", "router", "static/notebook", "static/page", "templates", "tests", "wheels", "workers",
)  # fmt: skip
LINES = (".py", ".js", ".mjs", ".html")
NOT_OURS = {"node_modules", "__pycache__", ".work", "cases"}  # cases: what strangers made, by number
LONG_TESTS = ("tests/",)
"""A test file may be longer: it is a list, not a thing to be held in the head at once."""


def modules(root: Path, below: str) -> dict[str, Path]:
    """Dotted name -> file, of all Python below a folder, or below one package in it."""
    found = {}
    for path in sorted((root / below.replace(".", "/")).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """What a module imports: modules as far as they are known here, else the name as it is written."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            base = base if node.level else str(node.module)
            found |= {f"{base}.{each.name}" if f"{base}.{each.name}" in known else base for each in node.names}
    return found - {name}


@cache
def edges(root: Path, below: str = "") -> dict[str, set[str]]:
    """Module -> what it imports, of all modules of a folder or of one package in it."""
    known = modules(root, below)
    return {name: imported(name, path, known) for name, path in known.items()}


def room(name: str, rooms: tuple[str, ...] = tuple(MAY)) -> str:
    """The room of a module: the longest name of a room that it begins with; "" for what is in none."""
    return max((each for each in rooms if name == each or name.startswith(f"{each}.")), key=len, default="")


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The modules that can be reached from themselves, those of one circle together."""
    reach = {name: set() for name in graph}
    for name in graph:
        ahead = [name]
        while ahead:
            new = graph.get(ahead.pop(), set()) & graph.keys() - reach[name]
            reach[name] |= new
            ahead += new
    together = defaultdict(list)
    for name in sorted(graph):
        if name in reach[name]:
            together[frozenset(each for each in reach[name] if name in reach[each])].append(name)
    return sorted(together.values())


@pytest.mark.parametrize("room_of_python", [name for name in MAY if name != "slices"])
def test_no_import_runs_up_the_list_of_rooms(room_of_python: str) -> None:
    may = {each if each in ("lmdb", "pyscript", "keriwasm") else f"keriwasm.{each}" for each in MAY[room_of_python].split()}
    ours = {**MAY, "pyscript": "", "suites": "", "page": ""}
    wrong = [
        f"{name} imports {other}"
        for name, others in edges(ROOT / "python").items() if room(name) == room_of_python
        for other in others if room(other, tuple(ours)) not in {"", room_of_python, *may}
    ]  # fmt: skip
    assert not wrong, f"{room_of_python} may import from {', '.join(sorted(may)) or 'no other room'}"


def test_a_slice_imports_from_the_rooms_that_are_for_slices_and_from_slices_before_it() -> None:
    may = {each if each in ("lmdb", "keriwasm") else f"keriwasm.{each}" for each in MAY["slices"].split()}
    wrong = []
    for name, others in edges(ROOT / "python", "slices").items():
        if name == "slices":
            assert not others - {"__future__"}, "it is there for its words"
            continue
        mine = name.split(".")[1]
        for other in others - {"slices"}:
            if room(other) == "slices":
                theirs = other.split(".")[1]
                if theirs != mine and AMONG.index(theirs) > AMONG.index(mine):
                    wrong.append(f"{name} imports {other}, which comes after it")
            elif room(other) not in {"", *may}:
                wrong.append(f"{name} imports {other}")
    assert not wrong


def test_only_the_room_browser_imports_javascript() -> None:
    wrong = [
        name
        for name, others in edges(ROOT / "python").items()
        if room(name) not in ("keriwasm.browser", "") and {other.split(".")[0] for other in others} & set(JAVASCRIPT)
    ]
    assert not wrong, "reach it through keriwasm.browser"


def test_the_policy_of_the_router_imports_nothing_outside() -> None:
    """That it runs on MicroPython is tried in tests/wasm (test_router_micropython.py)."""
    wrong = [
        f"{name} imports {other}"
        for name, others in edges(ROOT, "router/policy").items()
        for other in others if not (other.startswith("router.policy") or other in MICROPYTHON)
    ]  # fmt: skip
    assert not wrong


@pytest.mark.parametrize(("place", "below"), [("python", ""), (".", "router"), ("wheels", "vendoring")])
def test_no_files_import_each_other_in_a_circle(place: str, below: str) -> None:
    found = circles(edges(ROOT / place, below))
    assert not found


def files() -> list[Path]:
    """Source and tests, all that is ours to read."""
    below = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SOURCE and path.is_file())
    return [path.relative_to(ROOT) for path in below if not NOT_OURS & set(path.relative_to(ROOT).parts)]


def test_no_folder_is_too_full() -> None:
    full = Counter(path.parent.as_posix() for path in files())
    assert {folder: count for folder, count in full.items() if count > MOST_FILES} == {}


def test_no_file_is_too_long() -> None:
    measured = {path.as_posix(): (ROOT / path).read_text().count("\n") for path in files() if path.suffix in LINES}
    assert {path: lines for path, lines in measured.items() if lines > MOST_LINES and not path.startswith(LONG_TESTS)} == {}


def test_the_walls_stand_where_one_is_broken(tmp_path: Path) -> None:
    """The reader of imports sees them wherever they stand, and a circle that only types close."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.two import Two\n")
    (tmp_path / "a" / "two.py").write_text("from . import three\nclass Two: ...\n")
    (tmp_path / "a" / "three.py").write_text("def late():\n    import a.one\n    import js\n")
    graph = edges(tmp_path)
    assert graph["a.one"] == {"typing", "a.two"} and graph["a.two"] == {"a.three"} and graph["a.three"] == {"a.one", "js"}
    assert circles(graph) == [["a.one", "a.three", "a.two"]]
    assert room("keriwasm.web.form.fields") == "keriwasm.web" and room("slices.ledger.book") == "slices" and room("json") == ""


def test_the_edge_component_stands_on_the_runtime_and_only_its_door_knows_wasi() -> None:
    """Neither the runtime nor a slice knows of it."""
    may = ("wasi", "keriwasm", "lmdb", "router.policy.router", "slices.ledger")
    ours = ("js", "router", "slices", "page", "pyscript", "suites")
    for name, others in edges(ROOT / "python", "wasi").items():
        wrong = [other for other in others if other.split(".")[0] in ours and not other.startswith(may)]
        assert not wrong, f"{name} imports {wrong}"
        if name != "wasi.component":
            assert not [other for other in others if other.startswith(("wit_world", "componentize_py"))], f"{name} is no door"
    for name, others in (*edges(ROOT / "python").items(), *edges(ROOT, "router").items()):
        if name.split(".")[0] != "wasi":
            assert not [other for other in others if other.split(".")[0] == "wasi"], f"{name} imports the edge component"
