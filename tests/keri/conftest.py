"""The scenarios run on CPython with the real lmdb and in Pyodide with ours; what differs is arranged outside this folder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
