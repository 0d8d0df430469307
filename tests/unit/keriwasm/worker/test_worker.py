"""The worker around its requests: heartbeat, messages that mean nothing, faults, slices that fail, what is left behind."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path

import falcon
import pytest
from falcon.routing import CompiledRouter
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.app import Router
from keriwasm.web.deeds import deed
from workerkit import Crashed, run, running, slice_of


@run
async def test_heartbeats_come_regularly_and_tell_what_is_in_flight():
    @deed
    def get_x(self, req, rep):
        yield 0.4
        rep.media = 1

    async with running(slice_of(get_x=get_x), heartbeat_ms=50) as kit:
        ready, _ = await kit.host.wait("worker:ready")
        assert ready["slices"] == ["test"] and ready["boot_ms"] > 0 and ready["heap_bytes"] == 1 << 20
        id = kit.begin("GET", "/app/x")
        await asyncio.sleep(0.3)
        beats = [message for message, _ in kit.host.of("worker:heartbeat")]
        assert 4 <= len(beats) <= 8
        assert beats[-1]["inflight"] == [id] and beats[-1]["heap_bytes"] == 1 << 20
        assert beats[-1]["tyme"] > beats[0]["tyme"] and (beats[-1]["id"], beats[-1]["generation"]) == ("w1", 1)
        await kit.answer(id)
        await kit.host.wait("worker:heartbeat", count=len(kit.host.of("worker:heartbeat")) + 2)
        beat = kit.host.of("worker:heartbeat")[-1][0]
        assert (beat["handled"], beat["failed"], beat["inflight"]) == (1, 0, [])


@pytest.mark.parametrize(
    "message",
    [
        {"v": 2, "type": "http:request", "id": "a"},
        {"type": "http:request"},
        {"v": 1, "type": "http:teapot", "id": "a"},
        {"v": 1, "type": "http:request"},
        {"v": 1, "type": "http:credit", "id": "a"},
        {"v": 1, "type": "worker:inject", "kind": "throw"},
        {"v": 1},
    ],
)
@run
async def test_a_message_that_means_nothing_is_reported_and_the_worker_goes_on(message):
    def get_x(self, req, rep):
        rep.media = 1

    async with running(slice_of(get_x=get_x)) as kit:
        kit.worker.inbox.push(message, b"")
        fault, _ = await kit.host.wait("worker:fault")
        assert fault["fatal"] is False
        assert (await kit.ask("GET", "/app/x")).status == 200


@run
async def test_an_id_in_flight_is_not_begun_twice():
    @deed
    def get_x(self, req, rep):
        yield 0.05
        rep.media = 1

    async with running(slice_of(get_x=get_x)) as kit:
        kit.begin("GET", "/app/x", id="same")
        kit.begin("GET", "/app/x", id="same")
        await kit.answer("same")
        await asyncio.sleep(0.1)
        assert len(kit.host.of("http:reply", id="same")) == 1
        assert "in flight" in kit.faults()[0]["error"]["message"]


@run
async def test_injected_faults():
    def get_x(self, req, rep):
        rep.media = 1

    async with running(slice_of(get_x=get_x), faults=True, heartbeat_ms=50) as kit:
        kit.send("worker:inject", kind="throw", ms=0)
        answer = await kit.ask("GET", "/app/x")
        assert answer.status == 500 and kit.faults()[0]["error"]["type"] == "InjectedFault"
        assert (await kit.ask("GET", "/app/x")).status == 200
        kit.send("worker:inject", kind="slow", ms=300)
        assert (await kit.ask("GET", "/app/x")).status == 200
        assert any(type(doer).__name__ == "SlowDoer" for doer in kit.worker.doist.doers)  # answered while it burns
        kit.send("worker:inject", kind="sulk", ms=0)
        await asyncio.sleep(0.4)
        assert "sulk" in kit.faults()[-1]["error"]["message"]
    with pytest.raises(Crashed):
        async with running(slice_of(get_x=get_x), faults=True) as kit:
            kit.send("worker:inject", kind="crash", ms=0)
            (task,) = [task for task in asyncio.all_tasks() if "run" in repr(task.get_coro())]
            await task


@run
async def test_a_doer_of_a_slice_that_dies_is_reported_and_the_worker_lives():
    class Mortal(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            raise ValueError("mortal")

    def get_x(self, req, rep):
        self.worker.doist.extend([Mortal()])
        rep.media = 1

    async with running(slice_of(get_x=get_x)) as kit:
        await kit.ask("GET", "/app/x")
        fault, _ = await kit.host.wait("worker:fault")
        assert fault["error"]["message"] == "mortal" and fault["about"]["type"] == "Mortal" and not fault["fatal"]
        assert (await kit.ask("GET", "/app/x")).status == 200


@run
async def test_the_death_of_the_heartbeat_is_fatal_and_said_last():
    async with running(slice_of(), heartbeat_ms=50) as kit:
        kit.host.heap_bytes = lambda: 1 / 0
        fault, _ = await kit.host.wait("worker:fault")
        assert fault["fatal"] is True and fault["error"]["type"] == "ZeroDivisionError"
        await asyncio.sleep(0.1)
        assert kit.host.posted[-1][0] == fault


@run
async def test_a_slice_that_cannot_start_answers_why_and_the_others_work():
    def get_x(self, req, rep):
        rep.media = 1

    broken = {"absent": {"module": "no_such_module_anywhere"}}
    async with running(slice_of(get_x=get_x), slices=broken) as kit:
        fault = kit.faults()[0]
        assert fault["error"]["type"] == "ModuleNotFoundError" and fault["fatal"] is False
        for path in ("/app/absent", "/app/absent/panel", "/app/absent/a/b"):
            answer = await kit.ask("GET", path)
            assert answer.status == 500
            assert "no_such_module_anywhere" in answer.json["detail"] and answer.json["fault"] == fault["fault"]
        assert (await kit.ask("GET", "/app/absentminded")).status == 404
        assert (await kit.ask("GET", "/app/x")).status == 200
        stages = [(m["done"], m["total"], m["detail"]) for m, _ in kit.host.of("worker:progress")]
        assert stages == [(1, 2, "absent"), (2, 2, "test")]


@run
async def test_many_requests_leave_nothing_behind():
    @deed
    def get_x(self, req, rep):
        yield
        rep.media = json.loads("[1]")

    async with running(slice_of(get_x=get_x)) as kit:
        await kit.ask("GET", "/app/x")
        doers, deeds = len(kit.worker.doist.doers), len(kit.worker.doist.deeds)
        ids = [kit.begin("GET", "/app/x") for _ in range(500)]
        for id in ids:
            await kit.answer(id)
        await asyncio.sleep(0.02)
        assert kit.worker.handled == 501 and kit.worker.inflight == {}
        assert len(kit.worker.doist.doers) <= doers and len(kit.worker.doist.deeds) <= deeds


@run
async def test_no_responder_of_any_slice_is_a_coroutine(monkeypatch):
    """What falcon's router asks at each start, and ours does not."""
    asked = []

    def ask(self, method_map):
        CompiledRouter._require_non_coroutine_responders(self, method_map)
        asked.append(method_map)

    monkeypatch.setattr(Router, "_require_non_coroutine_responders", ask)
    slices = tomllib.loads((Path(__file__).resolve().parents[4] / "pyscript.toml").read_text())["slices"]
    async with running(slices=slices) as kit:
        assert not kit.faults() and len(asked) > 100
    with pytest.raises(TypeError, match="regular synchronous"):
        falcon.App(router=Router()).add_route("/app/x", Coroutine())


class Coroutine:
    async def on_get(self, req, rep): ...
