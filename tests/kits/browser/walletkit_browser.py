"""Steps that the browser tests of the wallet share."""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakKeyDictionary

from conftest import fetch, until
from playwright.sync_api import Page

PASSCODE = "Xk4WQ-tP9aB-7mZrC-hHd3F-uN2sY"
HAND_S = 0.6
pressed: WeakKeyDictionary[Page, float] = WeakKeyDictionary()
"""When each page's last form was sent."""
AUTOLOCK = "document.querySelector('#autolock-form') !== null"


def ask(page: Page, path: str, status: int, json: object = None, method: str = "POST") -> Any:
    """A program's request; returns the JSON."""
    answer = fetch(page, path, method, json=json)
    assert answer["status"] == status, answer
    return answer["json"]


def visit(page: Page, path: str, selector: str) -> None:
    """Go there as a link does, and wait for what the page has."""
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector({selector!r}) !== null")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} is wider than the screen"


def press(page: Page, form: str) -> None:
    """Send a form by its button, at a hand's pace: sooner on the same spot is the second half of a double click (hands.js)."""
    page.wait_for_timeout(max(0.0, pressed.get(page, 0.0) + HAND_S - time.monotonic()) * 1000)
    page.click(f"#{form}-form button[type=submit]")
    pressed[page] = time.monotonic()
