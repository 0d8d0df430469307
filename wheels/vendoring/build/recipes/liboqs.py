"""liboqs 0.15.0 for wasm: the library out of PyPI's pyoqs-wasm, byte for byte, in a wheel of its own.

Only the library is taken. pyoqs-wasm's Python part is a fork of liboqs-python under the same package name `oqs`; ours
is upstream's own wrapper, unmodified. The library lies at the top of site-packages, which is on LD_LIBRARY_PATH in
Pyodide: there `ctypes.util.find_library("oqs")` finds it.
"""

from __future__ import annotations

from vendoring.repack.archives import dist_info, unzip

from . import CTYPES_TAG, Context, Product, metadata


def build(context: Context) -> Product:
    files = unzip(context.archive.read_bytes())
    info = dist_info(files)
    licences = {
        name.rsplit("/", 1)[1]: data for name, data in files.items() if name.startswith(f"{info}/licenses/")
    }
    summary = "liboqs as a WebAssembly side module, for liboqs-python in Pyodide (the library of pyoqs-wasm)"
    return Product(CTYPES_TAG, metadata(context.built, summary), {"liboqs.so": files["oqs/liboqs.so"]}, licences)
