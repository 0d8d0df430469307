"""Argon2id (RFC 9106) by libsodium: tiers, what they cost, and whether this worker can give the memory.

One call holds its worker from begin to end (C code does not yield) and the memory it takes stays with that worker's
WebAssembly heap, which can grow but never shrink. So the cost is told beforehand and bounded here.
"""

from __future__ import annotations

import ctypes
import sys
import time
from typing import NamedTuple

from keriwasm.browser.navigator import device_memory
from keriwasm.imports import native

__all__ = [
    "HASH_LENGTH",
    "MEMORY_LEAST",
    "MEMORY_MOST",
    "OPS_MOST",
    "SALT_LENGTH",
    "TIERS",
    "Derived",
    "Tier",
    "TooExpensive",
    "argon2id",
    "check_cost",
    "estimate_ms",
    "new_salt",
]

MIB = 1 << 20
SALT_LENGTH = 16
HASH_LENGTH = 32
MEMORY_LEAST = 8 << 10  # libsodium's own minimum
MEMORY_MOST = 1 << 30  # the "sensitive" tier; a wasm heap ends at 4 GiB and the pool has several of them
OPS_MOST = 64
# Passes times MiB. 8,192 is twice the sensitive tier: about 15 s on the machine where it was measured.
WORK_MOST = 8192
# Measured under Node 20 on 2 cores with our SIMD build: 209 ms for 128, 1,322 ms for 768, 7,758 ms for 4,096.
MS_PER_UNIT = 1.9
# A single allocation above half of the machine's memory drives it into swapping or the tab out of memory.
DEVICE_SHARE = 2


class Tier(NamedTuple):
    """libsodium's names for its limits; memory in bytes."""

    name: str
    ops: int
    memory: int


TIERS = {
    each.name: each
    for each in (Tier("interactive", 2, 64 * MIB), Tier("moderate", 3, 256 * MIB), Tier("sensitive", 4, 1024 * MIB))
}


class TooExpensive(ValueError):
    """This worker must not even try: the message says why; `field` is the input that asks too much."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Derived(NamedTuple):
    """`hash` 32 bytes, `salt` 16 bytes, `ms` what it took on the clock."""

    hash: bytes
    salt: bytes
    ops: int
    memory: int
    ms: float


def new_salt() -> bytes:
    """16 random bytes."""
    return native.pysodium().randombytes(SALT_LENGTH)


def estimate_ms(ops: int, memory: int) -> int:
    """About how long one call holds a worker, from the figures above; a phone takes some three times as long."""
    return max(1, round(ops * memory / MIB * MS_PER_UNIT))


def _can_allocate(memory: int) -> bool:
    """Whether the heap can grow by `memory` bytes right now. Pages are not touched, so this costs next to nothing."""
    if sys.platform != "emscripten":
        return True  # a native system overcommits: the answer would mean nothing
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.restype = None
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(memory)
    if not block:
        return False
    libc.free(block)
    return True


def check_cost(ops: int, memory: int) -> None:
    """Raise TooExpensive when (ops, memory in bytes) would freeze or kill the worker; return quickly otherwise."""
    work = ops * memory / MIB
    if work > WORK_MOST:
        raise TooExpensive(
            "ops",
            f"{ops} passes over {memory // MIB} MiB would hold a worker for about"
            f" {estimate_ms(ops, memory) / 1000:.0f} s; passes times MiB may be at most {WORK_MOST}",
        )
    device = device_memory()
    if device is not None and memory > device // DEVICE_SHARE:
        raise TooExpensive(
            "memory_bytes",
            f"{memory // MIB} MiB is more than half of the {device / (1 << 30):g} GiB that this device reports:"
            " the browser would end the tab",
        )
    if not _can_allocate(memory + MIB):
        raise TooExpensive(
            "memory_bytes",
            f"the browser does not give this worker {memory // MIB} MiB more memory: choose a smaller tier",
        )


def argon2id(password: bytes, salt: bytes, ops: int, memory: int) -> Derived:
    """The 32-byte Argon2id hash (one lane, as libsodium always has it).

    Raises TooExpensive before it begins (see check_cost) or when libsodium could not get the memory after all.
    """
    check_cost(ops, memory)
    sodium = native.pysodium()
    started = time.perf_counter()
    try:
        derived = sodium.crypto_pwhash(HASH_LENGTH, password, salt, ops, memory, sodium.crypto_pwhash_ALG_ARGON2ID13)
    except ValueError as error:  # libsodium's only way to fail once the limits are right is malloc
        raise TooExpensive("memory_bytes", f"this worker could not get {memory // MIB} MiB of memory") from error
    return Derived(derived, salt, ops, memory, (time.perf_counter() - started) * 1000)
