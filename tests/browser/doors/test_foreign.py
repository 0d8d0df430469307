"""Other sites, in Chromium: every route that changes something or hands out a file, sent to by their pages in every way.

The walls one by one are in tests/unit (test_router_origins.py, test_tokens.py); other engines in test_foreign_engines.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

import pytest
from conftest import Watched, content, fetch, until
from foreignkit import BODIES, FILES, POSTS, SEND, address, other_site
from playwright.sync_api import BrowserContext, Page
from walletkit_browser import PASSCODE, ask, visit

WAYS = {
    "another site": ("localhost", "theirs", "_self"),
    "no referrer": ("localhost", "theirs?no-referrer", "_self"),
    "its whole address": ("localhost", "app/wallet?unsafe-url", "_self"),
    "another port": ("127.0.0.1", "app/wallet", "_self"),
    "a popup": ("localhost", "theirs", "_blank"),
    "a frame": ("127.0.0.1", "theirs", "frame"),
    "a frame without referrer": ("127.0.0.1", "theirs?no-referrer", "frame"),
}
REFUSED = "Not from this app"
# Keeps what a page asks through its own door.
SPY = """globalThis.asked = [];
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (message?.type === 'http:request') {
    asked.push({path: message.path, headers: message.headers, origin: message.origin, navigated: message.navigated});
  }
  return post.call(this, message, ...rest);
};"""


@pytest.fixture
def port() -> Iterator[int]:
    with other_site() as port:
        yield port


@pytest.fixture
def mine(boot: Callable[..., Watched]) -> Page:
    """The app with an open wallet and one identifier."""
    page = boot(workers=1).page
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    ask(page, "app/identifiers", 201, {"alias": "me"})
    return page


def aid_of(page: Page) -> str:
    return ask(page, "app/identifiers", 200, method="GET")["identifiers"][0]["aid"]


def state(page: Page) -> dict:
    """All that the attacks would change."""
    wallet = ask(page, "app/wallet", 200, method="GET")
    pool = ask(page, "app/pool", 200, method="GET")
    return {
        "wallet": {name: wallet[name] for name in ("exists", "locked", "name", "failures", "autolock_s")},
        "identifiers": [ask(page, f"app/identifiers/{each['aid']}", 200, method="GET") for each in wallet["identifiers"]],
        "recovery": ask(page, "app/wallet/backup/reminder", 200, method="GET")["recovery"],
        "ledger": ask(page, "app/ledger", 200, method="GET"),
        "schemas": ask(page, "app/credentials/schemas", 200, method="GET"),
        "suites": ask(page, "app/suites/runs", 200, method="GET"),
        "load": ask(page, "app/load", 200, method="GET"),
        "workers": [worker["id"] for worker in pool["workers"]],
    }


def attack(theirs: Page, target: str, action: str, method: str, fields: dict[str, str]) -> tuple[int, str]:
    """(status, text) of what their form gets."""
    what = {"action": action, "method": method, "fields": fields, "target": target}
    if target == "_blank":
        with theirs.expect_popup() as opening:
            theirs.evaluate(SEND, what)
        popup = opening.value
        popup.wait_for_load_state()
        text = popup.inner_text("body")
        popup.close()
        return 403 if REFUSED in text else 0, text
    with theirs.expect_response(lambda response: response.url.split("?")[0] == action.split("?")[0]) as waiting:
        theirs.evaluate(SEND, what)
    status = waiting.value.status
    if target == "frame":
        return status, ""  # what a frame shows of it is the browser's own page: it may show nothing of ours
    theirs.wait_for_load_state()
    return status, theirs.inner_text("body")


@pytest.mark.parametrize(("number", "way"), enumerate(WAYS.values()), ids=WAYS)
def test_nothing_is_done_for_another_site(
    mine: Page, context: BrowserContext, app_url: str, port: int, number: int, way: tuple
) -> None:
    """Every route by the first way, and each by one more: which way it is judges a wall that knows no routes."""
    host, path, target = way
    aid = aid_of(mine)
    before = state(mine)
    theirs = context.new_page()
    for pattern in POSTS if number == 0 else POSTS[number - 1 :: len(WAYS) - 1]:
        theirs.goto(f"http://{host}:{port}/{path}")
        status, text = attack(theirs, target, app_url + address(pattern, aid), "post", BODIES.get(pattern, {"text": "x"}))
        assert status == 403 and (target == "frame" or (REFUSED in text and "Nothing was done" in text)), (pattern, status, text)
    assert state(mine) == before


@pytest.mark.parametrize("way", ["another site", "no referrer", "a popup", "a frame"])
def test_no_file_is_given_to_another_site(mine: Page, context: BrowserContext, app_url: str, port: int, way: str) -> None:
    """Nor, in a frame, anything else."""
    host, path, target = WAYS[way]
    aid = aid_of(mine)
    theirs = context.new_page()
    theirs.on("download", lambda download: pytest.fail(f"{download.url} was given"))
    for pattern in [*FILES, *(["/app/wallet", "/app/", "/"] if target == "frame" else [])]:
        theirs.goto(f"http://{host}:{port}/{path}")
        action, _, query = address(pattern, aid).partition("?")
        status, text = attack(theirs, target, app_url + action, "get", dict(parse_qsl(query)))
        assert status == 403 and (target == "frame" or REFUSED in text), (pattern, status, text)


def test_an_address_that_was_typed_gets_its_page(mine: Page, context: BrowserContext, app_url: str, port: int) -> None:
    """And so does a link on another site: it shows the page to whoever follows it, and to nobody else. A tab that gets the shell
    first asks for its page by itself: that is told from a click."""
    page = context.new_page()
    page.add_init_script(SPY)
    page.goto(f"{app_url}app/wallet")
    assert content(page) == "Mine"
    page.goto(app_url)  # never made by the pool: the shell
    content(page)
    page.click("nav a[href='app/ledger']")
    until(page, "document.querySelector('#main h1').innerText === 'Ledger'")
    asked = [each for each in page.evaluate("asked") if each["path"] in ("/app/", "/app/ledger")]
    assert [(each["path"], each["headers"].get("x-opening")) for each in asked] == [("/app/", "1"), ("/app/ledger", None)]
    assert {(each["origin"], each["navigated"]) for each in asked} == {("own", False)}
    theirs = context.new_page()
    theirs.goto(f"http://localhost:{port}/theirs")
    theirs.evaluate("href => { location.href = href; }", f"{app_url}app/wallet")
    theirs.wait_for_url("**/app/wallet")
    assert content(theirs) == "Mine"


def test_own_forms_files_and_programs_go_on(mine: Page, app_url: str) -> None:
    """With htmx, and sent by the browser itself; only the latter wants the token. `form.submit()` tells htmx nothing."""
    aid = aid_of(mine)
    visit(mine, f"app/identifiers/{aid}", "#rename-form")
    mine.fill("#rename-alias", "by htmx")
    mine.click("#rename-form button[type=submit]")
    until(mine, "document.querySelector('#main h1').innerText === 'by htmx'")
    with mine.expect_download() as saving:
        mine.click("a[href$='kel?download=1']")
    assert saving.value.suggested_filename.endswith(".cesr")

    other = mine.context.new_page()
    other.goto(f"{app_url}app/identifiers/{aid}")
    other.wait_for_selector("#rename-form")
    other.fill("#rename-alias", "by the browser")
    with other.expect_navigation() as going:
        other.evaluate("document.querySelector('#rename-form').submit()")
    assert going.value.status == 200, other.inner_text("body")
    assert content(other) == "by the browser"
    with other.expect_navigation() as going:
        other.evaluate("""() => {
          const form = document.querySelector('#rename-form');
          form.querySelector('[name=alias]').value = 'without the token';
          form.querySelector('[name=form_token]').remove();
          form.submit();
        }""")
    assert going.value.status == 403 and "Load the page" in other.inner_text("#main")
    # A program of our own page needs none, by either door.
    for ask_by in ("fetch", "keriwasm.fetch"):
        sent = f"""async path => (await {ask_by}(path, {{method: 'POST', headers: {{accept: 'application/json',
          'content-type': 'application/json'}}, body: JSON.stringify({{text: 'x'}})}})).status"""
        assert other.evaluate(sent, f"{app_url}app/identifiers/{aid}/sign") == 200
    sent = """async path => { const form = new FormData(); form.set('text', 'x');
      return (await fetch(path, {method: 'POST', body: form, headers: {accept: 'application/json'}})).status; }"""
    assert other.evaluate(sent, f"{app_url}app/identifiers/{aid}/sign") == 200
    assert fetch(mine, f"app/identifiers/{aid}")["json"]["alias"] == "by the browser"
