"""Our operations in one worker beside the fastest peer of each, in the load lab of a real page.

    python tests/bench/peers.py [SECONDS]

Each point is measured for SECONDS (default 3), all in one run; a ratio above 1 is faster than every peer. It is the lab's own
`typical` one (median run beside median run) where there is one, else that of the rates.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench_site import CHROMIUM, report

import loadtest

WANTED = {
    "ed25519-sign": 1.05, "ed25519-verify": 1.05, "xchacha-1k": 0.7, "xchacha-16k": 1.2, "blake3-200": 1.0, "blake3-1m": 1.0,
    "ml-kem-768-encaps": 0.95, "ml-dsa-65-sign": 0.95, "blake3-200-x64": 1.0, "ml-kem-768-encaps-x64": 0.95,
}  # fmt: skip
PEERS = ["libsodium.js", "noble", "hash-wasm", "liboqs-js"]


def main(seconds: float) -> None:
    body: dict[str, Any] = {"operations": list(WANTED), "workers": [1], "seconds": seconds, "peers": PEERS}
    with loadtest.serving(None) as base, loadtest.local(f"{base}app/load?workers=2", CHROMIUM) as evaluate:
        run = loadtest.study(evaluate, body, lambda text: print(text, file=sys.stderr, flush=True))
    if run["state"] != "done":
        raise RuntimeError(f"the run is {run['state']}")
    rows = []
    for operation, wanted in WANTED.items():
        found = [(each["typical"] or each["ratio"], each["contender"]) for each in run["ratios"] if each["operation"] == operation]
        ratio, peer = min(found)
        ours = next(p for p in run["points"] if (p["operation"], p["contender"]) == (operation, "keriwasm"))
        rows.append({"what": operation, "ops_per_s": ours["ops_per_s"], "p50_ms": ours["p50_ms"], "of": peer, "ratio": ratio,
                     "wanted": f">= {wanted}"})  # fmt: skip
    report("peers", rows)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
