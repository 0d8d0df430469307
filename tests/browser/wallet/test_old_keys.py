"""What a passcode change, a restore over a wallet and a deletion leave on the disk: nothing that an old passcode opens.

Everything that a page can read of the browser's storage is dumped, every string in it that may be an encrypted key is tried.
The browser's own files are not looked at: they keep what was deleted until they are rewritten (see the README).
"""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CHROMIUM, FLAGS, Watched, fetch, wait_ready
from playwright.sync_api import Page, Playwright
from test_backup import restore
from test_wallet import DUMP, kill
from walletkit_browser import PASSCODE, ask

NEW = "qT7mZ-Hd3Fu-N2sYk-4WQtP-9aBrC"
THIRD = "aBrC9-4WQtP-N2sYk-Hd3Fu-qT7mZ"

CIPHERS = (re.compile(rb"(?=(P[A-Za-z0-9_-]{123}))"), re.compile(rb"(?=(1AAH[A-Za-z0-9_-]{96}))"))
"""keripy's codes for an encrypted private key and for an encrypted salt, at any place."""
SALT = re.compile(rb'"salt": "([A-Za-z0-9+/=]{24})"')

# Caches and OPFS hold the app too, some 60 MB: they are searched where they are.
SEARCH = r"""async needles => {
  const latin1 = buffer => new TextDecoder('latin1').decode(buffer);
  const found = [], places = [];
  const look = (place, text) => {
    places.push(place);
    needles.forEach((needle, number) => { if (text.includes(needle)) found.push([place, number]); });
  };
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) look(request.url, latin1(await (await cache.match(request)).arrayBuffer()));
  }
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === 'directory') await walk(handle, path + name + '/');
      else look('opfs:' + path + name, latin1(await (await handle.getFile()).arrayBuffer()));
    }
  };
  await walk(await navigator.storage.getDirectory(), '/');
  look('localStorage', JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
  return {found, places};
}"""


def dump(page: Page) -> bytes:
    """All of IndexedDB."""
    return page.evaluate(DUMP)["indexeddb"].encode("cp1252", "replace")


def ciphers(held: bytes) -> set[str]:
    """All that may be an encrypted key or salt."""
    return {each.decode() for pattern in CIPHERS for each in pattern.findall(held)}


def opened(passcode: str, salts: set[bytes], candidates: set[str]) -> set[str]:
    """Those that this passcode opens, with any of these salts."""
    import pysodium
    from slices.vault import passcode as passcodes

    good = set()
    for salt in salts:
        signer = passcodes.stretch(passcode, base64.b64decode(salt), "low")
        secret = pysodium.crypto_sign_sk_to_box_sk(signer.raw + signer.verfer.raw)
        public = pysodium.crypto_scalarmult_curve25519_base(secret)
        for each in candidates:
            lead = 1 if each.startswith("P") else 0  # of its code, a letter that stands for six bits of what is decoded
            raw = base64.urlsafe_b64decode(each if not lead else "A" + each[1:])[1 if lead else 3 :]
            try:
                pysodium.crypto_box_seal_open(raw, public, secret)
            except ValueError:
                continue
            good.add(each)
    return good


def salts(held: bytes) -> set[bytes]:
    return set(SALT.findall(held))


def gone(page: Page, strings: set[str], held: bytes) -> None:
    """None of these is anywhere."""
    assert not [each for each in strings if each.encode() in held]
    told = page.evaluate(SEARCH, sorted(strings))
    assert told["places"] and not told["found"], told["found"]


def living(page: Page) -> str:
    """A wallet with random and derived keys, in a log of several changes."""
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    aid = ask(page, "app/identifiers", 201, {"alias": "one", "keys": 2})["aid"]
    ask(page, "app/identifiers", 201, {"alias": "derived", "algo": "salty"})
    ask(page, f"app/identifiers/{aid}/rotate", 201, {})
    return aid


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wallet's own way to stretch a passcode, on CPython."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[3] / "python"))


def test_nothing_that_an_old_passcode_opens_is_left(boot: Callable[..., Watched]) -> None:
    page = boot(workers=1).page
    aid = living(page)
    before = dump(page)
    old, known = opened(PASSCODE, salts(before), ciphers(before)), salts(before)
    assert len(old) >= 6 and len(known) == 1, "the dump shows what an old passcode opens"

    ask(page, "app/wallet/passcode", 200, {"old": PASSCODE, "new": NEW})
    held = dump(page)
    known |= salts(held)
    assert len(salts(held)) == 1 and len(known) == 2
    assert not opened(PASSCODE, known, ciphers(held))
    assert len(opened(NEW, known, ciphers(held))) == len(old)
    gone(page, old | {each.decode() for each in salts(before)}, held)

    # Over a wallet that has gone on: what it had since is gone, and what the file's passcode opened.
    made = base64.urlsafe_b64decode(ask(page, "app/wallet/backup", 200, method="GET")["file"] + "==")
    ask(page, f"app/identifiers/{aid}/rotate", 201, {})
    ask(page, "app/wallet/passcode", 200, {"old": NEW, "new": PASSCODE})
    held = dump(page)
    late = opened(PASSCODE, salts(held), ciphers(held))
    told = restore(page, made, passcode=NEW, new_passcode=THIRD, replace="Mine", wallet_passcode=PASSCODE)
    assert told["status"] == 200, told
    held, known = dump(page), known | salts(held)
    known |= salts(held)
    for passcode in (PASSCODE, NEW):
        assert not opened(passcode, known, ciphers(held)), passcode
    assert len(opened(THIRD, known, ciphers(held))) == len(old)
    gone(page, old | late, held)

    ask(page, "app/wallet/unlock", 200, {"passcode": THIRD})
    last = opened(THIRD, known, ciphers(held))
    ask(page, "app/wallet", 200, {"name": "Mine", "passcode": THIRD}, method="DELETE")
    held = dump(page)
    assert not salts(held) and not opened(THIRD, known, ciphers(held))
    gone(page, last | {each.decode() for each in known}, held)


@pytest.mark.long
def test_killed_while_the_passcode_changes(playwright: Playwright, app_url: str, tmp_path: Path) -> None:
    """The old state or the new one, whole; and never both: what is found after the start is one passcode's alone."""
    chance = random.Random(12)
    current, other, took = PASSCODE, NEW, 0.0
    for round in range(5):
        browser = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS
        )
        page = browser.pages[0] if browser.pages else browser.new_page()
        page.goto(f"{app_url}app/wallet?workers=1")
        wait_ready(page)
        if not round:
            living(page)
            began = time.monotonic()
            ask(page, "app/wallet/passcode", 200, {"old": current, "new": other})
            took, current, other = time.monotonic() - began, other, current
        else:
            held = dump(page)
            found = {each: opened(each, salts(held), ciphers(held)) for each in (PASSCODE, NEW)}
            assert sorted(map(bool, found.values())) == [False, True], {each: len(them) for each, them in found.items()}
            current, other = (PASSCODE, NEW) if found[PASSCODE] else (NEW, PASSCODE)
            assert len(found[current]) >= 6
            assert fetch(page, "app/wallet/unlock", "POST", json={"passcode": other})["status"] == 422
            ask(page, "app/wallet/unlock", 200, {"passcode": current})
            assert len(ask(page, "app/identifiers", 200, method="GET")["identifiers"]) == 2
        if round < 4:
            page.evaluate("""([path, body]) => { fetch(new URL(path, document.baseURI), {method: 'POST',
              headers: {'content-type': 'application/json', accept: 'application/json'}, body}); }""",
              ["app/wallet/passcode", f'{{"old": "{current}", "new": "{other}"}}'])  # fmt: skip
            time.sleep(took * chance.uniform(0.7, 1.1))
            kill(tmp_path / "profile")
        try:
            browser.close()
        except Exception as ex:
            assert round < 4, ex  # the connection to what was killed
