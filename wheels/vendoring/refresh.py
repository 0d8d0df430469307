"""From the manifest to static/: fetch, build, add bytecode, compress, and write the lock and the notices."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vendoring.build import pyconfig, recipes
from vendoring.build.toolchain import Packages, Toolchain, provide
from vendoring.repack import archives, bundles, bytecode, compress, first, modules

from . import notices, paths
from .fetch import Fetcher, pip, run
from .lock import KINDS, Asset, Lock, digest, dumps, read
from .manifest import Built, Bundle, Manifest, Npm, Package, Tests, TestWheel
from .manifest import read as read_manifest


@dataclass
class Output:
    """What a refresh makes, kept in memory until all of it is there: a failed refresh leaves static/ as it was."""

    files: dict[str, bytes] = field(default_factory=dict)
    assets: list[Asset] = field(default_factory=list)
    notices: list[notices.Notice] = field(default_factory=list)

    def add(self, path: str, data: bytes, package: Package, source: str, upstream: bytes | None = None) -> None:
        """Take in an asset and, where it pays, its compressed twin. ``upstream`` is the file that it was made from."""
        if path in self.files:
            raise ValueError(f"two packages bring {path}")
        about = {"name": package.name, "version": package.version, "source": source, "licence": package.licence}
        self.files[path] = data
        self.assets.append(
            Asset(path, sha256=digest(data), size=len(data),
                  upstream_sha256=None if upstream is None else digest(upstream), **about)
        )
        if (packed := compress.brotli(data)) is not None:
            twin = f"{path}.br"
            self.files[twin] = packed
            self.assets.append(Asset(twin, sha256=digest(packed), size=len(packed), encoding="br", of=path, **about))

    def notice(self, package: Package, files: dict[str, bytes]) -> None:
        """Take in the licence texts of a package: those it carries, or those that the manifest names."""
        found = package.licence_files or notices.licence_files(files)
        texts = [files[name] for name in found]
        texts += [(paths.LICENCES / name).read_bytes() for name in package.licence_texts]
        self.notices.append(notices.notice(package.name, package.version, package.licence, texts))


class Refresh:
    """One run of the tool. ``say`` gets a line for each step."""

    def __init__(
        self, manifest: Manifest, lock: Lock, *, accept_new: bool, say: Callable[[str], object] = print
    ) -> None:
        self.manifest = manifest
        self.fetcher = Fetcher(lock, accept_new=accept_new)
        self.packages = Packages(self.fetcher)
        self.output = Output()
        self.say = say

    def _step(self, kind: str, package: Package) -> None:
        self.say(f"{kind} {package.name} {package.version}")

    def run(self) -> Lock:
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            pyodide = self._unpack_pyodide(work)
            for npm in self.manifest.npm:
                self._step("npm", npm)
                self._npm(npm, pyodide)
            for bundle in self.manifest.bundle:
                self._step("bundle", bundle)
                self._bundle(bundle, work / f"bundle-{bundle.name}")
            for package in self.manifest.wheel:
                self._step("wheel", package)
                wheel = self.fetcher.wheel(package.name, package.version)
                self._wheel(package, wheel.name, wheel.read_bytes(), f"pypi:{package.name}", pyodide, upstream=True)
            for package in self.manifest.sdist:
                self._step("sdist", package)
                file_name, data = self._pip_wheel(package, work)
                self._wheel(package, file_name, data, f"pypi-sdist:{package.name}", pyodide)
            chain = provide(self.manifest, self.packages)
            for built in self.manifest.built:
                self._step("build", built)
                file_name, data = build_wheel(built, self.packages, chain, pyodide / "python_stdlib.zip")
                self._wheel(built, file_name, data, f"built:wheels/{built.recipe}", pyodide)
            for tests in self.manifest.tests:
                self._step("tests", tests)
                self._tests(tests, work)
            for test_wheel in self.manifest.test_wheel:
                archive = self.fetcher.wheel(test_wheel.name, test_wheel.version)
                if test_wheel.ship:
                    self._step("test wheel", test_wheel)
                    self._test_wheel(test_wheel, archive)
        self._first()
        text = notices.render(self.output.notices).encode()
        notice = Package("keriwasm", "0", "Apache-2.0")
        self.output.add(paths.NOTICES.relative_to(paths.ROOT).as_posix(), text, notice, "generated:notices")
        return Lock(self.output.assets, list(self.fetcher.used.values()))

    def _first(self) -> None:
        """What a first click needs, out of what is there by now; its licences are in the notices already."""
        of = Package("keriwasm", "0", "MPL-2.0 AND PSF-2.0 AND Apache-2.0 AND BSD-3-Clause AND MIT")
        for path, data in first.derived(self.output.files, first.read(paths.FIRST)).items():
            self.say(f"first {path}")
            self.output.add(path, data, of, "derived:wheels/first.toml")

    def _unpack_pyodide(self, work: Path) -> Path:
        """Upstream's Pyodide, as it was published, for compiling bytecode and for its record of its own build."""
        package = next(package for package in self.manifest.npm if package.name == "pyodide")
        return archives.untar(self.fetcher.npm(package.name, package.version), work / "pyodide")

    def _npm(self, package: Npm, pyodide: Path) -> None:
        with tempfile.TemporaryDirectory() as name:
            root = archives.untar(self.fetcher.npm(package.name, package.version), Path(name))
            files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        self.output.notice(package, files)
        for file in package.files:
            if file not in files:
                raise ValueError(f"npm {package.name} {package.version} has no {file}")
            path, data, upstream = f"static/{package.target(file)}", files[file], None
            if file in package.bytecode:
                upstream = data
                data = archives.pack(bytecode.stdlib(archives.unzip(data), pyodide))
            if package.imports and file.endswith((".js", ".mjs")):
                rewritten = modules.relative_imports(data, package.target(file), package.imports)
                upstream, data = (data, rewritten) if rewritten != data else (None, data)
            self.output.add(path, data, package, f"npm:{package.name}", upstream)

    def _bundle(self, bundle: Bundle, work: Path) -> None:
        """One module of many packages, whose licences all go into the notices."""
        parts = {**bundle.packages, bundles.ESBUILD: bundle.esbuild}
        roots = bundles.lay(work, {name: self.fetcher.npm(name, version) for name, version in parts.items()})
        for name, version in bundle.packages.items():
            part = Package(name, version, bundle.licence)
            self.output.notice(part, {path.name: path.read_bytes() for path in roots[name].iterdir() if path.is_file()})
        data = bundles.bundled(work, paths.BUNDLES / bundle.entry)
        self.output.add(f"static/{bundle.to}", data, bundle, f"bundle:{','.join(bundle.packages)}")

    def _wheel(
        self, package: Package, name: str, data: bytes, source: str, pyodide: Path, *, upstream: bool = False
    ) -> None:
        original = archives.unzip(data)
        self.output.notice(package, original)
        repacked = archives.pack_wheel(bytecode.with_pycache(original, pyodide), package.deflate)
        if changed := archives.changed_upstream_files(original, archives.unzip(repacked)):
            raise ValueError(f"{name}: repacking changed {', '.join(changed)}")
        self.output.add(f"static/wheels/{name}", repacked, package, source, data if upstream else None)

    def _tests(self, tests: Tests, work: Path) -> None:
        """The test files of a source distribution, as they are, in one archive that the page fetches with its suite."""
        archive = self.fetcher.sdist(tests.name, tests.version)
        if not tests.files:
            return
        root = archives.untar(archive, work / f"tests-{tests.name}")
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        picked = {name: data for name, data in files.items() if tests.picks(name)}
        if missing := [file for file in tests.files if not any(name.startswith(file) for name in picked)]:
            raise ValueError(f"[[tests]] {tests.name} {tests.version} has no {', '.join(missing)}")
        if not any((one.name, one.version) == (tests.name, tests.version) for one in self.output.notices):
            self.output.notice(tests, files)
        stem = f"{tests.name.replace('-', '_')}-{tests.version}"
        self.output.add(f"static/suites/{stem}.zip", archives.pack(picked), tests, f"pypi-sdist:{tests.name}")

    def _test_wheel(self, package: TestWheel, archive: Path) -> None:
        """A wheel that only a suite of the page imports: upstream's files, stored for the transfer's compression."""
        files = archives.unzip(archive.read_bytes())
        self.output.notice(package, files)
        data = archives.pack_wheel(files)
        self.output.add(f"static/suites/{archive.name}", data, package, f"pypi:{package.name}", archive.read_bytes())

    def _pip_wheel(self, package: Package, work: Path) -> tuple[str, bytes]:
        """Build a pure wheel with pip and the manifest's build constraints; its Python requirement is passed over,
        because the wheel is for the workers' Python and not for the one that builds it."""
        folder = work / f"build-{package.name}"
        root = archives.untar(self.fetcher.sdist(package.name, package.version), folder / "source")
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(self.manifest.constraints) + "\n")
        environment = {
            **os.environ, "PIP_CONSTRAINT": str(constraints), "PIP_BUILD_CONSTRAINT": str(constraints),
        }
        run([*pip(), "wheel", "--quiet", "--no-deps", "--ignore-requires-python", f"--wheel-dir={folder}", str(root)],
            env=environment)
        (wheel,) = folder.glob("*.whl")
        return wheel.name, wheel.read_bytes()


def source_archive(built: Built, packages: Packages) -> Path:
    """The archive that a recipe works on, as the manifest's `from` says."""
    kind, name = built.from_.split(":", 1)
    if kind == "debian-source":
        return packages.source(name, built.version)
    if kind == "pypi-sdist":
        return packages.fetcher.sdist(name, built.version)
    if kind == "pypi-wheel":
        return packages.fetcher.wheel(name, built.version)
    if kind == "own":
        return paths.ROOT / name
    raise ValueError(f"[[built]] {built.name}: from must be debian-source:, pypi-sdist:, pypi-wheel: or own:, not {kind}:")


def build_wheel(
    built: Built, packages: Packages, chain: Toolchain | None, upstream_stdlib: Path, *, simd: bool = True
) -> tuple[str, bytes]:
    """Run a recipe; the name and bytes of its wheel, without bytecode.

    ``upstream_stdlib`` is Pyodide's python_stdlib.zip as published: its sysconfig data say how to compile extensions.
    """
    archive = source_archive(built, packages)
    header = ""
    if chain is not None:
        header = pyconfig.pyconfig(chain.native_pyconfig, pyconfig.build_time_vars(upstream_stdlib.read_bytes()))
    with tempfile.TemporaryDirectory() as name:
        product = recipes.build(recipes.Context(built, archive, Path(name), simd, chain, header))
    stem = f"{built.name.replace('-', '_')}-{built.version}.dist-info"
    files = {**product.files, **{f"{stem}/licenses/{name}": text for name, text in product.licences.items()}}
    return archives.new_wheel(built.name, built.version, product.tag, product.metadata, files)


def _vendored_files() -> Iterator[Path]:
    for kind in KINDS:
        for path in (paths.STATIC / kind).rglob("*"):
            if path.is_file() or path.is_symlink():
                yield path


def install(output: Output, lock: Lock) -> None:
    """Make the vendored folders hold exactly the output, then write the lock."""
    for path in list(_vendored_files()):
        if path.relative_to(paths.ROOT).as_posix() not in output.files:
            path.unlink()
    for name, data in output.files.items():
        path = paths.ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.is_file() and path.read_bytes() == data):
            temporary = path.with_name(f".{path.name}.new")
            temporary.write_bytes(data)
            temporary.replace(path)
    for kind in KINDS:
        for folder in sorted((paths.STATIC / kind).rglob("*"), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                shutil.rmtree(folder)
    paths.LOCK.write_text(dumps(lock), encoding="utf-8")


def refresh(*, accept_new: bool = False, new_toolchain: bool = False) -> Lock:
    """The whole of `vendor.py refresh`: static/ and the lock as the manifest says.

    ``accept_new`` takes versions that the lock does not pin yet, ``new_toolchain`` drops the pins of Debian's packages.
    """
    old = read(paths.LOCK)
    if new_toolchain:
        old.sources = [source for source in old.sources if not source.source.startswith("debian:")]
    job = Refresh(read_manifest(paths.MANIFEST), old, accept_new=accept_new or new_toolchain)
    lock = job.run()
    install(job.output, lock)
    return lock
