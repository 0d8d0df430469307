"""The ledger as a person uses it: logs made elsewhere by real keripy come in by file, by paste and by drop; what is wrong is
told; a contradiction is loud; a contact is text; a signature verifies; all of it is there after a reload."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Watched, fetch, until, wait_ready
from playwright.sync_api import BrowserContext, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kits"))

from ledgerkit import habery, messages

EVIL = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
DROP = """async ([id, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const box = document.querySelector(`[data-drop="#${id}"]`);
  for (const type of ['dragenter', 'dragover', 'drop'])
    box.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
PATIENCE = 120_000
"""Milliseconds: the first import waits until two workers have imported keripy, on a busy machine."""


@pytest.fixture(scope="module")
def logs() -> dict[str, Any]:
    """What others have: three identifiers with their logs, one of them telling two stories."""
    from keri.core import eventing

    with habery("others") as hby:
        alice = hby.makeHab("alice", isith=["1/2", "1/2", "1/2"], icount=3, nsith="2", ncount=3)
        alice.interact(data=[{"note": EVIL}])
        alice.rotate()
        bob = hby.makeHab("bob")
        first, _, _ = bob.getOwnEvent(sn=0)
        other = eventing.interact(pre=bob.pre, dig=first.said, sn=1, data=[{"told": "somebody else"}])
        fork = bytes(eventing.messagize(other, sigers=bob.sign(ser=other.raw, indexed=True)))
        for number in range(3):
            bob.interact(data=[{"told": f"you {number}"}])
        carol = hby.makeHab("carol")
        return {
            "alice": alice.pre,
            "bob": bob.pre,
            "carol": carol.pre,
            "alice_log": messages(alice),
            "bob_log": messages(bob),
            "carol_log": messages(carol),
            "fork": fork,
            "signatures": [each.qb64 for each in alice.sign(ser="Grüße, signed".encode(), indexed=True)],
        }


@pytest.fixture
def page(boot: Callable[..., Watched]) -> Iterator[Page]:
    yield boot().page


def visit(page: Page, path: str, heading: str) -> None:
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector('#main h1')?.textContent.includes({heading!r})", PATIENCE)


def sent(page: Page) -> str:
    """Send the import form; the result's words."""
    page.evaluate("document.getElementById('ledger-result').replaceChildren()")
    page.click("#ledger-form button[type=submit]")
    page.wait_for_selector("#ledger-result .result", timeout=PATIENCE)
    return page.inner_text("#ledger-result")


def test_a_ledger_from_empty_to_duplicity(page: Page, logs: dict[str, Any], app_url: str, context: BrowserContext) -> None:
    visit(page, "app/ledger", "Ledger")
    until(page, "document.querySelector('#ledger-list')?.textContent.includes('Nobody is here yet')", PATIENCE)

    broken = logs["bob_log"][1].replace(b"you 0", b"you 9")
    page.set_input_files(
        "#ledger-file",
        [
            {"name": "alice.cesr", "mimeType": "", "buffer": b"".join(logs["alice_log"])},
            {"name": f"{EVIL}.cesr", "mimeType": "", "buffer": logs["bob_log"][0] + broken + logs["bob_log"][2]},
        ],
    )
    said = sent(page)
    assert "4 events accepted" in said and "3 events, 0 to 2" in said
    assert "SAID does not fit its content" in said and f"byte {len(logs['bob_log'][0])}" in said
    assert "event 1 is missing" in said
    until(page, "document.querySelectorAll('#ledger-list .cards li').length === 2", PATIENCE)

    page.set_input_files("#ledger-file", [])
    page.fill("#ledger-text", logs["bob_log"][1].decode())
    assert "1 had been waiting" in sent(page)
    page.fill("#ledger-text", "")
    page.evaluate(DROP, ["ledger-file", "carol.cesr", b"".join(logs["carol_log"]).decode()])
    until(page, "document.querySelector('#ledger-file').files.length === 1")
    assert "1 event accepted" in sent(page)
    page.wait_for_timeout(1100)  # sooner it is a double click, which sees the first one's answer (keriwasm/worker/once.py)
    assert "Nothing new" in sent(page), "the same file again"
    page.set_input_files("#ledger-file", [])
    assert "is missing" in sent(page)

    page.fill("#ledger-text", logs["fork"].decode())
    assert "Duplicity found" in sent(page)
    visit(page, f"app/ledger/{logs['bob']}", "Without alias")
    told = page.inner_text(".duplicity")
    assert "Two different events 1" in told and "you 0" in told and "somebody else" in told

    visit(page, f"app/ledger/{logs['alice']}", "Without alias")
    page.fill("#contact-alias", f"{EVIL} Alice")
    page.fill("#contact-notes", EVIL)
    page.click("#contact-form button[type=submit]")
    until(page, "document.querySelector('#main h1')?.textContent.includes('Alice')", PATIENCE)
    assert EVIL in page.inner_text("#main h1")
    page.click("#event-1 details:last-of-type summary")
    until(page, "document.querySelector('#raw-1')?.textContent.includes('KERI10JSON')", PATIENCE)

    visit(page, "app/ledger", "Ledger")
    page.fill("#ledger-filter-q", "alice")
    until(page, "document.querySelectorAll('#ledger-list .cards li').length === 1", PATIENCE)
    assert EVIL in page.inner_text("#ledger-list")
    page.fill("#ledger-filter-q", "")
    page.select_option("#ledger-filter-kind", "duplicitous")
    until(page, f"document.querySelector('#ledger-list .cards li.bad')?.textContent.includes('{logs['bob'][:10]}')", PATIENCE)

    visit(page, f"app/verify?aid={logs['alice']}", "Verify")
    page.fill("#verify-text", "Grüße, signed")
    page.fill("#verify-signatures", "\n".join(logs["signatures"]))
    page.click("#verify-form button[type=submit]")
    until(page, "document.querySelector('#verify-result')?.textContent.includes('exactly this message')", PATIENCE)
    page.fill("#verify-text", "Grüße, changed")
    page.click("#verify-form button[type=submit]")
    until(page, "document.querySelector('#verify-result')?.textContent.includes('Not verified')", PATIENCE)

    before = fetch(page, "app/ledger")["json"]
    page.reload()
    wait_ready(page)
    after = fetch(page, "app/ledger")["json"]
    assert after == before and after["counts"] == {
        "identifiers": 3, "events": 7, "waiting": 0, "duplicitous": 1, "contacts": 1
    }  # fmt: skip
    kel = fetch(page, f"app/ledger/{logs['bob']}/kel")
    assert kel["status"] == 200 and kel["text"].startswith('{"v":"KERI10JSON') and "somebody else" not in kel["text"]
    assert page.title() != "owned"
    removed = fetch(page, f"app/ledger/{logs['carol']}", "DELETE")["json"]
    assert removed["removed"] == 1
