"""One origin, one pool: a second tab works through the first one's, and takes over when that is closed, crashes or hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Watched, content, fetch, until, wait_ready
from playwright.sync_api import BrowserContext, Error, Page, expect

STATE = "document.documentElement.dataset.state"
HASH = {"algorithm": "sha256", "text": "tabs"}
HOLDERS = """async () => (await navigator.locks.query()).held.filter(({name}) => name.startsWith('keriwasm-pool')
  && !name.endsWith('succession')).length"""


def routers(page: Page) -> int:
    """How many router workers a page has."""
    return sum(worker.url.endswith("router/host/worker.js") for worker in page.workers)


def wait(page: Page, condition: Callable[[], bool], seconds: float = 60) -> None:
    """Give what a page alone cannot tell (see conftest.until) its time; the caller asserts it afterwards."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        page.wait_for_timeout(100)


@pytest.fixture
def tabs(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> Iterator[Callable[..., Page]]:
    """Opens one more tab of the app in the same profile."""

    def start(path: str = "", query: str = "workers=1", state: str = "follower") -> Page:
        watched = watch(context.new_page())
        # What a takeover costs those who asked is told in the console as well.
        watched.allow("started anew|Failed to load resource.*50[23]")
        # A tab that is closed or crashed while its page still loads says so.
        watched.allow("wasm streaming compile failed.*aborted|falling back to ArrayBuffer")
        # Now and then the service worker lived in the renderer that crashes: what a follower that takes over just then fetches
        # fails once. Emscripten fetches again, else the router is started anew; that it is ready in the end is asserted.
        watched.allow("Failed to load resource: net::ERR_FAILED|wasm streaming compile failed.*Failed to fetch")
        watched.page.goto(f"{app_url}{path}?{query}")
        wait_ready(watched.page, state)
        return watched.page

    yield start


def both_doors(page: Page) -> None:
    """The page's own door and the service worker's answer alike."""
    answer = page.evaluate(
        """async body => (await (await keriwasm.fetch('app/crypto/hash', {method: 'POST', body: JSON.stringify(body),
             headers: {'content-type': 'application/json', accept: 'application/json'}})).json()).digest_hex""", HASH
    )  # fmt: skip
    other = fetch(page, "app/crypto/hash", "POST", HASH)
    assert other["status"] == 200, other["text"]
    assert answer == other["json"]["digest_hex"] and len(answer) == 64


def test_a_follower_works_through_the_first_tab(tabs: Callable[..., Page], app_url: str) -> None:
    """No pool of its own, the same answers, live views, and a word on what its address cannot have here."""
    first = tabs(state="ready")
    second = tabs("app/crypto", "workers=3&faults=1")
    assert routers(first) == 1 and routers(second) == 0
    assert second.evaluate("({...document.documentElement.dataset}).workersReady") == "1"
    both_doors(second)
    assert content(second)
    expect(second.locator("[data-role-note]")).to_contain_text("another tab")
    expect(second.locator("[data-role-note]")).to_contain_text("no effect")
    expect(first.locator("[data-role-note]")).to_be_hidden()
    second.get_by_role("navigation").get_by_role("link", name="Pool").click()
    second.wait_for_selector("#worker-w1")
    assert fetch(second, "app/pool/size", "POST", {"workers": 2})["status"] in (200, 202)
    second.wait_for_selector("#worker-w2:has-text('ready')", timeout=60_000)  # the stream of the other tab's pool
    until(second, "document.documentElement.dataset.workersReady === '2'")
    # Reloaded past the service worker it is not controlled at first, and follows all the same.
    client = second.context.new_cdp_session(second)
    with second.expect_navigation():
        client.send("Page.reload", {"ignoreCache": True})
    wait_ready(second, "follower")
    both_doors(second)
    assert first.evaluate(HOLDERS) == 1
    second.close()
    both_doors(first)


def test_the_first_tab_is_closed(tabs: Callable[..., Page]) -> None:
    """A GET under way is asked again and answered; what may change something is answered 502 with the reason; one of two
    followers takes over and the other follows it."""
    first = tabs(state="ready", query="workers=1&faults=1")
    followers = [tabs(), tabs("app/crypto")]
    asked = """async () => {
      const headers = {'content-type': 'application/json', accept: 'application/json'};
      const hang = await keriwasm.fetch('app/faults/w1', {method: 'POST', headers, body: JSON.stringify({kind: 'hang', ms: 60000})});
      globalThis.asked = {};
      const ask = (method, path, body) => keriwasm.fetch(path, {method, headers, body}).then(async response => {
        asked[method] = {status: response.status, text: await response.text()}; });
      ask('POST', 'app/crypto/hash', JSON.stringify({algorithm: 'sha256', text: 'under way'}));
      ask('GET', 'app/crypto', null);
      return hang.status;
    }"""
    assert followers[0].evaluate(asked) in (200, 202)
    first.close()
    until(followers[0], "globalThis.asked.POST", 60_000)
    posted = followers[0].evaluate("asked.POST")
    assert posted["status"] == 502 and "tab" in posted["text"], posted
    for page in followers:
        until(page, f"['ready', 'follower'].includes({STATE})", 60_000)
    until(followers[0], "globalThis.asked.GET?.status === 200", 60_000)
    assert sorted(routers(page) for page in followers) == [0, 1]
    for page in followers:
        both_doors(page)
        assert page.evaluate(HOLDERS) == 1


def test_the_first_tab_crashes(tabs: Callable[..., Page]) -> None:
    """The renderer dies without a goodbye: the follower takes over and says that it does."""
    first = tabs(state="ready")
    second = tabs()
    # The service worker may live in the renderer that dies: what the page is fetching just then, its Python say, fails.
    until(second, "document.documentElement.dataset.page === 'ready'")
    second.evaluate("""() => { globalThis.told = [];
      document.addEventListener('keriwasm:connection', ({detail}) => told.push(detail.state)); }""")
    with first.expect_event("crash"), pytest.raises(Error):  # the navigation never commits
        first.goto("chrome://crash")
    wait_ready(second)
    assert second.evaluate("told").count("takeover") == 1
    both_doors(second)
    expect(second.locator("#banner")).to_be_hidden()


# In the page: the router worker and the page itself hang for a while, as a frozen tab does.
FREEZE = "ms => { const end = Date.now() + ms; setTimeout(() => { while (Date.now() < end); }); }"


@pytest.mark.long
def test_the_first_tab_hangs_and_wakes_up(tabs: Callable[..., Page]) -> None:
    """The follower takes the lock by force; the first, awake again, has ended its pool and follows. Two more tabs that
    wait as well do not take it from each other."""
    first = tabs(state="ready")
    others = [tabs(), tabs()]
    for page in others:
        page.evaluate("""() => { globalThis.told = [];
          document.addEventListener('keriwasm:connection', ({detail}) => told.push(detail.state)); }""")
    router = next(worker for worker in first.workers if worker.url.endswith("router/host/worker.js"))
    router.evaluate(FREEZE, 60_000)
    first.evaluate(FREEZE, 25_000)
    # One of them takes over; the other may hear of its new leader before it misses the old one, and then says nothing.
    wait(others[0], lambda: any(page.evaluate("told").count("takeover") for page in others))
    for page in others:
        until(page, f"['ready', 'follower'].includes({STATE})", 60_000)
    assert sorted(routers(page) for page in others) == [0, 1]
    assert sum(page.evaluate("told").count("takeover") for page in others) >= 1
    until(first, f"{STATE} === 'follower'", 60_000)
    # A worker that spins is ended by Chromium when it likes, seconds after `terminate`.
    wait(first, lambda: not routers(first))
    assert routers(first) == 0
    for page in (first, *others):
        assert page.evaluate(HOLDERS) == 1
        both_doors(page)


def test_a_tab_that_was_put_aside_comes_back(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> None:
    """Left with the back-forward cache's events: the pool is let go of, another tab has it, and the way back is to follow."""
    first = watch(context.new_page()).page
    first.goto(f"{app_url}?workers=1")
    wait_ready(first)
    second = watch(context.new_page()).page
    second.goto(f"{app_url}?workers=1")
    wait_ready(second, "follower")
    first.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    wait_ready(second)
    assert routers(first) == 0
    first.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    wait_ready(first, "follower")
    both_doors(first)


def test_without_a_service_worker_the_newest_tab_runs_the_pool(browser, app_url: str) -> None:
    """Tabs that cannot share a pool never run two: the older one ends its own, says so, and offers to take it back."""
    context = browser.new_context(service_workers="block")
    context.add_init_script("""Object.defineProperty(navigator.serviceWorker, 'register',
      {value: async () => { throw new Error('blocked'); }})""")
    first = context.new_page()
    first.goto(f"{app_url}?workers=1")
    wait_ready(first, "degraded")
    expect(first.locator("[data-browser-note]")).to_contain_text("service worker", timeout=30_000)
    second = context.new_page()
    second.goto(f"{app_url}?workers=1")
    wait_ready(second, "degraded")
    until(first, "document.querySelector('[data-lead]').hidden === false", 30_000)
    assert routers(first) == 0 and routers(second) == 1
    first.locator("[data-lead]").click()
    wait_ready(first, "degraded")
    until(second, "document.querySelector('[data-lead]').hidden === false", 30_000)
    assert routers(second) == 0
    context.close()
