"""The outbox: what waits for the line is kept, goes out once when there is one, and what came of it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import falcon
import pytest
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP
from slices.network import outbox as outboxes
from test_network import head, network  # noqa: F401 (a fixture)
from workerkit import Kit, run

URL = "http://wan.example:5642/oobi"
AID = "E" * 44


@asynccontextmanager
async def house(head: Path, *answers: tuple[int, dict[str, Any]]) -> AsyncIterator[tuple[Kit, list[dict[str, Any]]]]:  # noqa: F811
    """A worker whose own requests get these answers, the last one again and again; gives what it asked."""
    asked: list[dict[str, Any]] = []
    async with network(head) as kit:

        def posted(message: dict[str, Any], body: bytes | None) -> None:
            if message["type"] == "http:request":
                status, media = answers[min(len(asked), len(answers) - 1)]
                asked.append({"path": message["path"], **json.loads(body or b"{}")})
                reply = {"id": message["id"], "status": status, "headers": {"content-type": "application/json"}, "stream": False}
                asyncio.get_running_loop().call_soon(lambda: kit.send("http:reply", json.dumps(media).encode(), **reply))

        kit.host.on_post = posted
        yield kit, asked


async def keep(kit: Kit, url: str = URL) -> dict[str, Any]:
    """As a slice does while it answers a request."""
    done: list[dict[str, Any]] = []

    class Keeping(doing.Doer):
        transient = True

        def recur(self, tock: float = 0.0) -> Any:
            yield ASAP
            done.append((yield from outboxes.of(kit.worker).keep(f"the OOBI {url}", "app/ledger/oobi", {"url": url, "alias": "Wan"})))
            return True

    kit.worker.doist.extend([Keeping()])
    await until(lambda: done)
    return done[0]


async def until(true: Callable[[], Any]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def line(kit: Kit, open: bool = True) -> None:
    kit.send("outside:line", open=open)


async def waiting(kit: Kit) -> list[dict[str, Any]]:
    return (await kit.ask("GET", "/app/network")).json["waiting"]


@run
async def test_it_waits_and_goes_out_once(head: Path) -> None:  # noqa: F811
    async with house(head, (200, {"aid": AID, "alias": "Wan"})) as (kit, asked):
        first = await keep(kit)
        assert (await keep(kit))["id"] == first["id"], "the same act is one"
        line(kit, open=False)
        (one,) = await waiting(kit)
        what = {"what": f"the OOBI {URL}", "waits": "line", "why": "", "path": "", "outcome": None}
        assert one == {"id": first["id"], "since": first["since"], **what}
        page = (await kit.ask("GET", "/app/network", accept="text/html")).text
        assert "1 waits for the line" in page and URL in page and not asked
    async with house(head, (200, {"aid": AID, "alias": "Wan"})) as (kit, asked):  # a restart
        line(kit)
        await until(lambda: asked)
        while not (one := (await waiting(kit))[0])["outcome"]:
            pass
        assert one["outcome"] == {"ok": True, "text": "Wan", "path": f"app/ledger/{AID}"}
        line(kit)
        await waiting(kit)
        assert asked == [{"path": "/app/ledger/oobi", "url": URL, "alias": "Wan"}]
        page = (await kit.ask("GET", "/app/network", accept="text/html")).text
        assert "waits for the" not in page and f'href="app/ledger/{AID}"' in page and "Put away" in page
        left = await kit.ask("POST", f"/app/network/outbox/{one['id']}/cancel", json_body={})
        assert left.json == {"waiting": []} and await waiting(kit) == []


@run
async def test_it_waits_on_for_the_line_and_the_user_s_word(head: Path) -> None:  # noqa: F811
    refused = {"title": "Refused", "detail": "wan.example is not allowed yet"}
    failed = {"title": "It failed", "detail": "that server answered with status 500"}
    async with house(head, (202, {"waits": True}), (403, refused), (502, failed)) as (kit, asked):
        await keep(kit)
        for number, (why, waits) in enumerate((("", "line"), ("wan.example is not allowed yet", "word"))):
            line(kit)
            await until(lambda number=number: len(asked) == number + 1)
            while (one := (await waiting(kit))[0])["why"] != why:
                pass
            assert (one["outcome"], one["waits"]) == (None, waits)
            page = (await kit.ask("GET", "/app/network", accept="text/html")).text
            assert f"1 waits for {'the line' if waits == 'line' else 'your word'}" in page
        # The user says it: no line has to go and come for that.
        await kit.ask("POST", "/app/network/origins", json_body={"origin": "http://wan.example:5642", "allowed": True})
        while not (one := (await waiting(kit))[0])["outcome"]:
            pass
        assert one["outcome"] == {"ok": False, "text": "that server answered with status 500", "path": ""} and len(asked) == 3
        again = await keep(kit)
        assert again["outcome"] is None, "what failed may be meant again"


@run
async def test_cancelled_is_not_sent_and_the_outbox_has_an_end(head: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(outboxes, "MOST", 2)
    async with house(head, (200, {})) as (kit, asked):
        kept = [await keep(kit, f"{URL}/{number}") for number in range(2)]
        with pytest.raises(falcon.HTTPServiceUnavailable):
            for _ in outboxes.of(kit.worker).keep("more", "app/ledger/oobi", {}):
                pass
        for each in kept:
            await kit.ask("POST", f"/app/network/outbox/{each['id']}/cancel", json_body={})
        line(kit)
        assert await waiting(kit) == [] and not asked


@run
async def test_what_waits_elsewhere_is_told_and_hears_of_the_line(head: Path) -> None:  # noqa: F811
    async with house(head, (200, {})) as (kit, _):
        heard: list[str] = []
        outbox = outboxes.of(kit.worker)
        outbox.listeners.add(lambda: heard.append("line"))
        act = {"what": "receipts of <Anna>", "waits": "server", "why": "2 of 4 are missing.", "path": "app/identifiers/E"}
        outbox.others.add(lambda: [act])
        line(kit, open=False)
        (one,) = await waiting(kit)
        assert (one["id"], one["since"], one["what"], one["path"]) == ("", None, "receipts of <Anna>", "app/identifiers/E") and not heard
        page = (await kit.ask("GET", "/app/network", accept="text/html")).text
        for words in ("Receipts of &lt;Anna&gt;", "1 waits for a server", "2 of 4", 'href="app/identifiers/E"'):
            assert words in page
        line(kit)
        await until(lambda: heard)
