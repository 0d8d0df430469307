"""All post-quantum algorithms in Pyodide under Node: each works, none crashes the runtime, costs are as the page says.

FIPS 205's 144 pre-hash variants share their code: by default every hash and every parameter set is tried once (12 of
them), and of the stateful ones those that make a key within some seconds. KERIWASM_FULL=1 tries all. Without the long tests the
dozen whose keys or signatures take a second and more are left out: tests/wasm/native/test_liboqs.py tries those too, once.
"""

from __future__ import annotations

import math
import os
import re
from typing import Any

import pytest
from slices.pq.costs import cost_ms

FULL = os.environ.get("KERIWASM_FULL") == "1"
STACK = 10 << 20  # bytes that Pyodide's build gives the C stack
SLACK = 6  # a machine that much slower than the one whose figures costs.py holds is worth a line in the counts

NAMES = """
import json
from slices.pq import algorithms
def main(args):
    known = algorithms.catalogue()
    return {kind: {name: each.media() for name, each in members.items()} for kind, members in known.items()}
"""

QUICK_TREES = [
    "XMSS-SHA2_10_256", "XMSS-SHA2_10_192", "XMSS-SHAKE256_10_256", "XMSSMT-SHA2_20/4_256", "XMSSMT-SHAKE_20/4_256",
    "XMSSMT-SHA2_40/8_256", "XMSSMT-SHAKE_60/12_256",
]  # fmt: skip
QUICK_LMS = ["LMS_SHA256_H5_W1", "LMS_SHA256_H5_W4", "LMS_SHA256_H5_W8", "LMS_SHA256_H5_W8_H5_W8"]


@pytest.fixture(scope="module")
def known(pyodide) -> dict[str, dict[str, dict[str, Any]]]:
    return pyodide.run(NAMES)


def diagonal(names: list[str]) -> list[str]:
    """Of the pre-hash variants, each hash with another parameter set; all other names."""
    hashed = [re.match(r"SLH_DSA_(.+)_PREHASH_(.+)$", name) for name in names]
    hashes = sorted({match[1] for match in hashed if match})
    sets = sorted({match[2] for match in hashed if match})
    assert len(hashes) == len(sets) == 12, (hashes, sets)
    chosen = {f"SLH_DSA_{one}_PREHASH_{other}" for one, other in zip(hashes, sets, strict=True)}
    return [name for name, match in zip(names, hashed, strict=True) if match is None or name in chosen]


def report(kind: str, rows: list[dict[str, Any]], total: int, count: Any) -> None:
    """Print the table and check what every row must hold."""
    operations = ("keypair", "encaps", "decaps") if kind == "kem" else ("keypair", "sign", "verify")
    print(f"{kind:34}", *(f"{op:>10}" for op in operations), f"{'stack':>10}  held")
    for row in rows:
        times = (f"{row['ms'][op]:>8.2f}ms" if op in row["ms"] else f"{'–':>10}" for op in operations)
        print(f"{row['name']:34}", *times, f"{row['stack']:>10}", "", " ".join(row["held"]))
    broken = {row["name"]: [what for what, held in row["held"].items() if not held] for row in rows}
    assert not {name: what for name, what in broken.items() if what}
    assert all(row["held"] for row in rows)
    deepest = max(rows, key=lambda row: row["stack"])
    assert deepest["stack"] < STACK // 3, f"{deepest['name']} needs {deepest['stack']} bytes of stack"
    for row in rows:
        for op, ms in row["ms"].items():
            # Classic McEliece draws keys until one fits: 30 draws in a row fail once in 30,000 times.
            told = (cost_ms(row["name"], op) or 100) * (10 if "McEliece" in row["name"] and op == "keypair" else 1)
            if ms >= told * SLACK:
                count(f"{kind}: {op} of {row['name']} took {ms:.0f} ms here, the page says {told:.0f}")
    whole = [row for row in rows if row["held"].keys() & {"valid", "agree"}]
    rest = f", {len(rows) - len(whole)} more only turn senseless signatures down" if len(whole) < len(rows) else ""
    left = f", {total - len(rows)} left out" if len(rows) < total else ""
    count(f"{kind}: {len(whole)} of {total} algorithms whole rounds{rest}{left}; most stack {deepest['stack']} bytes")


LIMITED = pytest.mark.parametrize("limit_ms", [
    pytest.param(1000, id="brisk"), pytest.param(math.inf, id="whole", marks=pytest.mark.long),
])  # fmt: skip


def within(names: list[str], limit_ms: float) -> list[str]:
    """Those of which no operation takes longer."""
    return [name for name in names if max(cost_ms(name, op) or 0 for op in ("keypair", "sign")) < limit_ms]


@LIMITED
def test_every_kem(pyodide, known, count, limit_ms):
    names = within(list(known["kem"]), limit_ms)
    assert len(known["kem"]) - len(names) <= (8 if limit_ms < math.inf else 0)
    rows = pyodide.run("pq_catalogue.py", {"kind": "kem", "names": names})
    assert {row["name"] for row in rows} == set(names)
    report("kem", rows, len(known["kem"]), count)


@LIMITED
def test_every_signature(pyodide, known, count, limit_ms):
    every = list(known["sig"]) if FULL else diagonal(list(known["sig"]))
    names = within(every, limit_ms)
    assert len(every) - len(names) <= (16 if limit_ms < math.inf else 0)
    rows = pyodide.run("pq_catalogue.py", {"kind": "sig", "names": names}, timeout=1800)
    assert {row["name"] for row in rows} == set(names)
    report("sig", rows, len(known["sig"]), count)


def test_stateful_signatures(pyodide, known, count):
    feasible = [name for name, told in known["stfl"].items() if "keypair" not in told.get("refused", {})]
    chosen = feasible if FULL else QUICK_TREES
    assert set(chosen) <= set(feasible)
    rest = [name for name in known["stfl"] if name not in feasible]
    rows = pyodide.run("pq_catalogue.py", {"kind": "stfl", "names": [*chosen, *rest], "lms": QUICK_LMS}, timeout=1800)
    assert {row["name"] for row in rows} == {*chosen, *rest}
    report("stfl", rows, len(known["stfl"]), count)


def test_what_is_refused_says_why(known):
    refused = {name: told["refused"] for name, told in known["stfl"].items() if "refused" in told}
    assert "about 2 min" in refused["XMSS-SHA2_16_256"]["keypair"]
    assert re.search(r"about \d+ (min|h)", refused["XMSSMT-SHA2_60/3_256"]["keypair"])
    assert set(refused["LMS_SHA256_H10_W4"]) == {"keypair", "sign"}
    assert "sign" not in refused["XMSS-SHA2_16_256"], "a key made elsewhere can sign here: that takes milliseconds"
    assert not [name for kind in ("kem", "sig") for name, told in known[kind].items() if "refused" in told]
