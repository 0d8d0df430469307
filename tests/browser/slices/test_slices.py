"""The crypto and post-quantum pages as a person uses them: forms, one step filling the next, files, filters, refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import blake3
import pytest
from conftest import Watched, until, where
from playwright.sync_api import Page

WIDTH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def run(page: Page, form: str, seconds: float = 30) -> str:
    """Send a form by its button and return what its result area then says."""
    page.evaluate("id => { document.getElementById(id).replaceChildren(); }", f"{form}-result")
    page.click(f"#{form}-form button[type=submit]")
    page.wait_for_selector(f"#{form}-result .result", timeout=seconds * 1000)
    assert page.evaluate(WIDTH), f"the answer of {form} is wider than the screen"
    return page.inner_text(f"#{form}-result")


def visit(page: Page, path: str, heading: str) -> None:
    """Go there as a link does."""
    page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
    until(page, f"document.querySelector('#main h1')?.textContent === {heading!r}")
    assert page.evaluate(WIDTH), f"{path} is wider than the screen"


@pytest.fixture
def phone(boot: Callable[..., Watched]) -> Page:
    """The app on a narrow screen."""
    page = boot().page
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def test_each_step_fills_the_next(phone: Page) -> None:
    visit(phone, "app/crypto/ed25519", "Ed25519")
    run(phone, "ed25519-keypair")
    phone.fill("#ed25519-sign-text", "first line\nGrüße")
    run(phone, "ed25519-sign")
    assert phone.input_value("#ed25519-verify-text") == "first line\nGrüße"
    assert "is valid" in run(phone, "ed25519-verify")
    phone.fill("#ed25519-verify-text", "another")
    assert "not valid" in run(phone, "ed25519-verify")
    phone.fill("#ed25519-verify-signature", "AAAA")
    said = run(phone, "ed25519-verify")
    assert "signature" in said.lower() and "64" in said and "3" in said

    visit(phone, "app/crypto/box", "Sealed box")
    run(phone, "box-keypair")
    phone.fill("#box-seal-text", "<b>for you</b>")
    run(phone, "box-seal")
    assert "<b>for you</b>" in run(phone, "box-open")

    visit(phone, "app/crypto/xchacha", "XChaCha20-Poly1305")
    run(phone, "xchacha-key")
    phone.fill("#xchacha-encrypt-text", "a secret")
    phone.fill("#xchacha-encrypt-aad", "about it")
    run(phone, "xchacha-encrypt")
    assert "a secret" in run(phone, "xchacha-decrypt")
    phone.fill("#xchacha-decrypt-aad", "about another")
    assert "authenticate" in run(phone, "xchacha-decrypt")

    visit(phone, "app/crypto/argon2id", "Argon2id")
    phone.fill("#argon2id-password", "not a real one")
    assert "Held its worker for" in run(phone, "argon2id")


def test_many_files_and_as_you_type(boot: Callable[..., Watched]) -> None:
    page = boot().page
    contents = [bytes([number]) * 70_000 for number in range(8)]
    visit(page, "app/crypto/hash", "Hash")
    page.set_input_files(
        "#many-file",
        [{"name": f"{number}.bin", "mimeType": "", "buffer": data} for number, data in enumerate(contents)],
    )
    page.select_option("#many-algorithm", "sha3_256")
    said = run(page, "many")
    for data in contents:
        assert hashlib.sha3_256(data).hexdigest() in said
    assert "hashed by w1, w2" in said
    visit(
        page,
        "app/",
        page.evaluate(
            "document.querySelector('#panel-home h1')?.textContent ?? 'Python and strong crypto, inside this page'"
        ),
    )
    page.type("#panel-hash-text", "typed", delay=30)
    digest = blake3.blake3(b"typed").hexdigest()
    until(page, f"document.querySelector('#panel-hash-result')?.textContent.includes('{digest}')")


def test_every_kind_of_post_quantum_algorithm(phone: Page) -> None:
    visit(phone, "app/pq/kem/ML-KEM-768", "ML-KEM-768")
    run(phone, "pq-keypair")
    run(phone, "pq-encaps")
    assert "same secret" in run(phone, "pq-decaps")

    visit(phone, "app/pq/kem/Classic-McEliece-348864f", "Classic-McEliece-348864f")
    said = run(phone, "pq-keypair")
    assert "261,120" in said, "a key of a quarter of a megabyte"
    run(phone, "pq-encaps")
    assert "same secret" in run(phone, "pq-decaps")

    for path, name in (("sig/ML-DSA-65", "ML-DSA-65"), ("stfl/XMSSMT-SHA2_20~4_256", "XMSSMT-SHA2_20/4_256")):
        visit(phone, f"app/pq/{path}", name)
        run(phone, "pq-keypair")
        before = phone.input_value("#pq-sign-secret")
        phone.fill("#pq-sign-text", "message")
        said = run(phone, "pq-sign")
        assert ("1,048,575" in said) == path.startswith("stfl"), "one of 1,048,576 signatures is used"
        assert (phone.input_value("#pq-sign-secret") != before) == path.startswith("stfl")
        assert "is valid" in run(phone, "pq-verify")

    visit(phone, "app/pq/stfl/XMSS-SHA2_20_256", "XMSS-SHA2_20_256")
    assert "not offered" in phone.inner_text("#main") and not phone.locator("#pq-keypair-form").count()


def test_the_catalogue_filters_and_keeps_its_address(boot: Callable[..., Watched], app_url: str) -> None:
    page = boot().page
    visit(page, "app/pq", "Post-quantum")
    assert page.locator("#pq-list tbody tr").count() >= 300
    page.fill("#pq-filter-q", "ml-dsa")
    until(page, "document.querySelectorAll('#pq-list tbody tr').length === 3")
    assert where(page, "q=ml-dsa")
    page.select_option("#pq-filter-level", "5")
    until(page, "document.querySelectorAll('#pq-list tbody tr').length === 1")
    assert page.evaluate("document.activeElement.id") == "pq-filter-q", "the filter keeps the focus"
    page.click("#pq-list tbody a")
    until(page, "document.querySelector('#main h1')?.textContent === 'ML-DSA-87'")
    assert where(page, "app/pq/sig/") == f"{app_url}app/pq/sig/ML-DSA-87"
    page.go_back()
    until(page, "document.querySelectorAll('#pq-list tbody tr').length === 1")
    assert page.input_value("#pq-filter-q") == "ml-dsa"
