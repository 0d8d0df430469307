"""The wallet in Chromium as a person uses it; what a dump of everything shows of its secrets; what a kill leaves."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import CHROMIUM, FLAGS, Watched, until, wait_ready, where
from playwright.sync_api import Page, Playwright
from walletkit_browser import AUTOLOCK, PASSCODE, ask, press, visit

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_a_person_with_a_wallet(boot: Callable[..., Watched]) -> None:
    """Create, make an identifier, rotate, sign, lock, a wrong passcode, unlock, reload; script in names is text."""
    watched = boot()
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    visit(page, "app/wallet", "#wallet-form")
    page.fill("#wallet-name", EVIL)
    page.fill("#wallet-passcode", "too short")
    until(page, "document.querySelector('[data-strength] span').textContent.includes('more characters')")
    page.click("[data-generate]")
    made = page.input_value("#wallet-passcode")
    assert len(made) == 29 and made == page.input_value("#wallet-again")
    until(page, "document.querySelector('[data-strength] span').textContent.includes('145 bits')")
    page.fill("#wallet-passcode", PASSCODE)
    page.fill("#wallet-again", PASSCODE + "x")
    press(page, "wallet")
    page.wait_for_selector("#wallet-result .problem")
    assert "twice alike" in page.inner_text("#wallet-result")
    until(page, "document.querySelector('#wallet-passcode').value === ''")
    page.fill("#wallet-passcode", PASSCODE)
    page.fill("#wallet-again", PASSCODE)
    press(page, "wallet")
    until(page, AUTOLOCK, 120_000)
    assert page.inner_text("#main h1") == EVIL

    visit(page, "app/identifiers", "#new-form")
    page.fill("#new-alias", EVIL)
    press(page, "new")
    until(page, "document.querySelector('#rotate-form') !== null")
    assert page.inner_text("#main h1") == EVIL and where(page, "app/identifiers/E")
    aid = where(page).rsplit("/", 1)[1]
    page.evaluate("document.querySelector('#rotate-form details').open = true")
    page.fill("#rotate-next_keys", "3")
    page.fill("#rotate-next_threshold", "1/2, 1/2, 1/2")
    press(page, "rotate")
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '1'")
    press(page, "rotate")
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '2'")
    page.evaluate("document.querySelector('#interact-form details').open = true")
    page.fill("#interact-data", json.dumps({"note": EVIL}))
    press(page, "interact")
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '3'")
    assert EVIL in page.inner_text("#event-3 pre").replace('\\"', '"')
    assert page.locator(".timeline .event.ok").count() == 4
    page.click("#event-2 summary >> nth=1")
    page.wait_for_selector("#raw-2 .copyable")
    page.evaluate("document.querySelector('#sign-form details').open = true")
    page.set_input_files("#sign-file", {"name": EVIL, "mimeType": "", "buffer": b"content"})
    press(page, "sign")
    page.wait_for_selector("#sign-result .result")
    assert "onerror" in page.inner_text("#sign-result") and page.inner_text("#sign-result output").count("\n") == 2
    visit(page, f"app/identifiers/{aid}/share", "#code-log .qr")
    visit(page, "app/wallet/challenge", "#words-form")
    press(page, "words")
    page.wait_for_selector("#words-result output")
    for value in ("#words-result output", "#check-words"):
        assert page.locator(value).evaluate("element => element.translate") is False
    assert not page.locator("#main img").count() and not page.locator("#main script").count()

    page.click("nav >> text=Lock")
    until(page, "document.querySelector('#unlock-form') !== null")
    visit(page, f"app/identifiers/{aid}", "#unlock-here-form")
    watched.allow("423|422")
    page.fill("#unlock-here-passcode", "not the passcode")
    press(page, "unlock-here")
    page.wait_for_selector("#unlock-here-result .problem")
    assert "1 wrong try" in page.inner_text("#unlock-here-result")
    until(page, "document.querySelector('#unlock-here-passcode').value === ''")
    page.fill("#unlock-here-passcode", PASSCODE)
    press(page, "unlock-here")
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '3'", 120_000)

    page.goto(where(page).split("app/")[0] + "app/wallet?workers=2")
    wait_ready(page)
    until(page, "document.querySelector('#unlock-form') !== null")
    assert "loaded anew" in page.inner_text("#main")
    page.fill("#unlock-passcode", PASSCODE)
    press(page, "unlock")
    until(page, AUTOLOCK, 120_000)
    state = ask(page, "app/wallet", 200, method="GET")
    assert [(each["aid"], each["sn"], each["alias"]) for each in state["identifiers"]] == [(aid, 3, EVIL)]
    assert dialogs == []


# -- item 6: nothing secret in a dump -----------------------------------------------------------------------------------

RECORD = r"""
;{
  const channel = new BroadcastChannel('test-messages');
  const text = (value, seen = new Set()) => {
    if (value === null || value === undefined) return '';
    if (typeof value !== 'object') return String(value);
    if (seen.has(value)) return '';
    seen.add(value);
    if (value instanceof ArrayBuffer) return new TextDecoder('latin1').decode(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) {
      return new TextDecoder('latin1').decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
      return [...value].map(each => text(each, seen)).join('\n');
    }
    return Object.entries(value).map(([name, each]) => name + '=' + text(each, seen)).join('\n');
  };
  const told = (message) => {
    if (message?.type === 'worker:init') return;  // the app's own files
    const {type, method, path} = message ?? {};
    channel.postMessage({type, method, path, text: text(message).slice(0, 400000)});
  };
  for (const kind of [globalThis.MessagePort, globalThis.Worker, globalThis.DedicatedWorkerGlobalScope]) {
    const post = kind?.prototype.postMessage;
    if (post) kind.prototype.postMessage = function (message, ...more) { told(message); return post.call(this, message, ...more); };
  }
  const own = globalThis.postMessage;
  if (typeof DedicatedWorkerGlobalScope !== 'undefined') {
    globalThis.postMessage = function (message, ...more) { told(message); return own.call(globalThis, message, ...more); };
  }
}
"""

# Only the copy of the app that this test serves tells its secrets, to the test alone, so that it knows what to look for.
TELL = """

_change = Vault.change


@contextmanager
def _telling(self):
    with _change(self) as hby:
        yield hby
    import json

    import js

    keys = [signer.qb64 for _, signer in hby.ks.pris.getItemIter(decrypter=hby.mgr.decrypter)]
    js.BroadcastChannel.new("test-secrets").postMessage(json.dumps([hby.mgr.seed, hby.mgr.salt, *keys]))


Vault.change = _telling
"""

DUMP = r"""async () => {
  const latin1 = bytes => new TextDecoder('latin1').decode(bytes);
  const flat = async (value) => {
    if (value === null || value === undefined) return '';
    if (value instanceof Blob) return latin1(new Uint8Array(await value.arrayBuffer()));
    if (value instanceof ArrayBuffer) return latin1(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return latin1(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (typeof value !== 'object') return String(value);
    const parts = [];
    for (const [name, each] of value instanceof Map ? value : Object.entries(value)) parts.push(name + '=' + await flat(each));
    return parts.join('\n');
  };
  const found = {indexeddb: '', caches: '', storage: JSON.stringify(localStorage) + JSON.stringify(sessionStorage),
    page: document.documentElement.outerHTML + location.href + JSON.stringify(history.state), databases: []};
  for (const {name} of await indexedDB.databases()) {
    const db = await new Promise((yes, no) => { const r = indexedDB.open(name); r.onsuccess = () => yes(r.result); r.onerror = no; });
    for (const store of db.objectStoreNames) {
      const all = await new Promise((yes, no) => {
        const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => yes(r.result); r.onerror = no; });
      found.databases.push(name + '/' + store + ':' + all.length);
      found.indexeddb += await flat(all) + '\n';
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.caches += request.url + '\n';
      if (!/\/static\/(wheels|pyodide|vendor|micropython|pyscript)\//.test(request.url)) {
        found.caches += latin1(new Uint8Array(await (await cache.match(request)).arrayBuffer())) + '\n';
      }
    }
  }
  return found;
}"""


def forms(qb64: str) -> set[str]:
    """A secret as somebody might have written it down: qb64, raw bytes, hex, both base64s; ends that depend on what stands
    beside it are left out."""
    lead = 2 if qb64.startswith("0") else 1  # characters of the code, which stand for as many zero bytes
    raw = base64.urlsafe_b64decode("A" * lead + qb64[lead:])[lead:]
    standard = base64.b64encode(raw).decode().rstrip("=")[:-1]
    return {
        qb64, qb64[2:], shown(raw), raw.hex(), raw.hex().upper(), standard,
        standard.replace("+", "-").replace("/", "_"),
    }  # fmt: skip


def shown(raw: bytes) -> str:
    """Bytes as a TextDecoder shows them that was told latin1: that is windows-1252 to it (WHATWG Encoding)."""
    return "".join(chr(each) if each in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([each]).decode("cp1252") for each in raw)


@pytest.mark.long
def test_no_dump_shows_a_secret(broken: Callable[..., str], watch: Callable[[Page], Watched], context: Any) -> None:
    """IndexedDB, caches, storage, the page, and every message that router and workers post, locked and unlocked."""

    def prepare(worker: Path) -> None:
        root = worker.parents[2]
        for path, before, after in (
            (worker, RECORD, ""),
            (root / "workers/worker.js", RECORD, ""),
            (root / "python/slices/vault/vault.py", "", TELL),
        ):
            text = path.read_text()
            path.unlink()  # a link to the repository's own file
            path.write_text(before + text + after)

    url = broken("router/host/worker.js", prepare)
    context.add_init_script("""
      globalThis.told = []; globalThis.secrets = [];
      new BroadcastChannel('test-messages').onmessage = ({data}) => { told.push(data); };
      new BroadcastChannel('test-secrets').onmessage = ({data}) => { secrets = JSON.parse(data); };
    """)
    page = watch(context.new_page()).page
    page.goto(f"{url}app/wallet?workers=2")
    wait_ready(page)
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    aid = ask(page, "app/identifiers", 201, {"alias": "one", "keys": 2})["aid"]
    ask(page, "app/identifiers", 201, {"alias": "derived", "algo": "salty"})
    ask(page, f"app/identifiers/{aid}/rotate", 201, {})
    ask(page, f"app/identifiers/{aid}/sign", 200, {"text": "x"})
    visit(page, f"app/identifiers/{aid}", "#rotate-form")
    until(page, "secrets.length >= 9")
    secrets = page.evaluate("secrets")
    dumps = [page.evaluate(DUMP)]
    ask(page, "app/wallet/lock", 200)
    dumps.append(page.evaluate(DUMP))
    told = page.evaluate("told")

    ways = [
        each
        for each in told
        if each["type"] == "http:request" and each["method"] == "POST" and each["path"] == "/app/wallet"
    ]
    assert ways and any(PASSCODE in each["text"] for each in ways), (
        "the recording sees what passes: the passcode on its way in"
    )
    assert any(aid in each["text"] for each in told if each["type"] == "http:reply"), "and answers on their way out"
    assert all(aid in dump["indexeddb"] and len(dump["databases"]) >= 2 for dump in dumps), (
        "and the dump the public log"
    )
    places = {
        f"{name} {number}": dump[name]
        for number, dump in enumerate(dumps)
        for name in ("indexeddb", "caches", "storage", "page")
    }
    places["messages"] = "\n".join(each["text"] for each in told if each not in ways)
    wanted = {PASSCODE, PASSCODE.encode().hex(), base64.b64encode(PASSCODE.encode()).decode()[:-2]}
    for secret in secrets:
        wanted |= forms(secret)
    for place, content in places.items():
        shown = [each for each in wanted if each in content]
        assert not shown, f"{len(shown)} forms of secrets in {place}"


# -- item 3: killed at random ------------------------------------------------------------------------------------------

KILLS = 4
ROTATIONS = 20


@pytest.mark.long
def test_killed_at_random_the_last_acknowledged_event_is_the_state(
    playwright: Playwright, app_url: str, tmp_path: Path
) -> None:
    """20 rotations in one profile; Chromium dies by SIGKILL while some of them run. Nothing acknowledged is ever lost, and
    what was not acknowledged is there whole or not at all."""
    chance = random.Random(20)
    acknowledged, aid, rotations, kills = -1, "", 0, 0
    while rotations < ROTATIONS:
        browser = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS
        )
        page = browser.pages[0] if browser.pages else browser.new_page()
        page.goto(f"{app_url}app/wallet?workers=1")
        wait_ready(page)
        if not aid:
            ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
            aid = ask(page, "app/identifiers", 201, {"alias": "one"})["aid"]
            acknowledged = 0
        else:
            ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
            state = ask(page, f"app/identifiers/{aid}", 200, method="GET")
            assert state["sn"] in (acknowledged, acknowledged + 1), "the rotation that was under way is there or not"
            assert all(event["valid"] for event in state["events"])
            assert [event["sn"] for event in state["events"]] == list(range(state["sn"] + 1))
            acknowledged = rotations = state["sn"]
        dying = kills < KILLS
        for _ in range(chance.randint(2, 5) if dying else ROTATIONS - rotations):
            acknowledged = ask(page, f"app/identifiers/{aid}/rotate", 201, {"sn": acknowledged})["sn"]
            rotations = acknowledged
        if dying:
            page.evaluate("""([path, sn]) => { fetch(new URL(path, document.baseURI), {method: 'POST',
              headers: {'content-type': 'application/json', accept: 'application/json'}, body: JSON.stringify({sn})}); }""",
              [f"app/identifiers/{aid}/rotate", acknowledged])  # fmt: skip
            time.sleep(chance.random() * 0.15)
            kill(tmp_path / "profile")
            kills += 1
        try:
            browser.close()
        except Exception as ex:
            assert dying, ex  # the connection to what was killed
    assert kills == KILLS and acknowledged >= ROTATIONS


def kill(profile: Path) -> None:
    """SIGKILL to the browser process of this profile, which this test started; its children end with it."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if f"--user-data-dir={profile}".encode() in words and not any(word.startswith(b"--type=") for word in words):
            os.kill(int(entry.name), signal.SIGKILL)
