"""The browser ends an idle service worker whenever it likes.

On a first visit alone: from a kept app it would be stopped while it has files of the page in hand, which Chromium then loses.
"""

from __future__ import annotations

from collections.abc import Callable

from conftest import Watched, fetch
from playwright.sync_api import Page


def stop_service_worker(page: Page) -> None:
    """Ends the service worker as the browser does when it is idle: its memory, and so its ports, are gone."""
    client = page.context.browser.new_browser_cdp_session()
    targets = client.send("Target.getTargets")["targetInfos"]
    workers = [target for target in targets if target["type"] == "service_worker"]
    assert workers
    for target in workers:
        client.send("Target.closeTarget", {"targetId": target["targetId"]})
    client.detach()


def test_service_worker_that_was_stopped(boot: Callable[..., Watched]) -> None:
    """The next request wakes it; it asks the page for a new port and answers, ten times of ten."""
    page = boot().page
    for _ in range(10):
        stop_service_worker(page)
        assert fetch(page, "app/pool")["status"] == 200
