"""Steps that the browser tests of credentials and of backups share: a wallet with an issuer and a holder, and what is issued."""

from __future__ import annotations

import json
from typing import Any

from conftest import fetch, until
from playwright.sync_api import Page

PASSCODE = "a passcode of enough characters"
WIDTH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def call(page: Page, path: str, method: str = "GET", body: object = None) -> Any:
    """The JSON of an answer that must be good."""
    told = fetch(page, path, method, json=body)
    assert told["status"] < 300, told
    return told["json"]


def visit(page: Page, path: str, heading: str) -> None:
    """Go there as a link does."""
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector('#main h1')?.textContent === {json.dumps(heading)}")
    assert page.evaluate(WIDTH), f"{path} is wider than the screen"


def living(page: Page) -> dict[str, str]:
    """A wallet with two identifiers: {issuer, holder}."""
    call(page, "app/wallet", "POST", {"name": "Mine", "passcode": PASSCODE})
    return {alias: call(page, "app/identifiers", "POST", {"alias": alias})["aid"] for alias in ("issuer", "holder")}


def sample(page: Page) -> str:
    """The SAID of a sample schema, added as it stands in the form."""
    visit(page, "app/credentials/schemas?sample=course", "Schemas")
    text = page.input_value("#schema-schema")
    return call(page, "app/credentials/schemas", "POST", {"schema": json.loads(text)})["said"]


def issue(page: Page, people: dict[str, str], registry: str = "", course: str = "Maths") -> tuple[str, str]:
    """(registry, credential)."""
    said = sample(page)
    body = {"identifier": people["issuer"], "name": "Courses"}
    registry = registry or call(page, "app/credentials/registries", "POST", body)["regk"]
    body = {"registry": registry, "schema": said, "holder": people["holder"]}
    made = call(page, "app/credentials/issue", "POST", {**body, "attributes": {"course": course, "grade": "passed"}})
    return registry, made["said"]
