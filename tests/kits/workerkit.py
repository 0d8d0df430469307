"""A pool worker on CPython for the tests: the real scheduler, Falcon and Jinja behind a host in plain Python."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
for place in (ROOT / "workers", next((ROOT / "static" / "pyscript").glob("*/stdlib")), ROOT / "python"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

import main  # noqa: E402
from keriwasm.disk.pyscript_storage import Changes  # noqa: E402
from keriwasm.worker.worker import Worker  # noqa: E402

PATIENCE = 60.0
"""Seconds until a test calls it a hang: CI runs these tests at the lowest priority, beside two browsers."""


class Crashed(BaseException):
    """What a test host raises where a real one would die."""


class FakeHost:
    """Keeps what a worker posts; messages go through JSON as they do in the browser: nothing else may be in them."""

    def __init__(self) -> None:
        self.posted: list[tuple[dict[str, Any], bytes | None]] = []
        self.arrived = asyncio.Event()
        self.on_post: Callable[[dict[str, Any], bytes | None], None] | None = None

    def post(self, message: dict[str, Any], body: bytes | None = None) -> None:
        message = json.loads(json.dumps(message, allow_nan=False))
        assert body is None or isinstance(body, bytes)
        self.posted.append((message, body))
        self.arrived.set()
        if self.on_post is not None:
            self.on_post(message, body)

    def now(self) -> float:
        return time.time() * 1000

    def heap_bytes(self) -> int:
        return 1 << 20

    def crash(self, reason: str) -> None:
        raise Crashed(reason)

    def of(self, *types: str, id: str | None = None) -> list[tuple[dict[str, Any], bytes | None]]:
        """What was posted of these types."""
        return [(m, b) for m, b in self.posted if m["type"] in types and (id is None or m.get("id") == id)]

    async def wait(self, *types: str, id: str | None = None, count: int = 1, seconds: float = PATIENCE):
        """The first `count` messages of these types; TimeoutError when they do not come."""
        until = time.monotonic() + seconds
        while len(found := self.of(*types, id=id)) < count:
            self.arrived.clear()
            if time.monotonic() > until:
                raise TimeoutError(f"waited for {types} {id}, got {[m for m, _ in self.posted][-8:]}")
            try:
                await asyncio.wait_for(self.arrived.wait(), 0.2)
            except TimeoutError:
                continue
        return found[0] if count == 1 else found[:count]


class Memory:
    """`storage.Backing` in memory, with the knobs that tests need."""

    def __init__(self) -> None:
        self.databases: dict[str, dict[str, str]] = {}
        self.transactions: list[tuple[str, bool, Changes]] = []
        self.fail: Exception | None = None
        self.delay = 0.0

    async def open(self, name: str) -> MemoryDatabase:
        await asyncio.sleep(0)
        return MemoryDatabase(self, name)


class MemoryDatabase:
    def __init__(self, memory: Memory, name: str) -> None:
        self.memory = memory
        self.name = name

    async def entries(self) -> list[tuple[str, str]]:
        return list(self.memory.databases.setdefault(self.name, {}).items())

    async def apply(self, cleared: bool, changes: Changes) -> None:
        await asyncio.sleep(self.memory.delay)
        if self.memory.fail is not None:
            raise self.memory.fail
        self.memory.transactions.append((self.name, cleared, dict(changes)))
        entries = self.memory.databases.setdefault(self.name, {})
        if cleared:
            entries.clear()
        for key, value in changes.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value


class Answer:
    """A reply with its body or its chunks put together."""

    def __init__(self, message: dict[str, Any], body: bytes) -> None:
        self.message = message
        self.status: int = message["status"]
        self.headers: dict[str, str] = message["headers"]
        self.timings: dict[str, float] = message["timings"]
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Kit:
    """A running worker with its host."""

    def __init__(self, worker: Worker, host: FakeHost, backing: Memory) -> None:
        self.worker = worker
        self.host = host
        self.backing = backing
        self._number = 0

    def send(self, type: str, body: bytes = b"", **fields: Any) -> None:
        """Deliver a message as the host does."""
        self.worker.inbox.push(json.loads(json.dumps({"v": 1, "type": type, **fields})), body)

    def begin(self, method: str, path: str, *, body: bytes = b"", accept: str = "application/json", **more: Any) -> str:
        """Send a request; returns its id."""
        self._number += 1
        id = f"page-1:{self._number}"
        headers = {"accept": accept, **more.pop("headers", {})}
        path, _, query = path.partition("?")
        self.send(
            "http:request",
            body,
            **{
                "id": id,
                "method": method,
                "path": path,
                "query": query,
                "headers": headers,
                "deadline": None,
                "parent": None,
                "priority": "click",
                "context": {"pool": {"workers": [{"id": "w1"}, {"id": "w2"}]}},
                **more,
            },
        )
        return id

    async def ask(self, method: str, path: str, *, json_body: Any = None, seconds: float = PATIENCE, **more: Any) -> Answer:
        """Send a request and wait for its whole answer, for so long at most."""
        if json_body is not None:
            more["body"] = json.dumps(json_body).encode()
            more["headers"] = {"content-type": "application/json", **more.get("headers", {})}
        return await self.answer(self.begin(method, path, **more), seconds)

    async def answer(self, id: str, seconds: float = PATIENCE) -> Answer:
        message, body = await self.host.wait("http:reply", id=id, seconds=seconds)
        if message["stream"]:
            end, _ = await self.host.wait("http:end", id=id)
            body = b"".join(chunk for _, chunk in self.host.of("http:chunk", id=id))
            message = {**message, "end": end}
        assert len(self.host.of("http:reply", id=id)) == 1
        return Answer(message, body or b"")

    def faults(self) -> list[dict[str, Any]]:
        return [message for message, _ in self.host.of("worker:fault")]


def module(name: str, mount: Callable[..., None]) -> str:
    """Make a slice module of a mount function; returns the module's name."""
    made = type(sys)(name)
    made.mount = mount
    sys.modules[name] = made
    return name


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


@asynccontextmanager
async def running(mount: Callable[..., None] | None = None, **init: Any) -> AsyncIterator[Kit]:
    """A worker with one slice made of `mount` (or `slices=` of real ones), running until the block ends."""
    slices = init.pop("slices", {})
    if mount is not None:
        slices = {**slices, "test": {"module": module("slice_of_a_test", mount)}}
    host, backing = FakeHost(), init.pop("backing", None) or Memory()
    before = set(main.running)
    settings = {"id": "w1", "generation": 1, "slices": slices, "heartbeat_ms": 250, "started": host.now() - 5, **init}
    worker = await main.assemble(host, settings, backing)
    (task,) = main.running - before
    try:
        yield Kit(worker, host, backing)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run(test: Callable[[], Any]) -> Callable[[], Any]:
    """Decorator: run an async test in an event loop of its own."""

    @wraps(test)  # pytest reads the parameters of what it wraps
    def sync(*args: Any, **kwa: Any) -> Any:
        return asyncio.run(test(*args, **kwa))

    return sync
