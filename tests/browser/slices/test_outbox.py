"""The outbox in a browser that is ended without a line: what waits goes out once, when the next one has a line again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cable
import pytest
from conftest import BOOT_MS, FLAGS, SAVE_DATA, Watched, fetch, until, wait_ready
from ledgerkit import habery, messages
from outsidekit_browser import outer
from playwright.sync_api import Page, Playwright

WAITING = "async () => (await (await keriwasm.fetch('app/network', {headers: {accept: 'application/json'}})).json()).waiting[0]"


def test_what_waits_outlives_the_browser(playwright: Playwright, app_url: str, tmp_path: Path, watch: Callable[[Page], Watched]) -> None:
    """Playwright's own "offline" ends with the page that is left: so this one has a line, and it is pulled."""
    if why := cable.hindrance():
        pytest.skip(f"no line can be laid here: {why}")
    with outer() as there, cable.cable() as line, habery("away") as hby:
        hab = hby.makeHab("away")
        there.oobis = {f"/oobi/{hab.pre}": b"".join(messages(hab))}
        line.lead(urlsplit(app_url).port or 0)
        line.lead(urlsplit(there.origin).port or 0, far=True)

        def started() -> tuple[Any, Page]:
            options = {"executable_path": line.browser, "args": FLAGS}
            context = playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), **options)
            context.add_init_script(SAVE_DATA)
            page = context.pages[0]
            watch(page).allow("ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED")
            page.goto(f"{app_url}?workers=1")
            wait_ready(page)
            return context, page

        context, page = started()
        fetch(page, "app/network", "POST", json={"enabled": True})
        fetch(page, "app/network/origins", "POST", json={"origin": there.origin, "allowed": True})
        line.pull()
        until(page, "!navigator.onLine", BOOT_MS)
        kept = fetch(page, "app/ledger/oobi", "POST", json={"url": f"{there.origin}/oobi/{hab.pre}", "alias": "Away"})
        assert kept["status"] == 202, kept["text"]
        context.close()
        context, page = started()
        try:
            assert page.evaluate(WAITING)["outcome"] is None and not page.evaluate("navigator.onLine")
            line.plug()
            done = until(page, f"async () => (await ({WAITING})()).outcome", BOOT_MS)
            assert done == {"ok": True, "text": "Away", "path": f"app/ledger/{hab.pre}"}
            assert there.paths() == [f"/oobi/{hab.pre}"], "once"
        finally:
            context.close()
