"""Warm visits: every worker starts from the kept memory snapshot, alike and yet with randomness of its own; damage is found."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import BOOT_MS, POOL, Watched, content, fetch, made, until, wait_ready
from offlinekit import Profile, Site
from playwright.sync_api import Page, Playwright
from walletkit_browser import ask

PASSCODE = "four-snapshot-words-in-a-row"
MAGIC = b"KWPACK1\n"

# Only the copy of the app that this test serves has this in its faults slice: what each source draws, as hex.
DRAWS = '''

import random as _random

_AT_IMPORT = _random.Random()
"""Made before the snapshot is: each clone must have reseeded it."""


class FaultsResource:
    def __init__(self, worker):
        self.worker = worker

    def on_post(self, req, rep, worker):
        import os, secrets, tempfile, uuid
        import ecdsa
        from keriwasm.imports import native
        native.keri()
        sodium, oqs = native.pysodium(), native.oqs()
        from keri.core import signing
        with oqs.KeyEncapsulation("ML-KEM-512") as kem:
            kem_key = kem.generate_keypair()
        rep.media = {
            "random": _random.getrandbits(128), "a Random of a module": _AT_IMPORT.getrandbits(128),
            "SystemRandom": _random.SystemRandom().getrandbits(128), "os.urandom": os.urandom(16).hex(),
            "secrets": secrets.token_hex(16), "uuid1 node": uuid.getnode(), "uuid1": uuid.uuid1().hex,
            "uuid4": uuid.uuid4().hex, "uuid7": uuid.uuid7().hex,
            "tempfile": next(tempfile._get_candidate_names()),
            "randombytes": sodium.randombytes(16).hex(), "Ed25519": sodium.crypto_sign_keypair()[0].hex(),
            "X25519": sodium.crypto_box_keypair()[0].hex(), "ML-KEM-512": kem_key[:32].hex(),
            "Salter": signing.Salter().qb64, "Signer": signing.Signer().qb64,
            "ecdsa": ecdsa.SigningKey.generate(curve=ecdsa.SECP256k1).to_string().hex(),
        }
'''

# In the router worker of a warm visit: restores one worker after the other from its own pack and asks each for its draws.
RESTORE = """async ({count, lanes, generation}) => {
  const base = new URL('../..', location.href);
  const {Pack} = await import(new URL('router/boot/pack.js', base));
  const {compile} = await import(new URL('router/boot/checked-fetch.js', base));
  const {head, bytes, fill} = await new Pack(base.pathname.replace(/@.*$/, '')).find(generation);
  const {needed, rest} = fill();
  await needed;
  await rest();
  const module = await compile(base, head.pool.wasm);
  const parts = {...head.pool, bytes, module, snapshot: head.snapshot, interpreter: new URL(head.pool.interpreter, base).href};
  const slices = Object.keys(head.pool.config.slices).filter(name => head.pool.config.slices[name].workers === 'all');
  const text = body => typeof body === 'string' ? body : new TextDecoder().decode(body);
  const one = n => new Promise((resolve, reject) => {
    const worker = new Worker(new URL('workers/worker.js', base), {type: 'module'});
    const end = (then, value) => { worker.terminate(); then(value); };
    worker.onerror = event => end(reject, new Error(event.message));
    worker.onmessage = ({data}) => {
      if (data.type === 'worker:unusable' || data.type === 'worker:fault') end(reject, new Error(JSON.stringify(data)));
      else if (data.type === 'worker:ready') worker.postMessage({v: 1, type: 'http:request', id: 'x', method: 'POST', path: '/app/faults/x',
        query: '', headers: {accept: 'application/json'}, priority: 'click', deadline: Date.now() + 60000, body: null});
      else if (data.type === 'http:reply' && data.status === 200) end(resolve, JSON.parse(text(data.body)));
      else if (data.type === 'http:reply') end(reject, new Error(text(data.body)));
    };
    worker.postMessage({v: 1, type: 'worker:init', id: `t${n}`, generation: 1, slices, base: '/', faults: true, ...parts});
  });
  const draws = [];
  let next = 0;
  // After some 170 workers in a minute Chromium once failed to fetch a worker's module; that one is started again.
  const again = error => error.message.includes('Failed to fetch') ? one(++next) : Promise.reject(error);
  await Promise.all(Array.from({length: lanes}, async () => { while (draws.length < count) draws.push(await one(++next).catch(again)); }));
  draws.length = count;
  return draws;
}"""

# Likewise, one worker whose library and wheels are not read yet when it needs one: what it tells and answers, in order.
GATED = """async ({generation}) => {
  const base = new URL('../..', location.href);
  const {Pack} = await import(new URL('router/boot/pack.js', base));
  const {compile} = await import(new URL('router/boot/checked-fetch.js', base));
  const {head, bytes, gate, fill} = await new Pack(base.pathname.replace(/@.*$/, '')).find(generation);
  const {needed, rest} = fill();
  await needed;
  const parts = {...head.pool, bytes, gate, module: await compile(base, head.pool.wasm), snapshot: head.snapshot, postponedBytes: bytes,
    interpreter: new URL(head.pool.interpreter, base).href};
  const told = [], state = new Int32Array(gate);
  const tell = value => { told.push(value === 1 ? 'there' : 'failed'); Atomics.store(state, 0, value); Atomics.notify(state, 0); };
  const worker = new Worker(new URL('workers/worker.js', base), {type: 'module'});
  const ask = () => worker.postMessage({v: 1, type: 'http:request', id: String(told.length), method: 'POST',
    path: '/app/crypto/hash', query: '', headers: {accept: 'application/json', 'content-type': 'application/json'},
    priority: 'click', deadline: Date.now() + 60000,
    body: new TextEncoder().encode(JSON.stringify({algorithm: 'blake3', text: 'abc'})).buffer});
  await new Promise((resolve, reject) => {
    worker.onerror = event => reject(new Error(event.message));
    worker.onmessage = ({data}) => {
      if (data.type === 'worker:ready') ask();
      else if (data.type === 'worker:want') {
        told.push('want');
        // Longer than it would take to answer without them.
        setTimeout(() => told.includes('failed') ? rest().then(() => tell(1), reject) : tell(2), 500);
      } else if (data.type === 'http:reply') {
        told.push(data.status);
        if (data.status === 200) resolve();
        else ask();
      }
    };
    worker.postMessage({v: 1, type: 'worker:init', id: 'gated', generation: 1, slices: ['crypto'], base: '/', faults: true, ...parts});
  });
  worker.terminate();
  return told;
}"""

# Likewise, whether the policy runs on the memory that the pack has of it: only what is read of a pack is shared.
RESTORED_POLICY = """async () => (await (await import(new URL('policy.js', location.href))).load()).memory.bytes.buffer
  instanceof SharedArrayBuffer"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.edit("python/slices/faults/__init__.py", lambda text: text + DRAWS)
    site.edit("pyscript.toml", lambda text: text.replace("snapshot_idle_ms = 15000", "snapshot_idle_ms = 2000", 1))
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def profile(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Profile]:
    """A profile whose first visit made a wallet, unlocked and in use while the snapshot was being made."""
    profile = Profile(playwright, tmp_path_factory.mktemp("profile"))
    page = profile.open()
    page.goto(f"{site.url}?workers=2")
    wait_ready(page)
    ask(page, "app/wallet", 201, {"name": "Snapshot wallet", "passcode": PASSCODE})
    profile.aid = ask(page, "app/identifiers", 201, {"alias": "snapshotted"})["aid"]  # type: ignore[attr-defined]
    profile.waited = load_meanwhile(page)  # type: ignore[attr-defined]
    made(page)
    profile.close()
    yield profile
    profile.close()


def load_meanwhile(page: Page) -> dict:
    """A run of the load lab, started by a click while the spare worker makes the snapshot: what the page said meanwhile."""
    page.click(".site-nav a[href='app/load']")
    until(page, "document.querySelector('#load-form') !== null")
    told = {"before": page.inner_text("#load-settling")}
    for box in page.locator("#load-form input[type=checkbox]").all():
        box.set_checked(box.is_enabled() and box.get_attribute("value") == "control")
    page.fill("#load-workers", "1")
    page.fill("#load-seconds", "0.1")
    until(page, f"async () => (await ({POOL})()).snapshot.state === 'making'", BOOT_MS)
    page.click("#load-form button[type=submit]")
    page.wait_for_selector("#load-waiting")
    told["waiting"] = page.inner_text("#load-waiting")
    until(page, "document.querySelector('#load-run')?.dataset.state === 'done'", BOOT_MS)
    return told | {"after": page.inner_text("#load-run")}


def snapshot(page: Page) -> dict:
    return page.evaluate(POOL)["snapshot"]


def warm(profile: Profile, site: Site, query: str = "?workers=2") -> Page:
    page = profile.open()
    page.goto(f"{site.url}{query}")
    wait_ready(page)
    return page


def pack(profile: Profile) -> Path:
    """The file in which Chromium keeps the pack."""
    found = [path for path in profile.folder.rglob("*") if path.is_file() and path.stat().st_size > 40 << 20
             and path.open("rb").read(len(MAGIC)) == MAGIC]  # fmt: skip
    assert len(found) == 1, found
    return found[0]


def test_the_load_lab_waits_for_a_first_visit_s_own_work(profile: Profile) -> None:
    told = profile.waited  # type: ignore[attr-defined]
    assert "first visit" in told["before"] and "disturbs" in told["before"]
    assert "memory snapshot" in told["waiting"]
    assert "first visit" not in told["after"], "what was waited for disturbed nothing"


def test_a_warm_visit_starts_from_the_snapshot(profile: Profile, site: Site, watch: Callable[[Page], Watched]) -> None:
    site.bytes.clear()
    page = watch(profile.open()).page
    page.goto(f"{site.url}?workers=2")
    wait_ready(page)
    assert snapshot(page)["state"] == "used"
    router = next(worker for worker in page.workers if worker.url.endswith("router/host/worker.js"))
    assert router.evaluate(RESTORED_POLICY), "the router's Python was compiled anew"
    assert content(page) and not [path for path in site.bytes if path.startswith("static/wheels")]
    digest = ask(page, "app/crypto/hash", 200, {"algorithm": "blake2b", "text": "abc"})["digest_hex"]
    assert digest in (hashlib.blake2b(b"abc").hexdigest(), hashlib.blake2b(b"abc", digest_size=32).hexdigest())
    assert ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
    rotated = ask(page, f"app/identifiers/{profile.aid}/rotate", 201, {})  # type: ignore[attr-defined]
    assert rotated["sn"] == 1
    assert ask(page, "app/identifiers", 201, {"alias": "of a clone"})["sn"] == 0  # keripy reads a file that it has held open
    assert "kept memory snapshot" in fetch(page, "app/pool", headers={"accept": "text/html"})["text"]
    # What a plain worker reads from unpacked wheels, whose files are no part of a snapshot.
    assert {"libsodium", "pysodium", "blake3"} <= set(fetch(page, "app/crypto")["json"]["libraries"])


def draws(profile: Profile, site: Site, count: int) -> None:
    page = warm(profile, site, "?workers=1")
    router = next(worker for worker in page.workers if worker.url.endswith("router/host/worker.js"))
    generation = router.url.split("/@")[1][:16]
    found = router.evaluate(RESTORE, {"count": count, "lanes": 2, "generation": generation})
    assert len(found) == count
    for source in found[0]:
        values = [each[source] for each in found]
        assert len(set(values)) == count, f"{source} was drawn twice among {count} restored workers"
    profile.close()


def test_a_worker_waits_for_a_wheel_that_is_not_read_yet(profile: Profile, site: Site) -> None:
    """What could not be read is an error of that request only; the next one has it read again."""
    page = warm(profile, site, "?workers=1")
    router = next(worker for worker in page.workers if worker.url.endswith("router/host/worker.js"))
    told = router.evaluate(GATED, {"generation": router.url.split("/@")[1][:16]})
    profile.close()
    assert told[:2] == ["want", "failed"] and told[-3:] == ["want", "there", 200], told
    assert [status >= 500 for status in told[2:-3]] == [True], told


def test_restored_workers_draw_nothing_twice(profile: Profile, site: Site) -> None:
    draws(profile, site, 8)


@pytest.mark.long
def test_two_hundred_restored_workers_draw_nothing_twice(profile: Profile, site: Site) -> None:
    draws(profile, site, 200)


def test_the_snapshot_knows_nothing_of_the_wallet(profile: Profile) -> None:
    """It is made by a worker of its own while another has the wallet open: not even public names get in."""
    profile.close()
    with pack(profile).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        assert whole.find(b"keri.core.coring") >= 0, "this is no memory of an interpreter with keripy"
        for what in (PASSCODE, "Snapshot wallet", "snapshotted", profile.aid):  # type: ignore[attr-defined]
            for coded in (what.encode(), what.encode("utf-16-le"), what.encode("utf-32-le")):
                assert whole.find(coded) < 0, what


@pytest.mark.parametrize("where", [pytest.param("head", marks=pytest.mark.long), "snapshot", "files"])
def test_a_flipped_byte_is_found_and_recovered_from(profile: Profile, site: Site, where: str) -> None:
    profile.close()
    path = pack(profile)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek({"head": 200, "snapshot": size // 3, "files": size - 100_000}[where])
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    page = warm(profile, site)
    for _ in range(100):  # the files are read when the pool is whole
        if (told := snapshot(page))["state"] != "used":
            break
        page.wait_for_timeout(100)
    # When the pool was quiet for long enough a new one is being made already.
    assert told["state"] == "refused" and "damaged" in told["reason"] and "deleted" in told["reason"], told
    assert "damaged" in fetch(page, "app/pool", headers={"accept": "text/html"})["text"]
    assert ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE}), "what was damaged is had from the app when it is wanted"
    made(page)
    page = warm(profile, site)
    assert snapshot(page)["state"] == "used"
    profile.close()
