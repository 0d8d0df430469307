"""A browser's storage that is really full: Chromium itself refuses what IndexedDB shall write, until there is room again.

Once by quota (Chromium's own, lowered by its DevTools protocol; other data of the same origin fill it to the last byte),
once by a profile on a file system that has no block left.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CHROMIUM, FLAGS, SAVE_DATA, Watched, fetch, until, wait_ready
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from walletkit_browser import PASSCODE, ask, press, visit

QUOTA = 8_000_000

# In the page: fills the origin's quota with blocks that get smaller; the answer is the browser's last refusal.
FILL = """async sizes => {
  const request = indexedDB.open('ballast', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('blocks', {autoIncrement: true});
  const database = await new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  let refused = '';
  for (const size of sizes) for (refused = ''; !refused;) {
    const block = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(block.subarray(at, at + 65536));
    const transaction = database.transaction('blocks', 'readwrite');
    transaction.objectStore('blocks').put(block);
    refused = await new Promise(done => {
      transaction.oncomplete = () => done('');
      transaction.onabort = () => done(transaction.error.name);
    });
  }
  database.close();
  return refused;
}"""
EMPTY = """() => new Promise((done, failed) => {
  const request = indexedDB.deleteDatabase('ballast');
  request.onsuccess = () => done(true);
  request.onerror = () => failed(request.error);
})"""


def quota(context: BrowserContext, page: Page, url: str) -> Callable[[int | None], None]:
    """Sets how much Chromium lets the origin keep; None is what it would be without us."""
    client = context.new_cdp_session(page)

    def allow(size: int | None) -> None:
        limit: dict[str, Any] = {} if size is None else {"quotaSize": size}
        client.send("Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), **limit})

    return allow


@pytest.mark.long
def test_a_wallet_on_a_full_disk(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> None:
    page = context.new_page()
    watched = watch(page)
    watched.allow(r"QuotaExceededError|status of 507")
    allow = quota(context, page, app_url)
    allow(QUOTA)
    page.goto(f"{app_url}app/wallet?workers=1")
    wait_ready(page)
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    aid = ask(page, "app/identifiers", 201, {"alias": "me"})["aid"]
    here = f"app/identifiers/{aid}"
    kept = ask(page, f"{here}/rotate", 201)["digest"]
    signed = {"aid": aid, "text": "x", **ask(page, f"{here}/sign", 200, {"text": "x"})}
    assert ask(page, "app/verify", 200, signed)["valid"]  # the ledger is there from now on
    assert page.evaluate(FILL, [1 << 18, 1 << 14, 1 << 10, 1 << 7]) == "QuotaExceededError"

    # The write fails, says why, and nothing of it is pretended; the next ones as well.
    for path, json in ((f"{here}/rotate", None), (f"{here}/interact", {"data": [{"n": 1}]}), ("app/identifiers", {"alias": "b"})):
        problem = ask(page, path, 507, json)
        assert problem["title"] == "Not saved" and "storage is full" in problem["detail"], problem
    told = ask(page, here, 200, method="GET")
    assert (told["sn"], told["digest"]) == (1, kept)
    assert [each["alias"] for each in ask(page, "app/identifiers", 200, method="GET")["identifiers"]] == ["me"]

    # What needs no room goes on: the open wallet signs, the ledger verifies. The page says what is the matter.
    assert ask(page, f"{here}/sign", 200, {"text": "x"})["signatures"] == signed["signatures"]
    assert ask(page, "app/verify", 200, signed)["valid"]
    visit(page, "app/wallet", "#autolock-form")
    expect(page.locator("#main .note.bad")).to_contain_text("Nothing can be saved: The browser's storage is full")
    visit(page, here, "#rotate-form")
    press(page, "rotate")
    expect(page.locator("#rotate-result .problem")).to_contain_text("Free some space")
    expect(page.locator("#rotate-result .problem")).to_be_in_viewport()

    # A lock is never refused.
    fetch(page, "app/wallet/lock", "POST", json={})
    assert ask(page, "app/wallet", 200, method="GET")["locked"]

    # Room again, and the page loaded anew: the last acknowledged event is the state, and writing works.
    assert page.evaluate(EMPTY)
    allow(None)
    page.reload()
    wait_ready(page)
    ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
    told = ask(page, here, 200, method="GET")
    assert (told["sn"], told["digest"]) == (1, kept)
    assert ask(page, f"{here}/rotate", 201)["sn"] == 2

    # Full and roomy again without a reload: the wallet asks the disk anew by itself.
    allow(1)
    until(page, f"fetch('{here}/rotate', {{method: 'POST', headers: {{accept: 'application/json'}}}}).then(a => a.status === 507)")
    allow(None)
    until(page, f"fetch('{here}/rotate', {{method: 'POST', headers: {{accept: 'application/json'}}}}).then(a => a.status === 201)")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", tmp_path], capture_output=True).returncode:
        pytest.skip("a file system can be mounted by root only")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def fill(path: Path) -> None:
    """Take every block that is left."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(1024))


@pytest.mark.long
def test_a_device_without_a_block_left(
    playwright: Playwright, watch: Callable[[Page], Watched], small: Path, tmp_path_factory: Any, app_url: str
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    context = playwright.chromium.launch_persistent_context(
        str(small / "profile"), executable_path=CHROMIUM, args=[*FLAGS, f"--disk-cache-dir={cache}"]
    )
    try:
        context.add_init_script(SAVE_DATA)
        page = context.pages[0]
        watch(page).allow(r"IndexedDB refused|status of 507")
        page.goto(f"{app_url}app/wallet?workers=1")
        wait_ready(page)
        ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
        here = f"app/identifiers/{ask(page, 'app/identifiers', 201, {'alias': 'me'})['aid']}"
        acknowledged = ask(page, f"{here}/rotate", 201)
        fill(small / "full")
        refused = 0
        for _ in range(40):  # a log file may have room in its last block
            answer = fetch(page, f"{here}/interact", "POST", json={"data": [{"n": "x" * 3000}]})
            assert answer["status"] in (201, 507), answer
            if answer["status"] == 201:
                assert refused == 0
                acknowledged = answer["json"]
            elif (refused := refused + 1) == 4:  # each finds the database in another way: failing, closing, not opening
                break
            else:
                assert "no space left" in answer["json"]["detail"], answer
        assert refused == 4
        told = ask(page, here, 200, method="GET")
        assert (told["sn"], told["digest"]) == (acknowledged["sn"], acknowledged["digest"])

        (small / "full").unlink()
        assert ask(page, f"{here}/rotate", 201)["sn"] == acknowledged["sn"] + 1
        page.reload()
        wait_ready(page)
        ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
        assert ask(page, here, 200, method="GET")["sn"] == acknowledged["sn"] + 1
        assert ask(page, f"{here}/rotate", 201)["sn"] == acknowledged["sn"] + 2
    finally:
        context.close()
