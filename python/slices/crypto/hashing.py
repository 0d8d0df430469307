"""Hash functions by name: what a worker can compute, and how to do it without holding its scheduler.

BLAKE3 comes from its own C implementation, all others from ``hashlib``: BLAKE2 (RFC 7693), SHA-2 (FIPS 180-4), SHA-3
and SHAKE (FIPS 202). No Falcon here: pure functions over bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from keriwasm.imports import many, native
from keriwasm.runtime.scheduling import ASAP

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "algorithm_named",
    "algorithms",
    "batches",
    "digest",
    "digesting",
    "digesting_all",
    "output_length",
]

# Bytes hashed between two yields: far below the 20 ms that a Doer may hold the scheduler, and so large that yielding
# costs nothing. Measured in wasm, ms per MiB: BLAKE3 0.6, BLAKE2 1 to 2, SHA-2 2 to 3, but SHA-3 6 to 19.
PIECE = 1 << 20
PIECE_SHA3 = 1 << 18


class _Hasher(Protocol):
    def update(self, data: bytes | memoryview, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One hash function: `size` is its usual digest length in bytes, `most` the longest it can give (= size: fixed)."""

    name: str
    family: str
    size: int
    most: int
    about: str

    @property
    def piece(self) -> int:
        """Bytes to hash between two yields."""
        return PIECE_SHA3 if self.family == "SHA-3" else PIECE

    @property
    def variable(self) -> bool:
        """Whether the length of the digest can be chosen."""
        return self.most > self.size or self.family == "BLAKE2"


# The longest output of an extendable function that makes sense on a page: 1 KiB is 2,048 hexadecimal digits.
_XOF_MOST = 1024

_KNOWN = (
    Algorithm(
        "blake3", "BLAKE3", 32, _XOF_MOST, "What KERI uses by default; SIMD build, a tree hash, any output length"
    ),
    Algorithm("blake2b", "BLAKE2", 64, 64, "RFC 7693 for 64-bit machines, 1 to 64 bytes"),
    Algorithm("blake2s", "BLAKE2", 32, 32, "RFC 7693 for small machines, 1 to 32 bytes"),
    Algorithm("sha224", "SHA-2", 28, 28, "FIPS 180-4"),
    Algorithm("sha256", "SHA-2", 32, 32, "FIPS 180-4; the one everybody has"),
    Algorithm("sha384", "SHA-2", 48, 48, "FIPS 180-4"),
    Algorithm("sha512", "SHA-2", 64, 64, "FIPS 180-4"),
    Algorithm("sha512_256", "SHA-2", 32, 32, "FIPS 180-4; SHA-512 with its own initial values, cut to 256 bits"),
    Algorithm("sha3_224", "SHA-3", 28, 28, "FIPS 202"),
    Algorithm("sha3_256", "SHA-3", 32, 32, "FIPS 202"),
    Algorithm("sha3_384", "SHA-3", 48, 48, "FIPS 202"),
    Algorithm("sha3_512", "SHA-3", 64, 64, "FIPS 202"),
    Algorithm("shake_128", "SHA-3", 32, _XOF_MOST, "FIPS 202 extendable output"),
    Algorithm("shake_256", "SHA-3", 64, _XOF_MOST, "FIPS 202 extendable output"),
)


@cache
def algorithms() -> dict[str, Algorithm]:
    """The hash functions of this very interpreter, by name (sha512_256 is only there with OpenSSL, not in wasm)."""
    return {each.name: each for each in _KNOWN if each.name == "blake3" or each.name in hashlib.algorithms_available}


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of that name. Raises KeyError when this interpreter has none."""
    return algorithms()[name]


def output_length(algorithm: Algorithm, length: int | None) -> int:
    """The digest length in bytes to use when `length` was asked for. Raises ValueError with the reason."""
    if length is None or length == algorithm.size:
        return algorithm.size
    if not algorithm.variable:
        raise ValueError(f"{algorithm.name} always gives {algorithm.size} bytes")
    if not 1 <= length <= algorithm.most:
        raise ValueError(f"{algorithm.name} gives 1 to {algorithm.most} bytes, not {length}")
    return length


def _start(algorithm: Algorithm, length: int) -> tuple[_Hasher, Callable[[], bytes]]:
    """A fresh hasher and the function that ends it."""
    if algorithm.name == "blake3":
        tree = native.blake3().blake3()
        return tree, lambda: tree.digest(length=length)
    if algorithm.family == "BLAKE2":
        fixed = (hashlib.blake2b if algorithm.name == "blake2b" else hashlib.blake2s)(digest_size=length)
        return fixed, fixed.digest
    plain = hashlib.new(algorithm.name)
    if algorithm.name.startswith("shake_"):
        return plain, lambda: plain.digest(length)  # type: ignore[call-arg]
    return plain, plain.digest


def digesting(
    algorithm: Algorithm, data: bytes, length: int | None = None, piece: int | None = None
) -> Generator[None, None, bytes]:
    """The digest of `data`, computed piece by piece with a `yield` between pieces: ``d = yield from digesting(...)``.

    A message of one piece never yields. Raises ValueError for a length that the algorithm does not give.
    """
    hasher, finish = _start(algorithm, output_length(algorithm, length))
    view = memoryview(data)
    piece = piece or algorithm.piece
    for start in range(0, len(view), piece):
        if start:
            yield
        hasher.update(view[start : start + piece])
    return finish()


def digest(algorithm: Algorithm, data: bytes, length: int | None = None) -> bytes:
    """The digest of `data` in one go. Raises ValueError for a length that the algorithm does not give."""
    hasher, finish = _start(algorithm, output_length(algorithm, length))
    hasher.update(data)
    return finish()


def digesting_all(algorithm: Algorithm, messages: Sequence[bytes], length: int | None = None) -> Generator[float, None, list[bytes]]:
    """The digest of each message, giving way as `digesting` does. Raises ValueError for a length that the algorithm does not give."""
    if algorithm.name == "blake3":
        return (yield from many.digesting(messages, output_length(algorithm, length)))
    made = []
    spent = 0
    for message in messages:
        made.append((yield from digesting(algorithm, message, length)))
        spent += len(message) + 256
        if spent > algorithm.piece:  # many small ones: give way as often as for one large one
            spent = 0
            yield ASAP
    return made


def batches(sizes: Sequence[int], workers: int, most: int = 4 << 20, least: int = 64 << 10) -> list[list[int]]:
    """Split items of the given `sizes` (bytes) into batches for `workers` workers; returns lists of item positions.

    A batch is about a half of a worker's fair share, so that an uneven share evens out, but no smaller than `least`
    (a message between workers costs about a millisecond) and, unless one item alone is larger, no larger than `most`
    (two copies of it exist while it travels). Order is kept: the joined batches are ``range(len(sizes))``.
    """
    share = max(least, min(most, sum(sizes) // (2 * max(1, workers)) + 1))
    result: list[list[int]] = []
    room = 0
    for index, size in enumerate(sizes):
        if not result or size > room:
            result.append([])
            room = share
        result[-1].append(index)
        room -= size
    return _spread(result, workers)


def _spread(groups: Iterable[list[int]], workers: int) -> list[list[int]]:
    """Halve the longest groups until every worker has one, or there are no more items: tiny files spread as well."""
    result = list(groups)
    while result and len(result) < workers and len(longest := max(result, key=len)) > 1:
        at, middle = result.index(longest), len(longest) // 2
        result[at : at + 1] = [longest[:middle], longest[middle:]]
    return result


ALGORITHMS = _KNOWN
