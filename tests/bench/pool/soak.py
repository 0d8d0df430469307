"""Soak: many requests by both doors, none lost, memory flat.

    python tests/bench/pool/soak.py [REQUESTS]

Prints the answers by status, and the memory of the page, of the router worker and of the pool workers at each tenth of the
run. Exit status 1 if one answer is missing, wrong, or the router still holds state when all is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_site import chromium, ready, report, site

BATCH = """async ({from, count}) => {
  const headers = {accept: 'application/json', 'content-type': 'application/json'};
  const counts = {};
  const one = async n => {
    const ask = n % 2 ? keriwasm.fetch : (path, options) => fetch(new URL(path, document.baseURI), options);
    const text = `soak ${n}`;
    const response = await ask('app/crypto/hash', {method: 'POST', headers, body: JSON.stringify({algorithm: 'blake3', text})});
    const data = await response.json();
    const good = response.status === 200 && data.digest_hex?.length === 64 && data.bytes === text.length;
    const key = good ? 'good' : `status ${response.status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  };
  const width = 20;
  let next = from;
  await Promise.all(Array.from({length: width}, async () => { while (next < from + count) await one(next++); }));
  return counts;
}"""

# Otherwise Chromium measures memory when it next collects garbage, half a minute later.
EAGER = "--enable-blink-features=ForceEagerMeasureMemory"
ROUTER = """async () => (await performance.measureUserAgentSpecificMemory()).breakdown
  .filter(part => part.attribution.some(one => one.url.endsWith('router/host/worker.js')))
  .reduce((sum, part) => sum + part.bytes, 0)"""


def main(requests: int) -> int:
    rows, counts = [], {}
    with site() as url, chromium(EAGER) as browser:
        page = browser.new_context().new_page()
        ready(page, f"{url}?workers=2")
        cdp = page.context.new_cdp_session(page)
        for tenth in range(11):
            if tenth:
                batch = page.evaluate(BATCH, {"from": (tenth - 1) * requests // 10, "count": requests // 10})
                for key, value in batch.items():
                    counts[key] = counts.get(key, 0) + value
            cdp.send("HeapProfiler.collectGarbage")
            page_bytes = cdp.send("Runtime.getHeapUsage")["usedSize"]
            pool = page.evaluate("keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}}).then(answer => answer.json())")
            rows.append({"requests": sum(counts.values()), "page_MB": page_bytes / 1e6,
                         "router_MB": page.evaluate(ROUTER) / 1e6,
                         "workers_MB": sum(worker["heap_bytes"] for worker in pool["workers"]) / 1e6,
                         "inflight": pool["router"]["inflight"]})  # fmt: skip
    report("soak", rows)
    print(counts)
    return 0 if counts == {"good": requests // 10 * 10} else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
