"""Runs of suites in a worker on CPython: the coordinator, its chunks, the disk, and what happens when something dies.

The router is a loop here: what the worker asks of "w1" and "w2" comes back to the same worker, or is refused as a test says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from slicekit import Page
from slices.suites import fetching
from slices.suites.catalogue import SUITES, Rule, Suite
from workerkit import Kit, Memory, run, running

SOURCE = '''
import unittest
class Made(unittest.TestCase):
    def test_good(self): pass
    def test_fine(self): pass
    def test_bad(self): self.fail("<b>on purpose</b>")
    def test_slow(self): self.fail("left out")
'''


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue holds one made-up suite."""
    import types

    from slices.suites.collecting import of_module

    module = types.ModuleType("made")
    exec(compile(SOURCE, "made", "exec"), module.__dict__)
    for name in list(SUITES):
        monkeypatch.delitem(SUITES, name)
    rules = (Rule("Made.test_slow", "it is slow", "full"),)
    monkeypatch.setitem(SUITES, "made", Suite("made", "Made up", "It proves.", "tests", ("made",), 4, rules=rules))
    cases = {f"made.{id.partition('.')[2]}": case for id, case in of_module(module)}
    monkeypatch.setitem(fetching.COLLECTED, "made", cases)


class Loop:
    """Answers what the worker asks of the pool."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.workers = ["w1", "w2"]
        self.chunks: list[dict[str, Any]] = []
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda message: None
        kit.host.on_post = self.posted

    def posted(self, message: dict[str, Any], body: bytes | None) -> None:
        kind, id = message["type"], str(message.get("id"))
        if kind == "http:request" and message["path"] == "/app/pool":
            workers = [{"id": one, "generation": 1, "state": "ready"} for one in self.workers]
            media = {"state": "ready", "workers": workers}
            headers = {"content-type": "application/json"}
            self.later("http:reply", json.dumps(media).encode(), id=id, status=200, headers=headers, stream=False)
        elif kind == "http:request" and "collect" in json.loads(body or b""):
            self.later("http:request", body or b"", **{**message, "id": f"loop:{id}", "context": {}})
        elif kind == "http:request":
            self.chunks.append({**message, "tests": json.loads(body or b"")["tests"]})
            error = self.refuse(self.chunks[-1])
            if error is not None:
                suite, test = self.chunks[-1]["tests"][0]
                begin = json.dumps({"begin": [suite, test]}).encode() + b"\n"
                self.later("http:reply", id=id, status=200, headers={}, stream=True)
                self.later("http:chunk", begin, id=id)
                self.later("http:end", id=id, error=error)
                return
            self.later("http:request", body or b"", **{**message, "id": f"loop:{id}", "context": {}})
        elif id.startswith("loop:") and kind in ("http:reply", "http:chunk", "http:end"):
            self.later(kind, body or b"", **{**message, "id": id.removeprefix("loop:")})

    def later(self, kind: str, body: bytes = b"", /, **fields: Any) -> None:
        fields = {name: value for name, value in fields.items() if name not in ("v", "type", "body")}
        asyncio.get_running_loop().call_soon(lambda: self.kit.send(kind, body, **fields))


@asynccontextmanager
async def house(**init: Any) -> AsyncIterator[tuple[Kit, Loop]]:
    async with running(slices={"suites": {"module": "slices.suites"}}, **init) as kit:
        yield kit, Loop(kit)


async def begin(kit: Kit, **body: Any) -> str:
    answer = await kit.ask("POST", "/app/suites/made/runs", json_body=body)
    assert answer.status == 202, answer.text
    id = answer.json["id"]
    assert answer.headers["location"].endswith(f"app/suites/runs/{id}")
    return id


async def ended(kit: Kit, id: str) -> dict[str, Any]:
    for _ in range(400):
        told = (await kit.ask("GET", f"/app/suites/runs/{id}")).json
        if told["state"] != "running":
            return told
        await asyncio.sleep(0.02)
    raise AssertionError(told)


@run
async def test_a_run_from_its_start_to_its_exports():
    async with house() as (kit, loop):
        assert (await kit.ask("GET", "/app/suites")).json["suites"][0]["tests"] == 4
        id = await begin(kit)
        assert kit.worker.holders, "a run that could not go on without its worker keeps it from being replaced"
        told = await ended(kit, id)
        assert told["state"] == "done" and told["total"] == 4, (told, kit.faults())
        assert not kit.worker.holders
        assert (told["passed"], told["failed"], told["errors"], told["skipped"]) == (2, 1, 0, 1)
        assert [one["id"] for one in told["failures"]] == ["made.Made.test_bad"]
        assert "on purpose" in told["failures"][0]["message"]
        assert told["skips"] == [{"reason": "it is slow", "tests": 1}]
        assert {chunk["worker"] for chunk in loop.chunks} == {"w1", "w2"}
        assert all(chunk["may_block_ms"] == 60000 and chunk["parent"] is None for chunk in loop.chunks)
        root = ET.fromstring((await kit.ask("GET", f"/app/suites/runs/{id}.xml")).body)
        assert root.attrib["failures"] == "1" and len(root.findall("testsuite/testcase")) == 4
        whole = (await kit.ask("GET", f"/app/suites/runs/{id}.json")).json
        assert len(whole["results"]) == 4
        events = (await kit.ask("GET", f"/app/suites/runs/{id}/events")).text
        assert events.count("event: result") == 4 and "event: end" in events
        last = (await kit.ask("GET", "/app/suites")).json["suites"][0]["last"]
        assert last["run"] == id and last["failed"] == 1
        assert not kit.faults()


@run
async def test_pages_keep_the_rules_and_escape_what_tests_say():
    async with house() as (kit, _):
        id = await begin(kit)
        await ended(kit, id)
        for path in ("/app/suites", "/app/suites/made", "/app/suites/runs", f"/app/suites/runs/{id}",
                     f"/app/suites/runs/{id}/tests", f"/app/suites/runs/{id}/tests?outcome=failed&q=bad&sort=slowest"):  # fmt: skip
            answer = await kit.ask("GET", path, accept="text/html")
            assert answer.status == 200, (path, answer.text)
            assert not Page(answer.text).problems, path
            assert "<b>on purpose" not in answer.text
        assert "on purpose" in answer.text and "test_good" not in answer.text
        assert not kit.faults()


@run
async def test_a_test_that_takes_its_worker_along_is_the_one_error():
    async with house() as (kit, loop):
        lost = []

        def refuse(message):
            if message["worker"] == "w2" and not lost:
                lost.append(message["tests"][0][1])
                return "worker w2 was lost: it hung: no sign of life for 60 s"
            return None

        loop.refuse = refuse
        told = await ended(kit, await begin(kit, effort="full"))
        assert told["state"] == "done" and told["errors"] == 1 and told["total"] == 4
        error = next(one for one in told["failures"] if one["outcome"] == "error")
        assert error["id"] == lost[0] and error["message"].startswith("hung:") and error["worker"] == "w2"
        assert told["passed"] + told["failed"] == 3


@run
async def test_failures_are_run_again_alone_and_compared():
    async with house() as (kit, _):
        id = await begin(kit)
        await ended(kit, id)
        again = await kit.ask("POST", f"/app/suites/runs/{id}/again", json_body={"what": "failures"})
        told = await ended(kit, again.json["id"])
        assert told["total"] == 1 and told["failed"] == 1
        second = await kit.ask("POST", f"/app/suites/runs/{id}/again", json_body={"what": "all"})
        told = await ended(kit, second.json["id"])
        assert told["compared_with"] in (id, again.json["id"]) and told["changes"]["broken"] == []


@run
async def test_cancel_ends_a_run_and_what_waits_behind_it_begins():
    async with house() as (kit, loop):
        loop.workers = []  # nobody to run anything
        first, second = await begin(kit), await begin(kit)
        answer = await kit.ask("POST", f"/app/suites/runs/{first}/cancel", json_body={})
        assert answer.json["state"] == "cancelled"
        loop.workers = ["w1"]
        assert (await ended(kit, second))["state"] == "done"


@run
async def test_what_a_cancel_takes_along_has_not_failed():
    """Page/60: both workers are inside a test when Cancel takes them: nothing failed, in the answer, JUnit and history."""
    async with house() as (kit, loop):
        held: list[str] = []
        posted = loop.posted

        def stay(message, body):  # the test is told as begun, and the chunk ends when the run is cancelled
            if message["type"] == "http:request" and message["path"].endswith("/chunks") and "tests" in json.loads(body or b"{}"):
                id = str(message["id"])
                held.append(id)
                begin = json.dumps({"begin": json.loads(body)["tests"][0]}).encode() + b"\n"
                loop.later("http:reply", id=id, status=200, headers={}, stream=True)
                loop.later("http:chunk", begin, id=id)
            else:
                posted(message, body)

        kit.host.on_post = stay
        id = await begin(kit)
        for _ in range(200):
            told = (await kit.ask("GET", f"/app/suites/runs/{id}")).json
            if len(told["current"]) == 2:
                break
            await asyncio.sleep(0.02)
        assert len(told["current"]) == 2, told
        for each in held:
            loop.later("http:end", id=each, error=f"stopped by POST /app/suites/runs/{id}/cancel")
        told = await ended(kit, id)
        assert (told["state"], told["failed"], told["errors"], told["failures"]) == ("cancelled", 0, 0, [])
        assert told["notes"] == []
        assert b"stopped by" not in (await kit.ask("GET", f"/app/suites/runs/{id}.xml")).body
        shown = (await kit.ask("GET", f"/app/suites/runs/{id}", accept="text/html")).text
        assert "Cancelled" in shown and "Failures" not in shown and "Run the failures again" not in shown and "/cancel" not in shown
        rows = (await kit.ask("GET", f"/app/suites/runs/{id}/tests", accept="text/html")).text
        assert "not run" in rows and "waiting" not in rows


@run
async def test_cancel_asks_first_while_a_wallet_is_open():
    async with house() as (kit, loop):
        loop.workers = []
        id = await begin(kit)
        assert "hx-confirm" not in (await kit.ask("GET", f"/app/suites/runs/{id}", accept="text/html")).text
        kit.worker.holders.add(type("Vault", (), {"loses": "open wallet"})())
        shown = (await kit.ask("GET", f"/app/suites/runs/{id}", accept="text/html")).text
        assert "hx-confirm" in shown and "open wallet" in shown


@run
async def test_a_run_goes_on_in_the_next_worker_and_the_marked_test_is_its_error():
    memory = Memory()
    async with house(backing=memory) as (kit, loop):
        loop.workers = []
        id = await begin(kit, effort="full")
        await asyncio.sleep(0.3)
        store = __import__("slices.suites.manager", fromlist=["of"]).of(kit.worker).store
        store.entries[f"mark.{id}"] = json.dumps({"suite": "made", "test": "made.Made.test_good", "generation": 1, "losses": 0})
        while kit.worker.storage.dirty:
            await asyncio.sleep(0.02)
    async with house(backing=memory, generation=2) as (kit, loop):
        told = await ended(kit, id)
        assert told["state"] == "done" and told["errors"] == 1
        assert told["failures"][0]["id"] == "made.Made.test_good" or told["failures"][1]["id"] == "made.Made.test_good"
        assert told["notes"]


@run
async def test_after_a_reload_the_marked_test_is_run_again():
    memory = Memory()
    async with house(backing=memory) as (kit, loop):
        loop.workers = []
        id = await begin(kit)
        store = __import__("slices.suites.manager", fromlist=["of"]).of(kit.worker).store
        store.entries[f"mark.{id}"] = json.dumps({"suite": "made", "test": "made.Made.test_good", "generation": 1, "losses": 0})
        while kit.worker.storage.dirty:
            await asyncio.sleep(0.02)
    async with house(backing=memory, generation=1) as (kit, loop):
        told = await ended(kit, id)
        assert told["errors"] == 0 and told["passed"] == 2


@run
async def test_bad_input_is_told_by_field():
    async with house() as (kit, _):
        for body, field in (({"effort": "heroic"}, "effort"), ({"timeout_s": 1}, "timeout_s"), ({"pattern": "("}, "pattern"),
                            ({"hang": "x"}, "hang")):  # fmt: skip
            answer = await kit.ask("POST", "/app/suites/made/runs", json_body=body)
            assert answer.status == 422 and answer.json["field"] == field
        assert (await kit.ask("POST", "/app/suites/nope/runs", json_body={})).status == 404
        assert (await kit.ask("GET", "/app/suites/runs/nope")).status == 404
        assert (await kit.ask("GET", "/app/suites/nope")).status == 404
        told = await ended(kit, await begin(kit, pattern="no such test"))
        assert told["state"] == "failed" and "No test matches" in told["reason"]


@run
async def test_nothing_of_it_is_imported_before_somebody_asks():
    import subprocess
    import sys

    from workerkit import ROOT

    code = "import slices.suites, sys; print([n for n in sys.modules if n.startswith('slices.suites.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "python", check=True)
    assert done.stdout.strip() == "[]"
