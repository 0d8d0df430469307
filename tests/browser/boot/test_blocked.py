"""Where the browser keeps nothing, or the page came without its folder: it works as far as it can and says one true thing."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CHROMIUM, FLAGS, Watched, content, until, wait_ready
from playwright.sync_api import BrowserContext, Page, Playwright, expect


@pytest.fixture
def blocking(playwright: Playwright, tmp_path: Path) -> Iterator[Page]:
    """A page of a Chromium that blocks all site data."""
    (tmp_path / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings))
    context = playwright.chromium.launch_persistent_context(str(tmp_path), executable_path=CHROMIUM, args=FLAGS)
    yield context.pages[0]
    context.close()


def test_site_data_blocked(blocking: Page, watch: Callable[[Page], Watched], app_url: str) -> None:
    """One pool in this tab; it answers, keeps nothing, says so; the wallet refuses with the reason."""
    page = blocking
    watch(page)
    page.goto(f"{app_url}?workers=1")
    assert page.evaluate("() => navigator.locks.request('x', () => 1).catch(error => error.name)") == "SecurityError"
    wait_ready(page)
    assert page.evaluate("keriwasm.status.role") == "alone"
    page.wait_for_selector("#panel-crypto")
    until(page, "document.documentElement.dataset.page === 'ready'")
    expect(page.locator("footer [data-browser-note]")).to_contain_text("blocks site data")
    expect(page.locator("footer [data-browser-note]")).to_contain_text("nothing is kept")
    assert page.evaluate("document.documentElement.dataset.offline") == "off"
    page.locator(".site-nav").get_by_role("link", name="Wallet").click()
    until(page, "document.querySelector('#panel-wallet') === null")  # home has an alert for each panel that wants the disk
    expect(page.locator("#main [role=alert]")).to_contain_text("lets the app save nothing at this address")
    expect(page.locator("#main [role=alert]")).to_contain_text("Allow site data")
    second = page.context.new_page()  # nobody can tell the two of each other: each has a pool
    watch(second)
    second.goto(f"{app_url}app/crypto/hash?workers=1")
    assert content(second) == "Hash"


def test_an_insecure_address(
    playwright: Playwright, tmp_path: Path, watch: Callable[[Page], Watched], front: Callable[..., str]
) -> None:
    """No crypto.subtle, service worker, locks: it starts, says what is missing, and no error goes unheard."""
    rules = ["--host-resolver-rules=MAP insecure.test 127.0.0.1"]
    context = playwright.chromium.launch_persistent_context(str(tmp_path), executable_path=CHROMIUM, args=[*FLAGS, *rules])
    page = context.pages[0]
    watched = watch(page)
    # The browser's own remark that isolation headers have no effect at such an address.
    watched.allow("Cross-Origin-Opener-Policy header has been ignored")
    page.goto(front().replace("127.0.0.1", "insecure.test") + "/app/crypto/hash?workers=1")
    wait_ready(page)
    assert not page.evaluate("isSecureContext") and page.evaluate("crypto.subtle === undefined")
    assert content(page) == "Hash"
    until(page, "document.documentElement.dataset.page === 'ready'")
    expect(page.locator("footer [data-browser-note]")).to_contain_text("insecure connection")
    assert page.evaluate("document.documentElement.dataset.offline") == "off"
    page.wait_for_timeout(500)  # what goes unheard is told late
    context.close()


class Front(http.server.BaseHTTPRequestHandler):
    """In front of serve.py: a proxy that strips a folder, or a host with nothing but a copy of index.html for what it lacks."""

    upstream = ""
    folder = "/"
    bare = ""

    def do_GET(self) -> None:
        lacks = not self.path.startswith(self.folder)
        path = self.path.removeprefix(self.folder)
        if self.bare and path.startswith("app/"):
            lacks, path = True, "index.html"
        elif lacks:
            return self.send_error(404)
        own = ("host", "connection", "accept-encoding")
        fields = {name: value for name, value in self.headers.items() if name.lower() not in own}
        asked = urllib.request.Request(self.upstream + path, headers=fields)
        opener = urllib.request.build_opener(NoRedirect)
        try:
            answer = opener.open(asked)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response(404 if self.bare and lacks else answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("date", "server", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Hands 307 on to the browser, as a proxy does."""

    def redirect_request(self, *args: object) -> None:
        return None


@pytest.fixture
def front(app_url: str) -> Iterator[Callable[..., str]]:
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(**how: str) -> str:
        handler = type("Handler", (Front,), {"upstream": app_url, **how})
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_deep_link_behind_a_proxy_that_strips_a_folder(
    context: BrowserContext, watch: Callable[[Page], Watched], front: Callable[..., str]
) -> None:
    """The first visit by any address below app/ works, and `/keri/app` leads to `/keri/app/`."""
    address = front(folder="/keri/")
    page = context.new_page()
    watch(page)
    page.goto(f"{address}/keri/app/crypto/hash?workers=1")
    wait_ready(page)
    assert content(page) == "Hash"
    assert page.evaluate("(async () => (await navigator.serviceWorker.ready).scope)()") == f"{address}/keri/"
    other = context.browser.new_context()
    fresh = other.new_page()
    watch(fresh)
    fresh.goto(f"{address}/keri/app?workers=1")
    assert fresh.url == f"{address}/keri/app/?workers=1"
    wait_ready(fresh)
    other.close()


def test_a_deep_link_on_a_host_that_answers_a_bare_copy(context: BrowserContext, front: Callable[..., str]) -> None:
    """None of the page's files come: it says one thing, and that is true."""
    address = front(bare="yes")
    page = context.new_page()
    response = page.goto(f"{address}/app/pool")
    assert response is not None and response.status == 404
    main = page.locator("main")
    expect(main).to_contain_text("came without its other files")
    seen = main.inner_text()
    assert "did not start" not in seen and "Loading" not in seen and "Starting" not in seen
    page.goto(f"{address}/?workers=1")  # what it says helps
    wait_ready(page)
    expect(page.locator(".without-files")).to_have_count(0)
