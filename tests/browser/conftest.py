"""A served app, a real Chromium, and pages that fail their test on any console error or page error.

What the console guard does not catch: errors of a worker that the page never hears of. The router logs the cause of every
fault once with console.error, which reaches the page's console, so a test that provokes one says so with `allow`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import serve  # noqa: E402
from tests.standstill import NotInTime  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BOOT_MS = 120_000


# A person who saves data is asked before the app is kept for offline use: most tests are such a person, for keeping 30 MB
# anew in every fresh profile is what the machine would be busy with. tests/kits/browser/offlinekit.py has profiles that keep it.
SAVE_DATA = "Object.defineProperty(navigator.connection, 'saveData', {get: () => true});"


# A test that clicks twice at one spot, faster than a person, on two things: what it waits for then never comes. A key has no such spot.
IGNORED = "the second half of a double click was ignored"

POOL = "async () => (await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json())"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--restored", action="store_true",
                     help="every fresh profile is a copy of one that keeps app and memory snapshot: workers are restored")  # fmt: skip


def serving(base: str = "/", root: Path = ROOT) -> Iterator[str]:
    """Serve the app on a free port of 127.0.0.1 until the generator is closed; yields its URL."""
    server = serve.AppServer(root, "127.0.0.1", 0, base=base)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{base}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """The app at the root of its own origin."""
    yield from serving()


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Callable[[str, Callable[[Path], None]], str]]:
    """Serves a copy of the app in which one file, named by a glob, was spoilt; gives the copy's URL.

    Playwright's routing does not see what nested workers fetch, so the fault is put where it would really be.
    """
    servers = []

    def start(pattern: str, spoil: Callable[[Path], None]) -> str:
        for name in (*sorted(serve.SERVED_ROOMS), *sorted(serve.SERVED_FILES)):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tmp_path / name, copy_function=os.link, dirs_exist_ok=True)
            elif (ROOT / name).exists():
                os.link(ROOT / name, tmp_path / name)
        found = [path for path in tmp_path.glob(pattern) if not path.name.endswith(".br")]
        assert len(found) == 1, found
        path = found[0]
        path.with_name(f"{path.name}.br").unlink(missing_ok=True)
        body = path.read_bytes()
        path.unlink()  # the link, not the repository's file
        path.write_bytes(body)
        spoil(path)
        servers.append(serving(root=tmp_path))
        return next(servers[-1])

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


class Chromium:
    """The browser that all tests share; a new one when it was ended (tests/standstill.py)."""

    def __init__(self, playwright: Playwright) -> None:
        self.playwright = playwright
        self.browser: Browser | None = None

    def new_context(self, **options: Any) -> BrowserContext:
        """A fresh profile, with Playwright's options."""
        if self.browser is None or not self.browser.is_connected():
            self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        return self.browser.new_context(**options)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Chromium]:
    shared = Chromium(playwright)
    yield shared
    if shared.browser is not None:
        shared.browser.close()


class Watched:
    """A page whose console and errors are collected; `allow` names what a test means to provoke."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.allowed: list[re.Pattern[str]] = []
        self.errors: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or IGNORED in message.text:
            self.errors.append(f"console: {message.text} ({message.location.get('url', '')})")

    def allow(self, pattern: str) -> None:
        """Errors that match this are meant by the test."""
        self.allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """All errors that no `allow` covers."""
        return [error for error in self.errors if not any(pattern.search(error) for pattern in self.allowed)]


@pytest.fixture
def watch() -> Iterator[Callable[[Page], Watched]]:
    """Watches pages for the length of a test, which fails if one of them reported an error."""
    pages: list[Watched] = []

    def start(page: Page) -> Watched:
        pages.append(Watched(page))
        return pages[-1]

    yield start
    unexpected = [error for page in pages for error in page.unexpected()]
    assert not unexpected, "\n".join(unexpected)


@pytest.fixture(scope="session")
def visited(request: pytest.FixtureRequest, playwright: Playwright, app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """With --restored: a profile of one visit, in which the app and the memory snapshot are kept and nothing else was done."""
    if not request.config.getoption("--restored"):
        return None
    folder = tmp_path_factory.mktemp("visited")
    context = playwright.chromium.launch_persistent_context(str(folder), executable_path=CHROMIUM, args=FLAGS)
    page = context.pages[0]
    page.goto(f"{app_url}?workers=1")
    made(page)
    context.close()
    return folder


@pytest.fixture
def context(playwright: Playwright, browser: Chromium, visited: Path | None, tmp_path: Path) -> Iterator[BrowserContext]:
    """A fresh profile: nothing cached, no service worker. With --restored: all is kept, nothing done."""
    size = {"width": 1280, "height": 900}
    if visited:
        shutil.copytree(visited, tmp_path / "profile", ignore=shutil.ignore_patterns("Singleton*"))
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS, viewport=size)  # fmt: skip
    else:
        context = browser.new_context(viewport=size)
    context.add_init_script(SAVE_DATA)
    yield context
    context.close()
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)


def until(page: Page, expression: str, timeout: float = 30_000) -> Any:
    """Wait until an expression (or an async function) in the page is true; returns its value.

    Playwright's own wait_for_function builds code from a string inside the page, which our CSP rightly refuses.
    """
    end = time.monotonic() + timeout / 1000
    while not (value := _now(page, expression)):
        if time.monotonic() > end:
            status = page.evaluate("JSON.stringify(globalThis.keriwasm?.status ?? null)")
            raise NotInTime(f"not within {timeout / 1000:.0f} s: {expression}; the pool: {status}")
        time.sleep(0.03)
    return value


def where(page: Page, part: str = "") -> str:
    """The page's address, once `part` is in it: it is pushed beside the swap, and Playwright's `page.url` hears of it later yet."""
    return until(page, f"location.href.includes({part!r}) && location.href")


def _now(page: Page, expression: str) -> Any:
    """The value, or None while the page is being replaced (it reloads itself now and then, as it should)."""
    try:
        return page.evaluate(expression)
    except Error as error:
        if "Execution context was destroyed" in str(error):
            return None
        raise


def made(page: Page) -> None:
    """Wait until app and memory snapshot are kept for the next visit."""
    until(page, "document.documentElement.dataset.offline === 'kept'", BOOT_MS)
    until(page, f"async () => (await ({POOL})()).snapshot.state === 'kept'", BOOT_MS)


def wait_ready(page: Page, state: str = "ready", timeout: float = BOOT_MS) -> None:
    """Wait until the whole pool and both doors answer."""
    until(page, f"document.documentElement.dataset.state === '{state}'", timeout)


@pytest.fixture
def boot(
    context: BrowserContext, watch: Callable[[Page], Watched], app_url: str, visited: Path | None
) -> Callable[..., Watched]:
    """Opens the app in a page of its own and waits until it is ready."""

    def start(path: str = "", workers: int = 2, faults: bool = False, state: str = "ready", url: str = app_url) -> Watched:
        watched = watch(context.new_page())
        query = f"workers={workers}" + ("&faults=1" if faults else "")
        watched.page.goto(f"{url}{path}?{query}")
        wait_ready(watched.page, state)
        if visited and state == "ready" and url == app_url:
            assert watched.page.evaluate(POOL)["snapshot"]["state"] == "used"
            until(watched.page, "document.documentElement.dataset.page === 'ready'")  # the page's own Python comes after the pool
        return watched

    return start


# Runs in the page: what a plain fetch gets, as plain data.
FETCH = """async ({path, method, headers, body, json}) => {
  const options = {method: method ?? 'GET', headers: headers ?? {accept: 'application/json'}};
  if (json !== null && json !== undefined) {
    options.body = JSON.stringify(json);
    options.headers = {...options.headers, 'content-type': 'application/json'};
  } else if (body !== null && body !== undefined) options.body = body;
  const began = performance.now();
  const response = await fetch(new URL(path, document.baseURI), options);
  const text = await response.text();
  let data = null;
  try { data = JSON.parse(text); } catch { /* not JSON: the text tells */ }
  return {status: response.status, headers: Object.fromEntries(response.headers), text, json: data,
          ms: performance.now() - began};
}"""


def fetch(page: Page, path: str, method: str = "GET", json: object = None, body: str | None = None,
          headers: dict[str, str] | None = None) -> dict:  # fmt: skip
    """A plain fetch from the page (the service worker's door): {status, headers, text, json, ms}."""
    return page.evaluate(FETCH, {"path": path, "method": method, "json": json, "body": body, "headers": headers})


def content(page: Page) -> str:
    """The heading of the page's content, once it stands in the place of the boot screen."""
    until(page, "!document.querySelector('#boot') && document.querySelector('#main h1') !== null")
    return page.locator("#main h1").first.inner_text()
