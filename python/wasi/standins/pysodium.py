"""As much of pysodium as verifying takes, in Python: wasi has neither ctypes nor a libsodium.

What makes keys, signs, seals or stretches is not here: a server is no place for somebody's secret (left_out.py says so to who asks).
A name that is missing raises NotImplementedError with it.

Ed25519 verification by RFC 8032 and libsodium's stricter rules: S below the group's order, the key canonical, neither key nor R of small
order, no cofactor. python-ecdsa, which is vendored, was tried first: for keys with a part of small order its verdict differs from
libsodium's (it does not reduce the hash), and one log must not be judged in two ways. tests/unit/edge/test_standins.py plays both, with
such keys. Nothing here is secret, so nothing has to take the same time always.
"""

from __future__ import annotations

import os
from hashlib import sha512
from typing import Any

__all__ = ["crypto_sign_BYTES", "crypto_sign_PUBLICKEYBYTES", "crypto_sign_SEEDBYTES", "crypto_sign_verify_detached", "randombytes"]

crypto_sign_SEEDBYTES = 32
crypto_sign_PUBLICKEYBYTES = 32
crypto_sign_BYTES = 64

P = (1 << 255) - 19
ORDER = (1 << 252) + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
ROOT = pow(2, (P - 1) // 4, P)
"""A square root of -1."""
EIGHT = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL = frozenset({0, 1, P - 1, EIGHT, P - EIGHT})
"""The y of the eight points of small order."""

Point = tuple[int, int, int, int]
"""X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z."""
NEUTRAL: Point = (0, 1, 1, 0)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotImplementedError(f"{name}: this build of the app verifies, it holds no secrets")


def randombytes(size: int) -> bytes:
    """From the host's own source, as os.urandom."""
    return os.urandom(size)


def crypto_sign_verify_detached(sig: bytes, msg: bytes, pk: bytes) -> None:
    """Raises ValueError unless `sig` is one of `msg` under the key `pk`."""
    sig, msg, pk = bytes(sig), bytes(msg), bytes(pk)
    if len(sig) != crypto_sign_BYTES or len(pk) != crypto_sign_PUBLICKEYBYTES:
        raise ValueError("a signature has 64 bytes and a key 32")
    s = int.from_bytes(sig[32:], "little")
    key = decoded(pk)
    if s >= ORDER or key is None or (int.from_bytes(sig[:32], "little") & ((1 << 255) - 1)) in SMALL:
        raise ValueError("the signature or the key is none that libsodium takes")
    k = int.from_bytes(sha512(sig[:32] + pk + msg).digest(), "little") % ORDER
    x, y, z, t = key
    if encoded(combined(s, k, (P - x, y, z, P - t))) != sig[:32]:
        raise ValueError("the signature is not one of this message by this key")


def decoded(raw: bytes) -> Point | None:
    """The point of a key; None for what is not canonical, of small order or not on the curve."""
    number = int.from_bytes(raw, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P or y in SMALL:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT % P
        if (v * x * x - u) % P:
            return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encoded(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def added(p: Point, q: Point) -> Point:
    """Their sum; complete, so that no case is apart."""
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = t1 * D2 % P * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def doubled(p: Point) -> Point:
    x, y, z, _ = p
    a, b = x * x % P, y * y % P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def combined(s: int, k: int, q: Point) -> Point:
    """s times the base point and k times q, in one pass."""
    odd = odds(q, 8)
    digits = dict(wnaf(k, 5))
    base = dict(wnaf(s, 8))
    made = NEUTRAL
    for place in range(max([*digits, *base], default=-1), -1, -1):
        made = doubled(made)
        for found, table in ((digits.get(place), odd), (base.get(place), BASE)):
            if found:
                x, y, z, t = table[abs(found) >> 1]
                made = added(made, (x, y, z, t) if found > 0 else (P - x, y, z, P - t))
    return made


def wnaf(number: int, width: int) -> list[tuple[int, int]]:
    """(place, odd digit) of a number, with at least width - 1 zeros between two."""
    made, place, whole = [], 0, 1 << width
    while number:
        zeros = (number & -number).bit_length() - 1
        number >>= zeros
        place += zeros
        digit = number & (whole - 1)
        if digit >= whole >> 1:
            digit -= whole
        made.append((place, digit))
        number -= digit
    return made


def odds(point: Point, count: int) -> list[Point]:
    """1, 3, 5, ... times a point."""
    twice, made = doubled(point), [point]
    while len(made) < count:
        made.append(added(made[-1], twice))
    return made


BASE = odds(decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little")), 64)  # type: ignore[arg-type]
