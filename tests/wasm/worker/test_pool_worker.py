"""A pool worker in Pyodide under Node: what JavaScript delivers and gets, its latency and what it costs when idle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def seen(pyodide) -> dict[str, Any]:
    stdlib = next((ROOT / "static" / "pyscript").glob("*/stdlib"))
    mounts = {"/workers": ROOT / "workers", "/templates": ROOT / "templates", "/stdlib": stdlib}
    return pyodide.run("pool_worker.py", mounts=mounts, path=["/workers", "/stdlib"], timeout=120)


def body(reply: dict[str, Any]) -> bytes:
    return bytes(reply["bytes"])


def test_it_starts_without_indexeddb_and_says_so(seen):
    ready = seen["ready"]
    assert (ready["v"], ready["id"], ready["generation"]) == (1, "w1", 2)
    assert ready["slices"] == ["test"] and ready["heap_bytes"] == 123456789 and ready["python"].startswith("3.14")


def test_buffers_cross_whole_both_ways(seen):
    pattern = bytes(at * 7 % 256 for at in range(300_000))
    assert seen["echo"]["status"] == 200 and seen["echo"]["length"] == 300_000
    assert body(seen["echo"]) == pattern[:4096]
    assert body(seen["echo_view"]) == pattern[16:32]
    assert seen["empty"]["status"] == 200 and seen["empty"]["body"] is None


def test_answers_deeds_streams_and_faults(seen):
    assert json.loads(body(seen["text"])) == {"text": "é"}
    assert seen["deed"]["status"] == 200 and seen["deed"]["timings"]["run"] >= 20
    assert b"".join(map(bytes, seen["chunks"])) == b"".join(b"event: n\ndata: %d\n\n" % n for n in range(3))
    assert seen["end"]["error"] is None
    problem = json.loads(body(seen["fault"]))
    assert seen["fault"]["status"] == 500 and problem["fault"].startswith("w1.2-")


def test_an_idle_worker_sleeps_between_heartbeats(seen, count):
    # Times are for tests/bench/scheduler.py; here they are only told. What polling would be is counted: a scheduler at
    # hio's own tock wakes 32 times a second, this one for its heartbeats.
    count(
        f"pool worker: {seen['p50']:.2f} ms from message to answer (p50), {seen['idle_percent']:.2f} % CPU and "
        f"{seen['wakes']} timers in 4 s when idle"
    )
    assert 4 <= seen["wakes"] <= 64
    assert seen["beats"] >= 20  # in 12 s, one every 250 ms
    assert seen["beat"]["inflight"] == [] and seen["beat"]["handled"] > 300 and seen["beat"]["failed"] == 1


def test_messages_come_in_while_a_doer_burns(seen):
    assert seen["busy"] >= 3  # answers within 500 of 600 ms of burning, in steps of 10 ms


def test_it_crashes_and_drains_when_told(seen):
    assert "w1" in seen["crashed"]["reason"]
    assert seen["drained"]["generation"] == 2
    assert seen["faults"] == []
