"""The one name that PyScript's storage.py wants of PolyScript, answered by the worker's own stores.

Only pool workers mount this file: where PyScript itself runs (the page), it brings the real module.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

_opener: Callable[[str], Awaitable[Any]] | None = None


def use(opener: Callable[[str], Awaitable[Any]]) -> None:
    """Tell where stores come from: `keriwasm.disk.pyscript_storage.Storages.store` of this worker."""
    global _opener
    _opener = opener


async def storage(name: str) -> Any:
    """Open or create a store. Raises RuntimeError before the worker has started."""
    if _opener is None:
        raise RuntimeError("no worker has started yet: there is nowhere to store anything")
    return await _opener(name)
