"""The app's routes for tests: each slice's routes.py by itself, as the router loads it, without the slice around it."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path

from router.policy.routes import Route, gather

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
SLICES: dict[str, dict[str, str]] = MANIFEST["slices"]
POOL: dict[str, int] = {name: value for name, value in MANIFEST["pool"].items() if isinstance(value, int)}


def loaded(slices: dict[str, dict[str, str]] = SLICES, root: Path = ROOT) -> list[Route]:
    """The routes of these slices of the app in `root`."""
    for entry in slices.values():
        name = f"{entry['module']}.routes"
        spec = importlib.util.spec_from_file_location(name, root / "python" / f"{name.replace('.', '/')}.py")
        assert spec and spec.loader, name
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    routes: list[Route] = []
    complaints = gather(slices, routes.append)
    assert not complaints, complaints
    return routes


TABLE = loaded()
