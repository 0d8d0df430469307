"""Every route that takes a body, with deep, long and wide values in every kind of body and every field of its slice.

On CPython a parser that recurses raises where in wasm it would end the interpreter: so every parser is watched here, and
one that is given more than the guard lets through fails the test, wherever it is called. The same in a real browser, with
its real stack: tests/browser/test_strangers.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import cbor2
import msgpack
import pytest
from backupkit import PASSCODE, FakeKem, do, place, quick, unsynced  # noqa: F401 (fixtures)
from keriwasm import guarding
from keriwasm.fields import b64u
from poolkit import alone
from slicekit import multipart
from walletkit import FakeDisk
from workerkit import ROOT, Kit, run, running

from router.routes import TABLE, Route

SLICES = ("home", "wallet", "backup", "credentials", "ledger", "verifying", "crypto", "load", "suites", "pool", "faults")
DEEP = 30_000
READ = re.compile(r"(?:fields|sent|form)\.[a-z]+\(\s*\"([a-z_]+)\"|\b(?:label|threshold|text)\(fields, \"([a-z_]+)\"")
LOOSE = guarding.Bounds(size=1 << 30, depth=guarding.DEPTH + 16, values=1 << 30)


def names(slice: str) -> list[str]:
    """The fields that a slice's source reads."""
    found: set[str] = set()
    for path in (ROOT / "python" / "keriwasm" / "slices" / slice).rglob("*.py"):
        found |= {each[1] or each[2] for each in READ.finditer(path.read_text())}
    return sorted(found | {"text", "data", "file", "passcode"})


def event(threshold: str, anchor: str) -> str:
    """A message that claims its right size; only its depth is wrong."""
    body = f'{{"v":"KERI10JSON000000_","t":"icp","d":"x","i":"x","s":"0","kt":"{threshold}","k":[],"a":{anchor}}}'
    return body.replace("000000_", f"{len(body):06x}_")


def nested(levels: int, value: Any = 0, name: str = "") -> Any:
    for _ in range(levels):
        value = {name: value} if name else [value]
    return value


VALUES: dict[str, Any] = {
    "deep within bounds": nested(guarding.DEPTH - 2),
    "deep objects": nested(guarding.DEPTH - 2, 0, "a"),
    "wide": [0] * 50_000,
    "wide objects": {str(n): {} for n in range(20_000)},
    "text of brackets": "[" * DEEP,
    "text of objects": '{"a":' * DEEP,
    "event, deep": event("1", "[" * DEEP),
    "event, its threshold deep": event("[" * DEEP, "[]"),
    "mgpk": b64u(b"\x91" * DEEP),
    "cbor": b64u(b"\x81" * DEEP),
    "event in cbor": b64u(b"\xa1\x61vqKERI10CBOR007530_" + b"\x81" * DEEP),
    "large number": 10**63,
    "numbers": [1.7e308, -1.7e308, 10**63, -(10**63)],
    "long": "a" * (1 << 20),
    "odd": "\u202e\u200d\x7f\ufffe\U000e0001",
    "nothing": None,
}
BODIES = {
    "deep": "[" * DEEP,
    "deep objects": '{"a":' * DEEP,
    "wide": '{"data":[' + "0," * 400_000 + "0]}",
    "infinite": '{"data":1e400}',
    "half": '{"data":"\\ud800"}',
    "constant": '{"data":[NaN]}',
    "twice": '{"data":1,"data":2}',
    "a list": "[]",
}


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


@asynccontextmanager
async def everything(place: Path) -> AsyncIterator[tuple[Kit, Callable[[], dict[str, str]]]]:  # noqa: F811
    """A worker with all slices that run here, and what brings its wallet back: an open one with something in it."""
    from keriwasm.slices.ledger import book
    from keriwasm.slices.wallet import vault

    async with running(slices={name: {} for name in SLICES}, faults=True) as kit:
        kit.worker.disk = FakeDisk(place.parent)
        kit.worker.inject = lambda *_: None  # type: ignore[method-assign]
        alone(kit)
        held = vault.of(kit.worker)

        def restored() -> dict[str, str]:
            if not held.exists:
                do(held.create("Mine", PASSCODE, "low"))
            if held.locked:
                do(held.unlock(PASSCODE))
            if not held.hby.habs:
                with held.change() as hby:
                    hby.makeHab("one")
            return {"aid": next(iter(held.hby.habs)), "name": "course", "worker": "w2", "what": "presentation"}

        try:
            yield kit, restored
        finally:
            held._close()
            held._store.close()
            book.of(kit.worker).close()


def routes() -> list[Route]:
    """Those that take a body."""
    return [each for each in TABLE if each.method not in ("GET", "HEAD") and (each.slice or "") in SLICES and not each.stream]


def address(route: Route, params: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: params.get(found[1], "x"), route.pattern)


def good(aid: str) -> dict[str, Any]:
    """Values that let a request come as far as the field that is wrong."""
    return {"algorithm": "sha256", "identifier": aid, "words": ["abandon"] * 12, "kind": "text", "seconds": 0, "name": "n"}


def test_the_fields_are_found() -> None:
    assert {"data", "schema", "attributes", "rules", "registry"} <= set(names("credentials"))
    assert {"words", "response", "passcode", "data", "alias"} <= set(names("wallet"))
    assert len(routes()) > 35


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.pattern}")
@run
async def test_no_value_of_any_field_breaks_a_route(
    route: Route, watched: list[str], quick: None, unsynced: None, place: Path, monkeypatch: Any  # noqa: F811
) -> None:
    from keriwasm.slices.ledger import book

    monkeypatch.setattr(book, "HEAD", place.parent / "ledger")
    monkeypatch.setattr("keriwasm.slices.backup.MlKem768", FakeKem)
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
