"""Every route that takes a body, with deep, long and wide values in every kind of body and every field of its slice.

On CPython a parser that recurses raises where in wasm it would end the interpreter: so every parser is watched here, and
one that is given more than the guard lets through fails the test, wherever it is called. The same in a real browser, with
its real stack: tests/browser/slices/test_strangers.py.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import cbor2
import msgpack
import pytest
from backupkit import PASSCODE, FakeKem, do, place, quick, unsynced  # noqa: F401 (fixtures)
from hostile import fuzzkit, fuzzwallet
from hostile.hostilekit import BODIES, SLICES, VALUES, address, good, names, routes
from keriwasm.data import guarding
from keriwasm.web.outside import refusal
from outsidekit import FakeOutside
from outsidekit import answer as came
from poolkit import alone
from slicekit import multipart
from tablekit import TABLE
from walletkit import FakeDisk, habs
from workerkit import Kit, run, running

from router.policy.routes import Route

LOOSE = guarding.Bounds(size=1 << 30, depth=guarding.DEPTH + 16, values=1 << 30)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Parsers anywhere, keripy's too, that are given what the guard would not let through."""
    caught: list[str] = []

    def watch(library: Any, name: str, kind: str) -> None:
        real = getattr(library, name)

        def loads(data: Any, *args: Any, **kwa: Any) -> Any:
            raw = data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data)
            try:
                guarding.scan(raw, kind, LOOSE)
            except guarding.Unfit as ex:
                if ex.code == "depth":
                    caught.append(f"{library.__name__}.{name} {ex.reason}")
            return real(data, *args, **kwa)

        monkeypatch.setattr(library, name, loads)

    watch(json, "loads", "JSON")
    watch(cbor2, "loads", "CBOR")
    watch(msgpack, "loads", "MGPK")
    watch(msgpack, "unpackb", "MGPK")
    return caught


OUT_THERE = [
    refusal("off", "The network is off."), came(404), came(200, b"<html>", "text/html"),
    came(200, b"[" * 30_000, "application/schema+json"),
    *(came(200, file.read_bytes()) for file in sorted((Path(__file__).parents[2] / "cases").glob("*.cesr"))[:20]),
]  # fmt: skip
"""What servers answer to what leaves."""


@asynccontextmanager
async def everything(place: Path) -> AsyncIterator[tuple[Kit, Callable[[], dict[str, str]]]]:  # noqa: F811
    """A worker with all slices that run here, and what brings its wallet back: an open one with something in it."""
    from slices.ledger import book
    from slices.vault import vault

    async with running(slices={name: {} for name in SLICES}, faults=True) as kit:
        kit.worker.disk = FakeDisk(place.parent)
        kit.worker.inject = lambda *_: None  # type: ignore[method-assign]
        alone(kit)
        strange = itertools.cycle(OUT_THERE)
        kit.worker.outside = FakeOutside(lambda request: next(strange))  # type: ignore[assignment]
        held = vault.of(kit.worker)

        def restored() -> dict[str, str]:
            if not held.exists:
                do(held.create("Mine", PASSCODE, "low"))
            if held.locked:
                do(held.unlock(PASSCODE))
            if not held.hby.habs:
                with held.change() as hby:
                    hby.makeHab("one")
            return {"aid": habs(held.hby)[0].pre, "name": "course", "worker": "w2", "what": "presentation"}

        try:
            yield kit, restored
        finally:
            held._close()
            held._store.close()
            book.of(kit.worker).close()


def test_the_fields_are_found() -> None:
    assert {"data", "schema", "attributes", "rules", "registry"} <= set(names("credentials"))
    assert {"words", "response", "passcode", "data", "alias"} <= set(names("wallet"))
    assert len(routes()) > 35


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.pattern}")
@run
async def test_no_value_of_any_field_breaks_a_route(
    route: Route, watched: list[str], quick: None, unsynced: None, place: Path, monkeypatch: Any  # noqa: F811
) -> None:
    from slices.ledger import book

    monkeypatch.setattr(book, "HEAD", place.parent / "ledger")
    monkeypatch.setattr("slices.backup.MlKem768", FakeKem)
    async with everything(place) as (kit, restored):

        async def sent(what: str, body: bytes, kind: str) -> None:
            path = address(route, restored())
            answer = await kit.ask(route.method, path, body=body, headers={"content-type": kind})
            faults = [each["error"]["traceback"][-600:] for each in kit.faults()]
            assert answer.status < 500 and not faults, (what, answer.status, answer.text[:300], faults)
            assert not watched, (what, watched[0][:200])

        base = good(restored()["aid"])
        for what, body in BODIES.items():
            await sent(what, body.encode(), "application/json")
            await sent(what, body.encode(), "application/octet-stream")
            await sent(what, body.encode(), "application/cesr")
        slow = route.heavy or "crypto/argon2id" in route.pattern
        share = 16 if slow else 4  # each field gets some of the values, a route with a few fields all of them
        for number, name in enumerate(names(route.slice)):
            for what in list(VALUES)[number % share :: share]:
                sound = json.dumps({**base, name: VALUES[what]}).encode()
                await sent(f"{name}: {what}", sound, "application/json")
            if number % share == 0:
                what = "event, its threshold deep"
                encoded, kind = multipart([(name, VALUES[what]), ("file", ("f", VALUES[what].encode()))])
                await sent(f"{name}: {what}, by form", encoded, kind)


HERE = [each for each in TABLE if each.slice in SLICES and each.slice != "suites" and not each.stream and not each.report]
"""Routes that a worker answers by itself: what the router puts beside a request is the router's tests' matter."""


async def play(seed: int, numbers: range, kit: Kit, watched: list[str]) -> Counter[int]:
    """Sends so many random requests (tests/kits/hostile/fuzzkit.py), the wallet brought back in between; counts the statuses."""
    at = fuzzkit.Surroundings()

    async def back() -> None:
        steps = fuzzwallet.restored(at)
        answer: Any = None
        with suppress(StopIteration):
            while True:
                method, path, body = steps.send(answer)
                given = await kit.ask(method, f"/{path}", json_body=body)
                sound = given.headers.get("content-type", "").startswith(fuzzkit.JSON)
                answer = given.status, given.json if sound else {}, given.body

    counted: Counter[int] = Counter()
    for number in numbers:
        if number % 20 == 0:
            await back()
        one = fuzzkit.request(seed, number, at, HERE)
        path, _, query = one.path.partition("?")
        headers = {"accept": fuzzkit.JSON, **one.headers}
        left = len(kit.worker.outside.tickets)  # type: ignore[attr-defined]
        answer = await kit.ask(one.method, f"/{path}", body=one.body or b"", headers=headers, query=query)
        faults = [each["error"]["traceback"][-1500:] for each in kit.faults()]
        # What a server out there answers may be nothing to go on with: that is told as its fault.
        theirs = answer.status in (502, 504) and len(kit.worker.outside.tickets) > left  # type: ignore[attr-defined]
        assert (answer.status < 500 or theirs) and not faults, (seed, number, one.told(), answer.status, answer.text[:300], *faults)
        assert not watched, (seed, number, one.told(), watched[0][:200])
        counted[answer.status] += 1
    return counted


@run
async def test_random_requests(watched: list[str], quick: None, unsynced: None, place: Path, monkeypatch: Any) -> None:  # noqa: F811
    from slices.ledger import book

    monkeypatch.setattr(book, "HEAD", place.parent / "ledger")
    monkeypatch.setattr("slices.backup.MlKem768", FakeKem)
    seed, count = int(os.environ.get("FUZZ_SEED", "13")), int(os.environ.get("FUZZ_COUNT", "400"))
    async with everything(place) as (kit, _):
        counted = await play(seed, range(count), kit, watched)
    print(counted)
    assert counted[200] > count // 10 and counted[422] > count // 10, counted
