"""What the host says about a worker when it starts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """The JSON of `worker:init`.

    Attributes:
        slices: name -> module to mount
        started: epoch milliseconds at which the host began to boot, for boot_ms
        pool: the `[pool]` table of pyscript.toml
        form: what stands in every form (keriwasm.web.form.tokens)
    """

    id: str
    generation: int
    slices: dict[str, str]
    faults: bool = False
    base: str = "/"
    version: str = ""
    heartbeat_ms: float = 250.0
    started: float | None = None
    pool: dict[str, Any] = field(default_factory=dict)
    form: str = ""

    @classmethod
    def read(cls, init: dict[str, Any]) -> Settings:
        """Raises KeyError or TypeError when the host left something out."""
        slices = init.get("slices") or {}
        if not isinstance(slices, dict):
            slices = {name: {} for name in slices}
        pool = init.get("pool") or {}
        return cls(
            id=str(init["id"]),
            generation=int(init["generation"]),
            slices={
                name: (entry or {}).get("module") or f"slices.{name.replace('-', '_')}"
                for name, entry in slices.items()
            },
            faults=bool(init.get("faults")),
            base=init.get("base") or "/",
            version=str(init.get("version") or ""),
            heartbeat_ms=float(init.get("heartbeat_ms") or pool.get("heartbeat_ms") or 250.0),
            started=init.get("started"),
            pool=pool,
            form=str(init.get("form") or ""),
        )
