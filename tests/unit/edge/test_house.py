"""The house of the component on CPython: every row of the conformance run as the row says, what is left out, and what breaks."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from rows import normal, request, rows
from targets import Reply
from wasi import left_out
from wasi.house import Answer, House

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
PARTS = tomllib.loads((ROOT / "python" / "wasi" / "parts.toml").read_text())
SLICES = {name: MANIFEST["slices"][name]["module"] for name in PARTS["slices"]}
JSON = {"accept": "application/json", "content-type": "application/json"}


def house() -> House:
    made = House({**MANIFEST, "pool": {**MANIFEST["pool"], **PARTS["pool"]}}, SLICES, (ROOT / "index.html").read_text())
    made.log = lambda level, text: reported.append((level, text))
    return made


reported: list[tuple[str, str]] = []


@pytest.fixture(scope="module")
def one() -> House:
    """The instance that a host keeps over many requests."""
    return house()


@pytest.fixture(autouse=True)
def quiet() -> Any:
    reported.clear()
    yield
    assert [text for level, text in reported if level == "error"] == []


def ask(house: House, row: dict[str, Any]) -> Answer:
    sent = request(row)
    return house.ask(sent.method, sent.target, sent.headers, sent.body)


def test_no_time_passes_between_two_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor between the build, when an instance was assembled, and its first one: a host may make an instance for each."""
    made = house()
    for later in (3.6e6, 7.2e6):
        monkeypatch.setattr(made.host, "now", lambda later=later: time.time() * 1000 + later)
        answer = made.ask("GET", "/app/crypto", {"accept": "application/json"})
        assert (answer.status, reported) == (200, [])


def test_the_clock_of_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose monotonic clock began later than that of the build: what takes steps is answered as well, and waits for nothing."""
    made = house()
    clock = made.worker.doist._clock
    monkeypatch.setattr(made.worker.doist, "_clock", lambda: clock() - 1e6)
    monkeypatch.setattr("wasi.house.time.sleep", lambda seconds: pytest.fail(f"it would sleep for {seconds} s"))
    row = next(row for row in rows() if row["name"] == "no stream at all")
    assert ask(made, row).status == row["status"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_a_row(one: House, row: dict[str, Any]) -> None:
    answer = ask(one, row)
    assert answer.status == row["status"], answer.body[:500]
    text = answer.body.decode()
    for part in row.get("has", ()):
        assert part in text
    if "field" in row:
        assert json.loads(text)["field"] == row["field"]
    assert "<script>alert" not in text
    normal(Reply(*answer))


def test_what_is_left_out_says_why(one: House) -> None:
    for path, why in left_out.REASONS.items():
        answer = one.ask("POST", path, JSON, b"{}")
        assert answer.status == 501 and json.loads(answer.body)["detail"] == why
        page = one.ask("POST", path, {"accept": "text/html", "hx-request": "true"}, b"")
        assert page.status == 501 and "Not done at the edge" in page.body.decode()
    judge = one.ask("POST", "/app/judge/schema", {}, b"")
    assert judge.status == 501


def test_every_route_of_its_slices_is_done_or_left_out(one: House) -> None:
    """A route that a slice gets tomorrow is judged here before it is answered there."""
    import importlib

    done = {
        "/app/crypto/hash", "/app/crypto/hash-many", "/app/crypto/ed25519/verify", "/app/ledger/check",
    }  # fmt: skip
    for name, module in SLICES.items():
        for method, path, _ in getattr(importlib.import_module(f"{module}.routes"), name).rows:
            if method != "GET":
                assert method == "POST" and (path in done) != bool(left_out.reason(method, path)), path


def test_another_site_may_not_post_and_nobody_may_frame_it(one: House) -> None:
    far = one.ask("POST", "/app/crypto/hash", {**JSON, "sec-fetch-site": "cross-site"}, b'{"algorithm": "sha256", "text": "x"}')
    assert far.status == 403
    assert one.ask("GET", "/app/crypto", {"sec-fetch-dest": "iframe"}).status == 403
    assert one.ask("GET", "/app/crypto", {"sec-fetch-dest": "document", "sec-fetch-site": "none"}).status == 200


def test_a_body_that_is_too_large_for_the_edge(one: House) -> None:
    answer = one.ask("POST", "/app/crypto/hash", JSON, b"x" * (PARTS["pool"]["max_body_bytes"] + 1))
    assert answer.status == 413 and json.loads(answer.body)["limit_bytes"] == PARTS["pool"]["max_body_bytes"]


def test_nothing_is_kept_of_a_request(one: House) -> None:
    for row in rows():
        ask(one, row)
    state = one.router.state
    assert not state.tasks.live and not state.tasks.closing and not len(state.queue)
    assert not one.worker.inflight and not one._bodies and not one._replies and not one._answers and not one.host.posted
    assert len(one.worker.doist.deeds) == 1, "the inbox is all that stays"


def test_a_slice_that_raises_is_told_with_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.crypto import hashing

    made = house()
    monkeypatch.setattr(hashing, "digesting", lambda *_: 1 // 0)
    answer = made.ask("POST", "/app/crypto/hash", JSON, b'{"algorithm": "sha256", "text": "x"}')
    assert answer.status == 500 and json.loads(answer.body)["fault"]
    assert any("ZeroDivisionError" in text for _, text in reported)
    reported.clear()
    assert made.ask("GET", "/app/crypto", {}).status == 200
