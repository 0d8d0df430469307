"""The waking Doist beside hio's own pace: CPU of an idle worker's loop, and latency from a message to its Doer.

    python tests/bench/pool/scheduler.py [--idle SECONDS] [--messages N]

Runs each scheduler on CPython and in Pyodide under Node. "tock" is Doist.ado in real time at hio's default tock of
1/32 s, "asap" is Doist.ado as fast as the event loop lets it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE / "programs"), str(ROOT / "python"), str(ROOT / "tests" / "wasm")]

import scheduler_program  # noqa: E402
from bench_site import report  # noqa: E402
from conftest import Pyodide, locked_wheels  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--idle", type=float, default=5.0)
    parser.add_argument("--messages", type=int, default=200)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        pyodide = Pyodide(locked_wheels(), Path(folder))
        for where in ("CPython", "Pyodide"):
            for kind in ("waking", "tock", "asap"):
                args = {"kind": kind, "idle": options.idle, "messages": options.messages}
                if where == "CPython":
                    figures = asyncio.run(scheduler_program.main(args))
                else:
                    figures = pyodide.run(HERE / "programs/scheduler_program.py", args)
                times = {f"{name}_ms": figures[name] for name in ("p50", "p95", "max")}
                rows.append({"what": f"{where} {kind}", "idle_cpu_percent": figures["cpu_percent"], **times})
    report("scheduler", rows)


if __name__ == "__main__":
    main()
