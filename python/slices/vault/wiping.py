"""Overwriting what was secret and is free: the one thing that Python allows.

Python cannot wipe memory. A passcode's text, the seed that it is stretched to, a key that was decrypted for one signature:
each is an immutable object, copied by every step, and what is freed keeps its bytes until something else is put there.
So when secrets have gone through memory, or the wallet was locked, and the request is over, as many zeros are allocated as
free memory of each size may have, and let go again.

What this does not reach: more free memory than that, the C stack, and JavaScript's copies of messages.
tests/browser/wallet/test_wallet_memory.py searches the workers' memory; the README says what it finds.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from hio.base import doing
from keriwasm.runtime.scheduling import ASAP, WAIT

if TYPE_CHECKING:
    from slices.vault.vault import Vault

__all__ = ["WipeDoer", "overwrite"]

SMALL, STEP = 512, 8
"""Up to so many bytes Python's own allocator gives blocks, of sizes that are so many bytes apart."""
BARE = 64
"""Blocks too small for a bytes object with its head: the content of a bytearray has none."""
EACH = 256 << 10
"""Bytes that are overwritten of each size."""
LARGE = (*range(544, 1200, 64), 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10)
AT_ONCE = 8
"""Sizes between two yields: a few milliseconds."""


def overwrite() -> Generator[float, float, None]:
    """Collect, then put zeros where nothing is. Gives way in between."""
    gc.collect()
    yield ASAP
    held = []
    for number, zeros in enumerate(_zeros(), start=1):
        held.append(zeros)  # all at once: freed memory of one size may become that of another
        if number % AT_ONCE == 0:
            yield ASAP


def _zeros() -> Iterator[list[bytes] | list[bytearray]]:
    for size in range(2 * STEP, BARE, STEP):
        yield [bytearray(size - 1) for _ in range(EACH // (size + 64))]
    for size in (*range(STEP, SMALL, STEP), *LARGE):
        yield [bytes(size) for _ in range(EACH // (size + 16))]


class WipeDoer(doing.Doer):
    """Overwrites a moment after the vault says that secrets came or went: when the request that did it has ended."""

    background = True
    MOMENT = 0.5

    def __init__(self, vault: Vault) -> None:
        super().__init__()
        self.vault = vault
        vault.wipers.add(self)

    def recur(self, tock: float = 0.0) -> Generator[float, float, None]:
        """Runs as long as the worker."""
        yield WAIT
        while True:
            yield self.MOMENT
            yield from overwrite()
            yield WAIT
