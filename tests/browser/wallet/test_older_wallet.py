"""A wallet that an earlier version of the app left in this browser opens, and goes on living: tests/cases/old has one, as
IndexedDB held it, with what that version said of it; its make_wallet.py tells how it was made."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from typing import Any

from conftest import ROOT, Watched
from playwright.sync_api import BrowserContext
from walletkit_browser import ask

OLD = ROOT / "tests" / "cases" / "old"
sys.path.insert(0, str(OLD))

from make_wallet import said_of  # noqa: E402

# Makes the databases as they were, in a page of the app's origin that is not the app.
LOAD = """async databases => {
  const done = request => new Promise((resolve, reject) => {
    request.onsuccess = request.oncomplete = () => resolve(request.result);
    request.onerror = request.onabort = () => reject(request.error); });
  for (const [name, {version, stores}] of Object.entries(databases)) {
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => { for (const store of Object.keys(stores)) opening.result.createObjectStore(store); };
    const database = await done(opening);
    const writing = database.transaction(Object.keys(stores), 'readwrite');
    for (const [store, rows] of Object.entries(stores)) for (const [key, value] of rows)
      writing.objectStore(store).put(value?.bytes === undefined ? value
        : Uint8Array.from(atob(value.bytes), each => each.charCodeAt(0)), key);
    await done(writing);
    database.close();
  }
}"""


def lost(old: Any, new: Any, at: str = "") -> list[str]:
    """Where `new` does not say what `old` said; it may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [each for name in old for each in lost(old[name], new.get(name), f"{at}/{name}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [each for n, (was, now) in enumerate(zip(old, new, strict=True)) for each in lost(was, now, f"{at}/{n}")]
    return [] if old == new else [f"{at}: {old!r} is {new!r} now"]


def test_a_wallet_of_an_earlier_version_opens(boot: Callable[..., Watched], context: BrowserContext, app_url: str) -> None:
    whole = json.loads(gzip.decompress((OLD / "wallet.json.gz").read_bytes()))
    told = whole["told"]
    before = context.new_page()
    before.goto(f"{app_url}static/lock.json")
    before.evaluate(LOAD, whole["databases"])
    before.close()
    page = boot().page

    state = ask(page, "app/wallet", 200, method="GET")
    assert state["exists"] and state["locked"]
    ask(page, "app/wallet/unlock", 200, {"passcode": whole["passcode"]})
    now = said_of(page)
    assert not lost({name: told[name] for name in now}, now)
    assert ask(page, "app/wallet/backup/reminder", 200, method="GET")["recovery"] == told["recovery"]["id"]
    opened = ask(page, "app/wallet/restore", 200, {"file": told["backup"], "passcode": whole["passphrase"], "check": True})
    assert [each["aid"] for each in opened["identifiers"]] == list(told["identifiers"])
    opened = ask(page, "app/wallet/restore", 200, {"file": told["backup"], "recovery": told["recovery"]["secret"], "check": True})
    assert opened["by"] == "recovery"

    # It goes on: every log that can has another event, by keys that the earlier version had promised.
    for aid, was in told["identifiers"].items():
        if was["next_digests"]:
            assert ask(page, f"app/identifiers/{aid}/rotate", 201, {})["sn"] > was["sn"]  # a delegate anchors in its delegator
    kept = next(said for said, state in told["states"].items() if state == "issued")
    ask(page, f"app/credentials/{kept}/revoke", 200, {})
