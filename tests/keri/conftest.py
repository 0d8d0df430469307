"""The scenarios run on CPython with the real lmdb and in Pyodide with ours; what differs is arranged outside this folder."""

from __future__ import annotations

import sys
from importlib import util
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

if util.find_spec("loopback") is None:  # on CPython: the folder of stand-ins has names that are real ones here
    spec = util.spec_from_file_location("loopback", HERE.parents[1] / "python" / "standins" / "loopback.py")
    sys.modules["loopback"] = util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["loopback"])
