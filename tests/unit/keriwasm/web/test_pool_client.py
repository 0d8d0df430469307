"""Asking other workers: maps with bounded windows, order, parts that fail, cancellation, orders to the router."""

from __future__ import annotations

import asyncio
import json

import pytest
from keriwasm.data.encoding import b64u
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import unb64u
from keriwasm.web.pool_client import PoolRefused
from workerkit import run, running


def mount_of(responder, captured=None):
    def mount(app, worker):
        class Resource:
            @deed
            def on_post(self, req, rep):
                yield from responder(worker, req, rep)

        app.add_route("/app/x", Resource())

    return mount


class Router:
    """Answers what a worker asks: `serve(message, body)` gives (status, media) or None for silence."""

    def __init__(self, kit, serve, delay=0.0):
        self.kit, self.serve, self.delay = kit, serve, delay
        self.asked, self.flying, self.most, self.cancelled = [], set(), 0, []
        kit.host.on_post = self.posted

    def posted(self, message, body):
        if message["type"] == "http:request":
            self.asked.append((message, body))
            self.flying.add(message["id"])
            self.most = max(self.most, len(self.flying))
            asyncio.get_running_loop().call_later(self.delay, self.answer, message, body)
        elif message["type"] == "http:cancel":
            self.cancelled.append(message["id"])

    def answer(self, message, body):
        made = self.serve(message, body)
        if made is None:
            return
        self.flying.discard(message["id"])
        status, media, *worker = made
        kind = "application/json" if status < 400 else "application/problem+json"
        headers = {"content-type": kind, "x-worker": worker[0] if worker else "w2"}
        self.kit.send(
            "http:reply", json.dumps(media).encode(), id=message["id"], status=status, headers=headers, stream=False
        )


@run
async def test_a_map_keeps_order_and_window_and_carries_the_parent():
    def responder(worker, req, rep):
        payloads = ({"n": n, "data": bytes([n % 256])} for n in range(1000))
        replies = yield from worker.pool.map("POST", "/app/part", payloads)
        rep.media = [reply.media["n"] for reply in replies]
        assert {reply.worker for reply in replies} == {"w2", "w3"} and all(reply.ok for reply in replies)

    async with running(mount_of(responder)) as kit:

        def serve(message, body):
            sent = json.loads(body)
            assert unb64u(sent["data"], "data") == bytes([sent["n"] % 256])
            return 200, {"n": sent["n"]}, "w2" if sent["n"] % 3 else "w3"

        router = Router(kit, serve, delay=0.0005)
        id = kit.begin("POST", "/app/x", deadline=1e15, priority="background")
        answer = await kit.answer(id)
        assert answer.json == list(range(1000))
        assert router.most == 4  # two per worker of the snapshot
        message = router.asked[0][0]
        assert (message["parent"], message["deadline"], message["priority"]) == (id, 1e15, "background")
        assert message["headers"]["accept"] == "application/json" and message["path"] == "/app/part"
        assert len({message["id"] for message, _ in router.asked}) == 1000
        assert kit.worker.pool._calls == {}


@run
async def test_a_part_that_fails_carries_status_worker_and_reason():
    def responder(worker, req, rep):
        replies = yield from worker.pool.map("POST", "/app/part", [{"n": n} for n in range(3)])
        assert [reply.status for reply in replies] == [200, 422, 200]
        replies[0].check()
        replies[1].check()

    async with running(mount_of(responder)) as kit:

        def serve(message, body):
            if json.loads(body)["n"] == 1:
                return 422, {"title": "Bad", "detail": "n: is one", "status": 422}, "w3"
            return 200, {}

        Router(kit, serve)
        answer = await kit.ask("POST", "/app/x")
        assert answer.status == 422
        assert "w3" in answer.json["detail"] and "n: is one" in answer.json["detail"]
        assert answer.json["part"]["worker"] == "w3" and answer.json["status"] == 422


@run
async def test_cancelling_the_parent_cancels_what_is_in_flight():
    def responder(worker, req, rep):
        yield from worker.pool.map("POST", "/app/part", [{}] * 10)

    async with running(mount_of(responder)) as kit:
        router = Router(kit, lambda message, body: None)
        id = kit.begin("POST", "/app/x")
        await kit.host.wait("http:request", count=4)
        kit.send("http:cancel", id=id, reason="abort")
        await kit.host.wait("http:cancelled", id=id)
        assert sorted(router.cancelled) == sorted(message["id"] for message, _ in router.asked)
        kit.send("http:reply", b"", id=router.asked[0][0]["id"], status=200, headers={}, stream=False)  # late: no news
        await asyncio.sleep(0.02)
        assert kit.faults() == [] and kit.worker.pool._calls == {}


@run
async def test_a_streamed_part_is_collected_with_credit():
    def responder(worker, req, rep):
        reply = yield from worker.pool.request("GET", "/app/part", query="a=1")
        rep.data = reply.body

    async with running(mount_of(responder)) as kit:
        id = kit.begin("POST", "/app/x")
        asked, _ = await kit.host.wait("http:request")
        assert asked["query"] == "a=1"
        child = asked["id"]
        kit.send("http:reply", id=child, status=200, headers={"content-type": "text/plain"}, stream=True)
        for n in range(40):
            kit.send("http:chunk", b"%d," % n, id=child)
        kit.send("http:end", id=child, error=None)
        answer = await kit.answer(id)
        assert answer.body == b"".join(b"%d," % n for n in range(40))
        assert sum(message["n"] for message, _ in kit.host.of("http:credit", id=child)) == 40


@pytest.mark.parametrize("how", ["broken stream", "no json"])
@run
async def test_a_part_that_breaks_is_a_502(how):
    def responder(worker, req, rep):
        reply = yield from worker.pool.request("GET", "/app/part")
        reply.check()

    async with running(mount_of(responder)) as kit:
        id = kit.begin("POST", "/app/x")
        asked, _ = await kit.host.wait("http:request")
        if how == "broken stream":
            kit.send("http:reply", id=asked["id"], status=200, headers={}, stream=True)
            kit.send("http:end", id=asked["id"], error="worker died")
        else:
            headers = {"content-type": "application/json"}
            kit.send("http:reply", b"{", id=asked["id"], status=200, headers=headers, stream=False)
        answer = await kit.answer(id)
        assert answer.status == 502 and kit.faults() == []


@run
async def test_payloads_may_be_bytes_or_nothing():
    def responder(worker, req, rep):
        replies = yield from worker.pool.map("POST", "/app/part", [b"\0\1", None, {"b": b"\xff"}], headers={"X-A": "1"})
        rep.media = len(replies)

    async with running(mount_of(responder)) as kit:
        router = Router(kit, lambda message, body: (200, {}))
        assert (await kit.ask("POST", "/app/x")).json == 3
        bodies = [body for _, body in router.asked]
        kinds = [message["headers"].get("content-type") for message, _ in router.asked]
        assert bodies == [b"\0\1", None, json.dumps({"b": b64u(b"\xff")}, separators=(",", ":")).encode()]
        assert kinds == ["application/octet-stream", None, "application/json"]
        assert all(message["headers"]["x-a"] == "1" for message, _ in router.asked)


@run
async def test_orders_to_the_router():
    def responder(worker, req, rep):
        yield from worker.pool.resize(3)
        try:
            yield from worker.pool.inject("w9", "hang")
        except PoolRefused as ex:
            rep.media = ex.description

    async with running(mount_of(responder)) as kit:
        id = kit.begin("POST", "/app/x")
        order, _ = await kit.host.wait("pool:resize")
        assert (order["workers"], order["parent"]) == (3, id)
        kit.send("pool:done", id=order["id"], ok=True, error=None)
        order, _ = await kit.host.wait("pool:inject")
        assert (order["worker"], order["kind"], order["ms"]) == ("w9", "hang", 0.0)
        kit.send("pool:done", id=order["id"], ok=False, error="no such worker")
        assert (await kit.answer(id)).json == "no such worker"


@run
async def test_the_snapshot_is_the_requests_own():
    def mount(app, worker):
        class Resource:
            def on_get(self, req, rep):
                rep.media = worker.pool.report(req)

        app.add_route("/app/x", Resource())

    async with running(mount) as kit:
        assert (await kit.ask("GET", "/app/x", context={"pool": {"state": "ready"}})).json == {"state": "ready"}
        assert (await kit.ask("GET", "/app/x", context=None)).json == {}
