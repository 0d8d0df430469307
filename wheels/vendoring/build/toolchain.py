"""The C compiler for wasm: Debian's clang and lld with Emscripten's headers, unpacked below the cache, not installed.

No registry in reach has Emscripten's own SDK or Pyodide's build tools. But Emscripten is clang plus a sysroot, Debian
has both, and a side module (a wasm library that Pyodide loads at run time) needs no more than the headers: what it
imports is resolved by Pyodide's main module.

The packages come through a throwaway apt configuration with its own state folder: the machine's Debian mirror (taken
from its own apt sources) and, for newer headers, Debian's `sid`. Signatures are checked against the machine's
debian-archive-keyring. Versions and digests are pinned in the lock; `sid` moves, and when it no longer offers what the
lock names, ToolchainUnavailable says so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vendoring import paths
from vendoring.fetch import Fetcher, FetchError, run
from vendoring.lock import digest
from vendoring.manifest import Manifest

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class ToolchainUnavailable(Exception):
    """The compiler cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Mirror:
    uri: str
    suite: str


def _mirrors() -> list[Mirror]:
    """Debian's suites as this machine's apt knows them, main archive first."""
    if shutil.which("apt-get") is None or not _KEYRING.exists():
        raise ToolchainUnavailable("this machine has no apt with Debian's archive keyring")
    text = run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(COMPONENT)", "Created-By: Packages"])
    found = []
    for line in dict.fromkeys(text.splitlines()):
        uri, suite, component = line.split("|")
        if component == "main" and re.search(r"/debian(-security)?/?$", uri):
            found.append(Mirror(uri, suite))
    found.sort(key=lambda mirror: "-security" in mirror.uri)
    if not found or "-security" in found[0].uri:
        raise ToolchainUnavailable("apt's sources on this machine name no Debian mirror")
    return found


class Apt:
    """A private apt: its own sources, lists and cache; the machine's are neither read nor written."""

    def __init__(self, folder: Path, newer: str = "sid") -> None:
        """newer: the suite that is offered beside the machine's own release."""
        self.folder = folder
        mirrors = _mirrors()
        for name in ("state/lists/partial", "cache/archives/partial", "etc/empty", "etc/preferences.d"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "state/status").touch()
        signed = f"[signed-by={_KEYRING}]"
        lines = [f"deb {signed} {m.uri} {m.suite} main" for m in mirrors]
        lines += [f"{kind} {signed} {mirrors[0].uri} {newer} main" for kind in ("deb", "deb-src")]
        (folder / "etc/sources.list").write_text("\n".join(lines) + "\n")
        (folder / "apt.conf").write_text(
            f'Dir "{folder}";\nDir::State "{folder}/state";\nDir::State::status "{folder}/state/status";\n'
            f'Dir::Cache "{folder}/cache";\nDir::Etc "{folder}/etc";\nDir::Etc::sourceparts "empty";\n'
            'Dir::Etc::parts "empty";\nDir::Etc::trusted "none";\nDir::Etc::trustedparts "empty";\n'
            'APT::Sandbox::User "";\nAPT::Architecture "amd64";\nAcquire::Languages "none";\n'
            # A mirror that stands still is fine: what is fetched is pinned by digest, so an old index is no danger.
            'Acquire::Check-Valid-Until "false";\n'
        )
        self.environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
        self.run("apt-get", "--quiet", "update")

    def run(self, *command: str, cwd: Path | None = None) -> str:
        try:
            return run(list(command), env=self.environment, cwd=cwd)
        except FetchError as error:
            raise ToolchainUnavailable(str(error)) from error

    def versions(self, package: str) -> list[tuple[str, str]]:
        """(version, suite) of every offer of a package, as apt orders them."""
        rows = [line.split("|") for line in self.run("apt-cache", "madison", package).splitlines()]
        return [(row[1].strip(), row[2].split()[1].split("/")[0]) for row in rows if not row[2].endswith("Sources")]

    def newest(self, package: str, suite: str | None) -> str:
        """The first version offered in a suite, or outside of sid when ``suite`` is None."""
        offers = self.versions(package)
        for version, offered in offers:
            if offered == suite or (suite is None and offered != "sid"):
                return version
        raise ToolchainUnavailable(f"{package} is not offered in {suite or 'this release of Debian'}: {offers}")

    def source_version(self, package: str) -> str:
        text = self.run("apt-cache", "showsrc", "--only-source", package)
        found = re.findall(r"^Version: (.+)$", text, re.M)
        if not found:
            raise ToolchainUnavailable(f"sid offers no source of {package}")
        return str(found[-1])


class Packages:
    """Fetches Debian packages and sources against the lock's pins; apt is set up only for what the cache lacks."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self._apt: Apt | None = None

    @property
    def apt(self) -> Apt:
        if self._apt is None:
            self._apt = Apt(paths.cache() / "apt")
        return self._apt

    def _version(self, source: str, newest: Callable[[], str]) -> str:
        """The pinned version, or when nothing is pinned (or a refresh asks for new ones) what the archive has."""
        pinned = [pin.version for pin in self.fetcher.lock.sources if pin.source == source]
        return pinned[0] if pinned else newest()

    def binary(self, package: str, suite: str | None) -> Path:
        """A .deb from ``suite``, or from the machine's own release when it is None."""
        source = f"debian:{package}"
        version = self._version(source, lambda: self.apt.newest(package, suite))

        def download(folder: Path) -> None:
            self.apt.run("apt-get", "--quiet", "download", f"{package}={version}", cwd=folder)

        return self.fetcher.debian(source, version, download)

    def source(self, package: str, upstream: str) -> Path:
        """Upstream's tarball of version ``upstream`` as Debian carries it, without Debian's patches."""
        source = f"debian-source:{package}"

        def download(folder: Path) -> None:
            full = self.apt.source_version(package)
            if full.rsplit("-", 1)[0] != upstream:
                raise ToolchainUnavailable(f"sid now offers {package} {full}, the manifest names {upstream}")
            with tempfile.TemporaryDirectory() as name:
                self.apt.run("apt-get", "--quiet", "source", "--download-only", f"{package}={full}", cwd=Path(name))
                for path in Path(name).glob("*.orig.tar.*"):
                    if not path.name.endswith(".asc"):
                        shutil.copy(path, folder)

        return self.fetcher.debian(source, upstream, download)


@dataclass(frozen=True)
class Toolchain:
    """An unpacked compiler: ``root`` holds compiler/ and headers/."""

    root: Path

    @property
    def clang(self) -> Path:
        return self.root / "compiler/usr/lib/llvm-22/bin/clang"

    @property
    def linker(self) -> Path:
        return self.root / "compiler/usr/lib/llvm-22/bin/wasm-ld"

    @property
    def clang_headers(self) -> Path:
        return self.root / "compiler/usr/lib/llvm-22/lib/clang/22/include"

    @property
    def system(self) -> Path:
        return self.root / "headers/usr/share/emscripten/system"

    @property
    def python_headers(self) -> Path:
        return self.root / "headers/usr/include/python3.14"

    @property
    def native_pyconfig(self) -> Path:
        return self.root / "headers/usr/include/x86_64-linux-gnu/python3.14/pyconfig.h"

    @property
    def environment(self) -> dict[str, str]:
        """For running the compiler. SOURCE_DATE_EPOCH pins __DATE__ and __TIME__."""
        libraries = self.root / "compiler/usr/lib/x86_64-linux-gnu"
        return {"PATH": os.environ.get("PATH", ""), "LD_LIBRARY_PATH": str(libraries), "LC_ALL": "C",
                "SOURCE_DATE_EPOCH": "315532800"}


def provide(manifest: Manifest, packages: Packages) -> Toolchain:
    """Fetch and unpack the toolchain, or find it in the cache. Raises ToolchainUnavailable with the reason."""
    try:
        debs = [(packages.binary(name, None), "compiler") for name in manifest.toolchain.compiler]
        debs += [(packages.binary(name, "sid"), "headers") for name in manifest.toolchain.headers]
    except FetchError as error:
        raise ToolchainUnavailable(str(error)) from error
    key = digest("".join(deb.parent.name for deb, _ in debs).encode())[:16]
    root = paths.cache() / f"toolchain-{key}"
    if not root.exists():
        with tempfile.TemporaryDirectory(dir=paths.cache()) as name:
            for deb, part in debs:
                run(["dpkg", "-x", str(deb), f"{name}/{part}"])
            Path(name).chmod(0o755)
            Path(name).rename(root)
            Path(name).mkdir()  # for the context manager to remove
    chain = Toolchain(root)
    done = subprocess.run(
        [chain.clang, "--version"], env=chain.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolchainUnavailable(f"the fetched clang does not run here: {done.stderr.strip()}")
    return chain
