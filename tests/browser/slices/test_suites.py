"""Suites in Chromium: spread over two workers, live, cancelled, with a hang in the middle, over a broken wheel."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, fetch, until, where
from walletkit_browser import PASSCODE, ask

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring.repack import archives

QUICK = "test_correctness.*ML-KEM|test_wrong.*Kyber"


def begin(page, name: str, **body: Any) -> str:
    answer = fetch(page, f"app/suites/{name}/runs", "POST", json=body)
    assert answer["status"] == 202, answer["text"]
    return answer["json"]["id"]


def ended(page, id: str, seconds: float = 150) -> dict[str, Any]:
    """The run once it is over; while a worker is replaced nobody may answer."""
    until_then = time.monotonic() + seconds
    answer = None
    while time.monotonic() < until_then:
        answer = fetch(page, f"app/suites/runs/{id}")
        if answer["status"] == 200 and answer["json"]["state"] != "running":
            return answer["json"]
        time.sleep(0.25)
    raise AssertionError(f"not over: {answer}")


@pytest.mark.long
def test_suites_run_hang_and_stop(boot):
    watched = boot("", faults=True)
    page = watched.page
    suites = {suite["name"]: suite for suite in fetch(page, "app/suites")["json"]["suites"]}
    for name in ("smoke", "pysodium"):
        run = ended(page, begin(page, name))
        assert run["state"] == "done" and not run["failures"], run["failures"]
        assert run["passed"] == run["total"] == suites[name]["tests"] and not run["notes"]
        assert set(run["by_worker"]) == {"w1", "w2"}, "both workers had tests"
    xml = fetch(page, f"app/suites/runs/{run['id']}.xml")
    assert xml["headers"]["content-type"].startswith("application/xml") and xml["text"].count("<testcase ") == run["total"]

    # A test that hangs costs its worker and itself, nothing else.
    # When it is w1 that hangs, nobody answers for the run until its successor is up.
    watched.allow("it hung|w2|w1|Failed to load resource: the server responded with a status of 50[234]")
    hang = "test_kem.test_correctness[ML-KEM-768]"
    run = ended(page, begin(page, "liboqs-kem", pattern=QUICK, hang=hang, timeout_s=5))
    assert run["state"] == "done" and run["errors"] == 1 and run["failed"] == 0
    assert run["failures"][0]["id"] == hang and run["passed"] == run["total"] - 1
    assert run["passed"] > 1 and run["notes"]
    until(page, "document.documentElement.dataset.state === 'ready'", 120_000)

    # Cancel in mid-run: the workers are idle again. (One that is in a test for longer than its grace is replaced.)
    id = begin(page, "liboqs-sig", pattern="ML-DSA|Falcon|MAYO")
    until(page, f"fetch('app/suites/runs/{id}', {{headers: {{accept: 'application/json'}}}}).then(r => r.json()).then(r => r.passed > 3)")
    assert fetch(page, f"app/suites/runs/{id}/cancel", "POST", json={})["json"]["state"] == "cancelled"
    run = ended(page, id)
    assert run["passed"] + run["skipped"] < run["total"]
    until(page, "fetch('app/pool', {headers: {accept: 'application/json'}}).then(r => r.json())"
                ".then(r => r.workers.every(w => w.queue === 0))", 20_000)  # fmt: skip


def test_the_pages(boot, app_url):
    watched = boot("app/suites")
    page = watched.page
    until(page, "document.querySelector('#main h1')?.textContent === 'Suites'", 120_000)
    assert page.locator(".panel[id^=suite-]").count() >= 8
    page.get_by_role("button", name="Run Smoke").click()
    until(page, "document.querySelector('[data-run-state=done]') !== null", 120_000)
    assert "17 passed" in page.locator("#run-live").inner_text()
    assert where(page, "app/suites/runs/")
    page.get_by_role("link", name="Comparison and all tests").click()
    until(page, "document.querySelectorAll('#run-tests-list tbody tr').length === 17", 120_000)
    page.get_by_label("Name or worker contains").fill("blake3")
    until(page, "document.querySelectorAll('#run-tests-list tbody tr').length === 1", 120_000)

    # Page/60: a cancel in mid-run asks while a wallet is open, and reports nothing as failed.
    watched.allow("did not let go")  # a worker that is inside of a long test is replaced: what the question is about
    ask(page, "app/wallet", 201, {"name": "w", "passcode": PASSCODE})
    page.click(".site-nav a[href='app/suites']")
    page.get_by_role("button", name="Run liboqs: signatures").click()
    until(page, "Number(document.querySelector('#run-live strong')?.textContent.split(' ')[0]) > 3", 120_000)
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Cancel the run").click()
    assert "open wallet" in asked[0] and "Cancel the run?" in asked[0]
    assert page.locator("[data-run-state=running]").count() == 1, "who says no goes on"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel the run").click()
    until(page, "document.querySelector('[data-run-state=cancelled]') !== null", 120_000)
    told = page.inner_text("#main")
    assert "Cancelled" in page.inner_text("#run-state")
    assert not re.search(r"[1-9]\d* (failed|errors?)\b|Failures|stopped by|/cancel", told), told
    assert page.locator("#main .result.bad").count() == 0
    assert page.get_by_role("button", name="Run the failures again").count() == 0


def spoil_blake3(path: Path) -> None:
    """Another initial value in the library, in a whole archive, with a lock that agrees: broken, not damaged on its way."""
    word, other = ((0x6A09E667 + change).to_bytes(4, "little") for change in (0, 1))
    files = archives.unzip(path.read_bytes())
    (library,) = (name for name in files if name.endswith(".so"))
    assert word in files[library]
    files[library] = files[library].replace(word, other)
    path.write_bytes(archives.pack(files))
    lock = path.parents[1] / "lock.json"
    document = json.loads(lock.read_text())
    for asset in document["assets"]:
        if asset["path"].endswith(path.name):
            asset.update(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size)
    lock.unlink()  # the link, not the repository's file
    lock.write_text(json.dumps(document))


@pytest.mark.long
def test_a_broken_wheel_turns_red(boot, broken):
    page = boot("", url=broken("static/wheels/blake3-*.whl", spoil_blake3)).page
    run = ended(page, begin(page, "blake3"))
    assert run["state"] == "done" and run["failed"] + run["errors"] > 0
    assert any("test_vectors" in failure["id"] for failure in run["failures"])
