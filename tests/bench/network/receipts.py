"""A rotation with the receipts of six witnesses: in the page, and by native keripy, against the same witnesses in the same run.

    python tests/bench/network/receipts.py [ROUNDS]

The page: from the POST until the receipts of all six are there, saved. Native: keripy's Receiptor on CPython over hio's own client,
`rotate` included, at the Doist's tock of `kli` (1/32 s) and at one of 1 ms. Medians of ROUNDS (10); the ratios are page to native.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "bench"), str(TESTS / "kits" / "network")]

import witnesses as kit  # noqa: E402
from bench_site import chromium, median, ready, report, site  # noqa: E402

PROGRAM = Path(__file__).resolve().parents[1] / "programs" / "receipts.py"
TOCKS = {"native, as kli": 0.03125, "native, tock 1 ms": 0.001}

ASK = """async ([path, json]) => {
  const response = await keriwasm.fetch(path, {method: 'POST', body: JSON.stringify(json),
    headers: {accept: 'application/json', 'content-type': 'application/json'}});
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return await response.json();
}"""

ROTATE = """async ([path, count]) => {
  const headers = {accept: 'application/json'}, began = performance.now();
  const response = await keriwasm.fetch(`${path}/rotate`, {method: 'POST', body: '{}',
    headers: {...headers, 'content-type': 'application/json'}});
  if (!response.ok) throw new Error(await response.text());
  const answered = performance.now() - began;
  for (;;) {
    const told = await (await keriwasm.fetch(`${path}/receipts`, {headers})).json();
    if (told.receipts === count) return {ms: performance.now() - began, answered};
    if (performance.now() - began > 60000) throw new Error(JSON.stringify(told));
    await new Promise(done => setTimeout(done, 25));
  }
}"""


def native(witnesses: kit.Witnesses, rounds: int, tock: float) -> list[float]:
    """Milliseconds of each rotation."""
    arguments = [json.dumps([each.oobi for each in witnesses.values()]), str(rounds), str(tock)]
    environment = witnesses.bench.environment(witnesses.home)
    done = subprocess.run([witnesses.bench.python, PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main(rounds: int) -> None:
    rows = []
    with kit.running() as witnesses, site() as url, chromium() as browser:
        page = browser.new_context().new_page()
        ready(page, f"{url}?workers=2")
        page.evaluate(ASK, ["app/wallet", {"name": "Bench", "passcode": "a passcode of the bench"}])
        page.evaluate(ASK, ["app/network", {"enabled": True}])
        for each in witnesses.values():
            page.evaluate(ASK, ["app/network/origins", {"origin": each.url, "allowed": True}])
        oobis = [each.oobi for each in witnesses.values()]
        aid = page.evaluate(ASK, ["app/identifiers", {"alias": "bench", "witnesses": oobis, "toad": 6}])["aid"]
        page.evaluate(ASK, [f"app/identifiers/{aid}/receipts", {}])
        page.wait_for_timeout(3000)
        took = {what: native(witnesses, rounds, tock) for what, tock in TOCKS.items()}
        pages = [page.evaluate(ROTATE, [f"app/identifiers/{aid}", 6]) for _ in range(rounds)]
        own = median([each["ms"] for each in pages])
        rows.append({"what": "page", "ms": own, "answered_ms": median([each["answered"] for each in pages])})
        for what, times in took.items():
            rows.append({"what": what, "ms": median(times), "ratio": own / median(times)})
        page.context.close()
    report("receipts", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
