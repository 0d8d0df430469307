"""pyconfig.h for wasm32: Debian's is for x86-64, so it is rebuilt from Pyodide's own record of its build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from vendoring.repack.archives import unzip

_NAME = re.compile(r"^(?:#\s*define|/\*\s*#undef)\s+(\w+)", re.M)
_ALWAYS = ("_GNU_SOURCE", "_POSIX_THREADS")
_NUMBER_OR_NAME = re.compile(r"[A-Za-z0-9_.+-]+")


def build_time_vars(stdlib: bytes) -> dict[str, Any]:
    """The ``build_time_vars`` of the `_sysconfigdata` module in Pyodide's (upstream's) python_stdlib.zip."""
    files = unzip(stdlib)
    (name,) = (name for name in files if name.startswith("_sysconfigdata_") and name.endswith(".py"))
    namespace: dict[str, Any] = {}
    exec(files[name].decode(), namespace)  # a dict literal, out of an archive that the lock pins
    return dict(namespace["build_time_vars"])


def _definition(name: str, value: Any) -> str:
    if value in (None, 0, ""):
        return f"/* #undef {name} */"
    text = str(value)
    if isinstance(value, int) or text.startswith('"') or " " in text:
        return f"#define {name} {text}"
    if _NUMBER_OR_NAME.fullmatch(text) and not re.search(r"[a-z]{3}\d*$", text):
        return f"#define {name} {text}"
    return f'#define {name} "{text}"'


def pyconfig(native: Path, values: dict[str, Any]) -> str:
    """The header: every name that the native pyconfig.h knows, with the value that Pyodide was built with."""
    names = sorted(set(_NAME.findall(native.read_text())) - {"Py_PYCONFIG_H"})
    lines = []
    for name in names:
        if name.startswith("_") and name not in values:
            lines.append(f"#define {name} 1" if name in _ALWAYS else f"/* {name} */")
        else:
            lines.append(_definition(name, values.get(name)))
    return "\n".join(["#ifndef Py_PYCONFIG_H", "#define Py_PYCONFIG_H", *lines, "#endif", ""])
