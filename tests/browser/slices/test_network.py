"""What leaves the browser: nothing, until its user allows it by name; and how each request ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from conftest import BOOT_MS, Watched, content, fetch, until, wait_ready
from ledgerkit import habery, messages
from notebookkit import PATH, Notebook
from notebookplay import wheel
from outsidekit_browser import Outer, app_served, outer
from playwright.sync_api import Page

FOOT = "document.querySelector('.site-footer').innerText"


def ask(page: Page, url: str, method: str = "GET", **more: object) -> dict:
    """Have the key worker ask another server."""
    return fetch(page, "app/network/try", "POST", {"method": method, "url": url, **more})["json"]


def go(page: Page) -> None:
    """The network page, as it is now."""
    page.click(".site-nav a[href='app/pool']")
    until(page, "document.querySelector('#main h1')?.textContent === 'Pool'")
    page.click(".site-nav a[href='app/network']")
    until(page, "document.querySelector('#main h1')?.textContent === 'Network'")


def press(page: Page, name: str, note: str) -> None:
    """One of its buttons; its note says what was done."""
    page.get_by_role("button", name=name, exact=True).click()
    until(page, f"document.querySelector('#main .note')?.textContent.includes({note!r})")


def test_nothing_leaves_before_it_is_allowed(boot: Callable[..., Watched], tmp_path: Path) -> None:
    with outer() as there, outer() as other, app_served(tmp_path / "app") as url:
        there.elsewhere = f"{other.origin}/landed"
        watched = boot(url=url, workers=1)
        page = watched.page
        content(page)
        nothing_by_itself(watched, there)
        asked_once(page, there)
        each_end(watched, there)
        assert not other.seen, "a redirect was followed before anybody was asked"
        outlives_a_reload(page, there)
        waits_for_the_line(watched, there)
        taken_back(page, there)
        a_package_for_the_notebook(page, there, url)


def a_package_for_the_notebook(page: Page, there: Outer, url: str) -> None:
    """Asked for in the notebook's page, allowed in the app's, imported in the frame."""
    name, content = wheel("my-thing", "1.0", {"mything.py": "X = 42"})
    digest = hashlib.sha256(content).hexdigest()
    told = {"files": [{"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": digest}}]}
    there.oobis = {"/simple/my-thing/": json.dumps(told).encode(), f"/files/{name}": content}
    before = len(there.seen)
    beside = page.context.new_page()
    beside.goto(f"{url}{PATH}")
    notebook = Notebook(beside).opened()
    beside.evaluate("document.querySelector('[data-act=package]').click()")
    beside.get_by_label("Address of the index").fill(f"{there.origin}/simple/")
    beside.get_by_label("Name of the package").fill("my-thing")
    beside.get_by_role("button", name="Bring it").click()
    until(beside, "document.querySelector('#index [role=status]').textContent.includes('was not fetched')")
    assert len(there.seen) == before, "it was asked without the user's word"
    fetch(page, "app/network", "POST", json={"enabled": True})
    fetch(page, "app/network/origins", "POST", json={"origin": there.origin, "allowed": True})
    beside.get_by_role("button", name="Bring it").click()
    until(beside, f"document.querySelector('#note').textContent.includes({digest!r})")
    notebook.frame.locator("#packages-result").get_by_text("my-thing 1.0").wait_for()
    assert notebook.run("import mything; mything.X") == "42"
    assert there.paths()[-2:] == ["/simple/my-thing/", f"/files/{name}"]
    beside.close()


def nothing_by_itself(watched: Watched, there: Outer) -> None:
    """Off, and nobody but the gateway could if it wanted to."""
    page = watched.page
    assert ask(page, f"{there.origin}/ok")["kind"] == "off"
    watched.allow("Content Security Policy|violates the following|Failed to fetch|Fetch API cannot load")
    assert "came" not in ask(page, f"{there.origin}/ok", own=True)["own"]
    refused = page.evaluate("url => fetch(url).then(() => 'came', error => error.name)", f"{there.origin}/ok")
    assert refused == "TypeError" and not there.seen
    assert "Nothing leaves this browser." in page.evaluate(FOOT) and page.locator(".site-footer [data-network=on]").is_hidden()


def asked_once(page: Page, there: Outer) -> None:
    go(page)
    press(page, "Turn it on", "is on")
    until(page, f"{FOOT}.includes('No servers allowed')")
    assert "Nothing leaves" not in page.evaluate(FOOT)
    for _ in range(2):
        answer = ask(page, f"{there.origin}/ok")
        assert answer["kind"] == "ask" and there.origin in answer["problem"]
    until(page, f"{FOOT}.includes('1 waits for your answer')")
    go(page)
    question = page.locator("#questions li")
    assert question.count() == 1 and not there.seen
    assert there.origin in question.inner_text() and "a test, to <see> what comes" in question.inner_text()
    press(page, f"Allow {there.origin}", "is allowed")
    until(page, f"{FOOT}.includes('1 server allowed')")
    assert not there.seen, "what was refused is not sent later"


def each_end(watched: Watched, there: Outer) -> None:
    page, site = watched.page, there.origin
    watched.allow("CORS|ERR_FAILED|406|404|Failed to load resource")
    assert ask(page, f"{site}/ok") == {"status": 200, "body": '{"echo":""}', "problem": "", "kind": ""}
    sent = [["Content-Type", "application/cesr+json"], ["CESR-ATTACHMENT", "-AAB"]]
    answer = ask(page, f"{site}/post", "POST", headers=sent, body="{}")
    assert answer["status"] == 200 and answer["body"] == '{"echo":"{}"}'
    _, _, headers, body = there.seen[-1]
    assert body == b"{}" and headers["cesr-attachment"] == "-AAB" and headers["content-type"] == "application/cesr+json"
    assert not {"cookie", "referer", "authorization"} & headers.keys()
    for path, kind, word in (
        ("html", "html", "web page"), ("dressed", "html", "web page"), ("bomb", "large", "more than 1 MiB"),
        ("endless", "large", "more than"), ("redirect", "redirect", "another address"), ("newer", "type", "another version"),
        ("shy", "local", "CORS"),
    ):  # fmt: skip
        answer = ask(page, f"{site}/{path}")
        assert (answer["kind"], word in answer["problem"]) == (kind, True), (path, answer)
        assert answer["status"] == (406 if path == "newer" else 599)
        assert "<" not in answer["body"]
    answer = ask(page, f"{site}/slow", deadline=0.5)
    assert answer["kind"] == "late" and "0.5 s" in answer["problem"]
    assert ask(page, f"{site}/events", deadline=1.0)["body"] == "id: 1", "what came of a stream by then is its answer"
    for bad in (page.url.replace("?", "app/wallet?"), site.replace("//", "//me:pass@") + "/ok", site.replace("http", "ftp"), "nonsense"):
        assert ask(page, bad)["kind"] == "bad", bad
    go(page)
    rows = page.locator("#log tbody tr")
    assert rows.count() == len(there.paths()) and "a test" in rows.first.inner_text()
    assert "/events" in rows.first.inner_text() and "another version" in page.inner_text("#log")
    assert "last request" in page.evaluate(FOOT)
    assert page.evaluate("document.querySelector('.site-header').offsetHeight") < 70, "the menu stands in one line"
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, "document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 900})


def outlives_a_reload(page: Page, there: Outer) -> None:
    """What is allowed, and the log; the wallet is locked, or not even there."""
    before = len(there.seen)
    page.reload()
    wait_ready(page)
    until(page, f"{FOOT}.includes('1 server allowed, last request')")
    assert ask(page, f"{there.origin}/again")["status"] == 200 and len(there.seen) == before + 1
    data = fetch(page, "app/network")["json"]
    assert data["enabled"] is True and data["log"][0]["url"].endswith("/again") and len(data["log"]) == len(there.paths())
    (origin,) = data["origins"]
    assert origin["allowed"] is True and origin["requests"] == len(there.paths()) and origin["failed"] >= 7


def waits_for_the_line(watched: Watched, there: Outer) -> None:
    """Offline, an OOBI waits, is cancelled, goes out once when the line is back."""
    page, before = watched.page, len(there.paths())
    watched.allow("ERR_|Failed to load resource")
    with habery("away") as hby:
        habs = [hby.makeHab(f"away{number}") for number in range(3)]
        there.oobis = {f"/oobi/{hab.pre}": b"".join(messages(hab)) for hab in habs}
        anna, bert, cora = (hab.pre for hab in habs)
    page.context.set_offline(True)
    there.deaf = True
    for aid in (anna, bert):
        waits = fetch(page, "app/ledger/oobi", "POST", json={"url": f"{there.origin}/oobi/{aid}", "alias": f"Away {aid[:3]}"})
        assert waits["status"] == 202 and waits["json"]["waits"] is True, waits["text"]
    go(page)
    until(page, "document.querySelector('#outbox').textContent.includes('2 wait for the line')")
    page.get_by_role("button", name=f"Cancel the OOBI {there.origin}/oobi/{bert}", exact=True).click()
    until(page, "document.querySelector('#outbox').textContent.includes('1 waits for the line')")
    there.deaf = False
    page.context.set_offline(False)
    done = "async () => (await (await fetch('app/network', {headers: {accept: 'application/json'}})).json()).waiting[0].outcome"
    assert until(page, done, BOOT_MS) == {"ok": True, "text": f"Away {anna[:3]}", "path": f"app/ledger/{anna}"}

    page.context.set_offline(True)
    there.deaf = True
    page.click(".site-nav a[href='app/ledger']")
    page.fill("#oobi-url", f"{there.origin}/oobi/{cora}")
    page.fill("#oobi-alias", "Cora")
    page.click("#oobi-form button[type=submit]")
    until(page, "document.querySelector('#oobi-result').textContent.includes('It waits for the line')")
    there.deaf = False
    page.context.set_offline(False)  # a restart meanwhile is test_outbox.py
    assert until(page, done, BOOT_MS) == {"ok": True, "text": "Cora", "path": f"app/ledger/{cora}"}
    assert there.paths()[before:] == [f"/oobi/{anna}", f"/oobi/{cora}"], "each once, and none that was cancelled"
    known = fetch(page, "app/ledger")["json"]["identifiers"]
    assert sorted(each["aid"] for each in known) == sorted((anna, cora))


def taken_back(page: Page, there: Outer) -> None:
    before = len(there.seen)
    go(page)
    press(page, f"Revoke {there.origin}", "refused")
    assert ask(page, f"{there.origin}/ok")["kind"] == "refused"
    press(page, "Turn it off", "off")
    assert ask(page, f"{there.origin}/ok")["kind"] == "off" and len(there.seen) == before
    until(page, f"{FOOT}.includes('Nothing leaves this browser.')")
