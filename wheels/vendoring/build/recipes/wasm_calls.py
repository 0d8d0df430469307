"""Our own extension module `wasm_calls`: calls of wasm libraries by their true signatures (see its source, wheels/native/)."""

from __future__ import annotations

from vendoring import paths

from ..compiler import EXTENSION
from . import EXTENSION_SUFFIX, EXTENSION_TAG, Context, Product, metadata

SHAPES = (
    ">", ">i", "i>", "i>i", "ii>", "ii>i", "iii>", "iii>i", "iiii>", "iiii>i", "iiiii>i", "iiiiii>i", "iiiiiii>i",
    "iiiiiiii>i", "iiiiiiiii>i", "iiiiiiiiii>i", "iiiiiiiiiiii>i", "il>", "iil>i", "ili>i", "iiil>i", "iili>i",
    "ilii>i", "iiili>i", "iilii>i", "iilli>i", "iiiili>i", "iiiilii>", "iiilii>i", "iiliii>i", "iilili>i", "iillii>i",
    "iiiliii>i", "ililili>i", "iiiiilil>i", "iiiiliii>i", "iiiilili>i", "iiiliiii>i", "ilililii>i", "iiiiliiii>i",
    "iiiililii>i", "iiiliilii>i", "iiililiii>i", "iiiiiliiii>i", "iiiililiii>i",
)  # fmt: skip
"""Every signature that libsodium and liboqs export; tests/wasm/native/test_calls.py compares. i: 32 bits, l: 64."""


def shapes() -> str:
    """shapes.h: a caller for each signature, and the table of them."""
    kinds = {"i": "int32_t", "l": "int64_t"}
    lines, rows = [], []
    for number, shape in enumerate(SHAPES):
        parameters, result = shape.split(">")
        types = ", ".join(kinds[kind] for kind in parameters) or "void"
        given = ", ".join(f"({kinds[kind]})a[{at}]" for at, kind in enumerate(parameters))
        call = f"(({kinds[result] if result else 'void'} (*)({types}))f)({given});"
        body = f"return {call}" if result else f"{call} return 0;"
        lines.append(f"static Value call{number}(void *f, const Value *a) {{ {body} }}")
        rows.append(f'    {{"{shape}", call{number}}},')
    return "\n".join([*lines, "static const Shape shapes[] = {", *rows, "};", ""])


def build(context: Context) -> Product:
    context.work.mkdir(exist_ok=True)
    source = context.work / "source"
    source.mkdir()
    (source / "wasm_calls.c").write_bytes(context.archive.read_bytes())
    (source / "shapes.h").write_text(shapes())
    compiler = context.compiler(source, [*EXTENSION, "-I", str(context.python_headers())])
    library = compiler.link(compiler.objects({"wasm_calls.c": []}), exports=["PyInit_wasm_calls"])
    about = metadata(context.built, "C functions of wasm libraries, called by their true signatures")
    licence = {"LICENSE": (paths.ROOT / "LICENSE").read_bytes()}
    return Product(EXTENSION_TAG, about, {f"wasm_calls{EXTENSION_SUFFIX}": library}, licence)
