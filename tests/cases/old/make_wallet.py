"""Makes a wallet with an older version of the app, and writes what that left on the disk with what it said of it.

    python tests/cases/old/make_wallet.py FOLDER REVISION tests/cases/old/wallet.json.gz

FOLDER is a checkout of that version (`git worktree add FOLDER REVISION`). It is served by its own serve.py and used in a fresh
Chromium by plain requests from its own page, of the public contract only, so that later versions of this script work with later
versions of the app. The result is for tests/unit/slices/vault/test_older_wallet.py and tests/browser/wallet.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

FIRST = "the first passcode of this wallet"
PASSCODE = "the passcode of an older wallet"
PASSPHRASE = "the passphrase of its backup"
MESSAGE = "Grüße von früher"
HELD = Path(__file__).parent.parent

ASK = """async ({path, method, json}) => {
  const headers = {accept: 'application/json', ...(json ? {'content-type': 'application/json'} : {})};
  const answer = await fetch(new URL(path, document.baseURI), {method, headers, body: json ? JSON.stringify(json) : undefined});
  const kind = answer.headers.get('content-type');
  return {status: answer.status, json: kind.includes('json'), text: await answer.text()};
}"""

# Every database, store, key and value; bytes as base64.
DUMP = """async () => {
  const wait = request => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); });
  const plain = value => ArrayBuffer.isView(value) || value instanceof ArrayBuffer
    ? {bytes: btoa(Array.from(new Uint8Array(value.buffer ?? value), byte => String.fromCharCode(byte)).join(''))} : value;
  const found = {};
  for (const {name, version} of await indexedDB.databases()) {
    const database = await wait(indexedDB.open(name));
    const stores = {};
    for (const store of database.objectStoreNames) {
      const from = database.transaction(store).objectStore(store);
      const [keys, values] = [await wait(from.getAllKeys()), await wait(from.getAll())];
      stores[store] = keys.map((key, at) => [key, plain(values[at])]);
    }
    database.close();
    found[name] = {version, stores};
  }
  return found;
}"""


def ask(page: Page, path: str, json_body: object = None, method: str | None = None) -> Any:
    """An answer, which must be good: its JSON, or the SHA-256 of a stream."""
    told = page.evaluate(ASK, {"path": path, "method": method or ("GET" if json_body is None else "POST"), "json": json_body})
    assert told["status"] < 300, (path, told)
    return json.loads(told["text"]) if told["json"] else hashlib.sha256(told["text"].encode()).hexdigest()


def ready(page: Page) -> None:
    while page.evaluate("document.documentElement.dataset.state") != "ready":
        time.sleep(0.2)


def fill(page: Page) -> dict[str, Any]:
    """Use the app; what it says at the end. The passcode is changed in between, which writes a checkpoint: the disk has both
    kinds of record, before and after it."""
    ask(page, "app/wallet", {"name": "Früher", "passcode": FIRST})
    made = {}

    def make(alias: str, **more: object) -> str:
        made[alias] = ask(page, "app/identifiers", {"alias": alias, **more})["aid"]
        return made[alias]

    single = make("single")
    make("weighted", keys=3, threshold="1/2,1/2,1/2", next_keys=2, next_threshold="2")
    make("salty", algo="salty", keys=2, next_keys=2)
    make("fixed", transferable=False)
    ask(page, f"app/identifiers/{single}/rotate", {})
    ask(page, f"app/identifiers/{single}/interact", {"data": [{"note": "äöü"}]})
    registry = ask(page, "app/credentials/registries", {"identifier": single, "name": "Kurse"})["regk"]
    schema = ask(page, "app/credentials/schemas", {"schema": json.loads((HELD / "schema-trial.json").read_text())})["said"]

    ask(page, "app/wallet/passcode", {"old": FIRST, "new": PASSCODE})
    make("delegate", delegator=single)
    ended = make("ended")
    ask(page, f"app/identifiers/{made['delegate']}/rotate", {"next_keys": 2, "next_threshold": "1"})
    ask(page, f"app/identifiers/{made['salty']}/rotate", {"next_keys": 3})
    ask(page, f"app/identifiers/{made['weighted']}/rotate", {})
    ask(page, f"app/identifiers/{ended}/rotate", {"next_keys": 0, "end": True, "passcode": PASSCODE})
    about = {"registry": registry, "schema": schema}
    for name in ("kept", "revoked"):
        body = {**about, "holder": made["weighted"], "attributes": {"name": name}}
        said = ask(page, "app/credentials/issue", body)["said"]
    ask(page, f"app/credentials/{said}/revoke", {})

    logs = "".join((HELD / name).read_bytes().decode() for name in ("70-1-delegator-and-dip.cesr", "30a-delegator-more.cesr"))
    ask(page, "app/ledger", {"text": logs})
    for number, each in enumerate(ask(page, "app/ledger")["identifiers"]):
        ask(page, f"app/ledger/{each['aid']}/contact", {"alias": f"Änne {number}", "notes": "met\nlong ago"})
    recovery = ask(page, "app/wallet/recovery-key", {})
    ask(page, "app/wallet/autolock", {"seconds": 4321})
    backup = ask(page, "app/wallet/backup", {"passphrase": PASSPHRASE, "tier": "interactive"})["file"]
    return {"recovery": recovery, "backup": backup} | said_of(page)


def said_of(page: Page) -> dict[str, Any]:
    """What the app says of all that is stored, where it is the same whenever it is asked."""
    aids = [each["aid"] for each in ask(page, "app/identifiers")["identifiers"]]
    listed = ask(page, "app/credentials")
    return {
        "identifiers": {aid: ask(page, f"app/identifiers/{aid}") for aid in aids},
        "logs": {aid: ask(page, f"app/identifiers/{aid}/kel") for aid in aids},
        "signatures": {aid: ask(page, f"app/identifiers/{aid}/sign", {"text": MESSAGE})["signatures"] for aid in aids},
        "credentials": {each["said"]: ask(page, f"app/credentials/{each['said']}/cesr") for each in listed["credentials"]},
        "states": {each["said"]: each["state"] for each in listed["credentials"]},
        "registries": {each["regk"]: each["name"] for each in listed["registries"]},
        "ledger": {each["aid"]: ask(page, f"app/ledger/{each['aid']}") for each in ask(page, "app/ledger")["identifiers"]},
        "autolock": ask(page, "app/wallet")["autolock_s"],
    }


def main(folder: Path, revision: str, target: Path) -> None:
    server = subprocess.Popen([sys.executable, "serve.py", "--port", "8515"], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context().new_page()
            page.goto("http://127.0.0.1:8515/?workers=2")
            ready(page)
            told = fill(page)
            ask(page, "app/wallet/lock", {})
            databases = page.evaluate(DUMP)
            browser.close()
    finally:
        server.terminate()
        server.wait()
    whole = {"revision": revision, "passcode": PASSCODE, "passphrase": PASSPHRASE, "told": told, "databases": databases}
    target.write_bytes(gzip.compress(json.dumps(whole, sort_keys=True).encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
