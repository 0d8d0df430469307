"""blake3's C implementation as the extension module `blake3`, on wasm SIMD.

PyPI's blake3 is built with Rust, which has no path to Pyodide here; but its source distribution carries a C
implementation of the same Python interface, tested by the same test file.

BLAKE3's C code has no wasm backend. Two of its doors fit wasm's 128-bit SIMD: the NEON one, whose dispatch needs no
detection of CPU features and hashes four chunks at a time, and the SSE4.1 one, whose intrinsics Emscripten's headers
translate. So the dispatcher is compiled as if for NEON, and the SSE4.1 code answers under the NEON function's name; the
single-block functions (keyed hashing, short inputs, extended output) get the SSE4.1 code as well.
"""

from __future__ import annotations

import shutil

from vendoring import paths

from ..compiler import EXTENSION, SSE41
from . import EXTENSION_SUFFIX, EXTENSION_TAG, Context, Product

_PORTABLE_TO_SSE41 = [
    f"-Dblake3_{name}_portable=blake3_{name}_sse41" for name in ("compress_in_place", "compress_xof")
]


def build(context: Context) -> Product:
    root = context.source()
    version, summary = context.built.version, "BLAKE3 (C implementation)"
    about = [f'-DSETUP_PY_VERSION="{version}"', f'-DSETUP_PY_DESCRIPTION="{summary}"']
    flags = [*EXTENSION, "-I", str(context.python_headers()), "-I", "vendor"]
    if context.simd:
        flags += [*SSE41, "-DBLAKE3_USE_NEON=1"]
        sources = {
            "vendor/blake3_sse41.c": ["-Dblake3_hash_many_sse41=blake3_hash_many_neon"],
            "vendor/blake3_dispatch.c": _PORTABLE_TO_SSE41,
        }
    else:
        flags += ["-DBLAKE3_USE_NEON=0"]
        sources = {"vendor/blake3_dispatch.c": []}
    for name in ("one_thread.h", "blake3_many.c"):
        shutil.copy(paths.ROOT / "wheels/native" / name, root / "c_impl")
    about += ["-include", "one_thread.h"]
    sources |= {"vendor/blake3_portable.c": [], "vendor/blake3.c": [], "blake3module.c": about, "blake3_many.c": ["-I", "vendor"]}
    compiler = context.compiler(root / "c_impl", flags)
    library = compiler.link(compiler.objects(sources), exports=["PyInit_blake3", "PyInit_blake3_many"])
    licence = {"LICENSE": (root / "LICENSE").read_bytes()}
    return Product(EXTENSION_TAG, (root / "PKG-INFO").read_bytes(), {f"blake3{EXTENSION_SUFFIX}": library}, licence)
