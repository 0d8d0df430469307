"""Many small things by one call: BLAKE3 digests and encapsulations, where the wrappers take one at a time.

Between two runs of C stands Python otherwise, which finds the processor's caches full of other things: a digest of 200 bytes
then costs more outside of BLAKE3 than in it. `digests` and `encapsulations` loop in C instead (wasm_calls and
blake3_many, wheels/native/) and answer what as many single calls would. Each takes no more than holds a worker for some 10 ms;
the generators `digesting` and `encapsulating` take any number and give way in between::

    made = yield from many.digesting(messages)

What is wrong with a row is told with its place, before a call computes anything. `first` is the place of the first row, for those
who call piece by piece themselves.
Ed25519 has no such call: measured, it gained nothing. On other platforms than Emscripten the wrappers are called one by one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any, NamedTuple

from keriwasm.runtime.scheduling import ASAP

from . import lazy_native, native

__all__ = ["DIGESTS", "ENCAPSULATIONS", "Most", "digesting", "digests", "encapsulating", "encapsulations"]

Kem = Any
"""An `oqs.KeyEncapsulation`; the module is not imported before it is used."""


class Most(NamedTuple):
    """What one call takes: rows, and bytes in all of them."""

    rows: int
    bytes: int


DIGESTS, ENCAPSULATIONS = Most(8192, 4 << 20), Most(96, 1 << 20)

DIGEST_MOST = 1024


def digests(messages: Sequence[bytes], length: int = 32, *, first: int = 0) -> list[bytes]:
    """The BLAKE3 digest of each message, of `length` bytes.

    Raises ValueError when it is more than `DIGESTS` or another length than 1 to 1024, TypeError for what is not bytes.
    """
    _check(messages, "message", DIGESTS, first)
    if not 1 <= length <= DIGEST_MOST:
        raise ValueError(f"length: 1 to {DIGEST_MOST} bytes, not {length}")
    if (at_once := _digests()) is not None:
        return at_once(messages, length)
    hasher = native.blake3().blake3
    return [hasher(message).digest(length=length) for message in messages]


def encapsulations(kem: Kem, public_keys: Sequence[bytes], *, first: int = 0) -> list[tuple[bytes, bytes]]:
    """(ciphertext, shared secret) for each public key, by an `oqs.KeyEncapsulation`: `kem.encap_secret` for many.

    Raises ValueError when it is more than `ENCAPSULATIONS` or a key is of another length, TypeError for what is not bytes,
    RuntimeError when the library refuses a key; then there is no answer for the others either.
    """
    _check(public_keys, "public key", ENCAPSULATIONS, first)
    for at, public_key in enumerate(public_keys, first):
        if len(public_key) != kem.length_public_key:
            raise ValueError(f"public key {at} has {len(public_key)} bytes, {kem.alg_name} takes {kem.length_public_key}")
    call = native.oqs().native().OQS_KEM_encaps
    if not hasattr(call, "rows"):
        return [kem.encap_secret(public_key) for public_key in public_keys]
    count, ciphertext, shared = len(public_keys), kem.length_ciphertext, kem.length_shared_secret
    ciphertexts, secrets = _room(ciphertext * count), _room(shared * count)
    results = call.rows(count, kem._kem, (ciphertexts, ciphertext), (secrets, shared), list(public_keys))
    _judge(results, "encapsulating to public key", first)
    return list(zip(_cut(ciphertexts, ciphertext), _cut(secrets, shared), strict=True))


def digesting(messages: Sequence[bytes], length: int = 32) -> Generator[float, None, list[bytes]]:
    """`digests` of any number and size, giving way in between; a message may be larger than one call takes."""
    made: list[bytes] = []
    for first, part in _parts(messages, "message", DIGESTS):
        if len(part[0]) <= DIGESTS.bytes:
            made += digests(part, length, first=first)
        else:
            hasher, view = native.blake3().blake3(), memoryview(part[0])
            for start in range(0, len(view), DIGESTS.bytes):
                hasher.update(view[start : start + DIGESTS.bytes])
                yield ASAP
            made.append(hasher.digest(length=length))
        yield ASAP
    return made


def encapsulating(kem: Kem, public_keys: Sequence[bytes]) -> Generator[float, None, list[tuple[bytes, bytes]]]:
    """`encapsulations` to any number of public keys, giving way in between."""
    made: list[tuple[bytes, bytes]] = []
    for first, part in _parts(public_keys, "public key", ENCAPSULATIONS):
        made += encapsulations(kem, part, first=first)
        yield ASAP
    return made


def _parts(rows: Sequence[bytes], name: str, most: Most) -> Iterator[tuple[int, Sequence[bytes]]]:
    """(place of the first, run of rows that one call takes); a row that is larger than that comes alone."""
    start = size = 0
    for at, row in enumerate(rows):
        this = _size(row, name, at)
        if at > start and (at - start == most.rows or size + this > most.bytes):
            yield start, rows[start:at]
            start, size = at, 0
        size += this
    if len(rows) > start:
        yield start, rows[start:]


def _size(row: bytes, name: str, at: int) -> int:
    if not isinstance(row, bytes):
        raise TypeError(f"{name} {at} is {type(row).__name__}, bytes are wanted")
    return len(row)


def _check(rows: Sequence[bytes], name: str, most: Most, first: int) -> None:
    if len(rows) > most.rows:
        raise ValueError(f"{len(rows)} rows, one call takes {most.rows}")
    size = 0
    for at, row in enumerate(rows, first):
        size += _size(row, name, at)
        if size > most.bytes:
            raise ValueError(f"with {name} {at} it is {size} bytes, one call takes {most.bytes}")


def _judge(results: list[int], act: str, first: int) -> None:
    for at, result in enumerate(results, first):
        if result:
            raise RuntimeError(f"{act} {at} failed")


def _room(size: int) -> Any:
    import ctypes

    return (ctypes.c_char * size)()


def _cut(room: Any, size: int) -> list[bytes]:
    data = room.raw
    return [data[at : at + size] for at in range(0, len(data), size)]


@cache
def _digests() -> Callable[[Sequence[bytes], int], list[bytes]] | None:
    """blake3_many's, which is linked into the file of the extension module blake3; None where that is not ours."""
    if sys.platform != "emscripten":
        return None
    spec = lazy_native.loaded(native.blake3()).__spec__
    loader = ExtensionFileLoader("blake3_many", spec.origin)
    module = module_from_spec(spec_from_loader("blake3_many", loader))
    loader.exec_module(module)
    return module.digests
