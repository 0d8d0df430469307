"""What has to stand before a cell imports one of the native wrappers, or keripy, which imports them.

The app's own slices ask `keriwasm.imports.native` for them; a cell says `import`, and gets the same.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from keriwasm.imports import native

__all__ = ["install"]


class Before(importlib.abc.MetaPathFinder):
    """Finds nothing: it does what a module needs before whoever finds it."""

    def __init__(self, needs: dict[str, Callable[[], object]]) -> None:
        self.needs = needs

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """None, once what is needed was done: at the first import only."""
        need = self.needs.pop(name, None)
        if need is not None:
            need()
        return None


def install() -> None:
    """For all imports of this interpreter from now on."""
    sys.meta_path.insert(0, Before(dict(native.BEFORE)))
