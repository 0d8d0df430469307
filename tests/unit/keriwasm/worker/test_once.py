"""One act per intent: a repeat of the same form gets the first one's answer, in a worker as it runs."""

from __future__ import annotations

import asyncio

import falcon
from keriwasm.web.deeds import deed
from keriwasm.worker import once
from keriwasm.worker.once import name_of
from workerkit import run, running


def counting(acts: list[str], seconds: float = 0.05):
    """A slice whose POST /app/act takes a while and says which one it was; its content may tell it to fail or be large."""

    class Resource:
        @deed
        def on_post(self, req, rep):
            content = req.bounded_stream.read().decode()
            yield seconds
            acts.append(content)
            if "fail" in content:
                raise falcon.HTTPConflict(description="not now")
            rep.status = 201
            rep.text = f"act {len(acts)}" + "x" * (2 << 20 if "large" in content else 0)

    def mount(app, worker):
        app.add_route("/app/act", Resource())

    return mount


def press(kit, content: str = "a=1", key: str | None = "k", path: str = "/app/act"):
    headers = {"content-type": "application/x-www-form-urlencoded", **({"idempotency-key": key} if key else {})}
    return kit.ask("POST", path, body=content.encode(), headers=headers)


@run
async def test_a_double_click_is_one_act_and_both_see_its_success():
    acts: list[str] = []
    async with running(counting(acts)) as kit:
        first, second = await asyncio.gather(press(kit), press(kit))
        third = await press(kit)  # after the first has been answered
        assert len(acts) == 1 and kit.faults() == []
        assert {(each.status, each.text) for each in (first, second, third)} == {(201, "act 1")}
        assert first.headers == second.headers == third.headers


@run
async def test_what_is_meant_anew_is_done_anew():
    acts: list[str] = []
    async with running(counting(acts)) as kit:
        await press(kit)
        await press(kit, "a=2")  # another content
        await press(kit, key="other")  # another form
        await press(kit, path="/app/act?x=1")
        await press(kit, key=None)  # a program that names no intent
        await press(kit, key=None)
        await press(kit, key="k" * 101)
        await press(kit, key="k" * 101)
        assert len(acts) == 8


@run
async def test_what_failed_is_tried_again():
    acts: list[str] = []
    async with running(counting(acts)) as kit:
        answers = await asyncio.gather(press(kit, "fail"), press(kit, "fail"))
        assert [answer.status for answer in answers] == [409, 409] and len(acts) == 2
        assert not kit.worker.once.running and not kit.worker.once.answers


@run
async def test_a_cancelled_one_leaves_the_act_to_the_next():
    acts: list[str] = []
    async with running(counting(acts, 0.3)) as kit:
        headers = {"idempotency-key": "k"}
        gone = kit.begin("POST", "/app/act", body=b"a", headers=headers)
        second = asyncio.create_task(kit.ask("POST", "/app/act", body=b"a", headers=headers))
        await asyncio.sleep(0.1)
        kit.send("http:cancel", id=gone, reason="another submit")
        assert (await second).text == "act 1" and len(acts) == 1


@run
async def test_an_answer_is_remembered_for_a_moment_and_within_bounds():
    acts: list[str] = []
    async with running(counting(acts, 0.001)) as kit:
        await press(kit, "large")
        await press(kit, "large")
        assert len(acts) == 2 and not kit.worker.once.answers  # done anew rather than kept
        for number in range(once.MOST + 5):
            await press(kit, f"n={number}")
        assert len(kit.worker.once.answers) == once.MOST
        before = kit.host.now
        kit.host.now = lambda: before() + once.SECONDS * 1000 + 1  # the moment is over
        async with asyncio.timeout(60):
            while kit.worker.once.answers:  # nobody asks, and they go all the same
                await asyncio.sleep(0.05)
        done = len(acts)
        await press(kit, f"n={once.MOST + 4}")
        assert len(acts) == done + 1


def test_a_browser_s_boundary_makes_no_difference():
    def request(boundary: str, content: str) -> str | None:
        kind = f"multipart/form-data; boundary={boundary}"
        message = {"method": "POST", "path": "/app/x", "headers": {"Idempotency-Key": "k", "Content-Type": kind}}
        return name_of(message, f"--{boundary}\r\n\r\n{content}\r\n--{boundary}--\r\n".encode())

    assert request("----a1", "x") == request("----b2", "x") != request("----a1", "y")
    large = {"method": "POST", "path": "/app/x", "headers": {"idempotency-key": "k"}}
    assert name_of(large, bytes(4 << 20)) is not None and name_of(large, bytes((4 << 20) + 1)) is None
    assert name_of({"method": "GET", "path": "/app/x", "headers": {"idempotency-key": "k"}}, b"") is None
    assert name_of({"method": "POST", "path": "/app/x", "headers": {}}, b"") is None
