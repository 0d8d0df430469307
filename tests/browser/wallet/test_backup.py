"""The whole wallet in one file and back: through the page, in a real browser, with IndexedDB under it."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Watched, fetch, until
from credkit_browser import PASSCODE, call, issue, living, visit
from playwright.sync_api import Page

ROUNDS = 40

UPLOAD = """async ({path, file, fields}) => {
  const form = new FormData();
  form.set('file', new Blob([Uint8Array.from(atob(file), (each) => each.charCodeAt(0))]), '<b>file</b>.kwb');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = await fetch(new URL(path, document.baseURI), {method: 'POST', body: form, headers: {accept: 'application/json'}});
  return {status: response.status, json: await response.json()};
}"""


def restore(page: Page, file: bytes, **fields: str) -> dict[str, Any]:
    encoded = base64.b64encode(file).decode()
    return page.evaluate(UPLOAD, {"path": "app/wallet/restore", "file": encoded, "fields": fields})


def state(page: Page) -> dict[str, Any]:
    """All that must be the same again."""
    listed = call(page, "app/credentials")
    identifiers = call(page, "app/identifiers")["identifiers"]
    return {
        "kels": {each["aid"]: fetch(page, f"app/identifiers/{each['aid']}/kel")["text"] for each in identifiers},
        "aliases": {each["aid"]: each["alias"] for each in identifiers},
        "credentials": sorted((each["said"], each["state"]) for each in listed["credentials"]),
        "registries": listed["registries"],
        "schemas": [each["said"] for each in listed["schemas"]],
    }


def test_back_up_delete_restore(boot: Callable[..., Watched], tmp_path: Path) -> None:
    watched = boot()
    page = watched.page
    watched.allow(r"status of 4\d\d")
    people = living(page)
    registry, _ = issue(page, people)
    _, second = issue(page, people, registry=registry, course="<script>alert(1)</script>")
    call(page, f"app/credentials/{second}/revoke", "POST", {})
    call(page, f"app/identifiers/{people['holder']}/rotate", "POST", {})
    before = state(page)

    visit(page, "app/wallet/backup", "Backup")
    assert "never backed up" in page.inner_text("#backup-status")
    page.click("#recovery-make-form button[type=submit]")
    page.wait_for_selector("#recovery-make-result .result")
    secret = page.inner_text("#recovery-make-result .secret output").strip()
    assert secret.startswith("KWRS1-")
    assert not page.is_checked("#backup-recovery")
    page.check("#backup-recovery")
    page.click("#backup-form button[type=submit]")
    page.wait_for_selector("#backup-result a[href*=files]", timeout=90_000)
    assert "Nothing changed since" in page.inner_text("#backup-status")
    with page.expect_download() as saving:
        page.click("#backup-result a[href*=files]")
    file = tmp_path / "wallet.kwb"
    saving.value.save_as(file)
    assert saving.value.suggested_filename.startswith("keriwasm-backup-")
    data = file.read_bytes()
    assert data.startswith(b"KeriWasm backup\n")
    for aid in before["kels"]:
        assert aid.encode() not in data

    # Damaged in every way: nothing changes, and each refusal says why.
    rnd = random.Random(11)
    for round in range(ROUNDS):
        spoilt = bytearray(data)
        if round % 4 == 0:
            del spoilt[rnd.randrange(len(spoilt)) :]
        else:
            spoilt[rnd.randrange(len(spoilt))] ^= 1 << rnd.randrange(8)
        told = restore(page, bytes(spoilt), passcode=PASSCODE, replace="Mine", wallet_passcode=PASSCODE)
        assert told["status"] == 422 and told["json"]["field"] == "file" and len(told["json"]["reason"]) > 8, told
    for fields, status in (
        ({"passcode": "not the passcode of it"}, 409),
        ({"passcode": "not the passcode of it", "replace": "Mine", "wallet_passcode": PASSCODE}, 422),
        ({"passcode": PASSCODE, "replace": "mine"}, 409),
    ):
        assert restore(page, data, **fields)["status"] == status
    assert state(page) == before

    call(page, "app/wallet", "DELETE", {"name": "Mine", "passcode": PASSCODE})
    visit(page, "app/wallet/restore", "Restore a backup")
    page.set_input_files("#restore-file", file)
    page.fill("#restore-passcode", PASSCODE)
    page.click("#restore-form button[type=submit]")
    page.wait_for_selector("#restore-result .result", timeout=90_000)
    assert "is restored" in page.inner_text("#restore-result")

    # It is on the disk: a page loaded anew has it.
    page.reload()
    until(page, "document.documentElement.dataset.state === 'ready'", 120_000)
    told = call(page, "app/wallet")
    assert told["exists"] and told["locked"] and told["name"] == "Mine"
    call(page, "app/wallet/unlock", "POST", {"passcode": PASSCODE})
    assert state(page) == before
    call(page, f"app/identifiers/{people['issuer']}/rotate", "POST", {})
    reminder = call(page, "app/wallet/backup/reminder")
    assert reminder["changed"] == ["a new event of an identifier"]

    # The passcode is lost: the recovery key brings the wallet back under another one.
    told = restore(page, data, recovery=secret, new_passcode="another one, quite as long", replace="Mine", wallet_passcode=PASSCODE)
    assert told["status"] == 200 and told["json"]["by"] == "recovery", told
    assert fetch(page, "app/wallet/unlock", "POST", json={"passcode": PASSCODE})["status"] == 422
    call(page, "app/wallet/unlock", "POST", {"passcode": "another one, quite as long"})
    assert state(page) == before
