"""The network slice: the user's word is kept before it is given, taken back before it is kept, and told to the router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from walletkit import FakeDisk
from workerkit import Kit, run, running

SITE = "http://wan.example:5642"
LEFT = {
    "when": 1_760_000_000_000, "who": "ledger", "reason": "to resolve the OOBI you pasted", "method": "GET",
    "url": f"{SITE}/oobi", "origin": SITE, "bytes": 900, "status": 200, "ms": 31, "kind": "",
}  # fmt: skip


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from slices.network import consent

    monkeypatch.setattr(consent, "HEAD", tmp_path / "disk" / "network")
    return tmp_path / "disk"


@asynccontextmanager
async def network(head: Path) -> AsyncIterator[Kit]:
    from slices.network import consent

    async with running(slices={"network": {}}) as kit:
        kit.worker.disk = FakeDisk(head)
        try:
            yield kit
        finally:
            consent.of(kit.worker).close()


def told(kit: Kit) -> list[dict[str, Any]]:
    return [message for message, _ in kit.host.of("outside:consent")]


async def post(kit: Kit, path: str = "/app/network", **fields: Any) -> Any:
    return await kit.ask("POST", path, json_body=fields)


@run
async def test_off_and_empty_at_first(head: Path) -> None:
    async with network(head) as kit:
        assert (await kit.ask("GET", "/app/network")).json == {"enabled": False, "origins": [], "log": [], "waiting": []}
        assert [(each["enabled"], each["origins"]) for each in told(kit)] == [(False, {})]
        page = (await kit.ask("GET", "/app/network", accept="text/html")).text
        assert "Nothing leaves this browser" in page and "Turn it on" in page and page.count('class="empty"') == 4


@run
async def test_what_is_allowed_outlives_the_worker(head: Path) -> None:
    async with network(head) as kit:
        assert (await post(kit, enabled=True)).json["enabled"] is True
        answer = (await post(kit, "/app/network/origins", origin="HTTP://wan.example:5642/", allowed=True)).json
        assert [(each["origin"], each["allowed"]) for each in answer["origins"]] == [(SITE, True)]
        await post(kit, "/app/network/origins", origin="https://wil.example:443", allowed=False)
    async with network(head) as kit:
        await kit.ask("GET", "/app/network")
        (one,) = told(kit)
        assert one["enabled"] is True and one["origins"] == {SITE: True, "https://wil.example": False}


@run
async def test_given_after_it_is_kept_and_taken_back_before(head: Path) -> None:
    async with network(head) as kit:
        await kit.ask("GET", "/app/network")
        disk, told_at = kit.worker.disk, []

        def posted(message: dict[str, Any], body: bytes | None) -> None:
            if message["type"] == "outside:consent":
                told_at.append((message["enabled"], message["origins"].get(SITE), disk.batches - before[0], disk.settled > before[1]))

        kit.host.on_post = posted
        before = disk.batches, disk.settled
        await post(kit, enabled=True)
        assert told_at == [(True, None, 1, True)], "given after it is kept"
        before = disk.batches, disk.settled
        await post(kit, "/app/network/origins", origin=SITE, allowed=False)
        assert [each[:3] for each in told_at[1:]] == [(True, False, 0), (True, False, 1)], "taken back before"
        before = disk.batches, disk.settled
        await post(kit, enabled=False)
        assert [each[:3] for each in told_at[3:]] == [(False, False, 0), (False, False, 1)]


@run
async def test_what_cannot_be_kept_is_not_given(head: Path) -> None:
    from keriwasm.disk.errors import DiskRefused

    async with network(head) as kit:
        await post(kit, enabled=True)

        def full():
            raise DiskRefused("The disk is full.")
            yield

        kit.worker.disk.settle = full
        answer = await post(kit, "/app/network/origins", origin=SITE, allowed=True)
        assert answer.status == 507 and "full" in answer.json["detail"]
        assert not any(each["origins"].get(SITE) for each in told(kit))


@run
async def test_news_is_counted_once_and_shown(head: Path) -> None:
    async with network(head) as kit:
        await post(kit, enabled=True)
        failed = {**LEFT, "when": LEFT["when"] + 5, "status": 599, "kind": "unreachable", "reason": "<b>why</b>"}
        asked = {"origin": "http://wil.example", "who": "wallet", "reason": "witness wil of Anna", "when": 7}
        news = [{"n": 1, "left": LEFT}, {"n": 2, "left": failed}, {"n": 3, "asked": asked}]
        kit.send("outside:news", news=news)
        kit.send("outside:news", news=news[:2])
        data = (await kit.ask("GET", "/app/network")).json
        assert [each["when"] for each in data["log"]] == [failed["when"], LEFT["when"]]
        assert data["log"][1] == {**LEFT}
        by = {each["origin"]: each for each in data["origins"]}
        assert (by[SITE]["requests"], by[SITE]["failed"], by[SITE]["last"]) == (2, 1, failed["when"])
        assert by["http://wil.example"]["allowed"] is None and by["http://wil.example"]["reason"] == "witness wil of Anna"
        assert told(kit)[-1]["origins"] == {SITE: None, "http://wil.example": None}, "the router goes on asking"
        page = (await kit.ask("GET", "/app/network", accept="text/html")).text
        assert "witness wil of Anna" in page and "&lt;b&gt;why" in page and "not reached" in page and not kit.faults()
        await post(kit, "/app/network/origins", origin="http://wil.example", allowed=False)
        kit.send("outside:news", news=[{"n": 9, "asked": asked}])
        data = (await kit.ask("GET", "/app/network")).json
        assert {each["origin"]: each["allowed"] for each in data["origins"]}["http://wil.example"] is False


@run
async def test_the_doer_writes_news_and_says_so(head: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.network import consent

    monkeypatch.setattr(consent.ConsentDoer, "PAUSE", 0.01)
    monkeypatch.setattr(FakeDisk, "backing", object())
    async with network(head) as kit:
        await kit.ask("GET", "/app/network")
        kit.send("outside:news", news=[{"n": 4, "left": LEFT}])
        noted, _ = await kit.host.wait("outside:noted")
        assert noted["n"] == 4
    async with network(head) as kit:
        assert len((await kit.ask("GET", "/app/network")).json["log"]) == 1


@run
async def test_log_and_origins_are_bounded(head: Path) -> None:
    from slices.network import store

    kept = store.Store(head / "bounded")
    kept.judge(SITE, True)
    for number in range(store.LOG_MOST + 20):
        kept.left({**LEFT, "when": LEFT["when"] + number, "origin": f"http://a{number}.example"}, number)
    assert len(kept.log) == store.LOG_MOST and kept.log[-1]["when"] == LEFT["when"] + 20
    assert len(kept.origins) == store.ORIGINS_MOST and kept.origins[SITE]["allowed"] is True
    kept.close()
    again = store.Store(head / "bounded")
    assert len(again.log) == store.LOG_MOST and again.origins.keys() == kept.origins.keys()
    again.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("/app/network", {}, "enabled"),
        ("/app/network", {"enabled": "perhaps"}, "enabled"),
        ("/app/network/origins", {"allowed": True}, "origin"),
        ("/app/network/origins", {"origin": SITE}, "allowed"),
        *(
            ("/app/network", {"enabled": "true", "back": each}, "back")
            for each in (
                "https://evil.example/", "//evil.example", "javascript:alert(1)", "app/../x", "/app/ledger", "app/ledger#x", "app/x?a=<b>",
                "app/ledger\n",
            )
        ),
        *(
            ("/app/network/origins", {"origin": each, "allowed": True}, "origin")
            for each in (
                "wan.example", "ftp://wan.example", "http://a:b@wan.example", f"{SITE}/oobi", "http://wan.example:0", "http://", "http:///",
                "http://wan.example:99999", "http://wän.example", "http://wan example", "javascript:alert(1)", "http://" + "a" * 400,
                "http://wan.example\\@wil.example",
            )
        ),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(path: str, fields: dict[str, Any], named: str, head: Path) -> None:
    @run
    async def ask() -> None:
        async with network(head) as kit:
            answer = await post(kit, path, **fields)
            assert answer.status == 422 and answer.json["errors"][0]["field"] == named, answer.text
            assert not kit.faults()

    ask()


@run
async def test_the_way_back_is_kept_through_every_answer(head: Path) -> None:
    back = "app/ledger?oobi=http%3A%2F%2Fwan.example%3A5642%2Foobi&alias=A+b"
    link = 'href="app/ledger?oobi=http%3A%2F%2Fwan.example%3A5642%2Foobi&amp;alias=A+b"'
    async with network(head) as kit:
        shown = [(await kit.ask("GET", f"/app/network?back={quote(back, safe='')}", accept="text/html")).text]
        for path, fields in (
            ("/app/network", {"enabled": True}),
            ("/app/network/origins", {"origin": SITE, "allowed": True}),
            ("/app/network/origins", {"origin": SITE, "allowed": False}),
        ):
            shown.append((await kit.ask("POST", path, json_body={**fields, "back": back}, accept="text/html")).text)
        for page in shown:
            assert link in page and page.count('name="back"') == page.count("<form")
        assert 'id="back"' not in (await kit.ask("GET", "/app/network", accept="text/html")).text


def test_there_is_a_short_word_for_every_kind_of_what_left() -> None:
    from slices.network.resources import SHORT

    from router.policy.outside.words import WORDS

    unsent = {"off", "ask", "many", "refused", "bad", "full", "mixed", "queued"}
    assert SHORT.keys() == WORDS.keys() - unsent
