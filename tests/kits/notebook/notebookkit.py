"""The notebook's page for tests, and the ways out of it, for those of each engine."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conftest import BOOT_MS, until
from playwright.sync_api import FrameLocator, Locator, Page, expect

__all__ = ["CHANNEL", "HTML_ESCAPES", "PATH", "WALLS", "Notebook", "escapes", "listening"]

PATH = "static/notebook/index.html"
CHANNEL = "keriwasm-escape"
"""On which nothing of a cell may be heard."""
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

    def editor(self, number: int = 0) -> Locator:
        """What a cell is written in."""
        return self.frame.locator("form.cell").nth(number).locator(".cm-content")

    def write(self, source: str, number: int = 0) -> None:
        self.editor(number).fill(source)

    def begin(self, source: str, number: int = 0) -> None:
        """Run a cell, and wait until it does."""
        self.write(source, number)
        self.editor(number).press("Control+Enter")
        self.wait(1)

    def asked(self, label: str) -> Locator:
        """The field of a cell that waits for a line, once it is there and a hand may write at once."""
        field = self.frame.get_by_label(label, exact=True)
        field.wait_for()
        expect(field).to_be_focused()
        return field

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
        self.editor(number).press("Control+Enter")
        for _ in range(2400):
            if self.count() != before and not self.inside(RUNNING):
                return self.output(number)
            self.page.wait_for_timeout(25)
        raise AssertionError(f"{source!r} has not ended: {self.output(number)!r}")

    def shows(self, beginning: str) -> None:
        """Wait until its first cell begins so."""
        for _ in range(1200):
            if self.inside("() => document.querySelector('form.cell textarea')?.value ?? ''").startswith(beginning):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"no cell begins with {beginning!r}")

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

    def saved(self) -> str:
        """The file that "Save as .ipynb" gives, once the page outside has heard of what is shown."""
        self.page.wait_for_timeout(600)
        with self.page.expect_download() as saving:
            self.page.evaluate("document.querySelector('[data-act=ipynb]').click()")
        return Path(saving.value.path()).read_text()

    def count(self) -> str:
        return "".join(self.frame.locator("[data-count]").all_inner_texts())

    def output(self, number: int = 0) -> str:
        """What stands below a cell, without how long it took."""
        return re.sub(r"\s+[\d.]+ s$", "", self.frame.locator("form.cell .output").nth(number).inner_text()).strip()

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
async def events(url):
    made = js.EventSource.new(url)
    while made.readyState == 0:
        await asyncio.sleep(0.05)
    if made.readyState != 1:
        raise OSError("refused")
    return "open"
js.BroadcastChannel.new("%(channel)s").postMessage("x")
out = {
    "indexedDB": await tried(lambda: js.indexedDB.open("keriwasm")),
    "caches": await tried(lambda: js.caches.keys()),
    "cookies": await tried(lambda: js.cookieStore.getAll()),
    "locks": await tried(lambda: js.navigator.locks.query()),
    "files": await tried(lambda: js.navigator.storage.getDirectory()),
    "fetch": await tried(lambda: js.fetch("%(url)sapp/wallet")),
    "the engine's own fetch": await tried(lambda: js.WorkerGlobalScope.prototype.fetch.call(js.self, "%(url)sapp/wallet")),
    "xhr": await tried(lambda: xhr("%(url)sapp/wallet")),
    "socket": await tried(lambda: socket("ws://%(host)s/")),
    "events": await tried(lambda: events("%(url)sapp/wallet")),
    "script": await tried(lambda: js.importScripts("%(url)sstatic/page/theme.js")),
    "eval": await tried(lambda: js.eval("1")),
    "parent": await tried(lambda: js.parent.document.title),
    "document": await tried(lambda: js.document.title),
}
print(json.dumps(out))
'''

# The same for the frame's own script: what it evaluates, and what it must get.
WALLS = {
    "parent": ("(() => { try { return parent.document.title } catch (e) { return e.name } })()", "SecurityError"),
    "storage": ("(() => { try { return localStorage.length } catch (e) { return e.name } })()", "SecurityError"),
    "fetch": ("fetch.toString().includes('native')", False),
}

# What a cell's HTML would do by itself; a server at this port hears of it.
HTML_ESCAPES = '''
from IPython.display import HTML
PARTS = """<link rel="preconnect" href="http://127.0.0.1:%(port)d/"><link rel="dns-prefetch" href="http://told.invalid/">
<meta http-equiv="refresh" content="0;url=http://127.0.0.1:%(port)d/"><base href="http://127.0.0.1:%(port)d/">"""
HTML(f"""<p>before</p>{PARTS}<div><template shadowrootmode="open">{PARTS}</template></div>
<svg><foreignObject>{PARTS}</foreignObject></svg><p><a href="http://127.0.0.1:%(port)d/">after</a></p>""")
'''


@contextmanager
def listening() -> Iterator[tuple[int, Callable[[], bool]]]:
    """A port, and whether anybody came to it so far."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1], lambda: bool(select.select([server], [], [], 0)[0])


def escapes(url: str) -> str:
    """A cell that tries each way out of the page at this address, and prints the answers as JSON."""
    return ESCAPES % {"url": url, "host": urlsplit(url).netloc, "channel": CHANNEL}
