"""keriwasm.snapshot.premade: workers made ahead answer as others do, and nothing that is drawn goes into them."""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keriwasm import __version__
from keriwasm.snapshot import premade
from keriwasm.worker.worker import Worker
from workerkit import FakeHost, Memory, main

SLICES = {
    "home": {"module": "slices.home", "workers": "all"},
    "crypto": {"module": "slices.crypto", "workers": "all"},
    "suites": {"module": "slices.suites", "workers": "one"},
}


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    yield
    premade._premade.clear()


def init(names: list[str], **more: Any) -> dict[str, Any]:
    return {"id": "w3", "generation": 2, "version": __version__, "slices": {name: SLICES[name] for name in names}, **more}


async def home(names: list[str]) -> tuple[Worker, FakeHost, Any]:
    """A worker with these slices, and what its home panel answers."""
    host = FakeHost()
    worker = await main.assemble(host, init(names, base="/below/"), Memory())
    worker.inbox.push(
        {"v": 1, "type": "http:request", "id": "r1", "method": "GET", "path": "/app/home/panel", "query": "",
         "headers": {"accept": "application/json"}, "priority": "click", "deadline": None}, b"")  # fmt: skip
    reply, body = await host.wait("http:reply", id="r1")
    assert reply["status"] == 200, body
    for task in list(main.running):
        task.cancel()
    await asyncio.gather(*main.running, return_exceptions=True)
    return worker, host, body or reply["body"]


def test_a_mould_becomes_the_worker_that_is_asked_for():
    premade.make(SLICES)
    worker, host, panel = asyncio.run(home(["crypto", "home"]))
    assert worker.settings.base == "/below/"
    assert (worker.id, worker.generation, worker.slices) == ("w3", 2, ["crypto", "home"])
    assert isinstance(worker.storage.backing, Memory) and worker.host is host and worker.doist.name == "w3.2"
    assert [message["id"] for message, _ in host.of("worker:ready")] == ["w3"]
    mounting, _, same = asyncio.run(home(["crypto", "home"]))  # none is left
    assert mounting is not worker and same == panel and "parallel workers" in str(panel)


def test_moulds_have_all_slices_or_those_that_all_have_and_are_taken_once():
    premade.make(SLICES)
    assert premade.take(["home"]) is None  # another set: that worker mounts by itself, and nothing is kept for it
    assert premade.take(SLICES) is None
    premade.make(SLICES)
    found = premade.take(reversed(SLICES))
    assert isinstance(found, Worker) and found.app is not None
    assert premade.take(["home", "crypto"]) is None


@pytest.fixture
def slice_that() -> Iterator[Callable[[Callable[[], Any]], dict[str, Any]]]:
    """A slice that does something while it is mounted."""

    def make(does: Callable[[], Any]) -> dict[str, Any]:
        module = types.ModuleType("slice_that_draws")
        module.mount = lambda app, worker: does()  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        return {"drawing": {"module": module.__name__, "workers": "all"}}

    yield make
    sys.modules.pop("slice_that_draws", None)


@pytest.mark.parametrize(
    "draw", [lambda: secrets.token_hex(4), uuid.uuid4, random.random, random.SystemRandom().random, lambda: random.seed()],
    ids=["secrets", "uuid4", "random", "SystemRandom", "seed"],
)  # fmt: skip
def test_a_slice_that_draws_while_it_is_mounted_makes_no_mould(slice_that, draw):
    with pytest.raises(RuntimeError, match="randomness was drawn before the snapshot"):
        premade.make(slice_that(draw))
    assert not premade._premade and secrets.token_hex(4) != secrets.token_hex(4)


def test_a_slice_that_cannot_be_mounted_is_named_with_its_reason(slice_that):
    def broken() -> None:
        raise ValueError("no such thing")

    with pytest.raises(RuntimeError, match="ValueError: no such thing"):
        premade.make(slice_that(broken))


def test_a_mould_has_no_clock_and_nowhere_to_post():
    host = premade.NoHost()
    for ask in (host.now, host.heap_bytes, lambda: host.crash("x"), lambda: host.post({"type": "worker:want"})):
        with pytest.raises(RuntimeError):
            ask()
