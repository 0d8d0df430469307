"""A form that names witnesses, refused for want of the user's word: the way to the Network page leads back, with what was typed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from keriwasm.web.outside import refusal
from outsidekit import FakeOutside
from slicekit import Page, form, get, post
from slices.ledger import book as books
from slices.network.resources import BACK
from walletkit import place, quick, wallet  # noqa: F401 (fixtures)

pytestmark = pytest.mark.usefixtures("quick")

TYPED = "http://wan.example:5642/oobi\nhttps://wil.example/oobi?name=<i>&x"


def test_nothing_is_typed_twice(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(books, "HEAD", place / "book")

    async def test() -> None:
        async with wallet(place) as kit:
            kit.worker.outside = FakeOutside(lambda request: refusal("ask", "It is not allowed yet."))
            aid = (await post(kit, "/app/identifiers", alias="Anna")).json["aid"]
            here = f"app/identifiers/{aid}"
            for path, at, names, sent in (
                ("/app/identifiers", "app/identifiers", "new", {"alias": "Änne & <b>", "witnesses": TYPED, "toad": "2"}),
                (f"/{here}/rotate", here, "rotate", {"add": TYPED, "toad": "1"}),
            ):
                refused = await form(kit, path, **sent)
                assert refused.status == 403 and "is not allowed yet" in refused.text
                (link,) = [attrs["href"] for tag, attrs in Page(refused.text).elements if tag == "a"]
                assert link.startswith("app/network?back=")
                (back,) = parse_qs(link.partition("?")[2])["back"]
                assert BACK.fullmatch(back) and back.partition("?")[0] == at
                shown = Page((await get(kit, f"/{back}")).text)
                held = {attrs.get("id"): attrs.get("value") for _, attrs in shown.elements} | shown.areas
                assert {name: held[f"{names}-{name}"] for name in sent} == sent and shown.problems == []
                assert [attrs for tag, attrs in shown.elements if tag == "details" and "open" in attrs]
            long = await form(kit, "/app/identifiers", alias="x", witnesses=f"{TYPED}\n" * 200)
            assert long.status == 422, "too many are refused before anybody is asked"
            told = await post(kit, "/app/identifiers", alias="x", witnesses=["http://wan.example:5642/oobi?" + "x" * 1900])
            assert (told.status, told.json["outside"], told.json["again"]) == (403, "ask", "app/identifiers")
            assert not kit.faults(), kit.faults()

    asyncio.run(test())
