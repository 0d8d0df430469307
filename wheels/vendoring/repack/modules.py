"""JavaScript modules that import other packages by name: a browser's worker has no import map, so names become paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

__all__ = ["relative_imports"]

_SPECIFIER = re.compile(rb"""(\bfrom\s*|\bimport\s*)(["'])(@?[A-Za-z0-9][^"'\n]*)\2""")


def relative_imports(source: bytes, path: str, imports: Mapping[str, str]) -> bytes:
    """`source`, a module that will lie at `path`, with the package names of `imports` made relative paths.

    imports: name or beginning of names -> what stands for it, relative to static/ as `path` is. Nothing else changes.
    Raises ValueError for a static import of a package that `imports` does not name: it could never be loaded.
    """

    def replaced(match: re.Match[bytes]) -> bytes:
        word, quote, name = match.group(1), match.group(2), match.group(3).decode()
        for beginning, target in imports.items():
            if name == beginning or (beginning.endswith("/") and name.startswith(beginning)):
                goal = target + name.removeprefix(beginning) if beginning.endswith("/") else target
                found = posixpath.relpath(goal, posixpath.dirname(path))
                return word + quote + (found if found.startswith(".") else f"./{found}").encode() + quote
        raise ValueError(f"{path}: nothing is named for the import of {name!r}")

    lines = source.split(b"\n")
    # Comments hold examples that import by name; those stay as they are.
    return b"\n".join(
        line if line.lstrip().startswith((b"*", b"//", b"/*")) else _SPECIFIER.sub(replaced, line) for line in lines
    )
