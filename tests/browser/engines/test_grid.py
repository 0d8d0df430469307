"""The load lab's sweep over a real Selenium Grid of two nodes: both run at the same time, are added up, and each page is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from gridkit import ROOT, grid

OPERATIONS = ["ed25519-sign", "blake3-1m"]


@pytest.mark.long
def test_two_nodes_are_measured_at_once_and_added_up(tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    with grid(2, tmp_path) as hub:
        words = [sys.executable, "loadtest.py", "--endpoint", hub, "--nodes", "2", "--operations", ",".join(OPERATIONS)]
        words += ["--workers", "1,2", "--seconds", "0.6", "--json", str(out)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    # One session a node: had the runs come one after the other, one node would have had both.
    assert ["Session created" in (tmp_path / f"grid-{number}.log").read_text() for number in (1, 2)] == [True, True]
    made = json.loads(out.read_text())
    assert len(made["runs"]) == 2
    wanted = [(name, workers) for name in OPERATIONS for workers in (1, 2)]
    for run in made["runs"]:
        assert run["state"] == "done" and run["skipped"] == [], run
        assert run["jank"]["samples"] > 0, "the page's own delays were not measured"
        assert [(each["operation"], each["workers"]) for each in run["points"]] == wanted
    assert "not measured" not in done.stdout and done.stdout.count("its clock was late by") == 2
    for point in made["points"]:
        same = [each for run in made["runs"] for each in run["points"]
                if all(each[name] == point[name] for name in ("operation", "contender", "workers"))]  # fmt: skip
        assert point["nodes"] == 2 and point["ops"] == sum(each["ops"] for each in same)
        assert point["p99_ms"] == max(each["p99_ms"] for each in same)
        assert point["ops_per_s"] == pytest.approx(sum(each["ops_per_s"] for each in same), rel=1e-4)
