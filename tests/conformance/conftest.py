"""Those who answer: the page in Chromium, the server, the edge component on jco; each is started once and asked once for all rows."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from rows import ROOT, request, rows
from serverkit import command as server_command
from targets import Reply, component, free_port, in_page, over_http, started

sys.path.insert(0, str(ROOT))

import serve

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BOOT = 120.0
SLICES: list[str] = tomllib.loads((ROOT / "python" / "wasi" / "parts.toml").read_text())["slices"]


def only(manifest: str, names: list[str]) -> str:
    """pyscript.toml with these slices and no others: the same app on both sides, for its home page shows what there is."""
    head, *tables = re.split(r"(?m)^(?=\[)", manifest)
    return head + "".join(each for each in tables if not (found := re.match(r"\[slices\.([a-z-]+)\]", each)) or found[1] in names)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as a folder of links, but for its manifest."""
    place = tmp_path_factory.mktemp("app")
    for name in (*sorted(serve.SERVED_ROOMS), *sorted(serve.SERVED_FILES), "serve.py"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, copy_function=os.link)
        else:
            shutil.copyfile(ROOT / name, place / name)
    (place / "pyscript.toml").write_text(only((ROOT / "pyscript.toml").read_text(), SLICES))
    return place


def page(app: Path) -> list[Reply]:
    """What a page of a fresh profile says, all rows at the same time. Any console error fails."""
    server = serve.AppServer(app, "127.0.0.1", 0, base="/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    errors: list[str] = []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            tab = browser.new_page()
            tab.add_init_script("Object.defineProperty(navigator.connection, 'saveData', {get: () => true});")
            tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            tab.on("pageerror", lambda error: errors.append(str(error)))
            tab.goto(f"http://127.0.0.1:{server.server_address[1]}/?workers=2")
            until = time.monotonic() + BOOT
            while tab.evaluate("document.documentElement.dataset.state") != "ready":
                assert time.monotonic() < until, (errors, tab.evaluate("JSON.stringify(globalThis.keriwasm?.status ?? null)"))
                time.sleep(0.1)
            replies = in_page(tab)([request(row) for row in rows()])
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
    assert not errors, errors
    return replies


def edge(app: Path) -> list[Reply]:
    """What the component says."""
    with component() as base:
        return over_http(base)([request(row) for row in rows()])


def server(app: Path) -> list[Reply]:
    """What worker processes say."""
    words, environment = server_command("--port", str(port := free_port()), "--workers", "2")
    site = environment["PYTHONPATH"].replace(str(ROOT / "python"), str(app / "python"), 1)
    with started(words, f"http://127.0.0.1:{port}", BOOT, cwd=app, env={**environment, "PYTHONPATH": site}) as base:
        return over_http(base)([request(row) for row in rows()])


TARGETS: dict[str, Callable[[Path], list[Reply]]] = {"page": page, "server": server, "component": edge}
"""Name -> its replies to all rows, in their order. The first is what the others are compared with."""


@pytest.fixture(scope="session")
def said(app: Path) -> Iterator[Callable[[str], list[Reply]]]:
    """The replies of a target, asked for once."""
    kept: dict[str, Any] = {}

    def replies(name: str) -> list[Reply]:
        if name not in kept:
            try:
                kept[name] = TARGETS[name](app)
            except Exception as ex:
                kept[name] = ex
        if isinstance(kept[name], Exception):
            raise kept[name]
        return kept[name]

    yield replies
