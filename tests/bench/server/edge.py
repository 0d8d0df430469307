"""From the page's own workers, from the server, and from the edge component, in one Chromium: click to swap, and request to answer.

    python tests/bench/server/edge.py [ROUNDS]        100 by default

All take turns, so that what disturbs the machine disturbs all alike; p50 and p95 in ms, and the p50 by the page's. A click is click.py's: a
button of a fragment, htmx asks, until it is swapped. Then each is asked for a form's answer (SHA-256 of a short text, as htmx asks) and
for the whole check of a log of three events. The component runs on jco, which is Node 24, and on wasmtime, which makes an instance for each
request; its Ed25519 and BLAKE3 are Python. The files of its pages (htmx, style) come from no server at all here.
"""

from __future__ import annotations

import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
KITS = ROOT / "tests" / "kits"
sys.path[:0] = [str(each) for each in (ROOT, ROOT / "tests" / "bench", KITS, KITS / "conformance", KITS / "server", ROOT / "python")]

from bench_site import CHROMIUM, FLAGS, WHOLE, report, until  # noqa: E402
from click import MEASURE, SETTLE_MS  # noqa: E402
from serverkit import serving  # noqa: E402
from streams import streams  # noqa: E402
from targets import component  # noqa: E402

import serve  # noqa: E402

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


def file(route: Route) -> None:
    """What a static host beside the component would send."""
    path = serve.locate(ROOT, urlsplit(route.request.url).path.lstrip("/"))
    if path is None:
        route.abort()
    else:
        route.fulfill(path=path, content_type=serve.MEDIA_TYPES[path.suffix], headers={"cache-control": "max-age=600"})


def opened(browser: Browser, base: str, path: str, bare: bool) -> Page:
    """A page that is whole. Nothing is in its requests' way any more then. bare: who answers has no files."""
    page = browser.new_context().new_page()
    if bare:
        page.route("**/{static,router}/**", file)
    page.goto(base + path)
    until(page, WHOLE if "workers" in path else "Boolean(globalThis.htmx)")
    if bare:
        page.wait_for_timeout(1000)  # for what comes after the load; a stream never ends
        page.unroute_all(behavior="wait")
    return page


def clicked(pages: dict[str, Page], count: int) -> dict[str, list[float]]:
    """Click to swap, by turns of ten; the first of each turn are warm-up (click.py)."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(max(1, count // 10)):
        for name, page in pages.items():
            page.bring_to_front()
            times[name] += page.evaluate(MEASURE, [10, ["door"]])["door"]
    return times


def asked(pages: dict[str, Page], count: int, request: list[str]) -> dict[str, list[float]]:
    """Request to whole answer, one of each at a turn."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(count + 3):
        for name, page in pages.items():
            status, ms = page.evaluate(ONE, request)
            if status != 200:
                raise RuntimeError(f"{name} answered {status}")
            if number >= 3:  # the first ones import and compile
                times[name].append(ms)
    return times


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    log = urlencode({"text": streams()["whole"].decode()})
    with ExitStack() as stack, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        pages: dict[str, Page] = {}
        for name, base, path in (
            ("page", stack.enter_context(own()), "/?workers=2"),
            ("server", f"http://127.0.0.1:{stack.enter_context(serving(workers=2)).port}", "/app/crypto/hash"),
            ("component on jco", stack.enter_context(component()), "/app/crypto/hash"),
            ("component on wasmtime", stack.enter_context(component("wasmtime")), "/app/crypto/hash"),
        ):
            pages[name] = opened(browser, base, path, name.startswith("component"))
        pages["page"].wait_for_timeout(SETTLE_MS)
        rows = told("click to swap", clicked(pages, rounds))
        rows += told("hash", asked(pages, rounds, ["app/crypto/hash", urlencode({"algorithm": "sha256", "text": "abc"}), FORM]))
        rows += told("check", asked(pages, max(5, rounds // 5), ["app/ledger/check", log, FORM]))
        browser.close()
    report("edge", rows)
    return 0


def told(what: str, times: dict[str, list[float]]) -> list[dict[str, Any]]:
    """A row of each: p50, p95, and the p50 by the page's."""
    first = statistics.median(times["page"])
    return [
        {
            "what": f"{what}, {name}", "p50_ms": round(statistics.median(each), 2), "p95_ms": round(sorted(each)[int(len(each) * 0.95)], 2),
            **({} if name == "page" else {"of": "the page's", "ratio": round(statistics.median(each) / first, 2)}),
        }
        for name, each in times.items()
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
