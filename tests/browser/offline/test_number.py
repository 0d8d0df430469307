"""The pool page says which version runs, as `wheels/vendor.py release` does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from conftest import ROOT, Watched, until, wait_ready
from offlinekit import Profile, Site, kept, number
from playwright.sync_api import Page, Playwright

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring.release import release


def test_a_version_is_known_by_its_number(playwright: Playwright, tmp_path: Path, watch: Callable[[Page], Watched]) -> None:
    site = Site(tmp_path / "site")
    site.start()
    profile = Profile(playwright, tmp_path / "profile")
    try:
        page = profile.open()
        watch(page)
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page)
        page.wait_for_selector("#release-none", state="visible")  # until it is kept, and the page may come a little after ready
        kept(page)
        assert number(page) == release(site.folder) == release(ROOT)  # adopted: what came from the server was just this
        profile.close()
        site.edit("index.html", lambda text: text.replace("Nothing leaves this browser.", "Second edition."))
        page = profile.open()
        watch(page)
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page)
        assert number(page) == release(ROOT)  # whatever the server has by now, this is what runs
        page.evaluate("keriwasm.offline.look()")
        page.locator("#banner").get_by_role("button", name="Reload").click(timeout=180_000)
        until(page, "document.querySelector('footer')?.innerText.includes('Second edition.')", 120_000)
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page)
        assert number(page) == release(site.folder) != release(ROOT)
    finally:
        profile.close()
        site.stop()
