"""Where the focus is after an answer: nobody who works by keyboard or listens to the page is thrown back to its top."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Watched, until
from playwright.sync_api import Page, expect
from walletkit_browser import AUTOLOCK, PASSCODE, press, visit

FOCUSED = "document.activeElement.tagName + '#' + document.activeElement.id + ' ' + document.activeElement.textContent.trim()"


def focused(page: Page, what: str) -> None:
    """Wait until the focus is on what begins so: TAG#id text."""
    until(page, f"({FOCUSED}).startsWith({what!r})")


def test_an_answer_that_replaces_its_form_leaves_the_focus_where_reading_goes_on(boot: Callable[..., Watched]) -> None:
    watched = boot("app/wallet")
    page = watched.page
    page.wait_for_selector("#wallet-form")
    watched.allow(r"status of 422")

    # A refused field is marked, unfolded and has the focus; its reason is told once.
    page.fill("#wallet-passcode", "too short")
    page.fill("#wallet-again", "too short")
    press(page, "wallet")
    focused(page, "INPUT#wallet-passcode")
    assert page.get_attribute("#wallet-passcode", "aria-invalid") == "true"
    assert page.inner_text("#wallet-result").count("21 are needed") == 1

    # A form that is gone after its answer: the focus goes to the page's heading, and what was done is told.
    page.fill("#wallet-passcode", PASSCODE)
    page.fill("#wallet-again", PASSCODE)
    press(page, "wallet")
    until(page, AUTOLOCK, 60_000)
    focused(page, "H1#")
    expect(page.locator("#announce")).to_contain_text("The wallet is made")

    visit(page, "app/identifiers", "#new-form")
    page.click("#new-form summary")
    page.fill("#new-alias", "me")
    page.fill("#new-threshold", "many")
    page.click("#new-form summary")
    press(page, "new")
    focused(page, "INPUT#new-threshold")
    page.fill("#new-threshold", "")
    press(page, "new")
    page.wait_for_selector("#rotate-form")
    focused(page, "H1# me")
    until(page, "document.querySelector('.site-nav [aria-current]')?.textContent === 'Wallet'")
    press(page, "rotate")
    expect(page.locator("#main .note")).to_contain_text("event 1")
    focused(page, "H1# me")
    expect(page.locator("#announce")).to_contain_text("event 1")
    page.click("text=Wallet >> nth=1")
    until(page, AUTOLOCK)
    page.click("button[aria-label='Lock the wallet']")
    page.wait_for_selector("#unlock-form")
    focused(page, "H1# The wallet is locked")

    # Cancel disappears when it has done its work; the focus goes to the button beside it.
    visit(page, "app/crypto/argon2id", "#argon2id-form")
    page.fill("#argon2id-password", "not a real one")
    page.select_option("#argon2id-tier", "sensitive")
    press(page, "argon2id")
    page.click("#argon2id-form .cancel")
    focused(page, "BUTTON# Derive")
    watched.allow("did not let go of the cancelled")
