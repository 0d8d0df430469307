"""Every bench, one after the other: one JSON with machine, versions and rows, and a page of charts.

    python tests/bench/all.py [--out DIR] [--only NAME ...] [--before FILE] [--quick]

Writes DIR/benches.json (after each bench, so that an end in the middle loses little) and DIR/benches.html; DIR is tests/.work/bench
unless told otherwise. `--before` takes an earlier benches.json, whose ratios stand beside the new ones in the page. `--quick` runs
few rounds of each: for seeing that all of them run, not for figures. Some two hours on two cores, half an hour when quick.

A bench that fails, or takes more than its time, is told with its last words and does not end the others. Exit status 1 then. What
misses its wanted ratio is marked, and is no failure: machines differ, and a busy one tells less (`load` is written down for each).
"""

from __future__ import annotations

import argparse
import html
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Bench:
    """One file: its arguments, those of a quick run, and the minutes that it may take."""

    file: str
    quick: tuple[str, ...] = ()
    minutes: float = 15
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return Path(self.file).stem


BENCHES = (
    Bench("peers.py", ("0.5",)),
    Bench("click.py", ("40",)),
    Bench("click_parts.py", ("40",)),
    Bench("boot.py", ("2", "chromium"), 40),
    Bench("ledger.py", ("100", "2", "1")),
    Bench("kel.py", ("--events", "100", "--rounds", "1")),
    Bench("notebook.py", ("1", "plain"), 20),
    Bench("timeline.py", ("500",)),
    Bench("growth.py", ("100",), 40),
    Bench("disk.py", ("10000",)),
    Bench("pool/parallel.py", ("2",)),
    Bench("pool/load_clicks.py", ("20",)),
    Bench("pool/router.py", ("--requests", "2000")),
    Bench("pool/scheduler.py", ("--idle", "1", "--messages", "50")),
    Bench("pool/suites.py", ("1", "quick", "hio*"), 30),
    Bench("pool/suites_cancel.py", ("1",)),
    Bench("pool/soak.py", ("300",), 30),
    Bench("server/server.py", ("heavy", "click", "--seconds", "2", "--rounds", "1", "--clicks", "10")),
    Bench("server/edge.py", ("10",)),
    Bench("network/receipts.py", ("2",)),
    Bench("network/watching.py", ("6", "1")),
)
"""Whatever prints a line of JSON by bench_site.report; a unit test compares this list with the folder."""

APART = ("bench_site.py", "all.py", "server/served_by.py")


def machine() -> dict[str, Any]:
    """Where and of what the figures are."""

    def said(*command: str) -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
        except OSError as ex:
            return f"unknown: {ex.strerror}"

    model = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": model[0] if model else platform.processor(), "cores": os.cpu_count(), "system": platform.platform(),
        "python": platform.python_version(), "node": said("node", "--version"), "chromium": said("/usr/bin/chromium", "--version"),
        "commit": said("git", "describe", "--always", "--dirty"), "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def run(bench: Bench, quick: bool) -> dict[str, Any]:
    """The bench's rows, or why there are none."""
    began, load = time.monotonic(), os.getloadavg()[0]
    command = [sys.executable, str(HERE / bench.file), *(bench.quick if quick else bench.arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=bench.minutes * 60, check=False)
        out, words, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as ex:
        out, words, status = _text(ex.stdout), f"{_text(ex.stderr)}\nnot within {bench.minutes} minutes", 1
    told: dict[str, Any] = {"bench": bench.name, "load": round(load, 1), "seconds": round(time.monotonic() - began), "rows": []}
    for line in out.splitlines():
        if line.startswith('{"bench"'):
            told["rows"] += json.loads(line)["rows"]
    if status or not told["rows"]:
        told["failed"] = "\n".join(words.strip().splitlines()[-8:]) or f"it ended with status {status} and printed no rows"
    return told


def _text(said: bytes | str | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""


def missed(row: dict[str, Any]) -> bool:
    """Whether a row has a ratio that is not as wanted ("<= 0.5", ">= 1.05")."""
    if "ratio" not in row or "wanted" not in row:
        return False
    sign, bound = row["wanted"].split()
    return row["ratio"] > float(bound) if sign == "<=" else row["ratio"] < float(bound)


def chart(rows: list[dict[str, Any]], before: dict[str, float]) -> str:
    """A drawing of the rows that have a ratio: a bar each, a line where the wanted one is, a mark where it was before."""
    found = [row for row in rows if "ratio" in row]
    if not found:
        return ""
    bounds = [float(row["wanted"].split()[1]) for row in found if "wanted" in row]
    most = max([1.0, *(row["ratio"] for row in found), *bounds, *before.values()]) * 1.05
    parts, width, name = [], 420, 330
    for at, row in enumerate(found):
        top, what = 26 * at + 4, f"{row.get('what', '')}, of {row.get('of', '?')}"
        here = name + width * row["ratio"] / most
        parts.append(f'<text x="{name - 8}" y="{top + 13}" text-anchor="end">{html.escape(what)[:64]}</text>')
        if "from_ms" in row:  # a part of a whole: it stands where it begins, so that all of them make one picture
            start = width * row["from_ms"] * row["ratio"] / row["median_ms"] / most if row["median_ms"] else 0.0
            parts.append(f'<rect x="{name + start:.1f}" y="{top}" width="{here - name:.1f}" height="18" class="good"/>')
            here += start
        else:
            parts.append(f'<rect x="{name}" y="{top}" width="{here - name:.1f}" height="18" class="{"bad" if missed(row) else "good"}"/>')
        told = f"{row['ratio']:.2f}" + (f" (wanted {row['wanted']})" if "wanted" in row else "")
        parts.append(f'<text x="{here + 6:.1f}" y="{top + 13}">{html.escape(told)}</text>')
        marks = [("wanted", float(row["wanted"].split()[1]))] if "wanted" in row else []
        marks += [("before", before[row["what"]])] if row.get("what") in before else []
        for kind, value in marks:
            x = name + width * value / most
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 3}" y2="{top + 21}" class="{kind}"/>')
    return f'<svg width="{name + width + 190}" height="{26 * len(found) + 8}" role="img">{"".join(parts)}</svg>'


def table(rows: list[dict[str, Any]]) -> str:
    """All that was measured."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    head = "".join(f"<th>{html.escape(column.replace('_', ' '))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(row.get(column, '')))}</td>" for column in columns) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


STYLE = """
:root { color-scheme: light dark } body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
svg { max-width: 100%; font-size: 12px } text { fill: currentColor } .good { fill: #2f855a } .bad { fill: #c05621 }
.wanted { stroke: currentColor; stroke-width: 2 } .before { stroke: #3182ce; stroke-width: 2; stroke-dasharray: 3 2 }
div { overflow-x: auto } td, th { padding: .1rem .6rem; text-align: left; font-variant-numeric: tabular-nums } pre { color: #c05621 }
"""


def page(told: dict[str, Any], before: dict[str, Any]) -> str:
    """The charts and tables, as one file without scripts."""
    earlier = {
        each["bench"]: {row["what"]: row["ratio"] for row in each["rows"] if "ratio" in row and "what" in row}
        for each in before.get("benches", [])
    }
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>KeriWasm: benches</title><style>{STYLE}</style><h1>Benches</h1>"]
    parts.append("<p>" + html.escape(", ".join(f"{name}: {value}" for name, value in told["machine"].items())) + "</p>")
    parts.append("<p>A bar is a ratio within one run; the line is what is wanted, the dashed one what it was before.</p>")
    for each in told["benches"]:
        parts.append(f"<h2>{each['bench']}</h2><p>{each['seconds']} s, begun at a load of {each['load']}</p>")
        if "failed" in each:
            parts.append(f"<pre>{html.escape(each['failed'])}</pre>")
        parts.append(f"<div>{chart(each['rows'], earlier.get(each['bench'], {}))}</div><div>{table(each['rows'])}</div>")
    return "\n".join(parts) + "\n"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "tests/.work/bench")
    parser.add_argument("--only", nargs="+", choices=[bench.name for bench in BENCHES])
    parser.add_argument("--before", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    before = json.loads(options.before.read_text()) if options.before else {}
    options.out.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {"machine": machine(), "quick": options.quick, "benches": []}
    for bench in BENCHES:
        if options.only and bench.name not in options.only:
            continue
        print(f"all.py: {bench.name}", flush=True)
        told["benches"].append(found := run(bench, options.quick))
        for row in found["rows"]:
            if "ratio" in row:
                wanted = f" (wanted {row['wanted']}{', MISSED' if missed(row) else ''})" if "wanted" in row else ""
                print(f"  {row.get('what', '')}: {row['ratio']:.2f} of {row.get('of', '?')}{wanted}", flush=True)
        if "failed" in found:
            print(f"  failed: {found['failed']}", flush=True)
        (options.out / "benches.json").write_text(json.dumps(told, indent=1) + "\n")
        (options.out / "benches.html").write_text(page(told, before))
    print(f"all.py: wrote {options.out / 'benches.json'} and benches.html beside it")
    return 1 if any("failed" in each for each in told["benches"]) else 0


if __name__ == "__main__":
    sys.exit(main())
