"""Pyodide under Node, with the locked wheels: the `pyodide` fixture runs Python programs in it."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import lock as locking  # noqa: E402
from vendoring import manifest as manifests  # noqa: E402
from vendoring import node, paths  # noqa: E402
from vendoring.build.toolchain import Packages, Toolchain, ToolchainUnavailable, provide  # noqa: E402
from vendoring.fetch import Fetcher, FetchError  # noqa: E402
from vendoring.repack import archives  # noqa: E402


def locked_wheels() -> list[Path]:
    """The wheels that a pool worker unpacks, at once or later; without pyscript.toml, every locked wheel."""
    manifest = ROOT / "pyscript.toml"
    if manifest.exists():
        config = tomllib.loads(manifest.read_text())
        urls = [*config.get("packages", []), *config.get("postponed", {})]
        listed = [ROOT / url for url in urls if url.endswith(".whl")]
        if listed:
            return listed
    lock = locking.read(paths.LOCK)
    return [ROOT / asset.path for asset in lock.assets if asset.path.endswith(".whl")]


@dataclass
class Pyodide:
    """Runs programs, each in a Pyodide of its own."""

    wheels: list[Path]
    folder: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)  # one step of it is atomic: runs may be parallel

    def run(
        self,
        program: str | Path,
        args: Any = None,
        *,
        wheels: list[Path] | None = None,
        mounts: dict[str, Path] | None = None,
        path: list[str] | None = None,
        stdlib: Path | None = None,
        timeout: float = 600,
    ) -> Any:
        """What ``main(args)`` of a program returns. ``program`` is a file (relative to programs/) or Python source.

        Fails the test with what Python said when the program raises or the runtime dies. ``timeout`` is in seconds.
        """
        command, result = self.command(program, args, wheels=wheels, mounts=mounts, path=path, stdlib=stdlib)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as expired:
            pytest.fail(f"{program} did not end in {timeout} s; it had said:\n{str(expired.stdout)[-3000:]}")
        sys.stdout.write(done.stdout)
        if done.returncode or not result.exists():
            pytest.fail(f"{program} failed in Pyodide (status {done.returncode}):\n{done.stderr[-5000:]}")
        return json.loads(result.read_text())

    def command(
        self,
        program: str | Path,
        args: Any = None,
        *,
        wheels: list[Path] | None = None,
        mounts: dict[str, Path] | None = None,
        path: list[str] | None = None,
        stdlib: Path | None = None,
    ) -> tuple[list[str], Path]:
        """The command that `run` runs, and the file where the program's result will be, as JSON."""
        number = next(self.numbers)
        if isinstance(program, str) and "\n" in program:
            file = self.folder / f"program{number}.py"
            file.write_text(program)
        else:
            file = PROGRAMS / program
        result = self.folder / f"result{number}.json"
        job = {
            "pyodide": str(next((ROOT / "static/pyodide").iterdir())),
            "wheels": [str(wheel) for wheel in (self.wheels if wheels is None else wheels)],
            "mounts": {
                "/app": str(ROOT / "python"),
                "/programs": str(PROGRAMS),
                **{inside: str(outside) for inside, outside in (mounts or {}).items()},
            },
            "path": [*(path or []), "/app", "/app/standins", "/programs"],
            "stdlib": str(stdlib) if stdlib else None,
            "program": str(file),
            "args": json.dumps(args),
            "result": str(result),
        }
        (self.folder / f"job{number}.json").write_text(json.dumps(job))
        host = [node.executable(), "--no-warnings", str(HERE / "host.mjs"), str(self.folder / f"job{number}.json")]
        return host, result

    def swapped(self, *replacements: Path) -> list[Path]:
        """The wheels with those of the same name and version replaced: for running another build of a library."""
        names = {path.name: path for path in replacements}
        assert names.keys() <= {wheel.name for wheel in self.wheels}, "a replacement must replace something"
        return [names.get(wheel.name, wheel) for wheel in self.wheels]


@pytest.fixture(scope="session")
def pyodide() -> Iterator[Pyodide]:
    with tempfile.TemporaryDirectory() as folder:
        yield Pyodide(locked_wheels(), Path(folder))


@pytest.fixture(scope="session")
def manifest() -> manifests.Manifest:
    return manifests.read(paths.MANIFEST)


@pytest.fixture(scope="session")
def lock() -> locking.Lock:
    return locking.read(paths.LOCK)


@dataclass
class Sdists:
    """Unpacked source distributions, whose own test suites run here. Fetched by name, checked against the lock."""

    fetcher: Fetcher
    folder: Path

    def __call__(self, name: str) -> Path:
        pins = [pin for pin in self.fetcher.lock.sources if pin.source == f"pypi-sdist:{name}"]
        assert len(pins) == 1, f"the lock should pin one source distribution of {name}"
        target = self.folder / name
        if target.exists():
            return next(target.iterdir())
        try:
            archive = self.fetcher.sdist(name, pins[0].version)
        except FetchError as error:
            pytest.fail(f"the tests of {name} cannot be fetched: {error}")
        target.mkdir()
        return archives.untar(archive, target)


@pytest.fixture(scope="session")
def sdists(lock: locking.Lock) -> Iterator[Sdists]:
    with tempfile.TemporaryDirectory() as folder:
        yield Sdists(Fetcher(lock), Path(folder))


@pytest.fixture(scope="session")
def packages(lock: locking.Lock) -> Packages:
    return Packages(Fetcher(lock))


@pytest.fixture(scope="session")
def toolchain(manifest: manifests.Manifest, packages: Packages) -> Toolchain:
    """Debian's clang and Emscripten's headers. Skips, with the reason, where the archive no longer has them."""
    # Two test processes share the cache of Debian's packages, and apt lets in one at a time.
    with (Path(tempfile.gettempdir()) / f"keriwasm-toolchain-{os.getuid()}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            return provide(manifest, packages)
        except ToolchainUnavailable as reason:
            pytest.skip(f"no toolchain: {reason}")


@pytest.fixture(scope="session")
def upstream_stdlib(lock: locking.Lock) -> Iterator[Path]:
    """Pyodide's python_stdlib.zip as npm has it, in the folder of the unpacked package."""
    (pin,) = (pin for pin in lock.sources if pin.source == "npm:pyodide")
    with tempfile.TemporaryDirectory() as folder:
        yield archives.untar(Fetcher(lock).npm("pyodide", pin.version), Path(folder)) / "python_stdlib.zip"


@pytest.fixture
def count(record_property: Any) -> Any:
    """Call it with a sentence; all of them are printed when the run ends, whichever process the tests ran in."""
    return lambda line: record_property("count", line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for some in terminalreporter.stats.values() for report in some if getattr(report, "when", "") == "call"]
    lines = [line for report in reports for name, line in report.user_properties if name == "count"]
    if lines:
        terminalreporter.section("counts in Pyodide")
        for line in lines:
            terminalreporter.write_line(line)
