"""markupsafe with its C speedups, which escape about ten times as fast as the pure fallback."""

from __future__ import annotations

from ..compiler import EXTENSION
from . import EXTENSION_SUFFIX, EXTENSION_TAG, Context, Product


def build(context: Context) -> Product:
    root = context.source()
    source = root / "src"
    compiler = context.compiler(source, [*EXTENSION, "-I", str(context.python_headers())])
    objects = compiler.objects({"markupsafe/_speedups.c": []})
    library = compiler.link(objects, exports=["PyInit__speedups"])
    files = {
        f"markupsafe/{path.name}": path.read_bytes()
        for path in sorted((source / "markupsafe").iterdir())
        if path.suffix in (".py", ".pyi", ".typed") or path.name == "py.typed"
    }
    files[f"markupsafe/_speedups{EXTENSION_SUFFIX}"] = library
    licence = {"LICENSE.txt": (root / "LICENSE.txt").read_bytes()}
    return Product(EXTENSION_TAG, (root / "PKG-INFO").read_bytes(), files, licence)
