"""What goes into the component, and the build of it.

python/wasi/parts.toml lists it: slices with the folders that they import, packages (from the locked wheels of static/, without their native
code), and stand-ins for those that are native. Only that is on the tool's path: what is not listed cannot be imported, and a component
imports nothing once it is built, so that what is missing is missed at the build.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from vendoring import paths

from edging import tools

__all__ = ["component", "digest", "lay_out", "parts"]

ROOT = paths.ROOT
PARTS = ROOT / "python" / "wasi" / "parts.toml"
WORLD = "package keriwasm:edge;\n\nworld edge {\n  include wasi:http/proxy@0.2.0;\n}\n"
WIT = ("cli", "clocks", "filesystem", "http", "io", "random", "sockets")
"""Packages of version 0.2.0 that the world is made of; spin-sdk's wheel carries them."""


def parts() -> dict[str, Any]:
    """wasi/parts.toml."""
    return tomllib.loads(PARTS.read_text(encoding="utf-8"))


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def component(anew: bool = False) -> Path:
    """The built component: from the cache when all that it is made of is as it was then, unless it is wanted anew."""
    listed = parts()
    command = tools.componentize()
    with tempfile.TemporaryDirectory(prefix="keriwasm-edge-") as scratch:
        site = Path(scratch) / "site"
        wit = Path(scratch) / "wit"
        lay_out(site, listed)
        _world(wit)
        made = paths.cache() / f"edge-{_content(site, wit)[:16]}.wasm"
        if made.exists() and not anew:
            return made
        partial = made.with_name(f"{made.name}.{os.getpid()}")
        arguments = ["-d", str(wit), "-w", "edge", "componentize", "-p", str(site), "wasi.component", "-o", str(partial)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stdout + done.stderr).partition("Stack backtrace:")[0].strip()  # what follows is of componentize-py itself
            raise tools.Missing(f"componentize-py ended with {done.returncode}:\n{said[-4000:]}")
        partial.replace(made)
        return made


def lay_out(site: Path, listed: dict[str, Any]) -> None:
    """Fill the folder that the component's imports begin in."""
    site.mkdir(parents=True)
    for name in listed["wheels"]:
        (found,) = (ROOT / "static" / "wheels").glob(f"{name}-*.whl")
        _unpack(found, site)
    for name in listed["pure"]:
        _unpack(tools.wheel(name), site)
    for source in (*listed["folders"], "python/wasi"):
        _copy(ROOT / source, site / _place(source))
    for each in sorted((ROOT / "python" / "wasi" / "standins").glob("*.py")):
        shutil.copyfile(each, site / each.name)
    shutil.rmtree(site / "wasi" / "standins")
    shutil.rmtree(site / "wasi" / "tools", ignore_errors=True)
    _copy(ROOT / "templates", site / "templates")
    (site / "wasi" / "built.py").write_text(_built(listed), encoding="utf-8")


def _place(folder: str) -> str:
    """As a worker has it: python/ and python/standins/ are where imports begin."""
    for room in ("python/standins/", "python/"):
        if folder.startswith(room):
            return folder.removeprefix(room)
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return
    for path in sorted(source.rglob("*")):
        if path.suffix in (".py", ".html", ".toml") and "__pycache__" not in path.parts:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _unpack(wheel: Path, site: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith((".so", ".pyc", "/")):
                archive.extract(name, site)


def _built(listed: dict[str, Any]) -> str:
    """What the component knows of the app that it is a part of."""
    manifest = tomllib.loads((ROOT / "pyscript.toml").read_text(encoding="utf-8"))
    serving = _serve_py()
    kept = {"name": manifest["name"], "pool": {**manifest["pool"], **listed["pool"]}}
    slices = {name: manifest["slices"][name]["module"] for name in listed["slices"]}
    text = io.StringIO()
    text.write('"""Written by wheels/edging/building.py: the app that this component is a part of."""\n\n')
    for name, value in (
        ("MANIFEST", kept), ("SLICES", slices), ("BASE", "/"), ("SHELL", _shell(slices)),
        ("HEADERS", dict(serving.SECURITY_HEADERS)), ("TEMPLATES", tuple(listed["templates"])),
    ):  # fmt: skip
        text.write(f"{name} = {value!r}\n")
    text.write("\n\ndef is_ours(template: str) -> bool:\n    return template.startswith(TEMPLATES)\n")
    return text.getvalue()


def _shell(slices: dict[str, str]) -> str:
    """The page of a server: without the pool that would run in the browser, without links to what is not here."""
    spec = importlib.util.spec_from_file_location("keriwasm_server_shell", ROOT / "python" / "keriwasm" / "server" / "shell.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.served((ROOT / "index.html").read_text(encoding="utf-8"), slices)


def _serve_py() -> Any:
    """serve.py as a module: the headers that every answer of this app has are said there."""
    spec = importlib.util.spec_from_file_location("keriwasm_serve", ROOT / "serve.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _world(wit: Path) -> None:
    wit.mkdir()
    (wit / "world.wit").write_text(WORLD, encoding="utf-8")
    with zipfile.ZipFile(tools.wheel("spin_sdk")) as archive:
        for name in archive.namelist():
            _, found, rest = name.partition("spin_sdk/wit/deps/")
            if found and any(rest.startswith(f"{each}@0.2.0/") and rest.endswith(".wit") for each in WIT):
                place = wit / "deps" / rest
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(name))


def _content(*folders: Path) -> str:
    """The digest of all files with their names, and of the tools' pins."""
    whole = hashlib.sha256()
    for name in ("requirements.txt", "parts.txt"):
        whole.update((tools.PINS / name).read_bytes())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                whole.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
                whole.update(path.read_bytes())
    return whole.hexdigest()
