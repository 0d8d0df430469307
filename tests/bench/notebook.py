"""The notebook: Stop, the cell after a hard stop beside a bare start, output on the screen, 100 MB of prints.

    .venv/bin/python tests/bench/notebook.py [ROUNDS]

A restored interpreter where the profile keeps the app, else plain ones. Times in ms; read the ratios.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/browser"), str(ROOT / "tests/kits/notebook")]

from conftest import BOOT_MS, CHROMIUM, FLAGS, serving  # noqa: E402
from notebookkit import PATH, Notebook  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
LINES = 1_000_000
"""Of 100 characters each."""

SEEN = """source => new Promise(resolve => {
  const cell = document.querySelector('form.cell');
  new MutationObserver((_, observer) => {
    if (!cell.querySelector('.output').innerText.includes('.')) return;
    const told = Number(cell.querySelector('.output').innerText.match(/[0-9.]+/)[0]);
    requestAnimationFrame(() => { observer.disconnect(); resolve(Date.now() - told); });
  }).observe(cell, { childList: true, subtree: true, characterData: true });
  cell.querySelector('[data-run]').click();
})"""


def took(act: object) -> float:
    began = time.perf_counter()
    act()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000


def stopped(notebook: Notebook) -> float:
    """From the click to the end of the cell."""
    def act() -> None:
        notebook.frame.locator("[data-stop]").click()
        notebook.wait(0)
    return took(act)


def main(rounds: int) -> None:
    figures: dict[str, list[float]] = {}
    address = serving()
    url = next(address)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(rounds):
            page = browser.new_context().new_page()
            page.set_default_timeout(BOOT_MS)
            page.goto(f"{url}{PATH}")
            notebook = Notebook(page).opened()
            notebook.editor().wait_for()

            def note(name: str, ms: float) -> None:
                figures.setdefault(name, []).append(ms)

            note("bare start: a first cell after the page is open", took(lambda: notebook.run("1 + 1")))  # noqa: B023
            note("a cell, warm", took(lambda: notebook.run("1 + 1")))  # noqa: B023
            notebook.begin("while True: pass")
            note("stop of an endless loop", stopped(notebook))
            notebook.write("import time; print(time.time() * 1000, flush=True)")
            note("print to screen", notebook.inside(f"() => ({SEEN})()"))
            notebook.wait(0)
            notebook.begin(DEAF)
            note("hard stop", stopped(notebook))
            note("the cell after a hard stop", took(lambda: notebook.run("1 + 1")))  # noqa: B023
            heap = "() => performance.memory?.usedJSHeapSize ?? 0"
            before = notebook.inside(heap)
            note("100 MB of prints", took(lambda: notebook.run(f"for n in range({LINES}): print('x' * 99)")))  # noqa: B023
            note("... and the page's heap grew by, KB", (notebook.inside(heap) - before) / 1024)
            page.context.close()
        browser.close()
    address.close()
    for name, values in figures.items():
        print(f"{name:52} {statistics.median(values):10,.0f}")
    cold, hard = (statistics.median(figures[name]) for name in (
        "bare start: a first cell after the page is open", "the cell after a hard stop"))
    print(f"{'the cell after a hard stop / bare start':52} {hard / cold:10.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
