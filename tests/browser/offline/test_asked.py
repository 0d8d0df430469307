"""The pool page says which version runs, as `wheels/vendor.py release` does; updates are asked for first by whoever wants that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from conftest import ROOT, Watched, until, wait_ready
from offlinekit import Profile, Site, generation, kept, number
from playwright.sync_api import Page, Playwright, expect

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring.release import release


def test_a_version_is_known_by_its_number_and_asked_for_first(
    playwright: Playwright, tmp_path: Path, watch: Callable[[Page], Watched]
) -> None:
    site = Site(tmp_path / "site")
    site.start()
    profile = Profile(playwright, tmp_path / "profile")
    try:
        page = profile.open()
        watch(page)
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page)
        kept(page)
        assert number(page) == release(site.folder) == release(ROOT)  # adopted: what came from the server was just this
        expect(page.locator("#ask-first")).to_be_enabled()
        assert not page.is_checked("#ask-first")
        page.check("#ask-first")
        until(page, "document.querySelector('#announce').textContent.includes('waits until you take it')")
        profile.close()

        site.edit("index.html", lambda text: text.replace("Nothing leaves this browser.", "Second edition."))
        site.edit("router/doors/service-worker.js", lambda text: text + "\n// second edition\n")
        for visit in range(2):  # each time no page of the app is open, and it was known since the first that there is a new one
            page = profile.open()
            watch(page)
            page.goto(f"{site.url}app/pool?workers=1")
            wait_ready(page)
            assert "Nothing leaves this browser." in page.inner_text("footer"), visit
            assert number(page) == release(ROOT) and page.is_checked("#ask-first")
            page.evaluate("keriwasm.offline.look()")
            expect(page.locator("#banner")).to_contain_text("new version", timeout=180_000)
            if visit < 1:
                profile.close()
        old = generation(page)
        page.locator("#banner").get_by_role("button", name="Reload").click()
        until(page, "document.querySelector('footer')?.textContent.includes('Second edition.')", 120_000)
        wait_ready(page)
        assert generation(page) not in (old, "")
        page.goto(f"{site.url}app/pool?workers=1")
        wait_ready(page)
        assert number(page) == release(site.folder) != release(ROOT) and page.is_checked("#ask-first")
        profile.close()
    finally:
        profile.close()
        site.stop()
