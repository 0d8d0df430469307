"""A request's way through a worker: envelope, Falcon, deeds, streams, cancellation, faults, heartbeat, drain."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import tomllib
from pathlib import Path

import falcon
import pytest
from falcon.routing import CompiledRouter
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.app import Router
from keriwasm.web.deeds import deed
from keriwasm.web.rendering import sse
from keriwasm.worker.request import CREDIT
from workerkit import Crashed, run, running


def slice_of(**responders):
    """A mount function: name -> responder; `get_x` answers GET /app/x, `post_x` POST /app/x."""

    def mount(app, worker):
        resources = {}
        for name, responder in responders.items():
            method, _, path = name.partition("_")
            made = resources.setdefault(path, type("Resource", (), {})())
            made.worker = worker
            setattr(made, f"on_{method}", responder.__get__(made))
        for path, resource in resources.items():
            app.add_route(f"/app/{path}", resource)

    return mount


@run
async def test_the_envelope_reaches_falcon_whole():
    def get_echo(self, req, rep):
        rep.media = {
            "path": req.path,
            "query": req.params,
            "agent": req.get_header("X-Thing"),
            "method": req.method,
        }

    def post_echo(self, req, rep):
        rep.data = req.bounded_stream.read()
        rep.content_type = req.content_type
        rep.status = 201

    async with running(slice_of(get_echo=get_echo, post_echo=post_echo)) as kit:
        answer = await kit.ask("GET", "/app/echo?a=1&b=%C3%A9", headers={"x-thing": "Zoë"})
        assert answer.json == {
            "path": "/app/echo",
            "query": {"a": "1", "b": "é"},
            "agent": "Zo\u00c3\u00ab",
            "method": "GET",
        }
        body = bytes(range(256)) * 100
        answer = await kit.ask("POST", "/app/echo", body=body, headers={"content-type": "image/x"})
        assert (answer.status, answer.body, answer.headers["content-type"]) == (201, body, "image/x")
        assert answer.headers["content-length"] == str(len(body))
        assert set(answer.timings) == {"run", "render", "commit"}
        assert kit.worker.handled == 2 and kit.worker.inflight == {} and kit.faults() == []


@run
async def test_percent_encoded_paths_are_decoded_once():
    def mount(app, worker):
        class Named:
            def on_get(self, req, rep, name):
                rep.media = name

        app.add_route("/app/named/{name}", Named())

    async with running(mount) as kit:
        assert (await kit.ask("GET", "/app/named/a%20%C3%A9%2541")).json == "a é%41"
        assert (await kit.ask("GET", "/app/named/plain/")).json == "plain"


@run
async def test_head_is_get_without_the_content():
    def get_x(self, req, rep):
        rep.text = "four"

    @deed
    def get_y(self, req, rep):
        yield
        rep.text = "four"

    closed = []

    def get_z(self, req, rep):
        def chunks():
            try:
                yield b"a"
            finally:
                closed.append(True)

        rep.stream = chunks()

    async with running(slice_of(get_x=get_x, get_y=get_y, get_z=get_z)) as kit:
        for path in ("/app/x", "/app/y"):
            answer = await kit.ask("HEAD", path)
            assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "4")
        answer = await kit.ask("HEAD", "/app/z")
        assert answer.message["stream"] is False and answer.body == b""


@run
async def test_404_and_405_are_problems_in_both_shapes():
    def get_x(self, req, rep):
        rep.text = "x"

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/none")
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == 404 and answer.json["title"] == "Not Found" and answer.json["detail"]
        answer = await kit.ask("DELETE", "/app/x")
        assert answer.status == 405 and "GET" in answer.headers["allow"]
        answer = await kit.ask("GET", "/app/none", accept="text/html")
        assert (
            answer.status == 404
            and "Not Found" in answer.text
            and answer.headers["content-type"].startswith("text/html")
        )
        assert "accept" in answer.headers["vary"].lower()


@run
async def test_an_exception_is_a_500_with_an_id_that_the_log_knows():
    def get_x(self, req, rep):
        rep.set_header("X-Secret", "kept")
        raise LookupError("<script>the secret reason</script>")

    async with running(slice_of(get_x=get_x)) as kit:
        for accept in ("application/json", "text/html"):
            answer = await kit.ask("GET", "/app/x", accept=accept)
            fault = kit.faults()[-1]
            assert answer.status == 500
            assert fault["fault"] in answer.text
            assert "secret reason" not in answer.text and "Traceback" not in answer.text
            assert fault["error"]["type"] == "LookupError" and "get_x" in fault["error"]["traceback"]
            assert fault["fatal"] is False and fault["about"]["path"] == "/app/x"
        assert len(kit.faults()) == 2
        assert kit.worker.failed == 2


@run
async def test_a_header_that_cannot_be_sent_is_still_answered():
    def get_x(self, req, rep):
        rep.set_header("X-Bad", "line\nbreak")

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/x")
        assert answer.status == 500
        assert answer.json["fault"] == kit.faults()[0]["fault"]
        assert len(kit.faults()) == 1 and kit.worker.inflight == {}


# -- deeds --------------------------------------------------------------------------------------------------------


@run
async def test_a_deed_runs_beside_other_requests():
    order = []

    @deed
    def get_slow(self, req, rep):
        for _ in range(5):
            yield
            yield 0.02
        order.append("slow")
        rep.status = 202
        rep.set_header("X-Made", "yes")
        rep.media = {"slow": True}

    def get_quick(self, req, rep):
        order.append("quick")
        rep.media = {}

    async with running(slice_of(get_slow=get_slow, get_quick=get_quick)) as kit:
        slow = kit.begin("GET", "/app/slow")
        await asyncio.sleep(0.02)
        await kit.ask("GET", "/app/quick")
        answer = await kit.answer(slow)
        assert order == ["quick", "slow"]
        assert (answer.status, answer.json, answer.headers["x-made"]) == (202, {"slow": True}, "yes")
        assert answer.timings["run"] > 90


@pytest.mark.parametrize("attribute", ["text", "data", "media", "stream"])
@run
async def test_a_deed_may_set_any_kind_of_content(attribute):
    contents = {"text": "täxt", "data": b"\0data", "media": {"m": 1}, "stream": iter([b"a", b"", b"b"])}

    @deed
    def get_x(self, req, rep):
        yield
        rep.content_type = "application/json" if attribute == "media" else "text/x"
        setattr(rep, attribute, contents[attribute])

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/x")
        wanted = {"text": "täxt".encode(), "data": b"\0data", "media": b'{"m":1}', "stream": b"ab"}
        assert answer.body == wanted[attribute]
        assert answer.message["stream"] is (attribute == "stream")


@run
async def test_what_a_deed_raises_meets_falcons_handlers():
    @deed
    def get_http(self, req, rep):
        yield
        raise falcon.HTTPConflict(title="Twice", description="It is there already.", headers={"X-Why": "twice"})

    @deed
    def get_other(self, req, rep):
        yield 0.01
        raise ZeroDivisionError("deep")

    @deed
    def get_status(self, req, rep):
        yield
        raise falcon.HTTPStatus(418, text="teapot")

    @deed
    def get_early(self, req, rep):
        raise falcon.HTTPGone()
        yield

    async with running(
        slice_of(get_http=get_http, get_other=get_other, get_status=get_status, get_early=get_early)
    ) as kit:
        answer = await kit.ask("GET", "/app/http")
        assert (answer.status, answer.json["title"], answer.headers["x-why"]) == (409, "Twice", "twice")
        answer = await kit.ask("GET", "/app/other")
        assert answer.status == 500 and answer.json["fault"] == kit.faults()[0]["fault"]
        assert "get_other" in kit.faults()[0]["error"]["traceback"]
        assert (await kit.ask("GET", "/app/status")).status == 418
        assert (await kit.ask("GET", "/app/early")).status == 410


def test_a_deed_must_be_a_generator_function():
    with pytest.raises(TypeError):
        deed(lambda self, req, rep: None)


@run
async def test_cancelling_a_deed_runs_its_finally_and_answers_once():
    log = []

    @deed
    def get_x(self, req, rep):
        try:
            yield 10
        finally:
            log.append("finally")

    async with running(slice_of(get_x=get_x)) as kit:
        id = kit.begin("GET", "/app/x")
        await asyncio.sleep(0.03)
        assert list(kit.worker.inflight) == [id]
        kit.send("http:cancel", id=id, reason="abort")
        await kit.host.wait("http:cancelled", id=id)
        assert log == ["finally"] and kit.worker.inflight == {}
        assert kit.host.of("http:reply", id=id) == [] and kit.faults() == []
        kit.send("http:cancel", id=id, reason="again")
        await kit.host.wait("http:cancelled", id=id, count=2)


@run
async def test_a_handler_that_fights_its_cancellation_is_reported_and_ended():
    @deed
    def get_x(self, req, rep):
        try:
            yield 10
        except GeneratorExit:
            yield 10

    async with running(slice_of(get_x=get_x)) as kit:
        id = kit.begin("GET", "/app/x")
        await asyncio.sleep(0.03)
        kit.send("http:cancel", id=id, reason="abort")
        await kit.host.wait("http:cancelled", id=id)
        assert kit.worker.inflight == {}
        assert kit.faults()[0]["error"]["type"] == "RuntimeError"


# -- streams ------------------------------------------------------------------------------------------------------


@run
async def test_a_stream_obeys_its_credit():
    def get_x(self, req, rep):
        rep.content_type = "text/event-stream"
        rep.stream = (sse("n", str(n)) for n in range(50))

    async with running(slice_of(get_x=get_x)) as kit:
        id = kit.begin("GET", "/app/x")
        await kit.host.wait("http:chunk", id=id, count=CREDIT)
        await asyncio.sleep(0.1)
        assert len(kit.host.of("http:chunk", id=id)) == CREDIT
        kit.send("http:credit", id=id, n=10)
        await kit.host.wait("http:chunk", id=id, count=CREDIT + 10)
        await asyncio.sleep(0.05)
        assert len(kit.host.of("http:chunk", id=id)) == CREDIT + 10
        kit.send("http:credit", id=id, n=1000)
        answer = await kit.answer(id)
        assert answer.body == b"".join(sse("n", str(n)) for n in range(50))
        assert answer.message["end"]["error"] is None
        kit.send("http:credit", id=id, n=1)  # too late: means nothing
        await asyncio.sleep(0.02)
        assert kit.faults() == []


@run
async def test_nothing_yet_is_asked_again_at_hios_cadence_and_numbers_are_sleeps():
    asked = []

    def get_x(self, req, rep):
        def chunks():
            for _ in range(4):
                asked.append(time.perf_counter())
                yield b""
            yield 0.1
            asked.append(time.perf_counter())
            yield b"end"

        rep.stream = chunks()

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/x")
        assert answer.body == b"end"
        gaps = [b - a for a, b in itertools.pairwise(asked)]
        assert all(0.02 < gap < 0.08 for gap in gaps[:3]) and gaps[3] > 0.1


@pytest.mark.parametrize("bad", ["raises", "text", "object"])
@run
async def test_a_stream_that_breaks_ends_with_an_error_that_names_the_fault(bad):
    def get_x(self, req, rep):
        def chunks():
            yield b"one"
            if bad == "raises":
                raise OSError("gone")
            yield "text" if bad == "text" else object()

        rep.stream = chunks()

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/x")
        assert answer.body == b"one"
        assert kit.faults()[0]["fault"] in answer.message["end"]["error"]
        assert kit.worker.failed == 1 and len(kit.faults()) == 1


@run
async def test_cancelling_a_stream_closes_its_generator():
    log = []

    def get_x(self, req, rep):
        def chunks():
            try:
                while True:
                    yield b"x"
                    yield 0.01
            finally:
                log.append("closed")

        rep.stream = chunks()

    async with running(slice_of(get_x=get_x)) as kit:
        id = kit.begin("GET", "/app/x")
        await kit.host.wait("http:chunk", id=id, count=3)
        kit.send("http:cancel", id=id, reason="tab closed")
        await kit.host.wait("http:cancelled", id=id)
        assert log == ["closed"] and kit.host.of("http:end", id=id) == []


@run
async def test_draining_finishes_work_and_ends_streams():
    @deed
    def get_work(self, req, rep):
        yield 0.1
        rep.media = "done"

    def get_stream(self, req, rep):
        def chunks():
            while True:
                yield b"x"
                yield 5.0

        rep.stream = chunks()

    async with running(slice_of(get_work=get_work, get_stream=get_stream)) as kit:
        work, stream = kit.begin("GET", "/app/work"), kit.begin("GET", "/app/stream")
        await kit.host.wait("http:chunk", id=stream)
        kit.send("worker:drain")
        await kit.host.wait("worker:drained")
        types = [message["type"] for message, _ in kit.host.posted if message["type"] != "worker:heartbeat"]
        assert types[-1] == "worker:drained"
        assert (await kit.answer(work)).json == "done"
        assert kit.host.of("http:end", id=stream)
        kit.send("worker:drain")  # idle: at once
        await kit.host.wait("worker:drained", count=2)


# -- the worker ---------------------------------------------------------------------------------------------------


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
