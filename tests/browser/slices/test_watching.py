"""The ledger watches real witnesses: what `kli` does is seen at the next refresh, a witness that is away counts for nothing, and one
that tells another history is told as such, loudly."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import witnesses as kit
from conftest import Watched, fetch, until
from liar import telling
from outsidekit import answer
from playwright.sync_api import Page
from walletkit_browser import PASSCODE
from watchkit import served, world

PATIENCE = 120_000
"""Milliseconds: the first import waits until two workers have imported keripy, on a busy machine."""
NAMES = ("wan", "wil", "wes")


@pytest.fixture(scope="module")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running(NAMES) as found:
        yield found


def post(page: Page, path: str, **fields: Any) -> dict[str, Any]:
    got = fetch(page, path, "POST", json=fields)
    assert got["status"] == 200, got["text"]
    return got["json"]


def visit(page: Page, path: str, heading: str) -> None:
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector('#main h1')?.textContent === {heading!r}", PATIENCE)


def refresh(page: Page, words: str) -> str:
    """The button of an identifier's page; the witnesses' table once the note has these words."""
    page.evaluate("document.querySelector('#main .note')?.remove()")
    page.click("#refresh-form [type=submit]")
    until(page, f"document.querySelector('#main .note')?.textContent.includes({words!r})", PATIENCE)
    return page.inner_text("#watched")


ROUND = "async () => (await (await keriwasm.fetch('app/ledger/watching', {headers: {accept: 'application/json'}})).json())"


def cancelled(page: Page) -> None:
    """A round that waits for a silent witness is cancelled by its button: it ends, and the form is there for the next one."""
    visit(page, "app/ledger", "Ledger")
    page.click("#refresh-form [type=submit]")
    until(page, f"({ROUND})().then(each => each.running)", PATIENCE)
    page.click("#refresh-form .cancel")
    until(page, f"({ROUND})().then(each => !each.running)", PATIENCE)
    until(page, "!document.querySelector('#refresh-form [type=submit]').disabled", PATIENCE)
    assert not page.inner_text("#refresh-result").strip()


def at_unlock(page: Page) -> None:
    """Everybody is asked when the wallet is opened, if the user wants it so."""
    assert fetch(page, "app/wallet", "POST", json={"name": "Mine", "passcode": PASSCODE, "tier": "low"})["status"] == 201
    post(page, "app/wallet/lock")
    before = post(page, "app/ledger/watching", every=0, unlock=True)["last"]
    post(page, "app/wallet/unlock", passcode=PASSCODE)
    until(page, f"({ROUND})().then(each => !each.running && each.last > {before})", PATIENCE)
    post(page, "app/ledger/watching", every=0, unlock=False)


def test_refreshing_by_real_witnesses(boot: Callable[..., Watched], witnesses: Any) -> None:
    anna = witnesses.incept("anna", NAMES)
    wan, wes = witnesses["wan"], witnesses["wes"]
    watched = boot()
    page = watched.page
    watched.allow("Failed to load resource|400|ERR_CONNECTION|net::")
    post(page, "app/network", enabled=True)
    for each in witnesses.values():
        post(page, "app/network/origins", origin=each.url, allowed=True)
        post(page, "app/ledger/oobi", url=each.oobi, alias=each.name.capitalize())
    post(page, "app/ledger/oobi", url=f"{wan.url}oobi/{anna.aid}/witness/{wan.aid}", alias="Anna")

    witnesses.kli("rotate", "--name", "anna", "--alias", "anna", "--receipt-endpoint")
    fork = witnesses.fork("anna", {"pay": "71"})
    visit(page, f"app/ledger/{anna.aid}", "Anna")
    assert "Never asked" in page.inner_text("#watched")
    table = refresh(page, "1 new event. 3 of 3 hold event 1")
    assert table.count("agrees") == 3 and all(each.url in table for each in witnesses.values())

    witnesses.kli("interact", "--name", "anna", "--alias", "anna", "--data", '{"pay": "17"}', "--receipt-endpoint")
    with urllib.request.urlopen(f"{wan.url}query?typ=kel&pre={anna.aid}") as got:
        log = got.read()
    wes.stop()
    try:
        table = refresh(page, "1 new event. 2 of 3 hold event 2")
        cancelled(page)
    finally:
        wes.go_on()
    assert "silent" in table and "had not answered in full" in table

    plan = post(page, "app/ledger/watching", every=60)  # never all of them were asked, so it is time
    assert plan["last"] is None and plan["waits"] == ""
    ask = f"async () => (await (await keriwasm.fetch('app/ledger/{anna.aid}', {{headers: {{accept: 'application/json'}}}})).json())"
    until(page, f"{ask}.watched.agreed === 3", PATIENCE)
    assert post(page, "app/ledger/watching", every=0)["last"] is not None

    at_unlock(page)
    wes.kill()
    with telling(wes.port, log[: log.rindex(b'{"v":')] + fork) as asked:
        visit(page, "app/ledger", "Ledger")
        page.click("#refresh-form [type=submit]")
        until(page, "document.getElementById('refresh-result').textContent.includes('Duplicity found')", PATIENCE)
        said = page.inner_text("#refresh-result")
        assert "Anna: 1 of 3 tell another history" in said and "1 identifier tells different people different things" in said
        until(page, "document.getElementById('ledger-list').textContent.includes('1 of 3 tell another history')")
        visit(page, f"app/ledger/{anna.aid}", "Anna")
        assert "Two different events 2" in page.inner_text(".duplicity") and "another history" in page.inner_text("#watched")
    whole = f"/query?typ=kel&pre={anna.aid}"
    assert asked == [f"{whole}&sn=2", whole], "another event 2 there: so all of its log was asked for"
    known = fetch(page, f"app/ledger/{anna.aid}")["json"]
    assert known["duplicitous"] and [each["state"] for each in known["watched"]["witnesses"]] == ["agrees", "agrees", "duplicity"]
    fifty(page)


def fifty(page: Page) -> None:
    """Fifty more over six witnesses: never more than six requests at the same time to one of them."""
    with world(6) as wits, served(wits) as most:
        everybody = [wits.makes(f"a{number}", toad=4) for number in range(50)]
        begun = wits.addresses() + b"".join(each.events[0] for each in everybody)
        for each in everybody:
            each.goes_on()
            for at in range(6):
                wits.tell(at, each)
        wits.told[wits.host(0), "oobi"] = answer(200, begun)
        for at in range(6):
            post(page, "app/network/origins", origin=wits.url(at), allowed=True)
        post(page, "app/ledger/oobi", url=f"{wits.url(0)}oobi")
        wits.asked.clear()
        told = post(page, "app/ledger/refresh")
    mine = [each for each in told["contacts"] if each["aid"] in {each.aid for each in everybody}]
    assert len(mine) == 50 and all((each["agreed"], each["of"], each["added"]) == (6, 6, 1) for each in mine)
    assert len(wits.asked) == 300 and 1 < max(most) <= 6, "one request of each witness on each"
