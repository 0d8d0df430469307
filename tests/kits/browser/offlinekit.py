"""A copy of the app that a test may change, on a server that it may stop, and a browser profile that outlives its browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import CHROMIUM, FLAGS, ROOT, until
from playwright.sync_api import BrowserContext, Page, Playwright

import serve


class Site:
    """The app below `folder`, its files linked to the repository's until one is edited; over them those of `app`, if given."""

    def __init__(self, folder: Path, base: str = "/", app: Path | None = None) -> None:
        self.folder = folder
        self.base = base
        self.port = 0
        self.server: Any = None
        self.thread: threading.Thread | None = None
        self.connections: set[socket.socket] = set()
        self.bytes: dict[str, list[int]] = {}
        self.refused: dict[str, int] = {}
        self.pages: set[str] = set()
        for name in (*sorted(serve.SERVED_ROOMS), *sorted(serve.SERVED_FILES)):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, copy_function=os.link, dirs_exist_ok=True)
            elif (ROOT / name).exists():
                os.link(ROOT / name, folder / name)
        for path in app.rglob("*") if app else ():
            if path.is_file() and "__pycache__" not in path.parts:
                (folder / path.relative_to(app)).parent.mkdir(parents=True, exist_ok=True)
                (folder / path.relative_to(app)).unlink(missing_ok=True)  # the link, not the repository's file
                os.link(path, folder / path.relative_to(app))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def start(self, dev: bool = False) -> None:
        """Serves, always at the same address. `bytes` collects the sizes of whole bodies sent, by path; what
        `refused` names is answered with 503 so many times, what `pages` names with a page of the host's own, and 200."""
        counted, refused, pages = self.bytes, self.refused, self.pages

        class Counting(serve.Handler):
            def _begin(self, status: int, fields: Any) -> None:
                if status == 200 and self.command == "GET":
                    path = self.path.partition("?")[0].lstrip("/")
                    counted.setdefault(path, []).append(int(fields.get("Content-Length", 0)))
                super()._begin(status, fields)

            def _answer(self) -> None:
                path = self.path.partition("?")[0].lstrip("/")
                if refused.get(path):
                    refused[path] -= 1
                    self.send_error(503)
                elif path in pages:
                    body = b"<!doctype html>\n<title>Welcome</title>\n<p>This host answers everything.\n"
                    self._send(200, {"Content-Type": "text/html", "Cache-Control": "no-cache"}, body)
                else:
                    super()._answer()

            def setup(self) -> None:
                connections.add(self.request)
                super().setup()

        connections = self.connections = set()
        self.server = serve.AppServer(self.folder, "127.0.0.1", self.port, base=self.base, dev=dev)
        self.server.RequestHandlerClass = Counting
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """From now on nobody listens at the address, and nobody answers on a connection that was kept alive."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            for connection in self.connections:
                with contextlib.suppress(OSError):  # ended already
                    connection.shutdown(socket.SHUT_RDWR)
            self.thread.join(10)
            self.server = None

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Another version of one file; the repository's own stays."""
        file = self.folder / path
        before = file.read_text()
        after = change(before)
        assert after != before, path
        file.unlink()
        file.write_text(after)


class Profile:
    """A browser profile on disk; `open` starts Chromium on it, `close` ends it."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright = playwright
        self.folder = folder
        self.context: BrowserContext | None = None

    def open(self) -> Page:
        self.close()
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        return self.context.pages[0]

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None


def kept(page: Page) -> dict:
    """Wait until the whole app is kept; the keeper's report."""
    until(page, "document.documentElement.dataset.offline === 'kept'", 120_000)
    return page.evaluate("keriwasm.offline.report")


# In the page: changes a kept file's bytes, as a bad disk would; the answer is whether it was found.
DAMAGE = """async path => {
  const state = await (await caches.match(new URL('kept/state.json', document.baseURI).href)).json();
  const cache = await caches.open(`keriwasm-kept:/@${state.current}`);
  const address = new URL(`@${state.current}/${path}`, document.baseURI).href;
  const response = await cache.match(address);
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[bytes.length >> 1] ^= 1;
  await cache.put(address, new Response(bytes, {headers: response.headers}));
  return true;
}"""


def generation(page: Page) -> str:
    """The generation that the page's own modules came from, "" for the server."""
    return page.evaluate("""() => {
      const names = performance.getEntriesByType('resource').map(({name}) => name)
        .filter(name => /\\/(router|static|python)\\/.*\\.(m?js|py|css)$/.test(name));
      const ids = new Set(names.map(name => /\\/@([0-9a-f]{16})\\//.exec(name)?.[1] ?? ''));
      return [...ids].join('+');
    }""")


def number(page: Page) -> str:
    """What the pool page shows of this version."""
    until(page, "document.querySelector('#release')?.hidden === false")
    return page.inner_text("#release [data-copy-source]")
