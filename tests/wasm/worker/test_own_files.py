"""workers/files.js: our own files lie in the memory that all workers share, and no worker's Python can write into it."""

from __future__ import annotations

import json
import subprocess

from conftest import PROGRAMS, ROOT


def test_own_files_are_read_in_place_and_written_by_nobody() -> None:
    command = ["node", str(PROGRAMS / "own_files.mjs"), str(ROOT / "tests/node_modules/pyodide"), str(ROOT / "workers/files.js")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert "part.py" in told.pop("listed")
    assert told == {
        "answer": 42, "text": "answer = 42\n# größer\n", "size": 23, "plain": True, "empty": "",
        "written": dict.fromkeys(("w", "a", "r+"), "PermissionError"), "same": True,
    }  # fmt: skip
