"""The ledger's verification as the workers run it: real keripy in Pyodide, damaged imports and a long log."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "kits"))

from ledgerkit import habery, made, messages  # noqa: E402

ROUNDS = 120
EVENTS = 500


def long_log() -> list[str]:
    """A log of one key, every tenth event a rotation."""
    with habery("long") as hby:
        hab = hby.makeHab("long")
        for number in range(1, EVENTS):
            if number % 10:
                hab.interact(data=[{"n": str(number)}])
            else:
                hab.rotate()
        return [message.decode() for message in messages(hab)]


def test_damaged_imports_and_the_rate_of_a_long_log(pyodide, count):
    args = {"log": [each.decode() for each in made()], "rounds": ROUNDS, "seed": 42, "long": long_log()}
    told = pyodide.run("ledger_checks.py", args, mounts={"/repo": ROOT}, path=["/repo/tests/kits"])
    assert sum(told["counted"].values()) == ROUNDS
    count(f"ledger: {ROUNDS} damaged imports, {told['counted']}")
    rate, alone = EVENTS / told["seconds"], EVENTS / told["alone_seconds"]
    count(f"ledger: {EVENTS} events verified at {rate:.0f} a second, keripy's own Parser and Kevery at {alone:.0f}")
