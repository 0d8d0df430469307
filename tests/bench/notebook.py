"""The notebook: Stop, the cell after a hard stop beside a bare start, output on the screen, 100 MB of prints.

    .venv/bin/python tests/bench/notebook.py [ROUNDS] [plain]

Interpreters come from the memory snapshot that the app has made before; `plain`: none is there, as on a first visit.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/browser"), str(ROOT / "tests/kits/notebook")]

from bench_site import chromium, median, ready, report, settled, site  # noqa: E402
from notebookkit import PATH, Notebook  # noqa: E402
from playwright.sync_api import Page  # noqa: E402

DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
LINES = 1_000_000
"""Of 100 bytes each."""

# From the print to the frame after the page has it: the cell prints the time.
SEEN = """() => new Promise(resolve => {
  const cell = document.querySelector('form.cell');
  new MutationObserver((_, observer) => {
    const told = cell.querySelector('.output').innerText.match(/at ([0-9.]+)/);
    if (!told) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(Date.now() - Number(told[1])));
  }).observe(cell, { childList: true, subtree: true, characterData: true });
  cell.querySelector('[data-run]').click();
})"""
HEAP = "() => performance.memory?.usedJSHeapSize ?? 0"


def took(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def stop(notebook: Notebook) -> None:
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)


def measure(page: Page, url: str, times: dict[str, list[float]]) -> None:
    """One page's figures."""
    notebook = Notebook(page)

    def note(name: str, ms: float) -> None:
        times.setdefault(name, []).append(ms)

    def first() -> None:
        page.goto(f"{url}{PATH}")
        notebook.opened().editor().wait_for()
        notebook.run("1 + 1")

    note("bare start, to the first value", took(first))
    note("a cell, warm", took(lambda: notebook.run("1 + 1")))
    notebook.begin("while True: pass")
    note("Stop of an endless loop", took(lambda: stop(notebook)))
    notebook.write("import time\nprint('at', time.time() * 1000)")
    note("a line on the screen after its print", notebook.inside(SEEN))
    notebook.wait(0)
    notebook.begin(DEAF)
    note("hard stop of what catches everything", took(lambda: stop(notebook)))
    note("the cell after a hard stop", took(lambda: notebook.run("1 + 1")))
    before = notebook.inside(HEAP)
    note("100 MB of prints", took(lambda: notebook.run(f"for n in range({LINES}): print('x' * 99)")))
    note("the page's heap grew by (KB)", (notebook.inside(HEAP) - before) / 1024)


def main(rounds: int, plain: bool) -> None:
    times: dict[str, list[float]] = {}
    with site() as url, chromium() as browser:
        for _ in range(rounds):
            context = browser.new_context()
            if not plain:
                page = context.new_page()
                ready(page, url)
                settled(page)
                page.close()
            page = context.new_page()
            page.set_default_timeout(120_000)
            measure(page, url, times)
            context.close()
    found = {name: median(values) for name, values in times.items()}
    bare = found["bare start, to the first value"]
    rows = [{"what": name, "ms": value} for name, value in found.items()]
    rows.append({"what": "the cell after a hard stop", "of": "a bare start", "ratio": found["the cell after a hard stop"] / bare})
    report("notebook", rows)


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(next((word for word in words if word.isdigit()), 3)), "plain" in words)
