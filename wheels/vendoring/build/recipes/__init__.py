"""How each [[built]] wheel of vendor.toml is made. A recipe module has

``build(context: Context) -> Product``

and must give the same bytes for the same inputs, wherever and whenever it runs.
"""

from __future__ import annotations

import importlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from vendoring.manifest import Built
from vendoring.repack.archives import untar

from ..compiler import Compiler
from ..toolchain import Toolchain

CTYPES_TAG = "py3-none-pyemscripten_2026_0_wasm32"
EXTENSION_TAG = "cp314-cp314-pyemscripten_2026_0_wasm32"
EXTENSION_SUFFIX = ".cpython-314-wasm32-emscripten.so"


@dataclass(frozen=True)
class Context:
    """What a recipe works with. ``simd`` False asks for the plain build, which only the differential test uses."""

    built: Built
    archive: Path
    work: Path
    simd: bool = True
    chain: Toolchain | None = None
    pyconfig: str = ""

    def source(self) -> Path:
        """The unpacked source, in ``work``, free to be changed."""
        folder = self.work / "source"
        folder.mkdir(parents=True)
        return untar(self.archive, folder)

    def compiler(self, work: Path, flags: list[str]) -> Compiler:
        if self.chain is None:
            raise ValueError(f"the recipe {self.built.recipe} needs the toolchain")
        return Compiler(self.chain, work, flags)

    def python_headers(self) -> Path:
        """CPython's headers with a pyconfig.h for wasm32. Python.h includes the one beside itself, hence the copy."""
        if self.chain is None:
            raise ValueError(f"the recipe {self.built.recipe} needs the toolchain")
        headers = self.work / "python"
        shutil.copytree(self.chain.python_headers, headers)
        (headers / "pyconfig.h").write_text(self.pyconfig)
        return headers


@dataclass(frozen=True)
class Product:
    """A wheel's content: tag, METADATA, files by their path in site-packages, and licence texts."""

    tag: str
    metadata: bytes
    files: dict[str, bytes]
    licences: dict[str, bytes] = field(default_factory=dict)


def metadata(built: Built, summary: str) -> bytes:
    """METADATA (core metadata 2.4) for a wheel that had none upstream."""
    return (
        f"Metadata-Version: 2.4\nName: {built.name}\nVersion: {built.version}\nSummary: {summary}\n"
        f"License-Expression: {built.licence}\n"
    ).encode()


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    """Replace ``old`` in a source file. Raises ValueError unless it is there exactly ``count`` times: when upstream
    changes the place that a correction is for, the correction must be thought through again."""
    text = path.read_text()
    if text.count(old) != count:
        raise ValueError(f"{path.name}: expected {count} times {old!r}, found {text.count(old)}")
    path.write_text(text.replace(old, new))


def build(context: Context) -> Product:
    """Run the recipe that the manifest's entry names."""
    recipe = importlib.import_module(f"{__name__}.{context.built.recipe}")
    product: Product = recipe.build(context)
    return product


def needs_toolchain(built: Built) -> bool:
    return built.recipe != "liboqs"
