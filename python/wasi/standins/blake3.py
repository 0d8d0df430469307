"""BLAKE3 in Python, by its specification: no wasm build for wasi is on a registry. Plain hashing only, no key, no derivation.

Compared with the official implementation over all lengths around its blocks, chunks and subtrees (tests/unit/edge/test_standins.py).
A KERI event of 500 bytes takes ten compressions; a megabyte takes long, so the callers bound what they hand in.
"""

from __future__ import annotations

import struct

__all__ = ["blake3"]

name = "blake3"
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTED = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
BLOCK, CHUNK = 64, 1024
M = 0xFFFFFFFF
# Columns, then diagonals: the four words of the state that each of a round's eight steps mixes.
STEPS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


def _schedule() -> tuple[tuple[tuple[int, int, int, int, int, int], ...], ...]:
    """For each of the seven rounds its steps: four words of the state, two of the message."""
    order, rounds = list(range(16)), []
    for _ in range(7):
        rounds.append(tuple((*step, order[2 * at], order[2 * at + 1]) for at, step in enumerate(STEPS)))
        order = [order[each] for each in PERMUTED]
    return tuple(rounds)


ROUNDS = _schedule()
WORDS = struct.Struct("<16I")


def compress(cv: tuple[int, ...], block: bytes, counter: int, size: int, flags: int) -> list[int]:
    """All sixteen words; a chaining value is the first eight."""
    m = WORDS.unpack(block if len(block) == BLOCK else block.ljust(BLOCK, b"\0"))
    v = [*cv, *IV[:4], counter & M, counter >> 32, size, flags]
    for steps in ROUNDS:
        for a, b, c, d, x, y in steps:
            va = (v[a] + v[b] + m[x]) & M
            vd = v[d] ^ va
            vd = (vd >> 16 | vd << 16) & M
            vc = (v[c] + vd) & M
            vb = v[b] ^ vc
            vb = (vb >> 12 | vb << 20) & M
            va = (va + vb + m[y]) & M
            vd ^= va
            vd = (vd >> 8 | vd << 24) & M
            vc = (vc + vd) & M
            vb ^= vc
            v[a], v[b], v[c], v[d] = va, (vb >> 7 | vb << 25) & M, vc, vd
    return [v[n] ^ v[n + 8] for n in range(8)] + [v[n + 8] ^ cv[n] for n in range(8)]


def chunk(data: bytes, counter: int) -> tuple[tuple[int, ...], bytes, int, int, int]:
    """The last compression of a chunk, not yet done: what `compress` takes."""
    cv: tuple[int, ...] = IV
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)] or [b""]
    for number, block in enumerate(blocks[:-1]):
        cv = tuple(compress(cv, block, counter, BLOCK, CHUNK_START if number == 0 else 0)[:8])
    return cv, blocks[-1], counter, len(blocks[-1]), CHUNK_END | (CHUNK_START if len(blocks) == 1 else 0)


def joined(left: list[int], right: list[int]) -> tuple[tuple[int, ...], bytes, int, int, int]:
    """The compression of a parent, not yet done."""
    return IV, WORDS.pack(*left, *right), 0, BLOCK, PARENT


class blake3:
    """hashlib's interface, as far as hashlib has one; `digest` may be asked again."""

    name = "blake3"
    digest_size = 32
    block_size = 64

    def __init__(self, data: bytes = b"", /) -> None:
        self._left = bytearray()
        self._chunks = 0
        self._subtrees: list[list[int]] = []
        self.update(data)

    def update(self, data: bytes, /) -> blake3:
        """Take more of the message."""
        self._left += data
        while len(self._left) > CHUNK:  # the last chunk waits: it may be the root
            cv = compress(*chunk(bytes(self._left[:CHUNK]), self._chunks))[:8]
            del self._left[:CHUNK]
            self._chunks += 1
            total = self._chunks
            while not total & 1:
                cv = compress(*joined(self._subtrees.pop(), cv))[:8]
                total >>= 1
            self._subtrees.append(cv)
        return self

    def digest(self, length: int = 32) -> bytes:
        """The first bytes of the output, as many as are asked for."""
        last = chunk(bytes(self._left), self._chunks)
        for left in reversed(self._subtrees):
            last = joined(left, compress(*last)[:8])
        cv, block, _, size, flags = last
        made = b""
        while len(made) < length:
            made += WORDS.pack(*compress(cv, block, len(made) // BLOCK, size, flags | ROOT))
        return made[:length]

    def hexdigest(self, length: int = 32) -> str:
        return self.digest(length).hex()
