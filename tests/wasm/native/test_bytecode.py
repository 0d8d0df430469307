"""The bytecode in static/ is that of the sources it lies beside, and the runtime takes it without compiling."""

from __future__ import annotations

import json
from pathlib import Path

from vendoring import paths
from vendoring.repack import archives, bytecode


def test_wheels(pyodide, count):
    """Compiling every module again with the locked Pyodide gives the code that is shipped (compared as code)."""
    program = """
def main(args):
    import importlib.util, marshal, pathlib, warnings
    warnings.simplefilter("ignore")
    root = pathlib.Path("/lib/python3.14/site-packages")
    bad, seen = [], 0
    for source in sorted(root.rglob("*.py")):
        data = source.read_bytes()
        cached = pathlib.Path(importlib.util.cache_from_source(str(source)))
        if not cached.exists():
            bad.append(f"{source}: no bytecode"); continue
        pyc = cached.read_bytes()
        if pyc[:4] != importlib.util.MAGIC_NUMBER or pyc[4:8] != b"\\1\\0\\0\\0" or pyc[8:16] != importlib.util.source_hash(data):
            bad.append(f"{source}: wrong header"); continue
        if marshal.loads(pyc[16:]) != compile(data, str(source), "exec", dont_inherit=True, optimize=0):
            bad.append(f"{source}: other code")
        seen += 1
    orphans = [str(p) for p in root.rglob("*.pyc")
               if not pathlib.Path(importlib.util.source_from_cache(str(p))).exists()]
    return [bad, orphans, seen]
"""
    bad, orphans, seen = pyodide.run(program)
    assert bad == [] and orphans == []
    assert seen > 100
    count(f"bytecode: {seen} modules of the wheels compile to what is shipped")


def test_nothing_is_compiled_at_import(pyodide):
    """Importing what every worker imports calls the compiler for no file of the wheels or the standard library."""
    program = """
def main(args):
    import importlib.machinery, sys
    compiled = []
    real = importlib.machinery.SourceFileLoader.source_to_code
    def watch(self, data, path, *args, **kwargs):
        compiled.append(str(path))
        return real(self, data, path, *args, **kwargs)
    importlib.machinery.SourceFileLoader.source_to_code = watch
    import zipimport
    def refuse(pathname, source):
        raise AssertionError(f"zipimport compiles {pathname}")
    zipimport._compile_source = refuse
    import asyncio, email.message, falcon, falcon.asgi, hio.base, hio.core.http, hio.help, http.client, jinja2
    import logging, msgpack, cbor2, tomllib, unittest, markupsafe
    from keriwasm.imports import native
    native.pysodium(); native.oqs(); native.blake3()
    return [path for path in compiled if not path.startswith(("/app", "/programs"))]
"""
    assert pyodide.run(program) == []


def test_stdlib_is_upstreams(upstream_stdlib: Path, lock, tmp_path):
    """The repacked standard library holds the bytecode of exactly upstream's modules, and its other files unchanged."""
    (asset,) = (asset for asset in lock.assets if asset.path.endswith("/python_stdlib.zip"))
    upstream = archives.unzip(upstream_stdlib.read_bytes())
    ours = archives.unzip((paths.ROOT / asset.path).read_bytes())
    for name, data in upstream.items():
        if not name.endswith(".py"):
            assert ours[name] == data
    expected = bytecode.compiled(upstream, upstream_stdlib.parent, bytecode.STDLIB_PREFIX)
    assert {f"{name}c" for name in expected} == {name for name in ours if name.endswith(".pyc")}
    different = [name for name, code in expected.items() if ours[f"{name}c"] != code]
    assert json.dumps(different) == "[]"
