"""Suites beside others: tests/beside.py with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import beside

ROOT = Path(__file__).resolve().parents[3]
FAMILY = """
import subprocess, sys, time
from pathlib import Path
from tests import beside
beside.end_whole()
child = subprocess.Popen(["sleep", "300"])
print("begun", flush=True)
Path(sys.argv[1]).write_text(str(child.pid))
beside.run(["sleep", "300"], Path("/"))
"""
"""Writes the process id of its child, once it is there."""


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_what_computes_runs_beside_a_browser_where_there_is_a_second_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert beside.chosen(["unit", "wasm", "network", "browser"]) == ["unit", "wasm"]
    assert beside.chosen(["unit", "wasm", "network"]) == beside.chosen(["network", "browser"]) == []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    assert beside.chosen(["unit", "wasm", "network", "browser"]) == []


def test_it_is_behind_and_told_whole_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    script = """import os, sys; from pathlib import Path
print("nice", os.nice(0), "leads", os.getsid(0) == os.getpid(), flush=True)
try: print(Path("/proc/self/autogroup").read_text().split(" ", 1)[1].strip())
except OSError: print("nice 10")
print("to stderr", file=sys.stderr)
sys.exit(3)"""
    other = beside.Beside([sys.executable, "-c", script])
    assert other.wait() == 3
    other.tell()
    other.end(signal.SIGTERM)
    assert capsys.readouterr().out == "nice 10 leads True\nnice 10\nto stderr\n"
    assert not other.log.exists()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_all_its_processes(by: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = beside.Beside([sys.executable, "-c", FAMILY, tmp_path / "pid"])
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    other.tell()
    assert capsys.readouterr().out == "", "told while it runs"
    other.end(by)
    assert not alive(other.process.pid) and not alive(int((tmp_path / "pid").read_text()))
    assert capsys.readouterr().out.startswith("begun\n")


def test_nothing_is_left_of_it_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = f"""import sys; from tests import beside
other = beside.Beside([sys.executable, "-c", {FAMILY!r}, {str(tmp_path / "pid")!r}])
print(other.process.pid, other.log, flush=True)
other.wait()"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        leader, log = process.stdout.readline().split()
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        process.kill()
    until(lambda: not alive(int(leader)) and not alive(int((tmp_path / "pid").read_text())))
    Path(log).unlink()
