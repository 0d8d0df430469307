"""The stand-ins of the edge against what they stand in for: the official BLAKE3, and libsodium's Ed25519 to its oddest verdict."""

from __future__ import annotations

import hashlib
import importlib.util
import random
from pathlib import Path
from types import ModuleType

import blake3 as official
import pysodium as native
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]


def standin(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"edge_{name}", ROOT / "python" / "wasi" / "standins" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ours, sodium = standin("blake3"), standin("pysodium")
BYTES = bytes(n % 251 for n in range(70_000))


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2048, 2049, 3073, 4096, 4097, 8193, 31744, 65537])
def test_blake3_at_the_edges_of_blocks_chunks_and_subtrees(size: int) -> None:
    assert ours.blake3(BYTES[:size]).digest(200) == official.blake3(BYTES[:size]).digest(length=200)
    assert ours.blake3(BYTES[:size]).hexdigest() == official.blake3(BYTES[:size]).hexdigest()


@given(st.lists(st.binary(max_size=1500), max_size=5), st.integers(0, 300))
@settings(max_examples=40, deadline=None)
def test_blake3_in_pieces(pieces: list[bytes], length: int) -> None:
    made, real = ours.blake3(), official.blake3()
    for each in pieces:
        made.update(memoryview(each))
        real.update(each)
        assert made.digest(length) == real.digest(length=length)


def verdict(module: ModuleType, signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        module.crypto_sign_verify_detached(signature, message, key)
    except ValueError:
        return False
    return True


def both(signature: bytes, message: bytes, key: bytes) -> bool:
    """libsodium's verdict, which ours must be."""
    real = verdict(native, signature, message, key)
    assert verdict(sodium, signature, message, key) is real, (signature.hex(), message.hex(), key.hex())
    return real


WHERE = ("none", "signature", "key", "message")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 511), st.sampled_from(WHERE))
@settings(max_examples=60, deadline=None)
def test_signatures_and_one_flipped_bit(seed: bytes, message: bytes, bit: int, where: str) -> None:
    key, secret = native.crypto_sign_seed_keypair(seed)
    signature = native.crypto_sign_detached(message, secret)
    if where == "signature":
        signature = flipped(signature, bit)
    elif where == "key":
        key = flipped(key, bit % 256)
    elif where == "message":
        message += b"!"
    assert both(signature, message, key) == (where == "none")


def flipped(data: bytes, bit: int) -> bytes:
    made = bytearray(data)
    made[bit // 8] ^= 1 << bit % 8
    return bytes(made)


def times(number: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return sodium.combined(0, number, point)


def of_order_eight() -> tuple[int, int, int, int]:
    p, y = sodium.P, sodium.EIGHT
    u, v = (y * y - 1) % p, (sodium.D * y * y + 1) % p
    x = u * pow(v, 3, p) * pow(u * pow(v, 7, p), (p - 5) // 8, p) % p
    x = x if (v * x * x - u) % p == 0 else x * sodium.ROOT % p
    point = (x, y, 1, x * y % p)
    assert sodium.encoded(times(8, point)) == sodium.encoded(sodium.NEUTRAL) != sodium.encoded(times(4, point))
    return point


def test_keys_and_signatures_with_a_part_of_small_order() -> None:
    """Where implementations of Ed25519 differ: whoever multiplies by the cofactor, or does not reduce the hash, says otherwise."""
    draw, torsion, seen = random.Random(8032), of_order_eight(), set()
    for number in range(48):
        a, r = draw.randrange(sodium.ORDER), draw.randrange(sodium.ORDER)
        key, nonce = times(a, sodium.BASE[0]), times(r, sodium.BASE[0])
        if number & 1:
            key = sodium.added(key, times(number % 7 + 1, torsion))
        if number & 2:
            nonce = sodium.added(nonce, times(number * 3 % 7 + 1, torsion))
        raw_key, raw_nonce, message = sodium.encoded(key), sodium.encoded(nonce), draw.randbytes(5)
        k = int.from_bytes(hashlib.sha512(raw_nonce + raw_key + message).digest(), "little") % sodium.ORDER
        s = (r + k * a) % sodium.ORDER
        seen.add((number & 3, both(raw_nonce + s.to_bytes(32, "little"), message, raw_key)))
    assert {(0, True), (1, True), (1, False), (2, False), (3, False)} <= seen


def test_what_is_not_canonical_or_small() -> None:
    key, secret = native.crypto_sign_seed_keypair(bytes(32))
    signature = native.crypto_sign_detached(b"m", secret)
    s = int.from_bytes(signature[32:], "little") + sodium.ORDER
    assert not both(signature[:32] + s.to_bytes(32, "little"), b"m", key), "S beyond the order"
    for y in (*sodium.SMALL, sodium.P, sodium.P + 1, sodium.P - 2, sodium.P + 2, 2):
        for sign in (0, 1 << 255):
            odd = ((y % (1 << 255)) | sign).to_bytes(32, "little")
            for s in (bytes(32), signature[32:]):
                assert not both(odd + s, b"m", key) and not both(signature[:32] + s, b"m", odd) and not both(odd + s, b"m", odd)


def test_what_is_missing_says_so() -> None:
    with pytest.raises(NotImplementedError, match="crypto_box_seal"):
        sodium.crypto_box_seal(b"", b"")
    assert len(sodium.randombytes(32)) == 32
