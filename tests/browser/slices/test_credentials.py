"""Credentials as a person makes them: schema, registry, form, card, presentation, verification, revocation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from conftest import Watched, fetch, until, where
from credkit_browser import PASSCODE, WIDTH, call, living, visit
from playwright.sync_api import Page

SCRIPT = "<script>alert(1)</script><b>x</b>"


def test_from_nothing_to_revoked(boot: Callable[..., Watched], tmp_path: Path) -> None:
    watched = boot()
    page = watched.page
    page.on("dialog", lambda dialog: dialog.accept())
    watched.allow("status of 409")
    issuer = living(page)["issuer"]
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, "app/credentials", "Credentials")
    assert "No credentials yet" in page.inner_text("#main")

    visit(page, "app/credentials/schemas?sample=course", "Schemas")
    text = json.loads(page.input_value("#schema-schema"))
    page.fill("#schema-schema", json.dumps({**text, "title": SCRIPT, "description": SCRIPT}))
    page.click("#schema-form button[type=submit]")
    page.wait_for_selector("#schema-result .result")
    assert SCRIPT in page.inner_text("#schema-result")

    visit(page, "app/credentials", "Credentials")
    page.select_option("#registry-identifier", label="issuer")
    page.fill("#registry-name", SCRIPT)
    page.press("#registry-form button[type=submit]", "Enter")  # at the spot of the click before, which a second click would belong to
    until(page, f"document.querySelector('#main h1')?.textContent === {json.dumps(SCRIPT)}")
    regk = where(page, "credentials/registries/").partition("app/credentials/registries/")[2].partition("?")[0]

    visit(page, "app/credentials", "Credentials")  # a composed and a decomposed name are one, as they look alike
    call(page, "app/credentials/registries", "POST", {"identifier": issuer, "name": "Köln"})
    page.select_option("#registry-identifier", label="issuer")
    page.click("#registry-name")
    page.keyboard.insert_text("Ko\u0308ln")
    page.click("#registry-form button[type=submit]")
    page.wait_for_selector("#registry-result .problem")
    assert "is named Köln already" in page.inner_text("#registry-result")
    visit(page, f"app/credentials/registries/{regk}", SCRIPT)
    page.click("text=Issue the first credential")
    until(page, "document.querySelector('#main h1')?.textContent === 'Issue a credential'")
    page.click("text=Issue one of these")
    page.wait_for_selector("#issue-form")
    page.select_option("#issue-holder", label="holder")
    page.fill("#issue-a-course", SCRIPT)
    page.select_option("#issue-a-grade", "with merit")
    page.fill("#issue-a-hours", "12")
    page.check("#issue-a-online")
    page.dblclick("#issue-form button[type=submit]", delay=20)  # one act: a second credential would differ in its time only
    page.wait_for_selector("#main .credential")
    page.wait_for_timeout(500)
    assert len(call(page, "app/credentials")["credentials"]) == 1
    shown = page.inner_text("#main .credential")
    assert shown.count(SCRIPT) == 2 and "issued" in shown and "holder" in shown and "yes" in shown
    assert page.evaluate(WIDTH) and page.locator("#main script, #main .credential b").count() == 0
    said = where(page).rsplit("/", 1)[-1].partition("?")[0]

    with page.expect_download() as saving:
        page.click("text=Save the presentation")
    file = tmp_path / "presentation.cesr"
    saving.value.save_as(file)
    visit(page, "app/credentials/verify", "Verify a credential")
    page.click("#verify-form summary >> nth=0")
    page.set_input_files("#verify-file", file)
    page.click("#verify-form button[type=submit]")
    page.wait_for_selector("#verify-result .result", timeout=60_000)
    told = page.inner_text("#verify-result")
    assert "This credential is valid." in told and SCRIPT in told and page.evaluate(WIDTH)

    visit(page, f"app/credentials/{said}", SCRIPT)
    page.click("text=Revoke it")
    page.wait_for_selector("#main .credential.revoked")
    assert "revoked" in page.inner_text("#main .credential").lower()
    assert [each["kind"] for each in call(page, f"app/credentials/{said}")["events"]] == ["issued", "revoked"]
    visit(page, "app/credentials/verify", "Verify a credential")  # the old file says nothing of it
    page.click("#verify-form summary >> nth=0")
    page.set_input_files("#verify-file", file)
    page.click("#verify-form button[type=submit]")
    page.wait_for_selector("#verify-result .credential.revoked", timeout=60_000)
    assert "This credential was revoked." in page.inner_text("#verify-result")
    report = call(page, "app/credentials/verify", "POST", {"text": file.read_text()})
    assert not report["valid"] and any(each["name"] == "State here" for each in report["results"][0]["checks"])

    # What the wallet knows outlives the page; a locked one still verifies.
    page.reload()
    until(page, "document.documentElement.dataset.state === 'ready'", 120_000)
    watched.allow(r"status of 4\d\d")
    assert fetch(page, "app/credentials")["status"] == 423
    report = call(page, "app/credentials/verify", "POST", {"text": file.read_text()})
    assert {each["name"]: each["ok"] for each in report["results"][0]["checks"]}["Issuer"]
    call(page, "app/wallet/unlock", "POST", {"passcode": PASSCODE})
    (kept,) = call(page, "app/credentials")["credentials"]
    assert (kept["said"], kept["state"]) == (said, "revoked")


CASES = Path(__file__).resolve().parents[2] / "cases"
WALK = (
    ("00-good-presentation", True, "This credential is valid."),
    ("02-edge-node-only-said", False, "only a SAID is given"),
    ("03-fab-instead-of-seal", False, "where the seal of its issuance belongs"),
    ("05-cut-10", None, "ends within message 6 at byte 2495"),
    ("11-operator-not", False, "is not judged by keripy"),
    ("12-edge-of-another-schema", False, "is of the schema"),
    ("13-far-revoked", False, "was revoked on 2026-11-02"),
    ("20-ledger-utf16le", None, "is text in UTF-16"),
    ("33-ipex-grant", None, "is an IPEX grant"),
    ("33-schema-inline", False, "holds the schema itself"),
    ("61-registry-number", False, "is a number, where a text belongs"),
)
"""Case -> whether it is valid (None: refused as a whole), and words that a person reads."""


def hand_in(page: Page, form: str, file: Path | None = None, text: str = "") -> str:
    """Fill one of the two forms as a person does and press its button; what then stands below it."""
    page.evaluate("form => document.getElementById(`${form}-result`).replaceChildren()", form)
    details = page.locator(f"#{form}-form details").first
    if not details.evaluate("each => each.open"):
        details.locator("summary").click()
    page.set_input_files(f"#{form}-file", file if file is not None else [])
    page.fill(f"#{form}-text", text)
    page.click(f"#{form}-form button[type=submit]")
    page.wait_for_selector(f"#{form}-result > *", timeout=120_000)
    return page.inner_text(f"#{form}-result")


def test_what_strangers_send_is_judged_with_its_reason(boot: Callable[..., Watched]) -> None:
    """The cases by real clicks: each says why, a bad one is never taken in, the good one is, pasted and broken into lines."""
    watched = boot()
    page = watched.page
    watched.allow(r"status of 422")
    living(page)
    for name in ("schema-trial", "schema-other"):
        call(page, "app/credentials/schemas", "POST", {"schema": json.loads((CASES / f"{name}.json").read_text())})
    visit(page, "app/credentials/verify", "Verify a credential")
    for case, right, words in WALK:
        told = hand_in(page, "verify", CASES / f"{case}.cesr")
        assert words in told, (case, told)
        assert ("This credential is not valid." in told) == (right is False), (case, told)
        if right is not None:
            assert bool(page.locator("#verify-result .checks .bad").count()) != right, case
        assert page.evaluate(WIDTH), case
        if not right:
            told = hand_in(page, "receive", CASES / f"{case}.cesr")
            assert "taken in" not in told.split("was not taken in")[0] and words in told, (case, told)
    assert call(page, "app/credentials")["credentials"] == []

    good = (CASES / "00-good-presentation.cesr").read_text()
    wrapped = "\n".join(good[at : at + 76] for at in range(0, len(good), 76))
    told = hand_in(page, "verify", text=f"\n\n{wrapped}\n")
    assert "This credential is valid." in told and "the line ends were taken out" in told
    told = hand_in(page, "receive", text=wrapped)
    assert "Trial card, taken in" in told and "Open it" in told
    (kept,) = call(page, "app/credentials")["credentials"]
    page.click("#receive-result >> text=Open it")
    page.wait_for_selector("#main .credential")
    assert where(page, kept["said"])


def test_a_challenge_to_somebody_of_the_ledger(boot: Callable[..., Watched]) -> None:
    """Somebody elsewhere answers with keripy; here only the ledger has that log. Case 41."""
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kits"))
    from ledgerkit import habery, messages

    watched = boot()
    page = watched.page
    living(page)
    visit(page, "app/wallet/challenge", "Challenge")
    page.click("#words-form button[type=submit]")
    page.wait_for_selector("#words-result .result")
    words = call(page, "app/wallet/challenge", "POST", {})["words"]
    with habery("elsewhere") as hby:
        hab = hby.makeHab("friend", isith="2", icount=3, nsith="2", ncount=3)
        log = b"".join(messages(hab)).decode()
        answer = bytes(hab.exchange(route="/challenge/response", payload={"words": words}, recipient="")).decode()

    def check(response: str) -> str:
        page.evaluate("document.getElementById('check-result').replaceChildren()")
        page.fill("#check-words", " ".join(words))
        page.fill("#check-response", response)
        page.press("#check-form button[type=submit]", "Enter")  # at the spot of the click before
        page.wait_for_selector("#check-result > *", timeout=120_000)
        return page.inner_text("#check-result")

    assert "not known here" in check(answer)
    call(page, "app/ledger", "POST", {"text": log})
    visit(page, "app/wallet/challenge", "Challenge")
    assert "signed your words" in check(answer)
    watched.allow(r"status of 422")
    assert "it was cut off" in check(answer[:-10])
    assert "2 messages" in check(answer + answer)
