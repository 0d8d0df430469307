"""A release that does not start is never kept: the version before comes back, a repaired one is taken, the wallet stays. Which
version runs is told by the number that `wheels/vendor.py release` gives it; whoever wants that is asked first.

All but the first visit begin as somebody who comes back: app and memory snapshot of the good version are kept."""

from __future__ import annotations

import shutil
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Watched, made, until, wait_ready
from offlinekit import Profile, Site, generation, kept, number
from playwright.sync_api import Error, Page, Playwright, expect
from walletkit_browser import PASSCODE, ask

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring.release import release

KINDS = ("slip", "page", "empty", "cut")
FAR_MS = 300_000  # a pool that is given up has tried for a while
NOW = "document.documentElement.dataset.state"
READY = f"['ready', 'follower'].includes({NOW})"
LOOKED = """['kept', 'failed'].includes(keriwasm.offline.report.state) && keriwasm.offline.keeper === null
  && keriwasm.offline.looked > globalThis.since"""


def own_files() -> list[str]:
    """Our own files of the app, as router/offline/app-files.js counts them."""
    config = tomllib.loads((ROOT / "pyscript.toml").read_text())
    named = [*config["app"]["files"], *config["router"]["files"], *config["files"]]
    return sorted({path.removeprefix("./") for path in named if not path.startswith("./static/pyscript/")})


def spoil(site: Site, path: str, kind: str) -> None:
    """One file of the server, as a slip, a host's own page, or an upload that stopped makes it."""
    file = site.folder / path
    body = file.read_bytes()
    file.unlink()  # the link, not the repository's file
    site.pages.discard(path)
    if kind == "page":
        site.pages.add(path)
    changed = {"slip": body + b"\n}{\n", "page": body, "empty": b"", "cut": body[: len(body) // 2]}[kind]
    file.write_bytes(changed)


def repair(site: Site, path: str) -> None:
    site.pages.discard(path)
    (site.folder / path).unlink(missing_ok=True)
    shutil.copyfile(ROOT / path, site.folder / path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def visited(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    """The folder of a profile that keeps the app and was ready from it once, and has a wallet."""
    folder = tmp_path_factory.mktemp("visited")
    profile = Profile(playwright, folder)
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    wait_ready(page)
    made(page)
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    page.goto(f"{site.url}?workers=1")
    wait_ready(page)
    assert len(generation(page)) == 16
    until(page, f"async () => ({STATE})().then(state => state.unproven === null)")
    profile.close()
    return folder


STATE = "async () => (await caches.match(new URL('kept/state.json', document.baseURI).href)).json()"


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path, visited: Path) -> Iterator[Profile]:
    """A copy of that profile."""
    folder = tmp_path / "profile"
    shutil.copytree(visited, folder, ignore=shutil.ignore_patterns("Singleton*"))
    profile = Profile(playwright, folder)
    yield profile
    profile.close()
    shutil.rmtree(folder, ignore_errors=True)


def look(page: Page) -> dict[str, Any]:
    """Has the page look for a new version; the keeper's report."""
    until(page, "keriwasm.offline.keeper === null", 120_000)
    page.evaluate("() => { globalThis.since = performance.now() - 1; keriwasm.offline.look(); }")
    try:
        until(page, LOOKED, 180_000)
    except AssertionError as error:
        seen = "[performance.now(), globalThis.since, keriwasm.offline.looked, String(keriwasm.offline.keeper), keriwasm.offline.report]"
        raise AssertionError(f"the keeper said nothing: {page.evaluate(seen)}") from error
    return page.evaluate("keriwasm.offline.report")


def wallet(page: Page) -> None:
    """The wallet that the good version made is there."""
    told = ask(page, "app/wallet", 200, method="GET")
    assert told["name"] == "Mine", told


def settled(page: Page, timeout: float = FAR_MS) -> str:
    """Wait until the page is ready, however often it loads itself anew; its generation."""
    until(page, READY, timeout)
    return generation(page)


def come_to(page: Page, id: str) -> None:
    """Wait until the page is ready from that version, after however many loads."""
    files = f"performance.getEntriesByType('resource').some(({{name}}) => name.includes('/@{id}/router/'))"
    until(page, f"{READY} && {files}", FAR_MS)


# Shown to be needed by a start, each in the way that it fails: (file, how, whether it is offered at all).
STARTS = [
    ("router/tabs/own-router.js", "slip", True),
    ("router/tabs/own-router.js", "page", False),
    ("index.html", "cut", False),
    ("pyscript.toml", "cut", False),
    ("router/offline/keeper.js", "slip", True),
    ("router/tabs/own-router.js", "empty", False),
    ("router/tabs/own-router.js", "cut", True),
    ("static/page/start.js", "slip", True),  # told only after the whole time that a start may take
    ("workers/worker.js", "slip", True),
    ("workers/main.py", "slip", True),
    ("router/policy/router.py", "slip", True),
    ("python/page/main.py", "slip", True),
    ("python/keriwasm/worker/worker.py", "cut", True),
]
SHOWN = 5  # of them in the plain run


@pytest.mark.parametrize(("path", "kind", "offered"), [
    pytest.param(*case, marks=[pytest.mark.long] if number >= SHOWN else [], id=f"{case[0]}-{case[1]}")
    for number, case in enumerate(STARTS)
])  # fmt: skip
def test_the_version_before_comes_back(profile: Profile, site: Site, path: str, kind: str, offered: bool) -> None:
    """Kept, broken on the server, opened anew, repaired: never dead, never without the wallet."""
    page = profile.open()
    page.goto(f"{site.url}app/pool?workers=1")
    good = settled(page)
    try:
        spoil(site, path, kind)
        report = look(page)
        assert bool(report.get("next")) == offered, report
        if not offered:
            assert path in report["reason"], report
        profile.close()
        page = profile.open()
        page.goto(f"{site.url}?workers=1")
        come_to(page, good)  # some look alive at first
        assert settled(page) == good
        if offered:
            expect(page.locator("#banner")).to_contain_text("did not start here", timeout=60_000)
            state = page.evaluate(STATE)
            assert list(state["failed"]) == [report["next"]] and state["current"] == good
        wallet(page)
        assert look(page).get("next") is None, "it is not offered again by itself"
    finally:
        repair(site, path)
    look(page)
    profile.close()
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    assert settled(page) == good  # the very files that were kept
    wallet(page)


def test_a_repaired_version_is_taken(profile: Profile, site: Site) -> None:
    """After a release that did not start comes one that does: offered, taken, proven."""
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    good = settled(page)
    try:
        spoil(site, "router/tabs/own-router.js", "slip")
        bad = look(page)["next"]
        page.get_by_role("button", name="Reload now").click()  # a person takes it: all tabs go with it, and come back
        until(page, f"async () => ({STATE})().then(state => {bad!r} in state.failed)", FAR_MS)
        come_to(page, good)
        site.edit("index.html", lambda text: text.replace("Nothing leaves this browser.", "Third edition."))
        repair(site, "router/tabs/own-router.js")
        third = look(page)["next"]
        assert third not in (None, bad, good)
        profile.close()
        page = profile.open()
        page.goto(f"{site.url}?workers=1")
        assert settled(page) == third and "Third edition." in page.inner_text("footer")
        wallet(page)
        until(page, f"async () => ({STATE})().then(state => state.unproven === null && state.before === null)", 60_000)
    finally:
        repair(site, "router/tabs/own-router.js")
        repair(site, "index.html")


def test_two_tabs(profile: Profile, site: Site) -> None:
    """An old tab keeps its version unmixed while the new one fails in another tab, and goes on after it."""
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    good = settled(page)
    second = profile.context.new_page()
    second.goto(f"{site.url}app/crypto?workers=1")
    assert settled(second) == good
    try:
        spoil(site, "router/tabs/own-router.js", "slip")
        bad = look(page)["next"]
        second.goto(f"{site.url}app/pool?workers=1")  # a new page while tabs are open: the version that they run
        assert settled(second) == good and page.evaluate(STATE)["current"] == good
        page.get_by_role("button", name="Reload now").click()
        until(page, f"async () => ({STATE})().then(state => {bad!r} in state.failed)", FAR_MS)
        for each in (page, second):
            come_to(each, good)
            assert generation(each) == good
            wallet(each)
    finally:
        repair(site, "router/tabs/own-router.js")


def test_a_first_visit_with_a_broken_release(playwright: Playwright, site: Site, tmp_path: Path) -> None:
    """Nothing is kept of it; when the server is repaired it starts."""
    profile = Profile(playwright, tmp_path)
    page = profile.open()
    try:
        spoil(site, "router/tabs/own-router.js", "slip")
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page, "failed")
        expect(page.locator("#boot-reason")).to_contain_text("router/tabs/own-router.js")
        assert "clear" not in page.inner_text("#boot").lower().replace("do not clear", "")
        assert page.evaluate("caches.keys()") == [] or page.evaluate(f"({STATE})().catch(() => null)") is None
    finally:
        repair(site, "router/tabs/own-router.js")
    page.get_by_role("button", name="Try again").click()
    settled(page)
    kept(page)
    profile.close()


def test_a_dead_version_that_counted_as_good(profile: Profile, site: Site) -> None:
    """As an app kept it that knew nothing of proof: the server is asked, by itself and by "Try again", and what it has is taken."""
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    settled(page)
    try:
        spoil(site, "router/tabs/own-router.js", "slip")
        bad = look(page)["next"]
        page.evaluate("""async bad => {
          const url = new URL('kept/state.json', document.baseURI).href;
          const cache = await caches.open(`keriwasm-kept:${new URL(document.baseURI).pathname}`);
          const {current, next, waiting, network, dev} = await (await cache.match(url)).json();
          await cache.put(url, Response.json({current: bad, next: null, waiting: null, network: bad, dev}));
        }""", bad)
        page.goto(f"{site.url}?workers=1")
        wait_ready(page, "failed", FAR_MS)
        expect(page.locator("#boot-reason")).to_contain_text("router/tabs/own-router.js")
    finally:
        repair(site, "router/tabs/own-router.js")
    page.get_by_role("button", name="Try again").click()
    settled(page)
    wallet(page)
    until(page, f"async () => ({STATE})().then(state => state.current !== {bad!r})", 120_000)
    profile.close()
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    assert settled(page) not in ("", bad)
    wallet(page)


def test_a_version_is_known_by_its_number_and_asked_for_first(
    profile: Profile, site: Site, watch: Callable[[Page], Watched]
) -> None:
    page = profile.open()
    watch(page)
    page.goto(f"{site.url}app/pool?workers=1")
    settled(page)
    assert number(page) == release(site.folder) == release(ROOT)  # adopted: what came from the server was just this
    expect(page.locator("#ask-first")).to_be_enabled()
    assert not page.is_checked("#ask-first")
    page.check("#ask-first")
    until(page, "document.querySelector('#announce').textContent.includes('waits until you take it')")
    profile.close()
    try:
        site.edit("index.html", lambda text: text.replace("Nothing leaves this browser.", "Second edition."))
        site.edit("router/doors/service-worker.js", lambda text: text + "\n// second edition\n")
        for visit in range(2):  # each time no page of the app is open, and it was known since the first that there is a new one
            page = profile.open()
            watch(page)
            page.goto(f"{site.url}app/pool?workers=1")
            old = settled(page)
            assert "Nothing leaves this browser." in page.inner_text("footer"), visit
            assert number(page) == release(ROOT) and page.is_checked("#ask-first")
            page.evaluate("keriwasm.offline.look()")
            expect(page.locator("#banner")).to_contain_text("new version", timeout=180_000)
            if visit < 1:
                profile.close()
        page.locator("#banner").get_by_role("button", name="Reload").click()
        until(page, "document.querySelector('footer')?.textContent.includes('Second edition.')", 120_000)
        assert settled(page) not in (old, "")
        page.goto(f"{site.url}app/pool?workers=1")
        settled(page)
        assert number(page) == release(site.folder) != release(ROOT) and page.is_checked("#ask-first")
    finally:
        repair(site, "index.html")
        repair(site, "router/doors/service-worker.js")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["page", "empty"])
def test_no_file_of_a_wrong_kind_makes_a_version(profile: Profile, site: Site, kind: str) -> None:
    """Each own file in turn, as a host that answers everything or an upload that stopped gives it: refused by its name."""
    page = profile.open()
    page.goto(f"{site.url}app/pool?workers=1")
    good = settled(page)
    for path in own_files():
        spoil(site, path, kind)
        try:
            report = look(page)
            assert path in report.get("reason", "") and not report.get("next"), (path, report)
        finally:
            repair(site, path)
    assert look(page)["id"] == good
    wallet(page)


CODE = [path for path in own_files() if path.endswith((".js", ".py", ".toml", ".json")) or path == "index.html"]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["slip", "cut"])
@pytest.mark.parametrize("path", CODE)
def test_whatever_is_broken_the_app_starts(profile: Profile, site: Site, path: str, kind: str) -> None:
    """Each own file in turn: the new version starts, or the one before does; when it is repaired that one is taken."""
    page = profile.open()
    page.goto(f"{site.url}app/pool?workers=1")
    good = settled(page)
    try:
        spoil(site, path, kind)
        look(page)
        profile.close()
        page = profile.open()
        page.goto(f"{site.url}?workers=1")
        until(page, f"async () => ({STATE})().then(state => state.unproven === null)", FAR_MS)
        settled(page)
    finally:
        repair(site, path)
    look(page)
    profile.close()
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    assert settled(page) == good
    wallet(page)


@pytest.mark.long
def test_a_service_worker_that_answers_nothing(profile: Profile, site: Site) -> None:
    """One that slips at every request comes to power with its version: when the server is repaired the next one is let in."""
    page = profile.open()
    page.goto(f"{site.url}?workers=1")
    settled(page)
    listener = "scope.addEventListener('fetch', event => {\n"
    try:
        site.edit("router/doors/service-worker.js", lambda text: text.replace(
            listener, f"{listener}    event.respondWith(Promise.reject(new Error('slip')));\n    return;\n"))  # fmt: skip
        assert look(page)["next"]
        profile.close()
        page = profile.open()
        page.wait_for_timeout(1000)
        goes(page, site.url)
    finally:
        repair(site, "router/doors/service-worker.js")
    end = time.monotonic() + FAR_MS / 1000
    while not goes(page, site.url):
        assert time.monotonic() < end, "no page for ever"
        time.sleep(5)
    settled(page)
    wallet(page)


def goes(page: Page, url: str) -> bool:
    """Whether the address can be opened at all."""
    try:
        page.goto(f"{url}?workers=1")
    except Error:
        return False
    return True
