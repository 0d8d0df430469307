"""The ledger meets real witnesses: an OOBI is pasted in the page, its server asked once it is allowed, and what comes verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import witnesses as kit
from conftest import Watched, fetch, until
from playwright.sync_api import Page

PATIENCE = 120_000
"""Milliseconds: the first import waits until two workers have imported keripy, on a busy machine."""


@pytest.fixture(scope="module")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running(("wan", "wil")) as found:
        yield found


def go(page: Page, path: str, heading: str) -> None:
    page.click(f".site-nav a[href='{path}']")
    until(page, f"document.querySelector('#main h1')?.textContent === {heading!r}", PATIENCE)


def follow(page: Page, name: str, heading: str) -> None:
    """A link of what is shown, by its words."""
    page.locator("#main").get_by_text(name, exact=False).locator("visible=true").last.click()
    until(page, f"document.querySelector('#main h1')?.textContent === {heading!r}", PATIENCE)


def press(page: Page, name: str, note: str) -> None:
    """A button of the network page; its note says what was done."""
    page.get_by_role("button", name=name, exact=True).click()
    until(page, f"document.querySelector('#main .note')?.textContent.includes({note!r})")


def resolve(page: Page, url: str, alias: str, words: str) -> str:
    """Paste an OOBI; what the result says, once it has these words."""
    page.evaluate("document.getElementById('oobi-result').replaceChildren()")
    page.fill("#oobi-url", url)
    page.fill("#oobi-alias", alias)
    page.click("#oobi-form button[type=submit]")
    until(page, f"document.getElementById('oobi-result').textContent.includes({words!r})", PATIENCE)
    return page.inner_text("#oobi-result")


def test_oobis_of_real_witnesses(boot: Callable[..., Watched], witnesses: Any) -> None:
    anna = witnesses.incept("anna", ("wan", "wil"))
    wan, wil = witnesses["wan"], witnesses["wil"]
    watched = boot()
    page = watched.page
    watched.allow("Failed to load resource|404|403|422|502")
    go(page, "app/ledger", "Ledger")
    resolve(page, wan.oobi, "Wan", "The network is off")
    follow(page, "Turn it on under Network", "Network")
    press(page, "Turn it on", "is on")
    follow(page, "Back to it", "Ledger")
    assert page.input_value("#oobi-url") == wan.oobi, "nothing is pasted twice"
    resolve(page, wan.oobi, page.input_value("#oobi-alias"), "is not allowed yet")
    follow(page, "Answer under Network", "Network")
    assert "to resolve the OOBI you pasted" in page.inner_text("#questions")
    press(page, f"Allow {wan.url.rstrip('/')}", "is allowed")

    follow(page, "Back to it", "Ledger")
    said = resolve(page, page.input_value("#oobi-url"), page.input_value("#oobi-alias"), "Resolved: Wan")
    assert wan.aid in said and wan.url in said and "1 event accepted" in said
    said = resolve(page, f"{wan.url}oobi/{anna.aid}/witness/{wan.aid}?name=Anna", "", "Resolved: Anna")
    assert f"Witness {wan.aid[:10]}" in said and "no address of it is known here" in said, "of wil nothing was said"
    resolve(page, f"{wan.url}oobi/{'E' * 44}", "", "knows nobody")

    known = fetch(page, f"app/ledger/{anna.aid}")["json"]
    assert (known["alias"], known["sn"], known["toad"]) == ("Anna", 0, 2)
    told = {(each["eid"], each["scheme"]): each["url"] for each in known["endpoints"]}
    assert told == {(wan.aid, "http"): wan.url, (wan.aid, "tcp"): f"tcp://127.0.0.1:{wan.port - 10}/", (wil.aid, ""): ""}
    log = fetch(page, "app/network")["json"]["log"]
    assert [each["url"].removeprefix(wan.url) for each in reversed(log)] == [
        f"oobi/{wan.aid}/controller", f"oobi/{anna.aid}/witness/{wan.aid}?name=Anna", f"oobi/{'E' * 44}",
    ]  # fmt: skip
