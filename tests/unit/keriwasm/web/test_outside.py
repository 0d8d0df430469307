"""The seam to the outside: one answer for each request, whoever is lost; Doers that wait are woken, those that poll see it."""

from __future__ import annotations

import asyncio
from typing import Any

from hio.base import doing
from keriwasm.web.deeds import deed
from keriwasm.web.outside import Request
from outsidekit import FakeOutside, answer
from workerkit import run, running


def mount_of(responder):
    def mount(app, worker):
        class Resource:
            @deed
            def on_post(self, req, rep):
                yield from responder(worker, rep)

        app.add_route("/app/x", Resource())

    return mount


def asking(request: Request):
    def responder(worker, rep):
        answer = yield from worker.outside.ask(request)
        rep.media = {
            "status": answer.status,
            "body": answer.body.decode(),
            "problem": answer.problem,
            "kind": answer.kind,
            "headers": [list(pair) for pair in answer.headers],
        }

    return mount_of(responder)


REQUEST = Request(
    "POST", "http://w.example/", [("Content-Type", "application/cesr+json")], b"{}", 5.0, 1000, "wallet", "to get receipts"
)


@run
async def test_what_is_sent_and_what_comes():
    async with running(asking(REQUEST)) as kit:
        id = kit.begin("POST", "/app/x")
        sent, body = await kit.host.wait("outside:send")
        left = sent.pop("deadline") - kit.host.now()
        assert 4000 < left <= 5000 and body == b"{}"
        assert sent == {
            "v": 1, "type": "outside:send", "id": "w1.1:1", "method": "POST", "url": "http://w.example/",
            "headers": [["Content-Type", "application/cesr+json"]], "limit": 1000, "who": "wallet", "reason": "to get receipts",
        }  # fmt: skip
        kit.send("outside:answer", b"receipt", id=sent["id"], status=200, headers=[["content-type", "x/y"]], problem="", kind="")
        got = (await kit.answer(id)).json
        assert got == {
            "status": 200, "body": "receipt", "problem": "", "kind": "", "headers": [["content-type", "x/y"]]
        }  # fmt: skip
        assert not kit.host.of("outside:cancel"), "it was answered"


@run
async def test_a_refusal_has_its_words_as_body():
    async with running(asking(REQUEST)) as kit:
        id = kit.begin("POST", "/app/x")
        sent, _ = await kit.host.wait("outside:send")
        kit.send("outside:answer", id=sent["id"], status=599, headers=[], problem="The network is off.", kind="off")
        got = (await kit.answer(id)).json
        assert (got["status"], got["body"], got["kind"]) == (599, "The network is off.", "off")


@run
async def test_silence_ends_by_the_deadline(monkeypatch):
    monkeypatch.setattr("keriwasm.web.outside.GRACE", 0.05)
    async with running(asking(Request("GET", "http://w.example/", deadline=0.05))) as kit:
        got = (await kit.ask("POST", "/app/x")).json
        assert (got["status"], got["kind"]) == (599, "late") and got["problem"]
        (sent, _), *_ = kit.host.of("outside:send")
        kit.send("outside:answer", id=sent["id"], status=200, headers=[], problem="", kind="")  # too late: no news
        assert (await kit.ask("POST", "/app/x")).status == 200 and not kit.faults()


@run
async def test_who_ends_cancels_what_it_asked():
    async with running(asking(REQUEST)) as kit:
        id = kit.begin("POST", "/app/x")
        sent, _ = await kit.host.wait("outside:send")
        kit.send("http:cancel", id=id, reason="gone")
        cancelled, _ = await kit.host.wait("outside:cancel")
        assert cancelled["id"] == sent["id"] and not kit.faults()


class Polling(doing.Doer):
    """Looks at its ticket as an unmodified Doer would, within a DoDoer, which no wake-up reaches."""

    def __init__(self, outside: Any, **kwa: Any) -> None:
        super().__init__(**kwa)
        self.outside = outside
        self.seen: list[Any] = []

    def recur(self, tyme: float) -> bool:
        if not self.seen:
            self.seen.append(self.outside.send(REQUEST))
        return self.seen[0].answer is not None


@run
async def test_a_doer_of_hio_may_poll():
    def mount(app, worker):
        worker.polling = Polling(worker.outside)
        worker.doist.doers.append(doing.DoDoer(doers=[worker.polling]))

    async with running(mount) as kit:
        sent, _ = await kit.host.wait("outside:send")
        polling = kit.worker.polling
        kit.send("outside:answer", b"ok", id=sent["id"], status=200, headers=[], problem="", kind="")
        while not polling.done:
            await asyncio.sleep(0.01)
        assert polling.seen[0].answer.body == b"ok" and polling.seen[0].answer.ok


@run
async def test_two_cancels_are_one():
    async with running(mount_of(lambda worker, rep: iter(()))) as kit:
        ticket = kit.worker.outside.send(REQUEST)
        ticket.cancel()
        ticket.cancel()
        assert len(kit.host.of("outside:cancel")) == 1 and ticket.answer.kind == "cancelled"


def test_the_fake_is_used_alike():
    fake = FakeOutside(lambda request: answer(200, request.url.encode()) if request.method == "GET" else None)
    asked = fake.ask(Request("GET", "http://w.example/a"))
    try:
        next(asked)
    except StopIteration as ended:
        assert ended.value.body == b"http://w.example/a"
    ticket = fake.send(REQUEST)
    assert ticket.answer is None
    ticket.cancel()
    assert ticket.cancelled and ticket.answer.status == 599
