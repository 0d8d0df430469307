"""liboqs-python's own tests, unmodified, over the liboqs of pyoqs-wasm, in Pyodide.

The whole suite keeps two cores busy for a quarter of an hour, nearly all of it in a few slow families. By default every
KEM and signature algorithm is checked for correctness and each family for everything; KERIWASM_FULL=1 runs all that can
run at all. What is left out is printed with its reason.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from suites import judge
from vendoring.fetch import Fetcher

FULL = os.environ.get("KERIWASM_FULL") == "1"
PARTS = 2
"""Processes that share the cases: the machines that this runs on have two cores."""

# SLH-DSA with a hash of the message before it: 12 hashes times 12 parameter sets, one in SLH-DSA's code. Each hash and
# each parameter set comes once in these pairs.
HASHES = (
    "SHA2_224", "SHA2_256", "SHA2_384", "SHA2_512", "SHA2_512_224", "SHA2_512_256",
    "SHA3_224", "SHA3_256", "SHA3_384", "SHA3_512", "SHAKE_128", "SHAKE_256",
)  # fmt: skip
SETS = tuple(f"{family}_{bits}{speed}" for family in ("SHA2", "SHAKE") for bits in (128, 192, 256) for speed in "FS")
PAIRS = "|".join(f"{pre}_PREHASH_{parameters}" for pre, parameters in zip(HASHES, SETS, strict=True))

BY_DEFAULT = [
    (rf"test_(wrong_\w+|correctness_with_ctx_str)\[SLH_DSA_(?!({PAIRS})\]).*PREHASH",
     "slow, and only the hash of the message differs: every hash and parameter set is tried, not every pair"),
    (r"test_wrong_\w+\[Classic-McEliece-[468]", "makes a key for each check (up to half a minute); its correctness is checked"),
    (r"test_wrong_\w+\[(XMSS-.*_10_|XMSSMT-SHAKE_20/2_|XMSSMT-SHA2_20/2_)",
     "makes a key of 1024 leaves or more for each check (3 to 15 s); its correctness is checked"),
    (r"test_\w+\[XMSSMT-\w+_(40/4|60/6)_", "makes a key of 4 to 6 thousand leaves for each check (20 s to 2 min)"),
]  # fmt: skip
ALWAYS = [
    (r"test_\w+\[XMSS-(SHA2|SHAKE256)_16_(256|192)\]",
     "its sdist has no key for it, and making one (65,536 leaves) takes 3 to 10 minutes"),
]  # fmt: skip


@pytest.fixture
def wheels(pyodide, lock):
    """What stateful keys are stored with, beside a worker's wheels."""
    pins = [pin for pin in lock.sources if pin.source in ("pypi:pyasn1", "pypi:pyasn1-alt-modules")]
    assert len(pins) == 2
    fetcher = Fetcher(lock)
    return [*pyodide.wheels, *(fetcher.wheel(pin.source.removeprefix("pypi:"), pin.version) for pin in pins)]


def run(pyodide, sdists, wheels, modules: list[str]) -> list:
    """The cases of some of its test files, shared among processes."""
    root = sdists("liboqs-python")
    excluded = ALWAYS if FULL else [*ALWAYS, *BY_DEFAULT]

    def part(number: int) -> list:
        args = {"prepare": ["oqs"], "modules": modules, "excluded": excluded, "share": [number, PARTS]}
        return pyodide.run(
            "suite.py", args, wheels=wheels, mounts={"/sdist": root}, path=["/sdist/tests"], timeout=7200
        )

    with ThreadPoolExecutor(PARTS) as pool:
        return [case for cases in pool.map(part, range(PARTS)) for case in cases]


def test_kems_and_signatures(pyodide, sdists, wheels, count):
    cases = run(pyodide, sdists, wheels, ["test_kem", "test_install", "test_sig"])
    judge("liboqs-python 0.16.0.1, KEMs and signatures", cases, count, at_least=1127 if FULL else 580)
    for kind, algorithms in (("KEM", 29), ("signature", 221)):
        module = {"KEM": "test_kem", "signature": "test_sig"}[kind]
        checked = [c for c in cases if c["id"].startswith(f"{module}.test_correctness[") and c["outcome"] == "passed"]
        assert len(checked) == algorithms, kind


def test_stateful_signatures(pyodide, sdists, wheels, count):
    cases = run(pyodide, sdists, wheels, ["test_stfl_sig"])
    judge("liboqs-python 0.16.0.1, stateful signatures", cases, count, at_least=100 if FULL else 75)
    count("    LMS is verify-only in this liboqs; its own suite leaves it out")
