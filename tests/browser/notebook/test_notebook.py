"""The notebook in a page: cells run, stop, are kept and shared; and what runs in them gets at nothing of the app's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import BOOT_MS, ROOT, Watched, until
from playwright.sync_api import BrowserContext, FrameLocator, Page

PATH = "static/notebook/index.html"
RUNNING = "() => document.querySelectorAll('form.cell[data-running]').length"


class Notebook:
    """The page with its frame."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def opened(self) -> Notebook:
        """Once its cells are there."""
        until(self.page, "!document.querySelector('[data-act=runAll]').disabled", BOOT_MS)
        return self

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#frame iframe")

    def inside(self, expression: str) -> Any:
        frame = next(frame for frame in self.page.frames if frame != self.page.main_frame)
        return frame.evaluate(expression)

    def write(self, source: str, number: int = 0) -> None:
        self.frame.locator("form.cell textarea").nth(number).fill(source)

    def begin(self, source: str, number: int = 0) -> None:
        """Run a cell, and wait until it does."""
        self.write(source, number)
        self.frame.locator("form.cell textarea").nth(number).press("Control+Enter")
        self.wait(1)

    def wait(self, running: int) -> None:
        self.frame.locator("body").wait_for()
        for _ in range(1200):
            if self.inside(RUNNING) == running or (running and self.inside("() => document.querySelector('form.cell').dataset.ran")):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"not {running} cells run")

    def run(self, source: str, number: int = 0) -> str:
        """Run a cell to its end; the text of its output."""
        before = self.count()
        self.write(source, number)
        self.frame.locator("form.cell textarea").nth(number).press("Control+Enter")
        for _ in range(2400):
            if self.count() != before and not self.inside(RUNNING):
                return self.output(number)
            self.page.wait_for_timeout(25)
        raise AssertionError(f"{source!r} has not ended: {self.output(number)!r}")

    def run_all(self) -> None:
        """Run all cells; they are all done."""
        self.inside("""() => {
          globalThis.ran = false;
          document.addEventListener('notebook:ran', () => { globalThis.ran = true; }, {once: true});
        }""")
        self.page.click("[data-act=runAll]")
        for _ in range(2400):
            if self.inside("() => globalThis.ran"):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"they have not all run: {self.inside('() => document.body.innerText')}")

    def count(self) -> str:
        return "".join(self.frame.locator("[data-count]").all_inner_texts())

    def output(self, number: int = 0) -> str:
        """What stands below a cell, without how long it took."""
        return re.sub(r"\s+[\d.]+ s$", "", self.frame.locator("form.cell .output").nth(number).inner_text()).strip()


@pytest.fixture
def notebook(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> Iterator[Notebook]:
    page = context.new_page()
    watched = watch(page)
    watched.allow("Executing inline script violates")  # of what a cell shows
    watched.allow("violates the following Content Security Policy|Refused to")  # of what tries to get out
    watched.allow("w1 is replaced: it did not let go")
    page.goto(f"{app_url}{PATH}")
    yield Notebook(page).opened()


# Each way out, as a cell would try it: the name of what it got, or of the error.
ESCAPES = '''
import asyncio, js, json
async def tried(make):
    try:
        got = make()
        if hasattr(got, "then") or asyncio.iscoroutine(got):
            got = await got
        return f"got {got}"
    except BaseException as ex:
        return f"{type(ex).__name__}: {str(ex)[:60]}"
def xhr(url):
    request = js.XMLHttpRequest.new()
    request.open("GET", url, False)
    request.send()
    return request.status
async def socket(url):
    made = js.WebSocket.new(url)
    while made.readyState == 0:
        await asyncio.sleep(0.05)
    if made.readyState != 1:
        raise OSError("refused")
    return "open"
js.BroadcastChannel.new("keriwasm-escape").postMessage("x")
out = {
    "indexedDB": await tried(lambda: js.indexedDB.open("keriwasm")),
    "caches": await tried(lambda: js.caches.keys()),
    "cookies": await tried(lambda: js.cookieStore.getAll()),
    "locks": await tried(lambda: js.navigator.locks.query()),
    "files": await tried(lambda: js.navigator.storage.getDirectory()),
    "fetch": await tried(lambda: js.fetch("%(url)sapp/wallet")),
    "xhr": await tried(lambda: xhr("%(url)sapp/wallet")),
    "socket": await tried(lambda: socket("ws://%(host)s/")),
    "script": await tried(lambda: js.importScripts("%(url)sstatic/page/theme.js")),
    "eval": await tried(lambda: js.eval("1")),
    "parent": await tried(lambda: js.parent.document.title),
    "document": await tried(lambda: js.document.title),
}
print(json.dumps(out))
'''


EXAMPLES = {
    "keripy": "the first history stands: True",
    "crypto": "bytes of signature, valid: True",
    "doers": "done: True at",
    "plots": "Change the two numbers",
}

LISTEN = """() => {
  globalThis.overheard = [];
  new BroadcastChannel('keriwasm-escape').onmessage = event => { overheard.push(event.data); };
}"""


def test_a_notebook(notebook: Notebook, context: BrowserContext, app_url: str, watch: Callable[[Page], Watched]) -> None:
    """One page carries it: a start costs most."""
    page = notebook.page
    assert notebook.run("1 + 1") == "2"
    assert notebook.run("x = 41; print('<b>', end='')") == "<b>"
    assert notebook.run("import asyncio\nawait asyncio.sleep(0.01)\nx + 1") == "42"
    text = notebook.run("def f():\n    return 1 / 0\nf()")
    assert text.startswith("Traceback") and 'line 2, in f' in text and text.endswith("ZeroDivisionError: division by zero")
    aid = notebook.run("from keri.app import habbing\nwith habbing.openHby(name='n', temp=True) as hby:\n    print(hby.makeHab('a').pre)")
    assert len(aid) == 44 and aid[0] == "E"
    html = "<em>hi</em><script>document.title=1</script><a href='javascript:document.title=1'>!</a>"
    assert notebook.run(f"from IPython.display import HTML\nHTML({html!r})") == "hi!"

    # What is written is seen while the cell runs, and a cell that never ends is ended: its names stay.
    notebook.begin("print('first')\nwhile True: pass")
    for _ in range(400):
        if notebook.output() == "first":
            break
        page.wait_for_timeout(25)
    assert notebook.output() == "first"
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)
    assert "Stopped" in notebook.output()
    assert notebook.run("x") == "41"

    # Text without end is bounded, and the page goes on.
    text = notebook.run("for n in range(60_000): print(n, 'x' * 90)")
    assert "characters are left out here" in text and "59999 x" in text and "Show all of it" in text
    assert len(text) < 200_000

    # One that catches everything costs the interpreter, which is said.
    notebook.begin("while True:\n    try:\n        while True: pass\n    except BaseException: pass")
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)
    until(page, "document.querySelector('#note').textContent.includes('started anew')")
    assert "NameError" in notebook.run("x")

    # Nothing of the app's, of this origin's or of anybody's is in reach.
    page.evaluate(LISTEN)
    escapes = json.loads(notebook.run(ESCAPES % {"url": app_url, "host": urlsplit(app_url).netloc}))
    assert page.evaluate("overheard") == []
    assert not {name: got for name, got in escapes.items() if got.startswith("got")}, escapes
    assert notebook.inside("() => { try { return parent.document.title } catch (e) { return e.name } }") == "SecurityError"
    assert notebook.inside("() => { try { return localStorage.length } catch (e) { return e.name } }") == "SecurityError"
    assert notebook.inside("() => fetch.toString().includes('native')") is False

    # What is written is kept, and found again; and as a link it runs nothing by itself.
    page.locator("#title").fill("Mine")
    notebook.run("6 * 7")
    until(page, "location.hash.startsWith('#id=')")
    until(page, "document.querySelector('#kept').textContent.includes('Mine')")
    page.wait_for_timeout(500)
    page.reload()
    notebook.opened()
    assert notebook.frame.locator("textarea").input_value() == "6 * 7" and notebook.output() == "42"

    # Each example runs green, from its first cell to its last.
    for name, shown in EXAMPLES.items():
        page.evaluate(f"location.hash = 'example={name}'")
        heading = (ROOT / "static/notebook/examples" / f"{name}.py").read_text().split("\n")[1].removeprefix("# ")
        for _ in range(400):
            if notebook.inside("() => document.querySelector('textarea').value").startswith(heading):
                break
            page.wait_for_timeout(25)
        notebook.run_all()
        text = notebook.inside("() => document.querySelector('#cells').innerText")
        assert "Traceback" not in text and shown in text, (name, text)

    link = page.evaluate("""async () => {
      const { pack } = await import('/static/notebook/links.js');
      return pack('Sent', { cells: [{ cell_type: 'code', source: 'print("ran")' }] });
    }""")
    guest = context.new_page()
    watch(guest)
    guest.goto(f"{app_url}{PATH}#{link}")
    other = Notebook(guest).opened()
    assert other.frame.locator("textarea").input_value() == 'print("ran")' and other.output() == ""
    assert "nothing of it has run" in guest.locator("#note").inner_text()
    other.run_all()
    assert other.output() == "ran"
