"""py-lmdb's own tests, unmodified, over our lmdb, in Pyodide."""

from __future__ import annotations

from suites import judge

READERS = "it reads LMDB's table of readers; there is one process with one thread, so there is none"
PROCESSES = "it starts another process"
FILE = "there is no file in LMDB's format that could be sent"

EXCLUDED = [
    (r"PreloadTest\.", "it counts page faults of a memory map"),
    (r"InfoMethodsTest\.test_readers$", READERS),
    (r"OtherMethodsTest\.test_reader_check$", READERS),
    (r"SpareTxnTest\.test_(none|one)$", READERS),
    (r"InitTest\.test_child_deleting_transaction$", PROCESSES),
    (r"InitTest\.test_cached_txn_across_fork$", PROCESSES),
    (r"MapResizeTest\.", PROCESSES),
    (r"OtherMethodsTest\.test_copyfd", FILE),
    (r"BadCursorTest\.test_cursor_open_failure$", "a handle that an open reader made is usable by all readers here"),
    (r"PackageExportsTest\.", "ours exports the errors of py-lmdb 3 as well; tests/unit/test_lmdb_name.py compares them"),
    (r"OpenTest\.test_mode_", "Emscripten's umask and file modes are not those of a real file system"),
]


def test_own_suite(pyodide, sdists, count):
    root = sdists("lmdb")
    modules = ["cursor_test", "env_test", "getmulti_test", "iteration_test", "txn_test", "crash_test", "package_test"]
    args = {"prepare": [], "modules": modules, "excluded": EXCLUDED}
    cases = pyodide.run("suite.py", args, mounts={"/sdist": root / "tests"}, path=["/sdist"])
    judge("lmdb 1.7.5's own tests", cases, count, at_least=170)
