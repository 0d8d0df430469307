"""What a person's hand does: typed lines, double clicks, folders and files that go, keys of an input method."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import blake3
import pytest
from conftest import IGNORED, Watched, until, where
from playwright.sync_api import Page
from walletkit_browser import AUTOLOCK, PASSCODE, ask, press, visit

LINES = blake3.blake3(b"a\nb").hexdigest()


def double(page: Page, selector: str, gap: float) -> None:
    """A real double click: down, up, a gap, down, up on the same spot."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for count, wait in ((1, gap), (2, 0)):  # the system counts the clicks of a mouse
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        time.sleep(wait)


def type_lines(page: Page, selector: str) -> None:
    page.click(selector)
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.keyboard.type("b")


@pytest.fixture
def wallet(boot: Callable[..., Watched]) -> Watched:
    """An open wallet."""
    watched = boot()
    visit(watched.page, "app/wallet", "#wallet-form")
    ask(watched.page, "app/wallet", 201, {"name": "w", "passcode": PASSCODE})
    visit(watched.page, "app/wallet", "#autolock-form")
    until(watched.page, AUTOLOCK)
    return watched


def test_typed_lines_end_with_lf(wallet: Watched) -> None:
    """Page/15: typed, by JSON or as a file, the same lines have the same digest, signature and seal; the page tells the rule."""
    page = wallet.page
    visit(page, "app/crypto/hash", "#hash-form")
    assert "LF" in page.inner_text("#hash-form")
    type_lines(page, "#hash-text")
    press(page, "hash")
    until(page, f"document.querySelector('#hash-result').textContent.includes('{LINES}')")
    assert "3 bytes" in page.inner_text("#hash-result")
    assert ask(page, "app/crypto/hash", 200, {"algorithm": "blake3", "text": "a\nb"})["digest_hex"] == LINES

    aid = ask(page, "app/identifiers", 201, {"alias": "lines"})["aid"]
    visit(page, f"app/identifiers/{aid}", "#sign-form")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    type_lines(page, "#sign-text")
    press(page, "sign")
    page.wait_for_selector("#sign-result .result output")
    signature = page.inner_text("#sign-result output").strip()
    data = base64.urlsafe_b64encode(b"a\nb").decode().rstrip("=")
    for message in ({"text": "a\nb"}, {"data": data}):
        assert ask(page, "app/verify", 200, {"aid": aid, "signatures": signature, **message})["valid"] is True
    assert "LF" in page.inner_text("#interact-form")
    type_lines(page, "#interact-text")
    press(page, "interact")
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '1'")
    log = ask(page, f"app/identifiers/{aid}", 200, method="GET")
    assert "EOEiDXTF" in str(log["events"][1])
    wallet.allow("status of 422")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    page.click("#interact-data")
    page.keyboard.insert_text('[{"a": 1}, {"b": [0, 1e400]}]')
    press(page, "interact")
    page.wait_for_selector("#interact-result .problem")
    told = page.inner_text("#interact-result")
    assert "Seals as JSON" in told and "1e400" in told and ask(page, f"app/identifiers/{aid}", 200, method="GET")["sn"] == 1


@pytest.mark.parametrize("gap", [0.03, 0.06, 0.15])
def test_a_double_click_is_one_act_and_its_success_is_shown(wallet: Watched, gap: float) -> None:
    """Page/14, for what cannot be taken back: an identifier, an event, an anchor."""
    page = wallet.page
    wallet.allow(IGNORED)
    visit(page, "app/identifiers", "#new-form")
    page.fill("#new-alias", "twice")
    double(page, "#new-form button[type=submit]", gap)
    until(page, "document.querySelector('#rotate-form input[name=sn]')?.value === '0'", 60_000)
    time.sleep(0.5)
    aid = where(page, "identifiers/E").rsplit("/", 1)[1]
    assert page.locator("#main .problem").count() == 0 and page.inner_text("#main h1") == "twice"
    visit(page, f"app/identifiers/{aid}", "#rotate-form")
    for form, sn in (("rotate", "1"), ("interact", "2")):
        page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
        double(page, f"#{form}-form button[type=submit]", gap)
        until(page, f"document.querySelector('#rotate-form input[name=sn]')?.value === '{sn}'")
        time.sleep(0.5)  # for what a second act would have made of it
        assert page.locator("#main .problem").count() == 0
        assert ask(page, f"app/identifiers/{aid}", 200, method="GET")["sn"] == int(sn)
    assert len(ask(page, "app/identifiers", 200, method="GET")["identifiers"]) == 1


def test_the_button_is_disabled_while_it_acts_and_gets_the_focus_back(boot: Callable[..., Watched]) -> None:
    page = boot().page
    visit(page, "app/crypto/argon2id", "#argon2id-form")
    page.fill("#argon2id-password", "a password")
    page.focus("#argon2id-form button[type=submit]")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#argon2id-form button[type=submit]').disabled")
    until(page, "!document.querySelector('#argon2id-form button[type=submit]').disabled", 60_000)
    until(page, "document.activeElement === document.querySelector('#argon2id-form button[type=submit]')")
    assert page.locator("#argon2id-result .result.ok").count() == 1


def test_a_repeat_after_the_answer_is_the_same_act(boot: Callable[..., Watched]) -> None:
    """A second press a moment after the first was answered, the form as it was: by the key of the form."""
    page = boot().page
    page.evaluate("""() => (globalThis.keys = []) && document.addEventListener('htmx:before:request', event =>
      keys.push(event.detail.ctx.request.headers['Idempotency-Key']))""")
    visit(page, "app/crypto/hash", "#hash-form")
    for _ in range(2):
        press(page, "hash")
        until(page, "!document.querySelector('#hash-form button[type=submit]').disabled")
    visit(page, "app/crypto/hash", "#hash-form")
    press(page, "hash")
    until(page, "keys.filter(key => key).length === 3")
    one, two, three = page.evaluate("keys.filter(key => key)")
    assert one == two != three and len(one) > 20


def test_a_label_and_its_control_are_one_click(boot: Callable[..., Watched]) -> None:
    """What keeps the second half of a double click from another button must not take a label's click from its control."""
    page = boot(workers=1).page
    visit(page, "app/load", "#load-form")
    box = page.locator("#load-form input[name=operations][type=checkbox]").first
    before = box.is_checked()
    page.locator(f"label[for='{box.get_attribute('id')}']").click(position={"x": 60, "y": 8})
    assert box.is_checked() != before
    page.locator(f"label[for='{box.get_attribute('id')}']").click(position={"x": 60, "y": 8})
    assert box.is_checked() == before


@pytest.fixture
def gone() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gone.txt"
        path.write_text("here for now")
        yield path


def test_a_file_that_vanished_is_told(boot: Callable[..., Watched], gone: Path) -> None:
    """Page/16."""
    page = boot(workers=1).page
    visit(page, "app/crypto/hash", "#hash-form")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    page.set_input_files("#hash-file", str(gone))
    gone.unlink()
    press(page, "hash")
    page.wait_for_selector("#hash-result [role=alert]")
    said = page.inner_text("#hash-result")
    assert "cannot be read" in said and "Choose it again" in said
    assert page.is_enabled("#hash-form button[type=submit]")


def test_a_folder_is_told_when_it_is_dropped(boot: Callable[..., Watched], gone: Path) -> None:
    page = boot(workers=1).page
    until(page, "document.documentElement.dataset.page === 'ready'")
    visit(page, "app/ledger", "#ledger-form")
    zone = page.locator("#ledger-form [data-drop]").first
    zone.scroll_into_view_if_needed()
    box = zone.bounding_box()
    assert box
    client = page.context.new_cdp_session(page)
    for folder, told in ((gone.parent, True), (gone, False)):
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            client.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 10, "data": data})
        place = "document.querySelector('#ledger-form [data-drop-error]')"
        until(page, f"!{place}.hidden && {place}.textContent.includes('is a folder')" if told else f"{place}.hidden")
        assert page.evaluate("document.querySelector('#ledger-form input[type=file]').files.length") == (0 if told else 1)


def test_too_much_is_told_before_it_is_sent_and_the_limit_itself_fits(boot: Callable[..., Watched], tmp_path: Path) -> None:
    """Page/48."""
    page = boot().page
    until(page, "document.documentElement.dataset.page === 'ready'")
    visit(page, "app/crypto/hash", "#hash-form")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    assert "64.0 MiB" in page.inner_text("#hash-form [data-drop]")
    for size, fits in (((64 << 20) + 1, False), (64 << 20, True)):
        with (tmp_path / "big.bin").open("wb") as file:
            file.truncate(size)
        page.set_input_files("#hash-file", str(tmp_path / "big.bin"))
        place = "document.querySelector('#hash-form [data-drop-error]')"
        until(page, f"{place}.hidden" if fits else f"{place}.textContent.includes('larger than 64.0 MiB')")
        assert page.evaluate("document.querySelector('#hash-file').files.length") == fits
    press(page, "hash")
    digest = blake3.blake3(bytes(64 << 20)).hexdigest()
    until(page, f"document.querySelector('#hash-result').textContent.includes('{digest}')", 60_000)

    files = [{"name": name, "mimeType": "", "buffer": name.encode()} for name in ('we"ird.txt', "plain.txt")]
    page.set_input_files("#many-form input[type=file]", files)
    press(page, "many")
    until(page, """document.querySelector('#many-result').textContent.includes('we"ird.txt')""")


def test_escape_of_an_input_method_cancels_nothing(boot: Callable[..., Watched]) -> None:
    """Page/22."""
    page = boot().page
    until(page, "document.documentElement.dataset.page === 'ready'")
    visit(page, "app/crypto/argon2id", "#argon2id-form")
    page.fill("#argon2id-password", "a password")
    press(page, "argon2id")
    for options in ("{key: 'Escape', isComposing: true, bubbles: true}", "{key: 'Escape', keyCode: 229, bubbles: true}"):
        page.evaluate(f"document.querySelector('#argon2id-password').dispatchEvent(new KeyboardEvent('keydown', {options}))")
    page.wait_for_selector("#argon2id-result .result.ok", timeout=60_000)
    assert page.inner_text("#announce") != "Cancelled"


def test_the_answer_asked_for_last_stands_in_its_place(wallet: Watched) -> None:
    """An act that was slow, and a click elsewhere meanwhile: its late answer does not take the page away again."""
    page = wallet.page
    visit(page, "app/identifiers", "#new-form")
    page.fill("#new-alias", "slow")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    page.fill("#new-keys", "6")
    page.select_option("#new-algo", "salty")
    page.evaluate("""() => {
      globalThis.late = false;
      document.addEventListener('keriwasm:answer', event => { if (event.detail.source?.id === 'new-form') globalThis.late = true; });
    }""")
    press(page, "new")
    until(page, "document.querySelector('#key-making progress') !== null")  # 64 keys or 6: it is told how far it is
    page.click("#new-form .cancel")
    until(page, "!document.querySelector('#new-form [type=submit]').disabled && !document.querySelector('#key-making progress')")
    # What was cancelled is made or not, never half: a derivation whose last step was under way when it was told may be whole.
    made = [each["alias"] for each in ask(page, "app/identifiers", 200, method="GET")["identifiers"]]
    assert made in ([], ["slow"])
    page.fill("#new-alias", "slower")
    press(page, "new")
    until(page, "document.querySelector('#key-making progress') !== null")
    page.click(".site-nav >> text=Post-quantum")
    until(page, "document.querySelector('#main h1')?.textContent === 'Post-quantum'")
    if not page.evaluate("globalThis.late"):  # a form that is swapped away takes its request along
        time.sleep(3)
    assert page.inner_text("#main h1") == "Post-quantum" and where(page, "app/pq").endswith("/app/pq")
    assert not ask(page, "app/wallet", 200, method="GET")["locked"]  # whatever became of it, it cost nothing that was open
    # The same place asked for twice by two elements: the slow first one must not stand there in the end.
    page.evaluate("""async () => {
      const place = document.createElement('div');
      place.id = 'place';
      document.querySelector('#main').append(place);
      const ask = path => {
        const element = document.createElement('p');
        document.querySelector('#main').append(element);
        return htmx.ajax('GET', path, {source: element, target: '#place', swap: 'innerHTML'});
      };
      await Promise.all([ask('app/'), ask('app/load/panel')]);
    }""")
    assert page.locator("#place #panel-load").count() == 1 and page.locator("#place #panel-home").count() == 0


def test_tables_keep_their_last_column_on_a_phone(boot: Callable[..., Watched]) -> None:
    """Whatever is wider than the screen scrolls inside of itself, under its last column."""
    page = boot().page
    page.set_viewport_size({"width": 390, "height": 844})
    last = """() => [...document.querySelectorAll('.table-wrap')].map(wrap => {
      const cell = [...wrap.querySelector('tbody tr')?.children ?? []].filter(each => each.offsetParent).at(-1);
      if (!cell) return '';
      const [inner, outer] = [cell.getBoundingClientRect(), wrap.getBoundingClientRect()];
      return inner.right <= outer.right + 1 && inner.left >= outer.left && inner.right <= innerWidth ? '' : cell.outerHTML.slice(0, 200);
    }).filter(Boolean)"""
    ended = """async () => (await (await keriwasm.fetch('%s', {headers: {accept: 'application/json'}})).json()).state !== 'running'"""
    id = ask(page, "app/load/runs", 202, {"operations": ["control", "blake2b-200"], "workers": [1], "seconds": 0.1})["id"]
    until(page, ended % f"app/load/runs/{id}")
    run = ask(page, "app/suites/blake3/runs", 202, {"effort": "quick"})["id"]
    until(page, ended % f"app/suites/runs/{run}", 120_000)
    load = ("app/load", f"app/load/runs/{id}", f"app/load/compare?a={id}&b={id}")
    for path in (*load, "app/pq", "app/suites", f"app/suites/runs/{run}", "app/suites/runs", "app/crypto/hash"):
        page.evaluate("path => htmx.ajax('GET', path, {target: '#main', swap: 'innerHTML'})", path)
        until(page, "!document.querySelector('#main .htmx-request')")
        assert page.evaluate(last) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_a_bare_click_on_the_menu_never_fails(boot: Callable[..., Watched]) -> None:
    """Each is a page that explains itself, without a wallet and with a locked one; an error in the console fails the test."""
    page = boot().page
    for locked in (False, True):
        if locked:
            ask(page, "app/wallet", 201, {"name": "w", "passcode": PASSCODE})
            ask(page, "app/wallet/lock", 200, {})
        for name in page.locator(".site-nav a[hx-get]").all_inner_texts():
            page.click(f'.site-nav >> text="{name}"')
            until(page, f"document.querySelector('.site-nav [aria-current]')?.textContent === {name!r}")
            until(page, "document.querySelector('#main h1') !== null && !document.querySelector('.htmx-request:not([hx-sse\\\\:connect])')")
            assert not page.title().rstrip(")").endswith(("409", "423")), name
    assert "locked" in page.inner_text("#main") or where(page).endswith("/pool")


def test_words_where_the_eye_is(wallet: Watched) -> None:
    """A wrong passcode in words; what was done in sight; terms explain themselves by keyboard, too; timing only on demand."""
    page = wallet.page
    wallet.allow("status of 422")
    aid = ask(page, "app/identifiers", 201, {"alias": "me"})["aid"]
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, f"app/identifiers/{aid}", "#rename-form")
    page.evaluate("document.querySelectorAll('#main details').forEach(each => { each.open = true; })")
    page.fill("#rename-alias", "")
    page.click("#rename-alias")
    page.keyboard.insert_text("می\u200cرود 👩\u200d🚀")  # page/17: joiners shape what is seen
    press(page, "rename")
    until(page, "document.querySelector('#main h1')?.textContent === 'می\u200cرود 👩\u200d🚀'")
    note = "document.querySelector('#main .note').getBoundingClientRect()"
    until(page, f"({note}).top >= 0 && ({note}).bottom <= innerHeight")

    assert page.locator("main [data-timing]").count() == 0 and page.locator("footer [data-timing]").is_hidden()
    page.click("footer .timing summary")
    assert " ms in w" in page.inner_text("footer [data-timing]")

    term = page.locator("#main .term").first
    tip = term.locator(".tip")
    assert tip.is_hidden() and term.get_attribute("aria-description")
    page.mouse.move(1, 1)  # who points at the words themselves keeps them
    term.focus()
    assert tip.is_visible() and tip.bounding_box()["x"] >= 0
    page.keyboard.press("Tab")
    assert tip.is_hidden()
    term.hover()
    assert tip.is_visible()

    visit(page, "app/wallet", "#passcode-form")
    ask(page, "app/wallet/lock", 200, {})
    visit(page, "app/wallet", "#unlock-form")
    page.fill("#unlock-passcode", "not the passcode of it")
    press(page, "unlock")
    page.wait_for_selector("#unlock-result .problem")
    said = page.inner_text("#unlock-result").strip()
    assert said.startswith("That is not the passcode") and "HTTP" not in said and "acceptable" not in said
    assert "Passcode: is not" in " ".join(said.split()), "what stands above the field, not its name in a form"


AHEAD = """
{ const now = Date.now; let shift = 0;
  new BroadcastChannel('clock').onmessage = ({data}) => { shift = data; };
  Date.now = () => now.call(Date) + shift; }
"""


def test_a_clock_that_was_ahead_locks_nobody_out(boot: Callable[..., Watched], broken: Callable[..., str]) -> None:
    """Page/43, with the clock of the workers in hand: a year ahead, set right, and a quarter of an hour later at most."""

    def clock(seconds: int) -> None:
        page.evaluate("ms => new BroadcastChannel('clock').postMessage(ms)", seconds * 1000)
        page.wait_for_timeout(300)

    def unlock(passcode: str, said: str) -> None:
        page.fill("#unlock-passcode", passcode)
        press(page, "unlock")
        until(page, f"document.querySelector('#unlock-result')?.textContent.includes({said!r})", 60_000)

    url = broken("workers/worker.js", lambda path: path.write_text(path.read_text() + AHEAD))
    watched = boot(url=url, workers=1)
    watched.allow("status of 4(22|29)")
    page = watched.page
    visit(page, "app/wallet", "#wallet-form")
    ask(page, "app/wallet", 201, {"name": "w", "passcode": PASSCODE})
    ask(page, "app/wallet/lock", 200, {})
    visit(page, "app/wallet", "#unlock-form")
    clock(365 * 86400)
    for tries in ("1 wrong try", "2 wrong tries", "3 wrong tries"):
        unlock("not the passcode of it", tries)
    clock(0)
    unlock(PASSCODE, "was not looked at")
    clock(15 * 60 + 1)
    page.fill("#unlock-passcode", PASSCODE)
    press(page, "unlock")
    until(page, AUTOLOCK, 60_000)
