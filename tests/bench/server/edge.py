"""Request to whole answer in one Chromium: from the page's own workers, from the server, and from the edge component.

    python tests/bench/server/edge.py [ROUNDS]        100 by default

The three take turns, so that what disturbs the machine disturbs all alike; p50 and p95 in ms, and the p50 by the page's. Each is asked
for a form's answer (SHA-256 of a short text, as htmx asks) and for the whole check of a log of three events. The component runs on jco,
which is Node 24; its Ed25519 and BLAKE3 are Python.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
KITS = ROOT / "tests" / "kits"
sys.path[:0] = [str(each) for each in (ROOT, ROOT / "tests" / "bench", KITS, KITS / "conformance", KITS / "server", ROOT / "python")]

from bench_site import report  # noqa: E402
from serverkit import serving  # noqa: E402
from streams import streams  # noqa: E402
from targets import component  # noqa: E402

import serve  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ONE = """async ([path, body, type]) => {
  const ask = globalThis.keriwasm?.fetch ?? ((path, init) => fetch('/' + path, init));
  const began = performance.now();
  const answer = await ask(path, { method: 'POST', body, headers: { accept: 'text/html', 'hx-request': 'true', 'content-type': type } });
  await answer.text();
  return [answer.status, performance.now() - began];
}"""
FORM = "application/x-www-form-urlencoded"


@contextmanager
def own() -> Iterator[str]:
    """The app's files."""
    server = serve.AppServer(ROOT, "127.0.0.1", 0, base="/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def ready(page: Page) -> None:
    until = time.monotonic() + 180
    while page.evaluate("document.documentElement.dataset.state") != "ready":
        if time.monotonic() > until:
            raise TimeoutError("the page did not become ready")
        time.sleep(0.2)


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    log = urlencode({"text": streams()["whole"].decode()})
    asked = {
        "hash": (rounds, ["app/crypto/hash", urlencode({"algorithm": "sha256", "text": "abc"}), FORM]),
        "check": (max(5, rounds // 5), ["app/ledger/check", log, FORM]),
    }
    with ExitStack() as stack, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        pages: dict[str, Page] = {}
        for name, base, path in (
            ("page", stack.enter_context(own()), "/?workers=2"),
            ("server", f"http://127.0.0.1:{stack.enter_context(serving(workers=2)).port}", "/app/crypto/hash"),
            ("component", stack.enter_context(component()), "/app/crypto/hash"),
        ):
            pages[name] = browser.new_context().new_page()
            pages[name].goto(base + path)
            if name == "page":
                ready(pages[name])
        rows = []
        for what, (count, request) in asked.items():
            times: dict[str, list[float]] = {name: [] for name in pages}
            for number in range(count + 3):
                for name, page in pages.items():
                    status, ms = page.evaluate(ONE, request)
                    if status != 200:
                        raise RuntimeError(f"{name} answered {status}")
                    if number >= 3:  # the first ones import and compile
                        times[name].append(ms)
            rows += told(what, times)
        browser.close()
    report("edge", rows)
    return 0


def told(what: str, times: dict[str, list[float]]) -> list[dict[str, Any]]:
    """A row of each: p50, p95, and the p50 by the page's."""
    first = statistics.median(times["page"])
    return [
        {
            "what": f"{what}, {name}", "p50_ms": round(statistics.median(each), 2), "p95_ms": round(sorted(each)[int(len(each) * 0.95)], 2),
            "ratio": round(statistics.median(each) / first, 2),
        }
        for name, each in times.items()
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
