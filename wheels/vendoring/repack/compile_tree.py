"""Runs inside Pyodide (CPython 3.14): compile every module below a folder to bytecode. See compile.mjs."""

import importlib._bootstrap_external as bootstrap
import importlib.util
import json
import pathlib
import warnings


def compile_tree(source: str, out: str, prefix: str) -> str:
    """Write ``out/x.pyc`` for each ``source/x.py``; a JSON list of [file, reason] for those that do not compile.

    The bytecode is of the unchecked-hash kind (PEP 552): it names the digest of its source and no date, and import
    takes it without looking at the source. ``prefix`` is the folder that the code will say it was loaded from.
    """
    failed = []
    root = pathlib.Path(source)
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        data = path.read_bytes()
        try:
            with warnings.catch_warnings():
                # "invalid escape sequence" and the like are for the package's authors.
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(data, f"{prefix}/{name}", "exec", dont_inherit=True, optimize=0)
        except (SyntaxError, ValueError) as error:
            failed.append([name, str(error)])
            continue
        target = pathlib.Path(out, name + "c")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(data), False))
    return json.dumps(failed)
