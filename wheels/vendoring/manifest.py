"""wheels/vendor.toml as checked data. An unknown field is an error: a misspelt one must not be ignored in silence."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str = ""
    licence_files: list[str] = field(default_factory=list)
    licence_texts: list[str] = field(default_factory=list)
    deflate: bool = False


@dataclass(frozen=True)
class Npm(Package):
    to: str = ""
    files: list[str] = field(default_factory=list)
    strip: list[str] = field(default_factory=list)
    bytecode: list[str] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)

    def target(self, file: str) -> str:
        """Where a file of the package goes, relative to static/."""
        for prefix in self.strip:
            if file.startswith(prefix):
                return f"{self.to}/{file.removeprefix(prefix)}"
        return f"{self.to}/{file}"


@dataclass(frozen=True)
class Bundle(Package):
    """One module that esbuild makes of npm packages; ``packages`` are all that go in, each with its exact version."""

    to: str = ""
    entry: str = ""
    esbuild: str = ""
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Built(Package):
    recipe: str = ""
    from_: str = ""


@dataclass(frozen=True)
class Tests(Package):
    """A source distribution that carries tests. ``files`` are paths in it, or folders with a slash at their end; those
    are shipped as static/suites/<name>-<version>.zip. Without ``files`` nothing of it is shipped."""

    files: list[str] = field(default_factory=list)

    def picks(self, name: str) -> bool:
        """Whether a file of the source distribution belongs to what is shipped."""
        return any(name == file or (file.endswith("/") and name.startswith(file)) for file in self.files)


@dataclass(frozen=True)
class TestWheel(Package):
    """``ship``: the page's suites need it as well, so it lies in static/suites."""

    ship: bool = False


@dataclass(frozen=True)
class Toolchain:
    compiler: list[str]
    headers: list[str]


@dataclass(frozen=True)
class Manifest:
    npm: list[Npm]
    bundle: list[Bundle]
    wheel: list[Package]
    sdist: list[Package]
    built: list[Built]
    tests: list[Tests]
    test_wheel: list[TestWheel]
    constraints: list[str]
    toolchain: Toolchain


_T = TypeVar("_T", bound=Package)


def _entries(kind: type[_T], section: str, rows: list[dict[str, Any]], required: tuple[str, ...]) -> list[_T]:
    known = {f.name for f in fields(kind)}
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING} | set(required)
    result = []
    for row in rows:
        row = {("from_" if key == "from" else key): value for key, value in row.items()}
        label = f"[[{section}]] {row.get('name', '?')}"
        if unknown := set(row) - known:
            raise ValueError(f"{label}: unknown field {', '.join(sorted(unknown))}")
        if missing := {key for key in needed if not row.get(key)}:
            raise ValueError(f"{label}: missing field {', '.join(sorted(missing)).replace('from_', 'from')}")
        result.append(kind(**row))
    names = [entry.name for entry in result]
    if len(set(names)) != len(names):
        raise ValueError(f"[[{section}]]: a package is listed twice")
    return result


def loads(text: str) -> Manifest:
    """Read a manifest. Raises ValueError, naming the entry and the field, when something is wrong with it."""
    document = tomllib.loads(text)
    if document.pop("version", None) != FORMAT_VERSION:
        raise ValueError(f"vendor.toml must say version = {FORMAT_VERSION}")
    build, chain = document.pop("build"), document.pop("toolchain")
    manifest = Manifest(
        npm=_entries(Npm, "npm", document.pop("npm", []), ("licence", "to", "files")),
        bundle=_entries(Bundle, "bundle", document.pop("bundle", []), ("licence", "to", "entry", "esbuild", "packages")),
        wheel=_entries(Package, "wheel", document.pop("wheel", []), ("licence",)),
        sdist=_entries(Package, "sdist", document.pop("sdist", []), ("licence",)),
        built=_entries(Built, "built", document.pop("built", []), ("licence", "recipe", "from_")),
        tests=_entries(Tests, "tests", document.pop("tests", []), ()),
        test_wheel=_entries(TestWheel, "test_wheel", document.pop("test_wheel", []), ()),
        constraints=list(build["constraints"]),
        toolchain=Toolchain(list(chain["compiler"]), list(chain["headers"])),
    )
    if document:
        raise ValueError(f"vendor.toml: unknown section {', '.join(sorted(document))}")
    return manifest


def read(path: Path) -> Manifest:
    return loads(path.read_text(encoding="utf-8"))
