"""Streams as people have them, in the real page: logs in pieces with reloads between, binary logs, what else comes along."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import Watched, fetch, until, wait_ready
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kits"))

from ledgerpieces import SCENARIOS

CASES = Path(__file__).resolve().parents[2] / "cases"
PATIENCE = 120_000
"""Milliseconds: the first import waits until two workers have imported keripy, on a busy machine."""


@pytest.fixture(scope="module")
def witnessed() -> list[bytes]:
    """A witnessed inception and its receipts, as keripy makes them."""
    with ExitStack() as stack:
        return SCENARIOS["receipts_after_a_witnessed_inception"](stack)


@pytest.fixture
def page(boot: Callable[..., Watched]) -> Iterator[Page]:
    yield boot().page


def visit(page: Page, path: str, heading: str) -> None:
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector('#main h1')?.textContent.includes({heading!r})", PATIENCE)


def sent(page: Page, *names: str | bytes) -> str:
    """Choose files, send the import form; the result's words on one line."""
    files: list[Any] = []
    for number, each in enumerate(names):
        data = each if isinstance(each, bytes) else (CASES / f"{each}.cesr").read_bytes()
        files.append({"name": f"{number}.cesr", "mimeType": "", "buffer": data})
    page.set_input_files("#ledger-file", files)
    page.evaluate("document.getElementById('ledger-result').replaceChildren()")
    page.click("#ledger-form button[type=submit]")
    page.wait_for_selector("#ledger-result .result", timeout=PATIENCE)
    return " ".join(page.inner_text("#ledger-result").split())


def again(page: Page) -> None:
    """All of it from the disk."""
    page.reload()
    wait_ready(page)
    visit(page, "app/ledger", "Ledger")


def test_logs_grow_piece_by_piece(page: Page, witnessed: list[bytes]) -> None:
    visit(page, "app/ledger", "Ledger")
    assert "3 events accepted" in sent(page, "70-1-delegator-and-dip")
    assert "which is not known yet" in sent(page, witnessed[1])
    again(page)
    assert "no seal of it is in its delegator's log yet" in sent(page, "70-2-drt-with-couple")
    said = sent(page, witnessed[0])
    assert "1 of 2 needed witness signatures are there" in said and "Rejected 0" in said
    again(page)
    said = sent(page, "70-3-delegator-more")
    assert "2 events accepted" in said and "(1 had been waiting)" in said
    assert "1 event accepted" in sent(page, witnessed[2])
    counts = fetch(page, "app/ledger")["json"]["counts"]
    assert (counts["identifiers"], counts["events"], counts["waiting"]) == (3, 6, 0)


def test_what_people_have(page: Page) -> None:
    visit(page, "app/ledger", "Ledger")
    said = sent(page, "01-cbor-damaged-spot-hides-good-events")
    assert "3 events accepted" in said and "byte 343, 2 long" in said
    (cbor,) = fetch(page, "app/ledger")["json"]["identifiers"]
    assert "Duplicity found" in sent(page, "01-cbor-fork-at-1")
    said = sent(page, "00-good-presentation")
    assert "Not for the ledger" in said and "belongs to Credentials > Verify" in said and "Rejected 0" in said
    assert "Nothing for the ledger" in sent(page, "33-ipex-grant")
    assert "this text is in UTF-16" in sent(page, "20-ledger-utf16le")
    said = sent(page, "19-ledger-v1-counter-between", "04-ledger-bom")
    assert "6 events accepted" in said and "Passed over: 1 spot" in said
    assert "KERI version 2" in sent(page, "32-v2-exn-with-a-v1-event-inside")
    assert "Rejected 0" in sent(page, "30a-delegate-base", "30a-delegator-more", "30a-drt1")
    assert "keripy 1.3.6 cannot judge that" in sent(page, "30a-drt1b")
    assert "1 event accepted" in sent(page, "25-nested-weights")
    aid = page.get_attribute("#ledger-result ul.lines a", "href") or ""
    visit(page, aid.removeprefix("/"), "Without alias")
    until(page, "document.querySelector('#main').textContent.includes('1/2 of (1/2, 1/2), 1/2, 1/2 (a sum of 1)')", PATIENCE)

    visit(page, f"app/ledger/{cbor['aid']}", "Without alias")
    assert "Two different events 1" in page.inner_text(".duplicity")
    page.click("#event-1 details:last-of-type summary")
    until(page, "document.querySelector('#raw-1')?.textContent.includes('what is signed are the bytes in CBOR')", PATIENCE)
