"""Named stores of a worker that keeps nothing: they end with its process."""

from __future__ import annotations


class MemoryBacking:
    """`keriwasm.disk.pyscript_storage.Backing`."""

    def __init__(self) -> None:
        self._databases: dict[str, MemoryNames] = {}

    async def open(self, name: str) -> MemoryNames:
        """Open or create."""
        return self._databases.setdefault(name, MemoryNames())


class MemoryNames:
    """One named store."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}

    async def entries(self) -> list[tuple[str, str]]:
        """All pairs."""
        return list(self._entries.items())

    async def apply(self, cleared: bool, changes: dict[str, str | None]) -> None:
        """All at once."""
        if cleared:
            self._entries.clear()
        for key, value in changes.items():
            if value is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = value
