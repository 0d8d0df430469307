"""Two tabs that change one identifier at once: one chain without a gap or a fork, and every request is answered."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Watched, fetch, wait_ready
from playwright.sync_api import BrowserContext, Page

PASSCODE = "correct horse battery staple 2026"
EACH = 100

# In the page: so many rotations and interactions at once, by the page's door and the service worker's in turn; what came.
STORM = """({aid, count, name}) => {
  const headers = {accept: 'application/json', 'content-type': 'application/json'};
  const door = n => n % 2 ? keriwasm.fetch : (path, options) => fetch(new URL(path, document.baseURI), options);
  const ask = async n => {
    const path = `app/identifiers/${aid}/${n % 4 ? 'interact' : 'rotate'}`;
    const body = JSON.stringify(n % 4 ? {data: [{tab: name, n: String(n)}]} : {});
    for (;;) {
      const response = await door(n)(path, {method: 'POST', headers, body});
      const json = await response.json().catch(() => null);
      if (response.status !== 503) return {status: response.status, json};
      await new Promise(resolve => setTimeout(resolve, 1000 * Number(response.headers.get('retry-after') ?? 1)));
    }
  };
  globalThis.storm = Promise.all(Array.from({length: count}, (_, n) => ask(n)));
}"""


def test_two_tabs_never_fork_an_identifier(
    context: BrowserContext, watch: Callable[[Page], Watched], app_url: str
) -> None:
    pages = []
    for state in ("ready", "follower"):
        watched = watch(context.new_page())
        watched.allow("Failed to load resource.*503")  # a full queue says when to come again
        watched.page.goto(f"{app_url}?workers=1")
        wait_ready(watched.page, state)
        pages.append(watched.page)
    made = fetch(pages[0], "app/wallet", "POST", {"name": "two tabs", "passcode": PASSCODE, "tier": "low"})
    assert made["status"] in (200, 201), made["text"]
    made = fetch(pages[1], "app/identifiers", "POST", {"alias": "both"})
    assert made["status"] in (200, 201), made["text"]
    aid = made["json"]["aid"]
    for page, name in zip(pages, ("first", "second"), strict=True):
        page.evaluate(STORM, {"aid": aid, "count": EACH, "name": name})
    answers = [answer for page in pages for answer in page.evaluate("storm")]
    statuses = [answer["status"] for answer in answers]
    assert len(statuses) == 2 * EACH and set(statuses) <= {200, 201}, sorted(set(statuses))
    for page in pages:
        found = fetch(page, f"app/identifiers/{aid}")["json"]
        assert found["sn"] == 2 * EACH
        events = sorted((event["sn"] if isinstance(event["sn"], int) else int(event["sn"], 16)) for event in found["events"])
        assert events == list(range(2 * EACH + 1))
