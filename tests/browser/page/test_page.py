"""The page's own Python in a real browser: what is convenient works, and goes on working after swaps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import where
from playwright.sync_api import Page, expect

# Drops a file on the element as a desktop would: the same event with the same kind of data.
DROP = """([selector, names]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(['content of ' + name], name));
  const zone = document.querySelector(selector);
  for (const type of ['dragover', 'drop'])
    zone.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
}"""


@pytest.fixture
def page(boot: Callable) -> Page:
    """Home, with the pool ready and the page's Python running."""
    page = boot(workers=1).page
    page.wait_for_selector("html[data-page=ready]")
    page.wait_for_selector("#panel-home")
    return page


def go(page: Page, keys: str, selector: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_selector(selector)


def focused(page: Page) -> str:
    return page.evaluate(
        "() => document.activeElement.tagName + ':' + document.activeElement.textContent.trim().slice(0, 30)"
    )


def test_keys_move_between_pages_and_tell_where_one_is(page: Page):
    expect(page.locator(".site-nav [aria-current=page]")).to_have_text("Home")
    go(page, "gp", "#pool-live")
    expect(page.locator(".site-nav [aria-current=page]")).to_have_text("Pool")
    assert page.title() == "Pool · KeriWasm" and where(page, "app/pool").endswith("/app/pool")
    assert focused(page) == "H1:Pool"
    assert " ms in w1" in page.text_content("footer [data-timing]")
    page.go_back()
    page.wait_for_selector("#panel-home")
    expect(page.locator(".site-nav [aria-current=page]")).to_have_text("Home")
    assert focused(page).startswith("H1:")


def test_keys_leave_typing_alone(page: Page):
    go(page, "gp", "#pool-resize-workers")
    page.focus("#pool-resize-workers")
    page.keyboard.type("g?c")
    page.wait_for_timeout(300)
    assert where(page).endswith("/app/pool") and not page.evaluate("() => document.querySelector('dialog').open")


def test_help_opens_by_key_and_by_button_and_closes(page: Page):
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.click("[data-help]")
    expect(page.locator("#help")).to_be_visible()
    page.click("#help button")
    expect(page.locator("#help")).to_be_hidden()


def test_theme_is_kept_and_does_not_flash(page: Page):
    def background() -> str:
        return page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")

    light = background()
    for _ in range(2):  # automatic, light, dark
        page.click("[data-theme-toggle]")
    page.wait_for_selector("html[data-theme=dark]")
    assert background() != light
    assert "dark" in page.get_attribute("[data-theme-toggle]", "aria-label")
    # The stored choice is there before anything is drawn, and so before Python.
    page.reload(wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.wait_for_selector("html[data-page=ready]")
    page.keyboard.press("t")
    page.wait_for_selector("html:not([data-theme])")
    assert background() == light


def test_copy_button_copies_and_says_so(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(where(page).split("?")[0] + "app/crypto/hash")
    page.wait_for_selector("html[data-page=ready]")
    page.fill("main textarea[name=text]", "hello")
    page.click("main form:has(textarea[name=text]) button[type=submit]")
    value = page.locator("main [data-copy-source]").first
    value.wait_for()
    page.locator("main [data-copy]").first.click()
    expect(page.locator("main [data-copy-text]").first).to_have_text("Copied")
    expect(page.locator("#announce")).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == value.inner_text()
    expect(page.locator("main [data-copy-text]").first).to_have_text("Copy", timeout=4000)


def test_a_dropped_file_lands_in_its_field(page: Page):
    page.goto(where(page).split("?")[0] + "app/crypto/hash")
    page.wait_for_selector("html[data-page=ready]")
    zone = page.locator("main [data-drop]").first
    field = zone.get_attribute("data-drop")
    page.evaluate(DROP, ["main [data-drop]", ["one.txt"]])
    assert page.evaluate("field => document.querySelector(field).files[0].name", field) == "one.txt"
    # Beside a zone it must not replace the page.
    page.evaluate(DROP, ["h1", ["two.txt"]])
    assert page.evaluate("field => document.querySelector(field).files[0].name", field) == "one.txt"


def test_banner_tells_of_the_network(page: Page):
    page.context.set_offline(True)
    expect(page.locator("#banner")).to_contain_text("offline")
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()


def test_skip_leads_to_the_content(page: Page):
    page.keyboard.press("Tab")
    assert focused(page) == "BUTTON:Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_pool_page_follows_a_resize_without_losing_the_focus(page: Page):
    go(page, "gp", "#pool-workers .tile")
    page.fill("#pool-resize-workers", "2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pool-resize-result .result.ok")
    page.wait_for_selector("#worker-w2:has-text('ready')", timeout=60_000)
    assert page.evaluate("() => document.activeElement.id") == "pool-resize-workers"
    page.fill("#pool-resize-workers", "1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#worker-w2", state="detached", timeout=30_000)


def test_refused_resize_names_the_field(page: Page):
    go(page, "gp", "#pool-resize-form")
    page.evaluate("() => { document.querySelector('#pool-resize-form').noValidate = true; }")
    page.fill("#pool-resize-workers", "99")
    page.keyboard.press("Enter")
    expect(page.locator("#pool-resize-result [role=alert]")).to_contain_text("Workers: must be from 1 to 16")


def test_escape_cancels_what_runs(boot: Callable):
    watched = boot(workers=1, faults=True)
    watched.allow("hung|lost|let go of the cancelled")
    page = watched.page
    page.wait_for_selector("html[data-page=ready]")
    go(page, "gp", "#worker-w1 .faults")
    page.click("button[aria-label='hang w1']")
    page.wait_for_selector("#fault-result .result")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_selector(".site-nav a.htmx-request")
    page.keyboard.press("Escape")
    page.wait_for_selector(".site-nav a.htmx-request", state="detached", timeout=2000)
    expect(page.locator("#announce")).to_have_text("Cancelled")
    # The worker that hung is replaced, and the page it would have shown does not come after all.
    page.wait_for_selector("#worker-w1:has-text('ready') >> text=2", timeout=60_000)
    assert where(page).endswith("/app/pool")


def test_proxies_do_not_grow_with_swaps(page: Page):
    """Listeners sit on the document: forty swaps leave no forty proxies behind."""
    go(page, "gp", "#pool-live")
    proxies = []
    for _ in range(40):
        go(page, "gh", "#panel-home")
        go(page, "gp", "#pool-live")
        proxies.append(page.evaluate("() => globalThis.proxy_js_map.size"))
    # Some six a round trip wait for MicroPython's collector, which comes every three to ten rounds: the troughs are compared.
    assert min(proxies[20:]) <= min(proxies[:20]) + 10, proxies


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    for keys, selector in (("gh", "#panel-home"), ("gc", "main h1"), ("gq", "main h1"), ("gp", "#pool-live")):
        go(page, keys, selector)
        page.wait_for_timeout(300)
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, where(page)
