"""The crypto and pq slices behind their routes, in the wasm runtime: what CPython's tests cannot show."""

from __future__ import annotations

import base64
from pathlib import Path

import argon2.low_level

ROOT = Path(__file__).resolve().parents[3]


def argon(ops: int, mebibytes: int) -> str:
    """argon2-cffi's answer, as unpadded base64url."""
    made = argon2.low_level.hash_secret_raw(
        b"password", b"s" * 16, time_cost=ops, memory_cost=mebibytes << 10, parallelism=1, hash_len=32,
        type=argon2.low_level.Type.ID,
    )  # fmt: skip
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def test_rounds_pages_and_refusals(pyodide, count):
    said = pyodide.run(
        "slices_routes.py",
        {"argon": {"interactive": argon(2, 64), "moderate": argon(3, 256)}},
        mounts={"/repo": ROOT},
        path=["/repo/tests/kits", "/repo/workers", "/repo/python"],
    )
    for sentence in said:
        count(f"slices: {sentence}")
