"""How fast keripy parses and verifies a foreign key event log, on CPython and in one Pyodide worker's Python.

    python tests/bench/kel.py [--events N] [--rounds N] [--profile ROWS] [--only pyodide|cpython]

The log has a rotation after every nine interactions; each parsing begins with an empty database. On CPython lmdb is the
real one, on disk. With --profile, the functions in which Pyodide spends its time (own and whole, in percent).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "programs"), str(ROOT / "tests" / "wasm")]

import lmdb  # noqa: E402, F401  (the real one, before python/ is on the path)

sys.path.insert(0, str(ROOT / "python"))

import kel_program  # noqa: E402
from bench_site import median, report  # noqa: E402
from conftest import Pyodide, locked_wheels  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", type=int, default=0, metavar="ROWS")
    parser.add_argument("--only", choices=("pyodide", "cpython"))
    options = parser.parse_args()
    args = {"events": options.events, "rounds": options.rounds, "profile": options.profile}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for where in ("cpython", "pyodide"):
            if options.only not in (None, where):
                continue
            if where == "pyodide":
                found = Pyodide(locked_wheels(), Path(folder)).run(HERE / "programs/kel_program.py", args)
            else:
                found = kel_program.main({**args, "profile": 0})
            clock, processor = (median(list(rates)) for rates in zip(*found["rates"], strict=True))
            rows.append({"what": where, "events": options.events, "bytes": found["bytes"], "events_per_s_processor": processor,
                         "events_per_s": clock})  # fmt: skip
            parts = sorted(found["parts"].items(), key=lambda item: -item[1])
            if parts:
                print("  own time: " + ", ".join(f"{part} {share:.0f} %" for part, share in parts if share >= 0.5))
            for own, whole, calls, name in found["profile"]:
                print(f"  {own:5.1f} % own {whole:5.1f} % whole {calls:>8} calls  {name}")
    if len(rows) == 2:
        rows[1] |= {"of": "native keripy", "ratio": rows[1]["events_per_s_processor"] / rows[0]["events_per_s_processor"]}
    report("kel", rows)


if __name__ == "__main__":
    main()
