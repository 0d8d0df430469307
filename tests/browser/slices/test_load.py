"""The load lab in a real browser: a tiny run with a peer, whose table, charts and exports agree; cancel; nothing at boot."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from conftest import Watched, content, fetch, until
from playwright.sync_api import Page

NUMBERS = """() => [...document.querySelectorAll('#load-points tbody tr')].map(row => [row.dataset.operation,
  row.dataset.contender, ...[...row.querySelectorAll('td.num')].map(cell => cell.dataset.value)])"""
FETCHED = "performance.getEntriesByType('resource').map(each => each.name)"


def start(page: Page, operations: list[str], peers: list[str], seconds: str) -> None:
    """Fill the form and send it."""
    for box in page.locator("#load-form input[type=checkbox]").all():
        value = box.get_attribute("value")
        if box.is_enabled():
            box.set_checked(value in operations or value in peers)
    page.fill("#load-seconds", seconds)
    page.fill("#load-workers", "1,2")
    page.click("#load-form button[type=submit]")
    until(page, "document.querySelector('#load-run') !== null")


@pytest.mark.long
def test_a_run_beside_a_peer(boot: Callable[..., Watched]) -> None:
    watched = boot()
    page = watched.page
    early = page.evaluate(FETCHED)
    assert not [each for each in early if "peers" in each or "lab.js" in each or "load.css" in each], early
    page.click(".site-nav a[href='app/load']")
    until(page, "document.querySelector('#load-form') !== null")
    assert not [each for each in page.evaluate(FETCHED) if "/peers/" in each], "no peer before a run wants it"
    start(page, ["ed25519-sign", "blake3-200", "htmx"], ["libsodium.js", "hash-wasm"], "0.3")
    until(page, "document.querySelector('#load-points') !== null", 120_000)

    id = page.get_attribute("#load-run", "data-run")
    run = fetch(page, f"app/load/runs/{id}")["json"]
    assert run["state"] == "done" and run["skipped"] == [], run
    expected = [
        ("ed25519-sign", "keriwasm", 1), ("ed25519-sign", "keriwasm", 2), ("ed25519-sign", "libsodium.js", 1),
        ("blake3-200", "keriwasm", 1), ("blake3-200", "keriwasm", 2), ("blake3-200", "hash-wasm", 1), ("htmx", "page", 1),
    ]  # fmt: skip
    assert [(each["operation"], each["contender"], each["workers"]) for each in run["points"]] == expected
    assert all(each["ops"] > 0 and each["ops_per_s"] > 0 and each["p99_ms"] >= each["p50_ms"] for each in run["points"])
    assert {(each["operation"], each["contender"]) for each in run["ratios"]} == {
        ("ed25519-sign", "libsodium.js"), ("blake3-200", "hash-wasm")
    }  # fmt: skip
    assert run["jank"]["samples"] > 0 and run["environment"]["cores"] >= 1

    rows = list(csv.DictReader(io.StringIO(fetch(page, f"app/load/runs/{id}.csv")["text"])))
    assert fetch(page, f"app/load/runs/{id}.json")["json"]["points"] == run["points"]
    for point, row, shown in zip(run["points"], rows, page.evaluate(NUMBERS), strict=True):
        assert (row["operation"], row["contender"]) == (point["operation"], point["contender"]) == tuple(shown[:2])
        assert float(row["ops_per_s"]) == point["ops_per_s"] == float(shown[3])
        assert float(row["p99_ms"]) == point["p99_ms"] == float(shown[6])
    assert page.locator("#load-run .chart svg").count() == 2  # two operations were swept
    assert page.locator("#load-run .chart-wide rect.by-hash-wasm").count() == 1

    # The history outlives the page's content; a run compared with itself is alike.
    page.click(".site-nav a[href='app/load']")
    until(page, f"document.querySelector('#load-history a[href$=\"{id}\"]') !== null")
    compared = fetch(page, f"app/load/compare?a={id}&b={id}")["json"]
    assert compared["alike"] == len(compared["points"]) == len(expected)


def test_cancel_stops_it_and_other_pages_answer_meanwhile(boot: Callable[..., Watched]) -> None:
    watched = boot("app/load")
    page = watched.page
    until(page, "document.querySelector('#load-form') !== null")
    start(page, ["ed25519-verify"], [], "60")
    until(page, "document.querySelector('.load-gauges dd')?.textContent.startsWith('Ed25519')")
    id = page.get_attribute("#load-run", "data-run")
    digest = fetch(page, "app/crypto/hash", "POST", json={"algorithm": "blake3", "text": "meanwhile"})
    assert digest["status"] == 200
    assert fetch(page, f"app/load/runs/{id}")["json"]["state"] == "running"
    page.click("#load-run .one-button button")
    until(page, "document.querySelector('#load-run')?.dataset.state === 'cancelled'")
    busy = """async () => (await (await fetch(new URL('app/pool', document.baseURI),
      {headers: {accept: 'application/json'}})).json()).workers.every(each => each.queue === 0)"""
    until(page, busy)
    page.click(".site-nav a[href='app/pool']")
    until(page, "document.querySelector('#pool-live') !== null")
    assert content(page) == "Pool"


def test_bad_settings_are_told_in_the_form(boot: Callable[..., Watched]) -> None:
    watched = boot("app/load")
    page = watched.page
    watched.allow(r"Failed to load resource.*(422|404)")
    until(page, "document.querySelector('#load-form') !== null")
    page.fill("#load-workers", "1,99")
    page.click("#load-form button[type=submit]")
    until(page, "document.querySelector('#load-place .problem .errors strong')?.textContent === 'Workers to sweep'")
    for sent, field in (({"operations": ["nothing"]}, "operations"), ({"preset": "quick", "seconds": 0}, "seconds")):
        refused = fetch(page, "app/load/runs", "POST", json=sent)
        assert (refused["status"], refused["json"]["field"]) == (422, field)
    assert fetch(page, "app/load/runs/none")["status"] == 404


def test_many_by_one_call(boot: Callable[..., Watched]) -> None:
    """What loops in C finds its library also in a worker that began with a kept memory."""
    page = boot().page
    body = {"operations": ["blake3-200-x64", "ml-kem-768-encaps-x64"], "workers": [1], "seconds": 0.1}
    id = fetch(page, "app/load/runs", "POST", json=body)["json"]["id"]
    until(page, f"""keriwasm.fetch('app/load/runs/{id}', {{headers: {{accept: 'application/json'}}}})
      .then(answer => answer.json()).then(({{state}}) => state !== 'running')""")
    run = fetch(page, f"app/load/runs/{id}")["json"]
    assert run["state"] == "done" and run["skipped"] == [] and all(each["ops"] > 0 for each in run["points"]), run
    items = {"items": [{"name": "a", "text": "one"}, {"name": "b", "text": "two"}], "algorithm": "blake3"}
    made = [each["digest_hex"] for each in fetch(page, "app/crypto/hash-batch", "POST", json=items)["json"]["digests"]]
    assert made == [
        fetch(page, "app/crypto/hash", "POST", json={"algorithm": "blake3", "text": each})["json"]["digest_hex"]
        for each in ("one", "two")
    ]
