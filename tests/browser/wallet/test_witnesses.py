"""An identifier with real witnesses, made and kept in the page: six of keripy's own, and `kli` on the other side."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import witnesses as kit
from conftest import Watched, fetch, until
from walletkit_browser import PASSCODE, ask, press, visit

PATIENCE = 120_000


@pytest.fixture(scope="module")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running() as found:
        yield found


def events(stream: str) -> list[str]:
    """SAIDs of a stream's key events, in order."""
    return re.findall(r'"t":"(?:icp|rot|ixn|dip|drt)","d":"([^"]{44})"', stream)


def log(witness: Any, aid: str) -> str:
    with urllib.request.urlopen(f"{witness.url}log?pre={aid}", timeout=60) as got:
        return got.read().decode()


def everywhere(page: Any, aid: str, known: list[Any], count: int) -> None:
    """Each witness has the page's log, with the receipts of all."""
    ours = fetch(page, f"app/identifiers/{aid}/kel", headers={"accept": "application/json+cesr"})["text"]
    assert len(events(ours)) == count, ours[:300]
    code = f"-BA{chr(ord('A') + len(known))}"
    for witness in known:
        theirs = log(witness, aid)
        assert events(theirs) == events(ours)
        assert theirs.count(code) == count == ours.count(code), (witness.name, theirs)


def shown(page: Any, words: str) -> None:
    try:
        until(page, f"document.getElementById('receipts')?.textContent.replace(/\\s+/g, ' ').includes({words!r})", 40_000)
    except Exception:
        print(page.inner_text("#receipts"), page.inner_text("#rotate-result"), page.url)
        print(fetch(page, page.url.split("/", 3)[3] + "/receipts"))
        print([(e["method"], e["url"], e["status"], e["kind"]) for e in fetch(page, "app/network")["json"]["log"]][:30])
        raise


def test_an_identifier_with_witnesses(boot: Callable[..., Watched], witnesses: Any) -> None:
    wan, wil, wes, wit, _, wyz = witnesses.values()
    watched = boot()
    page = watched.page
    watched.allow("Failed to load resource|422")
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    ask(page, "app/network", 200, {"enabled": True})
    for each in witnesses.values():
        ask(page, "app/network/origins", 200, {"origin": each.url, "allowed": True})

    visit(page, "app/identifiers", "#new-form")
    page.fill("#new-alias", "Witnessed")
    page.click(".witnesses-chosen summary")
    page.fill("#new-witnesses", "\n".join(each.oobi for each in (wan, wil, wes, wit)))
    press(page, "new")
    shown(page, "all 4 have answered for event 0, which needs 3")
    aid = ask(page, "app/identifiers", 200, method="GET")["identifiers"][0]["aid"]
    everywhere(page, aid, [wan, wil, wes, wit], 1)

    page.click(".witnesses-changed summary")
    page.fill("#rotate-cut", wil.aid)
    page.fill("#rotate-add", wyz.oobi)
    press(page, "rotate")
    shown(page, "all 4 have answered for event 1, which needs 3")
    until(page, "document.querySelector('#event-1')?.textContent.includes('4 of 4 witnesses')", PATIENCE)
    ask(page, f"app/identifiers/{aid}/interact", 201, {"text": "seen"})
    told = ask(page, f"app/identifiers/{aid}/receipts", 200, {})
    assert (told["receipts"], told["toad"], [each["problem"] for each in told["witnesses"]]) == (4, 3, [None] * 4)
    everywhere(page, aid, [wan, wes, wit, wyz], 3)

    witnesses.introduce("bob")
    witnesses.kli("oobi", "resolve", "--name", "bob", "--oobi-alias", "w", "--oobi", f"{wan.url}oobi/{aid}/witness/{wan.aid}")
    signed = ask(page, f"app/identifiers/{aid}/sign", 200, {"text": "hello"})["signatures"][0]
    said = witnesses.kli("verify", "--name", "bob", "--prefix", aid, "--text", "hello", "--signature", signed)
    assert "valid" in said
