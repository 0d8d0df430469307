"""A browser without WebAssembly, and one without scripts: the app works by what a server answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from serverkit import Served

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--js-flags=--jitless --noexpose-wasm"]
"""As a lockdown mode has it: Chromium 156 heeds the first only, others the second."""
HELLO = "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f"


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    found = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield found
    found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    errors: list[str] = []
    found.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: errors.append(str(error)))
    yield found
    context.close()
    assert not errors


def test_home_and_crypto_without_webassembly(served: Served, page: Page) -> None:
    page.goto(served.url)
    assert page.evaluate("typeof WebAssembly") == "undefined"
    assert page.locator("html").get_attribute("data-state") == "ready"
    expect(page.locator("[data-served]").last).to_contain_text("answered by a server")
    expect(page.locator("#main")).to_contain_text("Crypto")
    expect(page.locator("[data-pool-chip]")).to_have_text("2 of 2")
    page.evaluate("window.kept = true")
    page.locator("nav a", has_text="Crypto").click()
    page.wait_for_url("**/app/crypto")
    page.locator("#main a[href='app/crypto/hash']").first.click()
    page.wait_for_url("**/app/crypto/hash")
    form = page.locator("form[action='app/crypto/hash']")
    form.locator("select[name=algorithm]").select_option("blake3")
    form.locator("textarea[name=text]").fill("hello")
    form.locator("[type=submit]").click()
    expect(page.locator("#main")).to_contain_text(HELLO)
    page.goto(f"{served.url}crypto/ed25519".replace("/app/crypto", "/app/crypto"))
    page.locator("form[action='app/crypto/ed25519/keypair'] [type=submit]").click()
    expect(page.locator("form[action='app/crypto/ed25519/sign'] [name=secret]").first).not_to_have_value("")
    page.locator("nav a", has_text="Pool").click()
    page.wait_for_url("**/app/pool")
    expect(page.locator("#main")).to_contain_text("w2")
    page.go_back()
    page.wait_for_url("**/app/crypto/ed25519")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def test_with_webassembly_the_page_s_own_python_helps(served: Served, driver: Playwright) -> None:
    """Keys and the chip in the head; no pool is started in the browser."""
    chromium = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS[:-1])
    page = chromium.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served.url)
    expect(page.locator("[data-pool-chip]")).to_have_text("2/2", timeout=60_000)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    page.locator("nav a", has_text="Check").click()
    page.wait_for_url("**/app/ledger/check")
    expect(page.locator("#main h1")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    chromium.close()
    assert not errors


def test_links_and_forms_without_scripts(served: Served, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}crypto/hash")
    form = page.locator("form[action='app/crypto/hash']")
    form.locator("select[name=algorithm]").select_option("blake3")
    form.locator("textarea[name=text]").fill("hello")
    form.locator("[type=submit]").click()
    expect(page.locator("#main")).to_contain_text(HELLO)
    page.locator("nav a", has_text="Home").click()
    expect(page.locator("#main")).to_contain_text("Crypto")
    context.close()


def test_another_site_s_form_changes_nothing(served: Served, browser: Browser) -> None:
    """From another origin of this machine, as a browser really sends it."""
    context = browser.new_context()
    page = context.new_page()
    page.route("http://other.localhost/", lambda route: route.fulfill(content_type="text/html", body=(
        f'<form method="post" action="{served.url}pool/size"><input name="workers" value="5"></form>')))
    page.goto("http://other.localhost/")
    with page.expect_navigation() as going:
        page.evaluate("document.forms[0].submit()")
    assert going.value.status == 403
    expect(page.locator("body")).to_contain_text("Nothing was done")
    assert served.pool()["size"] == 2
    context.close()
