"""Click to swap: the htmx door, the service worker's door, and the same fragment from a real local HTTP server.

    python tests/bench/click.py [CLICKS]

The three are clicked in random order, CLICKS times each (default 300), in one page: from the click to htmx:after:swap. The
HTTP server is serve.py on the same machine, sending the very bytes that the workers rendered, from memory. As a person's, a
click comes when the swap before it is painted, and in no step with the screen's clock: clicked at a fixed distance, one
kind met the browser's own rendering in every round and another never did, so that the ratio told the distance.

No question is asked by a fourth kind, whose answer lies in the page already: what htmx, the parser and the swap take, whoever
answers. It is the floor; the last row of each page says what the door takes above it, of what the HTTP server takes above it.

Every request of a page passes its service worker, also those that it leaves alone. So the HTTP server is asked once more
from a page that has none, by turns with the door of that page.
"""

from __future__ import annotations

import sys
from typing import Any

from bench_site import chromium, median, ready, report, site
from playwright.sync_api import Page

# Workers compile their templates in the background for a while, and a spare one makes the memory snapshot: not while we measure.
SETTLE_MS = 45_000

MEASURE = """async ([clicks, kinds]) => {
  const host = document.createElement('div');
  host.innerHTML = `<div id="swapped"></div>
    <button id="door" hx-get="app/crypto/panel" hx-target="#swapped">door</button>
    <button id="http" hx-get="bench/fragment" hx-target="#swapped">http</button>
    <button id="sw" hx-get="app/crypto/panel" hx-target="#swapped">service worker</button>
    <button id="floor" hx-get="app/crypto/panel" hx-target="#swapped">no question</button>`;
  document.body.append(host);
  htmx.process(host);
  // The third goes around the door: without ctx.fetch, htmx asks the network, that is the service worker.
  host.querySelector('#sw').addEventListener('htmx:config:request', ({detail}) => { detail.ctx.fetch = fetch.bind(window); });
  const kept = kinds.includes('floor') ? await (await fetch('bench/fragment')).text() : '';
  host.querySelector('#floor').addEventListener('htmx:config:request', ({detail}) => {
    detail.ctx.fetch = async () => new Response(kept, {headers: {'content-type': 'text/html; charset=utf-8'}});
  });
  const click = id => new Promise(resolve => {
    const began = performance.now();
    document.addEventListener('htmx:after:swap', () => resolve(performance.now() - began), {once: true});
    host.querySelector('#' + id).click();
  });
  const frame = () => new Promise(resolve => { requestAnimationFrame(resolve); });
  const times = Object.fromEntries(kinds.map(kind => [kind, []]));
  for (let n = 0; n < clicks + 20; n += 1) {
    const order = Object.keys(times).map(id => [Math.random(), id]).sort();
    for (const [, id] of order) {
      const time = await click(id);
      if (n >= 20) times[id].push(time);
      await frame();
      await frame();
      await new Promise(resolve => { setTimeout(resolve, 5 + 17 * Math.random()); });
    }
  }
  return times;
}"""


def measure(page: Page, extra: dict[str, tuple[str, bytes]], clicks: int, kinds: list[str]) -> dict[str, list[float]]:
    """Milliseconds by kind, once the page is at rest."""
    page.wait_for_timeout(SETTLE_MS)
    text = page.evaluate("""async () => (await keriwasm.fetch('app/crypto/panel',
        {headers: {accept: 'text/html', 'hx-request': 'true'}})).text()""")
    extra["/bench/fragment"] = ("text/html; charset=utf-8", text.encode())
    return page.evaluate(MEASURE, [clicks, kinds])


def rows(times: dict[str, list[float]], where: str) -> list[dict[str, Any]]:
    names = {"door": "htmx door", "sw": "service worker", "http": "local HTTP server", "floor": "the answer in the page: no question"}
    base, floor = median(times["http"]), median(times["floor"])
    made = [
        {"what": names[key] + where, "clicks": len(values), "median_ms": median(values),
         "p95_ms": sorted(values)[int(len(values) * 0.95)], "of": "local HTTP server", "ratio": median(values) / base,
         **({"wanted": "<= 0.5"} if key == "door" else {})}
        for key, values in times.items()
    ]  # fmt: skip
    above = median(times["door"]) - floor
    return [*made, {"what": "htmx door above that floor" + where, "clicks": len(times["door"]), "median_ms": above,
                    "of": "local HTTP server above it", "ratio": above / (base - floor)}]  # fmt: skip


def main(clicks: int) -> None:
    extra: dict[str, tuple[str, bytes]] = {}
    with site(extra) as url, chromium() as browser:
        page = browser.new_context().new_page()
        ready(page, f"{url}?workers=2")
        found = rows(measure(page, extra, clicks, ["door", "http", "sw", "floor"]), "")
        page.context.close()
        page = browser.new_context(service_workers="block").new_page()
        ready(page, f"{url}?workers=2", whole="globalThis.keriwasm?.status?.ready === 2")
        found += rows(measure(page, extra, clicks, ["door", "http", "floor"]), ", no service worker")
    report("click", found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
