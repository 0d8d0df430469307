"""Two claims about the pool, measured in one run each.

    python tests/bench/pool/parallel.py [ROUNDS]

1. Two jobs on two workers beside one job alone: 1.0 would be perfect, 2.0 no gain. The job is hashing a large body,
   sized so that one takes about two seconds here.
2. A click while both workers are saturated with such jobs, beside the time of one job.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_site import chromium, median, ready, report, site

SETUP = """async megabytes => {
  const data = new Uint8Array(megabytes << 20);
  for (let at = 0; at < data.length; at += 65536) crypto.getRandomValues(data.subarray(at, at + 65536));
  globalThis.job = async () => {
    const began = performance.now();
    const form = new FormData();
    form.append('algorithm', 'sha3_512');
    form.append('file', new File([data], 'job.bin'));
    const response = await keriwasm.fetch('app/crypto/hash', {method: 'POST', body: form, headers: {accept: 'application/json'}});
    if (!response.ok) throw new Error(await response.text());
    return {ms: performance.now() - began, worker: response.headers.get('x-worker')};
  };
  globalThis.click = async () => {
    const began = performance.now();
    const response = await keriwasm.fetch('app/crypto/panel', {headers: {accept: 'text/html', 'hx-request': 'true'}});
    await response.text();
    return performance.now() - began;
  };
  return (await job()).ms;
}"""
TWO = """async () => {
  const began = performance.now();
  const jobs = await Promise.all([job(), job()]);
  return {ms: performance.now() - began, workers: jobs.map(({worker}) => worker)};
}"""
SATURATED = """async () => {
  const clicks = [];
  let running = true;
  const load = Promise.all(Array.from({length: 4}, job)).then(jobs => { running = false; return jobs; });
  await new Promise(resolve => { setTimeout(resolve, 100); });
  while (running) {
    clicks.push(await click());
    await new Promise(resolve => { setTimeout(resolve, 50); });
  }
  return {clicks, jobs: (await load).map(({ms}) => ms)};
}"""


def main(rounds: int) -> None:
    with site() as url, chromium() as browser:
        page = browser.new_context().new_page()
        ready(page, f"{url}?workers=2")
        megabytes = 16
        while (once := page.evaluate(SETUP, megabytes)) < 1500 and megabytes < 60:
            megabytes = min(60, max(megabytes + 4, int(megabytes * 2000 / once)))
        one, two, spread, clicks, jobs = [], [], set(), [], []
        for _ in range(rounds):
            one.append(page.evaluate("job()")["ms"])
            pair = page.evaluate(TWO)
            two.append(pair["ms"])
            spread.add(tuple(sorted(pair["workers"])))
            load = page.evaluate(SATURATED)
            clicks += load["clicks"]
            jobs += load["jobs"]
        idle = [page.evaluate("click()") for _ in range(50)]
    alone = median(one)
    rows = [{"what": f"one job ({megabytes} MiB sha3_512)", "median_ms": alone}]
    for what, took in (
        (f"two jobs on {' and '.join(sorted(spread)[0])}", median(two)), ("click, idle pool", median(idle)),
        (f"click under 4 jobs ({len(clicks)} clicks)", median(clicks)), ("slowest click under 4 jobs", max(clicks)),
    ):  # fmt: skip
        rows.append({"what": what, "median_ms": took, "of": "one job", "ratio": took / alone})
    report("parallel", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
