"""A request's way through a worker: envelope, Falcon, deeds, cancellation."""

from __future__ import annotations

import asyncio

import falcon
import pytest
from keriwasm.web.deeds import deed
from workerkit import run, running, slice_of


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
