"""Answers that come in chunks: credit, cadence, what breaks them, cancellation, drain."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from doistkit import CLOCK, by_clock
from keriwasm.web.deeds import deed
from keriwasm.web.formats import sse
from keriwasm.worker.request import CREDIT
from workerkit import run, running, slice_of


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


@by_clock
async def test_nothing_yet_is_asked_again_at_hios_cadence_and_numbers_are_sleeps():
    asked = []

    def get_x(self, req, rep):
        def chunks():
            for _ in range(4):
                asked.append(CLOCK())
                yield b""
            yield 0.1
            asked.append(CLOCK())
            yield b"end"

        rep.stream = chunks()

    async with running(slice_of(get_x=get_x)) as kit:
        answer = await kit.ask("GET", "/app/x")
        assert answer.body == b"end"
        gaps = [b - a for a, b in itertools.pairwise(asked)]
        assert gaps == pytest.approx([0.03125, 0.03125, 0.03125, 0.03125 + 0.1], abs=0.002)


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
