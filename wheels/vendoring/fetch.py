"""Archives from npm, PyPI and Debian, fetched by the registries' ordinary clients and pinned by digest.

A download lands in the cache under its digest, and only there: an archive whose digest the lock knows is taken from the
cache without the network, and one that arrives with another digest is refused.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import paths
from .lock import Lock, Source, file_digest

PYODIDE_PLATFORM = "pyemscripten_2026_0_wasm32"
"""Platform tag of wheels for Pyodide 314 (PEP 783)."""


class FetchError(Exception):
    """An archive could not be had, or is not the one that the lock names."""


def run(command: list[str], **kwargs: object) -> str:
    """Run a command and return its output; FetchError with what it said when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)  # type: ignore[call-overload]
    except FileNotFoundError as error:
        raise FetchError(f"{command[0]} is not installed") from error
    if done.returncode:
        raise FetchError(f"{' '.join(command[:4])} ... failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return str(done.stdout)


class Fetcher:
    """Fetches archives against the pins of a lock and records what was used, for the next lock."""

    def __init__(self, lock: Lock, *, accept_new: bool = False) -> None:
        self.lock = lock
        self.accept_new = accept_new
        self.used: dict[tuple[str, str], Source] = {}
        self.store = paths.cache() / "downloads"
        self.store.mkdir(parents=True, exist_ok=True)

    def npm(self, name: str, version: str) -> Path:
        """The tarball of an npm package."""

        def download(folder: Path) -> None:
            run(["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{version}"], cwd=folder)

        return self._archive(f"npm:{name}", version, download)

    def wheel(self, name: str, version: str) -> Path:
        """A wheel for Pyodide or a pure one, whichever pip prefers for CPython 3.14 on Pyodide's platform."""

        def download(folder: Path) -> None:
            run([*pip(), "download", "--quiet", "--no-deps", "--only-binary=:all:", "--implementation=cp",
                 "--python-version=3.14", "--abi=cp314", "--abi=abi3", "--abi=none", f"--platform={PYODIDE_PLATFORM}",
                 "--platform=any", f"--dest={folder}", f"{name}=={version}"])

        return self._archive(f"pypi:{name}", version, download)

    def sdist(self, name: str, version: str) -> Path:
        """A source distribution, without running any code of it (see ``_null_backends``)."""

        def download(folder: Path) -> None:
            with tempfile.TemporaryDirectory() as backends:
                _null_backends(Path(backends))
                run([*pip(), "download", "--quiet", "--no-deps", "--no-binary=:all:", "--ignore-requires-python",
                     "--use-pep517", "--no-build-isolation", f"--dest={folder}", f"{name}=={version}"],
                    env={**os.environ, "PYTHONPATH": backends})

        return self._archive(f"pypi-sdist:{name}", version, download)

    def debian(self, source: str, version: str, download: Callable[[Path], None]) -> Path:
        """A file of Debian's archive, which ``download`` puts into the folder that it is given."""
        return self._archive(source, version, download)

    def _archive(self, source: str, version: str, download: Callable[[Path], None]) -> Path:
        pin = self.lock.source(source, version)
        if pin is not None:
            kept = self.store / pin.sha256 / pin.file
            if kept.is_file() and file_digest(kept) == pin.sha256:
                self.used[source, version] = pin
                return kept
        elif not self.accept_new:
            raise FetchError(f"{source} {version} is not in the lock; `vendor.py refresh --accept-new` adds it")
        with tempfile.TemporaryDirectory(dir=self.store) as name:
            folder = Path(name)
            download(folder)
            files = [path for path in folder.iterdir() if path.is_file()]
            if len(files) != 1:
                raise FetchError(f"{source} {version}: expected one archive, got {sorted(f.name for f in files)}")
            fetched = Source(source, version, files[0].name, file_digest(files[0]), files[0].stat().st_size)
            if pin is not None and fetched.sha256 != pin.sha256:
                raise FetchError(f"{source} {version}: got {fetched.file} with sha256 {fetched.sha256}, "
                                 f"the lock says {pin.file} with {pin.sha256}")
            kept = self.store / fetched.sha256 / fetched.file
            kept.parent.mkdir(exist_ok=True)
            shutil.move(files[0], kept)
        self.used[source, version] = fetched
        return kept


def pip() -> list[str]:
    """The command for pip: this Python's, else the one on PATH (a venv made without pip has none)."""
    import importlib.util
    import sys

    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise FetchError("pip is not installed")
    return [found, "--disable-pip-version-check"]


_NULL_BACKEND = '''
import pathlib, re, shutil

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_text(encoding="utf-8")
    name, version = (re.search(f"^{field}: *(.+)$", text, re.M)[1].strip() for field in ("Name", "Version"))
    info = pathlib.Path(metadata_directory, f"{re.sub('[-_.]+', '_', name)}-{version}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name

def get_requires_for_build_wheel(config_settings=None):
    return []
'''


def _null_backends(folder: Path) -> None:
    """Write build backends that do nothing but hand over an sdist's own PKG-INFO.

    `pip download` asks a package's build backend for metadata before it hands over the archive, which would need that
    backend installed (some need a Rust compiler) and would run code from the archive, only to fetch a file.
    """
    (folder / "null_backend.py").write_text(_NULL_BACKEND, encoding="utf-8")
    modules = ("maturin", "hatchling/build", "flit_core/buildapi", "poetry/core/masonry/api", "setuptools/build_meta")
    for module in modules:
        path = folder / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(folder).parents[:-1]:
            (folder / parent / "__init__.py").touch()
        path.write_text("from null_backend import *\n")
    with (folder / "setuptools/build_meta.py").open("a") as file:
        file.write("import sys\n__legacy__ = sys.modules[__name__]\n")  # the backend of packages without pyproject.toml
