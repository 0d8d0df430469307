"""pyscript.storage in a worker: PyScript's own code over our stores; an answer that says "saved" is saved."""

from __future__ import annotations

import asyncio
import time

import pytest
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP
from keriwasm.web.deeds import deed
from workerkit import Memory, run, running


def mount_of(**responders):
    def mount(app, worker):
        for name, responder in responders.items():

            class Resource:
                @deed
                def on_post(self, req, rep, responder=responder):
                    rep.media = "ok"
                    yield
                    yield from responder(worker, req, rep)

            app.add_route(f"/app/{name}", Resource())

    return mount


@run
async def test_a_store_as_the_seed_shows_it():
    seen = {}

    def write(worker, req, rep):
        store = yield from worker.storage.open("cache")
        store["key"] = {"a": [1, 2.5, None, True, "é"], "b": ("t",)}
        store["bytes"] = bytearray(range(256))
        store["view"] = memoryview(b"\0\xff")
        store["none"] = None
        store["gone"] = 1
        del store["gone"]
        seen["dict"] = (store.get("key")["a"], "key" in store, sorted(store), store.get("nope", 7))
        with pytest.raises(TypeError):
            store["set"] = {1}

    def read(worker, req, rep):
        store = yield from worker.storage.open("cache")
        seen["read"] = dict(store)
        other = yield from worker.storage.open("other")
        seen["other"] = dict(other)

    memory = Memory()
    async with running(mount_of(write=write), backing=memory) as kit:
        assert (await kit.ask("POST", "/app/write")).status == 200
    async with running(mount_of(read=read), backing=memory, id="w2") as kit:
        assert (await kit.ask("POST", "/app/read")).status == 200
    assert seen["dict"] == ([1, 2.5, None, True, "é"], True, ["bytes", "key", "none", "view"], 7)
    assert seen["read"]["key"] == {"a": [1, 2.5, None, True, "é"], "b": ["t"]}
    assert seen["read"]["bytes"] == bytearray(range(256)) and isinstance(seen["read"]["bytes"], bytearray)
    assert bytes(seen["read"]["view"]) == b"\0\xff" and seen["read"]["none"] is None and "gone" not in seen["read"]
    assert seen["other"] == {}
    assert set(memory.databases) == {"@pyscript/cache", "@pyscript/other"}


@run
async def test_the_answer_leaves_after_the_commit_and_tells_its_time():
    def write(worker, req, rep):
        store = yield from worker.storage.open("s")
        store["a"] = 1
        store["b"] = 2

    memory = Memory()
    memory.delay = 0.1
    async with running(mount_of(write=write), backing=memory) as kit:
        at_reply = []
        kit.host.on_post = lambda m, b: at_reply.append(len(memory.transactions)) if m["type"] == "http:reply" else None
        answer = await kit.ask("POST", "/app/write")
        assert answer.status == 200 and at_reply == [1]
        assert answer.timings["commit"] >= 90 and answer.timings["run"] < 50
        assert len(memory.transactions[0][2]) == 2  # both changes in one transaction
        assert not kit.worker.storage.dirty


@run
async def test_what_cannot_be_saved_is_not_said_to_be_saved():
    def write(worker, req, rep):
        store = yield from worker.storage.open("s")
        store["a"] = 1

    memory = Memory()
    async with running(mount_of(write=write), backing=memory) as kit:
        memory.fail = OSError("QuotaExceededError")
        answer = await kit.ask("POST", "/app/write")
        assert answer.status == 500 and kit.faults()[0]["error"]["message"] == "QuotaExceededError"
        memory.fail = None
        answer = await kit.ask("POST", "/app/write")  # the change was kept and goes with the next commit
        assert answer.status == 200
        assert all(not cleared for _, cleared, _ in memory.transactions) and memory.databases["@pyscript/s"]


@run
async def test_a_subclass_and_an_explicit_sync():
    from pyscript import Storage, storage

    class Upper(Storage):
        def __setitem__(self, key, value):
            super().__setitem__(key.upper(), value)

    async with running(mount_of(), backing=Memory()) as kit:
        store = await storage("s", storage_class=Upper)
        store["key"] = 1
        assert isinstance(store, Upper) and dict(store) == {"KEY": 1}
        assert kit.backing.transactions == []
        await store.sync()
        assert len(kit.backing.transactions) == 1 and not kit.worker.storage.dirty
        await store.sync()
        assert len(kit.backing.transactions) == 1  # nothing changed: nothing written
        store.clear()
        store["b"] = 2
        await store.sync()
        assert kit.backing.transactions[-1][1] is True and list(kit.backing.transactions[-1][2]) == ["B"]
        assert list(kit.backing.databases["@pyscript/s"]) == ["B"]
        with pytest.raises(ValueError):
            await storage("")


@run
async def test_a_change_during_a_sync_is_not_lost():
    from pyscript import storage

    memory = Memory()
    memory.delay = 0.05
    async with running(mount_of(), backing=memory):
        store = await storage("s")
        store["a"] = 1
        first = asyncio.ensure_future(store.sync())
        await asyncio.sleep(0.01)
        store["a"] = 2
        await first
        assert "2" not in memory.databases["@pyscript/s"]["a"]
        await store.sync()
        assert (await storage("s"))["a"] == 2


async def until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        await asyncio.sleep(0.02)


class Writer(doing.Doer):
    """Writes without a request."""

    def __init__(self, worker):
        super().__init__()
        self.worker = worker

    def recur(self, tock=0.0):
        yield ASAP
        store = yield from self.worker.storage.open("s")
        store["a"] = 1
        return True


@run
async def test_changes_outside_of_requests_are_flushed_and_a_failure_is_reported_once_and_retried():
    memory = Memory()
    async with running(mount_of(), backing=memory) as kit:
        kit.worker.doist.extend([Writer(kit.worker)])
        kit.worker.doist.wake()
        await until(lambda: memory.transactions and not kit.worker.storage.dirty)
        assert len(memory.transactions) == 1
        memory.fail = OSError("disk")
        kit.worker.doist.extend([Writer(kit.worker)])
        kit.worker.doist.wake()
        await until(kit.faults)
        await asyncio.sleep(0.3)  # it tries again and again, and complains once
        assert [fault["error"]["message"] for fault in kit.faults()] == ["disk"]
        memory.fail = None
        await until(lambda: not kit.worker.storage.dirty)
        assert len(memory.transactions) == 2 and not kit.worker.storage.dirty


@run
async def test_a_worker_is_drained_when_what_nobody_waits_for_is_on_disk():
    memory = Memory()
    memory.delay = 0.1
    async with running(mount_of(), backing=memory) as kit:
        kit.worker.doist.extend([Writer(kit.worker)])
        kit.worker.doist.wake()
        await until(lambda: kit.worker.storage.dirty)
        kit.send("worker:drain")
        await kit.host.wait("worker:drained")
        assert len(memory.transactions) == 1 and not kit.worker.storage.dirty
        memory.fail = OSError("disk")
        kit.worker.doist.extend([Writer(kit.worker)])
        kit.worker.doist.wake()
        await until(lambda: kit.worker.storage.dirty)
        kit.send("worker:drain")
        await kit.host.wait("worker:drained", count=2)  # a disk that refuses keeps nobody alive
        assert {fault["error"]["message"] for fault in kit.faults()} == {"disk"}


@run
async def test_without_indexeddb_opening_says_so():
    def write(worker, req, rep):
        yield from worker.storage.open("s")

    async with running(mount_of(write=write)) as kit:
        kit.worker.storage.backing = None
        answer = await kit.ask("POST", "/app/write")
        assert answer.status == 500 and kit.faults()[0]["error"]["type"] == "StorageUnavailable"
