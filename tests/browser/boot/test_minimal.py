"""examples/minimal: another app on the same runtime boots, answers, stays offline and starts from its memory snapshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conftest import POOL, ROOT, Watched, content, fetch, made, until, wait_ready
from offlinekit import Profile, Site
from playwright.sync_api import Page, Playwright

APP = ROOT / "examples" / "minimal"


def notes(page: Page) -> list[str]:
    return page.locator("#notes li").all_inner_texts()


def test_the_minimal_app(playwright: Playwright, tmp_path: Path, watch: Callable[[Page], Watched]) -> None:
    """Served as a static host would have it: the checkout's rooms, and the app's folder copied over them."""
    site = Site(tmp_path / "site", app=APP)
    site.edit("pyscript.toml", lambda text: text.replace("snapshot_idle_ms = 15000", "snapshot_idle_ms = 2000", 1))
    profile = Profile(playwright, tmp_path / "profile")
    site.start()
    try:
        watched = watch(profile.open())
        watched.allow("status of 4(04|22)")
        page = watched.page
        page.goto(f"{site.url}?workers=2")
        wait_ready(page)
        first = fetch(page, "app/")
        assert first["status"] == 200 and first["json"]["notes"] == [], first
        assert content(page) == "Notes" and page.title() == "Notes" and notes(page) == ["None yet."]
        page.fill("#note-text", "first <b>")
        page.click("#note-form [type=submit]")
        until(page, "document.querySelector('#notes li')?.innerText === 'first <b>'")
        refused = fetch(page, "app/notes", method="POST", json={"text": " "})
        assert (refused["status"], refused["json"]["field"]) == (422, "text")
        assert fetch(page, "app/crypto")["status"] == 404
        assert "<title>Not found · Notes</title>" in fetch(page, "app/crypto", headers={"accept": "text/html"})["text"]
        made(page)
        keys = page.evaluate("async () => (await Promise.all((await caches.keys()).map(async name =>"
                             " (await (await caches.open(name)).keys()).map(({url}) => url)))).flat()")  # fmt: skip
        assert keys and not [key for key in keys if "/suites/" in key or "keri-" in key or "oqs" in key]
        assert [key for key in keys if key.endswith("/templates/pages/notes.html")]
        profile.close()
        site.stop()
        page = watch(profile.open()).page
        page.goto(f"{site.url}app/notes?workers=2")
        wait_ready(page)
        assert content(page) == "Notes" and notes(page) == ["first <b>"]
        pool = page.evaluate(POOL)
        assert pool["snapshot"]["state"] == "used" and [worker["slices"] for worker in pool["workers"]] == [["notes"], []]
        page.fill("#note-text", "second")
        page.click("#note-form [type=submit]")
        until(page, "document.querySelectorAll('#notes li').length === 2")
    finally:
        profile.close()
        if site.server:
            site.stop()
