"""keripy alone on CPython: each file is a stream, parsed as a stranger's by its Parser and Kevery over py-lmdb in /tmp.

    python native_program.py synced|unsynced FILE ...

Prints the seconds and the number of verified events of each. unsynced: lmdb hands nothing to the disk, so what is left is keripy's.
"""

import json
import sys
from pathlib import Path

import lmdb
from kel_program import parse

if sys.argv[1] == "unsynced":
    synced = lmdb.open
    lmdb.open = lambda *args, **more: synced(*args, **{**more, "sync": False})

told = [(file, *parse(Path(file).read_bytes())) for file in sys.argv[2:]]
print(json.dumps([[seconds, events] for _, (seconds, _), events in told]))
