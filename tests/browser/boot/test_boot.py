"""From an empty profile to a whole pool: what a user sees first, on a reload, on a deep link and when it fails."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Watched, content, fetch, serving, until, wait_ready, where
from playwright.sync_api import BrowserContext, Page
from walletkit_browser import PASSCODE

POOL = "fetch('app/pool', {headers: {accept: 'application/json'}}).then(answer => answer.json())"


def test_first_paint_needs_no_worker(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> None:
    """Header, navigation and the boot screen are there before any worker is."""
    watched = watch(context.new_page())
    context.route("**/router/tabs/page.js", lambda route: None)  # held back for ever
    watched.page.goto(app_url, wait_until="commit")
    watched.page.locator("#boot-progress").wait_for()
    assert watched.page.get_by_role("navigation").is_visible()
    assert watched.page.locator("#boot-progress").is_visible()
    assert watched.page.evaluate("document.documentElement.dataset.state") == "booting"


def test_whole_pool_and_both_doors(boot: Callable[..., Watched]) -> None:
    """`ready` says four workers, the service worker in control, and home's panels in the page."""
    page = boot(workers=4).page
    data = page.evaluate("({...document.documentElement.dataset})")
    assert (data["workers"], data["workersReady"]) == ("4", "4")
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    assert page.evaluate("crossOriginIsolated")
    page.wait_for_selector("#panel-home h1")
    for panel in ("crypto", "pq", "pool"):
        assert page.locator(f"#panel-{panel}").count() == 1
    pool = fetch(page, "app/pool")["json"]
    assert pool["state"] == "ready"
    assert len(pool["workers"]) == 4
    # It needs `unittest`, which comes after the first answer, and changes something: it waits, where it heard 503.
    asked = fetch(page, "app/suites/all/runs", "POST", json={"effort": "quick", "pattern": "hio"})
    assert asked["status"] == 202, asked


def test_progress_moves(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> None:
    """The boot screen's status runs through bytes and stages, and the ready event comes once."""
    watched = watch(context.new_page())
    watched.page.add_init_script("""
      globalThis.seen = []; globalThis.readies = 0;
      document.addEventListener('keriwasm:status', ({detail}) => seen.push(structuredClone(detail)));
      document.addEventListener('keriwasm:ready', () => { readies += 1; });
    """)
    watched.page.goto(f"{app_url}?workers=2")
    wait_ready(watched.page)
    seen = watched.page.evaluate("seen")
    fetched = [status["bytes"]["done"] for status in seen if status.get("bytes", {}).get("total")]
    assert fetched == sorted(fetched) and len(set(fetched)) > 3
    assert fetched[-1] == seen[-1]["bytes"]["total"]
    stages = {worker.get("stage") for status in seen for worker in status["workers"]}
    assert {"install", "import"} <= stages
    assert watched.page.evaluate("readies") == 1


def test_reload_and_deep_link(boot: Callable[..., Watched], app_url: str) -> None:
    """A reload of a deep link comes with its content; the address stays."""
    page = boot("app/crypto").page
    heading = content(page)
    page.reload()
    assert content(page) == heading
    wait_ready(page)
    assert where(page).startswith(f"{app_url}app/crypto")


def test_hard_reload_is_claimed(boot: Callable[..., Watched]) -> None:
    """A page reloaded past the service worker works, and is under its control again by `ready`."""
    page = boot().page
    client = page.context.new_cdp_session(page)
    with page.expect_navigation():
        client.send("Page.reload", {"ignoreCache": True})
    wait_ready(page)
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    assert fetch(page, "app/pool")["status"] == 200


def test_subfolder(context: BrowserContext, watch: Callable[[Page], Watched]) -> None:
    """The same files below /some/folder/ of another origin: boot, click, deep link, service worker."""
    for url in serving("/some/folder/"):
        watched = watch(context.new_page())
        page = watched.page
        page.goto(f"{url}app/pool?workers=1")
        wait_ready(page)
        content(page)
        page.get_by_role("navigation").get_by_role("link", name="Crypto").click()
        page.wait_for_url("**/some/folder/app/crypto")
        assert fetch(page, "app/pool")["json"]["state"] == "ready"
        page.reload()
        wait_ready(page)
        assert content(page)


def flip(path: Path) -> None:
    """One bit in the middle."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


@pytest.mark.long
def test_an_asset_that_does_not_come(broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]) -> None:
    """The boot ends in `failed`, names the file, and offers to try again; a reload after the repair works."""
    url = broken("static/wheels/first_packages.zip", Path.unlink)
    watched = watch(context.new_page())
    watched.allow("first_packages|Failed to load resource")
    watched.page.goto(f"{url}?workers=1")
    wait_ready(watched.page, "failed")
    assert "first_packages" in watched.page.locator("#main").inner_text()
    assert watched.page.get_by_role("button", name="Try again").is_visible()


@pytest.mark.parametrize("asset", [
    *(pytest.param(f"static/pyodide/*/pyodide.asm.{kind}", marks=pytest.mark.long) for kind in ("wasm", "mjs")),
    "static/wheels/first_packages.zip", "static/micropython/*/micropython.wasm",
])  # fmt: skip
def test_a_flipped_byte_is_refused(
    broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched], asset: str
) -> None:
    """An asset that is not what the lock says never runs; the user reads which one it was."""
    url = broken(asset, flip)
    watched = watch(context.new_page())
    # The page's own MicroPython, which starts after the router has failed, does not compile either.
    watched.allow("integrity|lock.json|Failed to load resource|micropython.mjs|Aborted")
    watched.page.goto(f"{url}?workers=1")
    wait_ready(watched.page, "failed")
    name = asset.split("/")[-1].split("*")[0]
    assert name in watched.page.locator("#main").inner_text()


def test_a_page_that_names_other_code_than_the_lock(
    broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]
) -> None:
    """What a first visit begins to fetch before it knows the lock is not used when the lock says otherwise: that is fetched."""
    other = f'data-integrity="sha256-{base64.b64encode(bytes(32)).decode()}"'
    url = broken("index.html", lambda page: page.write_text(re.sub('data-integrity="[^"]*"', other, page.read_text())))
    watched = watch(context.new_page())
    watched.allow("integrity")
    watched.page.goto(f"{url}?workers=1")
    wait_ready(watched.page)


@pytest.mark.long
def test_a_flipped_bit_in_the_lock(broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]) -> None:
    """What the lock then says of an asset that asset is not: it is refused and named; a lock put right is recovered with."""
    found: list[Path] = []

    def spoil(path: Path) -> None:
        lock = json.loads(path.read_text())
        (entry,) = (asset for asset in lock["assets"] if "/hio-" in asset["path"] and asset["path"].endswith(".whl"))
        entry["sha256"] = f"{int(entry['sha256'], 16) ^ 1:064x}"
        found.extend((path, Path(entry["path"])))
        kept.append(path.read_text())
        path.write_text(json.dumps(lock))

    kept: list[str] = []
    url = broken("static/lock.json", spoil)
    watched = watch(context.new_page())
    watched.allow("integrity|lock.json|Failed to load resource")
    watched.page.goto(f"{url}?workers=1")
    wait_ready(watched.page, "failed")
    assert found[1].name in watched.page.locator("#main").inner_text()
    found[0].write_text(kept[0])
    watched.page.get_by_role("button", name="Try again").click()
    wait_ready(watched.page)


def test_keripy_comes_after_the_first_answer(
    broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]
) -> None:
    """A damaged wheel that no first click needs keeps nobody from working; whoever needs it waits, and the pool page says
    why. Whole again, it is fetched without a reload."""
    damaged: list[Path] = []

    def spoil(path: Path) -> None:
        flip(path)
        damaged.append(path)

    url = broken("static/wheels/keri-*.whl", spoil)
    watched = watch(context.new_page())
    watched.allow("integrity|lock.json|Failed to load resource")
    page = watched.page
    page.goto(f"{url}?workers=1")
    wait_ready(page)
    until(page, f"{POOL}.then(({{postponed}}) => postponed.state === 'failed')")
    assert damaged[0].name in fetch(page, "app/pool")["json"]["postponed"]["reason"]
    assert fetch(page, "app/crypto/hash", "POST", json={"algorithm": "blake3", "text": "x"})["status"] == 200
    page.locator("nav").get_by_role("link", name="Pool").click()
    page.get_by_text("keripy could not be fetched").wait_for()
    page.evaluate("""body => {
      const headers = {accept: 'application/json', 'content-type': 'application/json'};
      globalThis.asked = fetch('app/wallet', {method: 'POST', body, headers}).then(({status}) => status);
    }""", json.dumps({"name": "Alice", "passcode": PASSCODE}))  # fmt: skip
    flip(damaged[0])
    assert page.evaluate("asked") == 201
    assert fetch(page, "app/pool")["json"]["postponed"] == {"state": "here", "reason": None}


def test_a_slice_that_does_not_import(
    broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]
) -> None:
    """One broken slice costs its own routes, not the worker: its panel says why, the others are there."""
    url = broken("python/slices/pq/__init__.py", lambda path: path.write_text("raise RuntimeError('sabotage')"))
    watched = watch(context.new_page())
    watched.allow("sabotage|Failed to load resource")
    watched.page.goto(f"{url}?workers=1")
    wait_ready(watched.page)
    assert content(watched.page)
    assert watched.page.locator("#panel-crypto").is_visible()
    assert fetch(watched.page, "app/pq")["status"] in (500, 503)
