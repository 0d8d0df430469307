"""What nobody uses goes: names in Python that stand only where they are made, templates, their macros and imports, rules of CSS.

What it does not catch: a name that something else of the same name keeps alive; a use that is itself unused.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LISTED = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
OWN = [
    path for path in LISTED
    if path.endswith((".py", ".js", ".mjs", ".html", ".css", ".toml")) and (ROOT / path).is_file()
    and not path.startswith(("tests/", "static/vendor/", "static/pyscript/", "examples/"))
]  # fmt: skip
TEXTS = {path: (ROOT / path).read_text(encoding="utf-8") for path in OWN}
TEMPLATES = {path.removeprefix("templates/"): text for path, text in TEXTS.items() if path.startswith("templates/")}

CALLED_BY_OTHERS = re.compile(r"^(on|do|test|visit|process)_?[A-Z_]|^[a-z]+UpClass$|^__|^(setUp|wind|create_module)$")
"""Responders of Falcon and of http.server, tests, what keripy and hio call by name."""
OTHERS = ("python/lmdb/", "python/standins/", "python/pyscript/", "python/suites/", "static/notebook/examples/")
"""Rooms whose names are those of the packages that they stand for; tests; cells, whose functions a button calls."""
TOLD = {
    "respond", "handle_error", "log_message", "process_request_thread", "_require_non_coroutine_responders", "needs_toolchain",
    "fetchUrls", "capture_signals",
}  # fmt: skip
"""Overridden, asked by the tests alone, or by keripy (fetchUrls) or uvicorn (capture_signals)."""


def test_python() -> None:
    words = Counter(word for text in TEXTS.values() for word in re.findall(r"[A-Za-z_]\w*", text))
    unused = [
        f"{path}:{node.lineno} {node.name}"
        for path, text in TEXTS.items()
        if path.endswith(".py") and not path.startswith(OTHERS)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if words[node.name] == 1 and node.name not in TOLD and not CALLED_BY_OTHERS.search(node.name)
    ]
    assert not unused


def test_templates() -> None:
    sources = "\n".join(text for path, text in TEXTS.items() if path.endswith((".py", ".html")))
    macros = [name for text in TEMPLATES.values() for name in re.findall(r"{%-? *macro (\w+)", text)]
    assert len(macros) > 50 and not [name for name in macros if len(re.findall(rf"\b{name}\(", sources)) < 2]
    imports = [
        (path, name)
        for path, text in TEMPLATES.items()
        for name in re.findall(r"{%-? *import [^%]* as (\w+)", text)
        if len(re.findall(rf"\b{name}\b", text)) < 2
    ]
    assert not imports
    # A slice may put a template's name together: f"fragments/pq/{step}.html".
    stems = tuple(re.findall(r"f\"((?:pages|fragments)/[a-z]+/)\{", sources))
    assert not [path for path in TEMPLATES if path not in sources and not path.startswith(stems)]


def test_css() -> None:
    places = "\n".join(text for path, text in TEXTS.items() if not path.endswith(".css"))
    made = ("hue-", "by-", "cm-")  # charts.py and its templates add a number or a name; CodeMirror names its own parts
    rules = {
        name
        for path, text in TEXTS.items()
        if path.endswith(".css")
        for name in re.findall(r"\.([a-zA-Z][\w-]*)(?=[^{}]*\{)", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    }
    unused = [name for name in rules if not name.startswith(made) and not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", places)]
    assert len(rules) > 80 and not unused
