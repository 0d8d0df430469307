"""What is freed is overwritten: the test reads the memory of its own process (Linux tells it under /proc)."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, do, place, quick, unsynced, vault  # noqa: F401 (fixtures)
from slices.vault import wiping
from slices.vault.trouble import TooSoon, WrongPasscode

PROGRAM = r"""
import re, secrets, sys
from pathlib import Path
import slices.wallet  # a heap with holes of all sizes, as a worker's
from slices.vault import wiping

def hits(word):
    # How often these bytes stand in this process's writable memory; the copies that are looked for with count too.
    count = 0
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            found = re.match("([0-9a-f]+)-([0-9a-f]+) rw-p ", line)
            if found is None:
                continue
            at, end = (int(each, 16) for each in found.groups())
            while at < end:
                memory.seek(at)
                try:
                    part = memory.read(min(8 << 20, end - at))
                except OSError:  # what the kernel keeps for itself
                    break
                count += part.count(word)
                at += len(part)
    return count

length = int(sys.argv[1])
word = secrets.token_hex(length)[:length].encode()
held = [(str(number), word.decode() + str(number), bytearray(word)) for number in range(3000)]
full = hits(word)
held = [each[0] for each in held]
freed = hits(word)
for _ in wiping.overwrite():
    pass
print(full, freed, hits(word))
"""


@pytest.mark.parametrize("length", [21, 32, 44, 124, 300, 900])
def test_what_is_freed_is_overwritten(length: int) -> None:
    """Nearly all of thousands of copies: no allocator promises which free place it takes."""
    environment = {**os.environ, "PYTHONPATH": str(Path(wiping.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(length)], env=environment, capture_output=True, text=True, check=True)
    full, freed, left = map(int, done.stdout.split())
    assert full >= 3000 and freed > 1000 and left < freed / 20, (full, freed, left)


def test_it_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(wiping, "_zeros", lambda: (made.append(n) or [b""] for n in range(64)))  # type: ignore[func-returns-value]
    counts = []
    for _ in wiping.overwrite():
        counts.append(len(made))
    assert counts[-1] == 64 and max(b - a for a, b in itertools.pairwise(counts)) == wiping.AT_ONCE


def test_each_time_that_secrets_come_or_go_is_told(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    woken: list[Any] = []
    monkeypatch.setattr(vault.worker.doist, "wake", woken.append)
    doer = wiping.WipeDoer(vault)
    for step, raises in (
        (lambda: vault.lock(), None),
        (lambda: do(vault.unlock("not the passcode")), WrongPasscode),
        (lambda: do(vault.unlock(PASSCODE)), None),
        (lambda: do(vault.rekey(PASSCODE, "another one, quite as long", "low")), None),
        (lambda: do(vault.rekey("not the passcode", PASSCODE, "low")), WrongPasscode),
        (lambda: vault.destroy(), None),
    ):
        woken.clear()
        if raises is None:
            step()
        else:
            with pytest.raises((raises, TooSoon)):
                step()
        assert doer in woken
