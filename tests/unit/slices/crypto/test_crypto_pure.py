"""The crypto slice's pure functions against independent ones: hashlib, PyNaCl, argon2-cffi, PyPI's blake3."""

from __future__ import annotations

import hashlib

import argon2.low_level
import blake3
import nacl.bindings
import nacl.exceptions
import nacl.public
import nacl.signing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keriwasm.imports import native
from slices.crypto import hashing, passwords, sodium
from slices.crypto.inputs import carried, text_or_none

NAMES = sorted(hashing.algorithms())
MESSAGES = st.binary(max_size=5000)
KEYS = st.binary(min_size=32, max_size=32)


def independent(name: str, data: bytes, length: int | None = None) -> bytes:
    """The digest by a route that shares nothing with ours but the C library below hashlib."""
    if name == "blake3":
        return blake3.blake3(data).digest(length=length or 32)
    if name.startswith("shake_"):
        return getattr(hashlib, name)(data).digest(length or {"shake_128": 32, "shake_256": 64}[name])
    if name.startswith("blake2"):
        return getattr(hashlib, name)(data, digest_size=length or {"blake2b": 64, "blake2s": 32}[name]).digest()
    return hashlib.new(name, data).digest()


# -- hashes -----------------------------------------------------------------------------------------------------


def test_families_are_all_there():
    assert {"blake3", "blake2b", "blake2s", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384",
            "sha3_512", "shake_128", "shake_256"} <= set(NAMES)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@given(data=MESSAGES)
@settings(max_examples=30, deadline=None)
def test_digests_equal_an_independent_implementation(name, data):
    assert hashing.digest(hashing.algorithm_named(name), data) == independent(name, data)


@given(name=st.sampled_from(["blake3", "blake2b", "blake2s", "shake_128", "shake_256"]), data=MESSAGES, draw=st.data())
@settings(max_examples=100, deadline=None)
def test_lengths_equal_an_independent_implementation(name, data, draw):
    algorithm = hashing.algorithm_named(name)
    length = draw.draw(st.integers(1, algorithm.most))
    digest = hashing.digest(algorithm, data, length)
    assert len(digest) == length
    assert digest == independent(name, data, length)


@given(name=st.sampled_from(NAMES), data=MESSAGES, piece=st.integers(1, 6000))
@settings(max_examples=100, deadline=None)
def test_pieces_give_the_same_digest_and_yield_between_them(name, data, piece):
    algorithm = hashing.algorithm_named(name)
    steps, generator = 0, hashing.digesting(algorithm, data, piece=piece)
    while True:
        try:
            assert next(generator) is None
        except StopIteration as end:
            assert end.value == hashing.digest(algorithm, data)
            break
        steps += 1
    assert steps == max(0, -(-len(data) // piece) - 1)


def test_known_answers():
    abc = {
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha3_256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        "blake3": "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
    }
    for name, digest in abc.items():
        assert hashing.digest(hashing.algorithm_named(name), b"abc").hex() == digest


@pytest.mark.parametrize(
    ("name", "length"),
    [("sha256", 31), ("sha256", 33), ("blake2b", 65), ("blake2b", 0), ("blake2s", 33), ("blake3", 1025)],
)
def test_lengths_that_there_are_not(name, length):
    with pytest.raises(ValueError, match=name):
        hashing.output_length(hashing.algorithm_named(name), length)


@given(st.lists(st.integers(0, 10 << 20), max_size=60), st.integers(1, 16))
def test_batches_keep_order_lose_nothing_and_reach_every_worker(sizes, workers):
    groups = hashing.batches(sizes, workers)
    assert [index for group in groups for index in group] == list(range(len(sizes)))
    assert all(groups)
    assert len(groups) >= min(workers, len(sizes))
    for group in groups:
        assert len(group) == 1 or sum(sizes[index] for index in group) <= 4 << 20


def test_batches_of_many_small_items_are_few():
    assert len(hashing.batches([100] * 10_000, 4)) <= 20


# -- libsodium --------------------------------------------------------------------------------------------------


def test_our_lengths_are_the_librarys():
    na = native.pysodium()
    assert (
        na.crypto_sign_PUBLICKEYBYTES, na.crypto_sign_SECRETKEYBYTES, na.crypto_sign_SEEDBYTES, na.crypto_sign_BYTES,
    ) == (sodium.ED25519_PUBLIC, sodium.ED25519_SECRET, sodium.ED25519_SEED, sodium.ED25519_SIGNATURE)  # fmt: skip
    assert sodium.X25519_KEY == na.crypto_box_PUBLICKEYBYTES == na.crypto_box_SECRETKEYBYTES
    assert na.crypto_box_SEALBYTES == sodium.SEAL_OVERHEAD
    assert (
        na.crypto_aead_xchacha20poly1305_ietf_KEYBYTES, na.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
        na.crypto_aead_xchacha20poly1305_ietf_ABYTES,
    ) == (sodium.XCHACHA_KEY, sodium.XCHACHA_NONCE, sodium.XCHACHA_TAG)  # fmt: skip
    assert na.crypto_pwhash_SALTBYTES == passwords.SALT_LENGTH


@given(KEYS, MESSAGES)
@settings(deadline=None)
def test_ed25519_equals_nacl(seed, message):
    theirs = nacl.signing.SigningKey(seed)
    whole = seed + bytes(theirs.verify_key)
    signature = theirs.sign(message).signature
    assert sodium.ed25519_sign(seed, message) == sodium.ed25519_sign(whole, message) == signature
    assert sodium.ed25519_public(seed) == bytes(theirs.verify_key)
    assert sodium.ed25519_verify(bytes(theirs.verify_key), signature, message)
    assert not sodium.ed25519_verify(bytes(theirs.verify_key), signature, message + b"!")


def test_ed25519_known_answer():
    """RFC 8032, 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert sodium.ed25519_sign(seed, b"\x72") == signature


def test_ed25519_keypairs_work_and_differ():
    one, other = sodium.ed25519_keypair(), sodium.ed25519_keypair()
    assert one != other
    assert nacl.signing.VerifyKey(one.public).verify(b"m", sodium.ed25519_sign(one.secret, b"m"))


def test_ed25519_refuses_a_secret_with_a_foreign_public_half():
    one, other = sodium.ed25519_keypair(), sodium.ed25519_keypair()
    with pytest.raises(sodium.Refused, match="public key"):
        sodium.ed25519_sign(one.secret[:32] + other.public, b"m")


@given(MESSAGES)
@settings(max_examples=40, deadline=None)
def test_boxes_open_in_nacl_and_back(message):
    pair = sodium.box_keypair()
    sealed = sodium.box_seal(pair.public, message)
    assert len(sealed) == len(message) + sodium.SEAL_OVERHEAD
    theirs = nacl.public.PrivateKey(pair.secret)
    assert bytes(theirs.public_key) == pair.public
    assert nacl.public.SealedBox(theirs).decrypt(sealed) == message
    assert (
        sodium.box_open(pair.public, pair.secret, nacl.public.SealedBox(theirs.public_key).encrypt(message)) == message
    )


@given(MESSAGES, st.integers(0, 1 << 30))
@settings(max_examples=40, deadline=None)
def test_a_changed_box_does_not_open(message, at):
    pair = sodium.box_keypair()
    sealed = bytearray(sodium.box_seal(pair.public, message))
    sealed[at % len(sealed)] ^= 1
    with pytest.raises(sodium.Refused):
        sodium.box_open(pair.public, pair.secret, bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 47])
def test_too_short_a_box_is_refused(length):
    pair = sodium.box_keypair()
    with pytest.raises(sodium.Refused, match="at least 48"):
        sodium.box_open(pair.public, pair.secret, bytes(length))


def test_a_key_of_low_order_seals_nothing():
    with pytest.raises(sodium.Refused, match="low order"):
        sodium.box_seal(bytes(32), b"m")


@given(KEYS, MESSAGES, st.binary(max_size=100), st.binary(min_size=24, max_size=24))
@settings(deadline=None)
def test_xchacha_equals_nacl(key, message, aad, nonce):
    _, ciphertext = sodium.xchacha_encrypt(key, message, aad, nonce)
    assert ciphertext == nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(message, aad, nonce, key)
    assert sodium.xchacha_decrypt(key, nonce, ciphertext, aad) == message


@given(KEYS, MESSAGES, st.binary(max_size=50), st.integers(0, 1 << 30))
@settings(max_examples=40, deadline=None)
def test_xchacha_notices_every_change(key, message, aad, at):
    nonce, ciphertext = sodium.xchacha_encrypt(key, message, aad)
    changed = bytearray(ciphertext)
    changed[at % len(changed)] ^= 0x80
    for attempt in (
        lambda: sodium.xchacha_decrypt(key, nonce, bytes(changed), aad),
        lambda: sodium.xchacha_decrypt(key, nonce, ciphertext, aad + b"!"),
        lambda: sodium.xchacha_decrypt(key, bytes([nonce[0] ^ 1]) + nonce[1:], ciphertext, aad),
        lambda: sodium.xchacha_decrypt(bytes([key[0] ^ 1]) + key[1:], nonce, ciphertext, aad),
        lambda: sodium.xchacha_decrypt(key, nonce, ciphertext[:15], aad),
    ):
        with pytest.raises(sodium.Refused):
            attempt()


def test_nonces_are_fresh():
    assert sodium.xchacha_encrypt(bytes(32), b"m")[0] != sodium.xchacha_encrypt(bytes(32), b"m")[0]


# -- Argon2id ---------------------------------------------------------------------------------------------------


@given(st.text(max_size=40), st.binary(min_size=16, max_size=16), st.integers(1, 3), st.integers(8, 256))
@settings(max_examples=25, deadline=None)
def test_argon2id_equals_argon2_cffi(password, salt, ops, kibibytes):
    made = passwords.argon2id(password.encode(), salt, ops, kibibytes << 10)
    theirs = argon2.low_level.hash_secret_raw(
        password.encode(), salt, time_cost=ops, memory_cost=kibibytes, parallelism=1, hash_len=32,
        type=argon2.low_level.Type.ID,
    )  # fmt: skip
    assert made.hash == theirs


def test_tiers_are_libsodiums():
    na = native.pysodium()
    for name in ("interactive", "moderate"):
        tier = passwords.TIERS[name]
        assert tier.ops == getattr(na, f"crypto_pwhash_OPSLIMIT_{name.upper()}")
        assert tier.memory == getattr(na, f"crypto_pwhash_MEMLIMIT_{name.upper()}")
    # pysodium's constants are those of Argon2i for the sensitive tier in old libsodium versions; crypto_pwhash' own:
    assert passwords.TIERS["sensitive"] == ("sensitive", 4, 1 << 30)


@pytest.mark.parametrize(("ops", "memory", "field"), [(64, 1 << 30, "ops"), (9, 1 << 30, "ops")])
def test_what_costs_too_much_is_not_begun(ops, memory, field, monkeypatch):
    monkeypatch.setattr(native, "pysodium", lambda: pytest.fail("it was begun"))
    with pytest.raises(passwords.TooExpensive, match="about") as error:
        passwords.argon2id(b"p", bytes(16), ops, memory)
    assert error.value.field == field


def test_memory_that_the_device_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(passwords, "device_memory", lambda: 1 << 30)
    passwords.check_cost(1, 512 << 20)
    with pytest.raises(passwords.TooExpensive, match="half"):
        passwords.check_cost(1, 513 << 20)
    monkeypatch.setattr(passwords, "device_memory", lambda: None)
    monkeypatch.setattr(passwords, "_can_allocate", lambda memory: False)
    with pytest.raises(passwords.TooExpensive, match="smaller tier"):
        passwords.check_cost(1, 64 << 20)


# -- what goes into the next form -------------------------------------------------------------------------------


@given(st.binary(max_size=60))
def test_carried_text_comes_back_from_a_browser_as_it_was(data):
    text = carried(data)
    if text:
        # What a browser makes of line ends in a text area when it sends the form (WHATWG HTML, form submission).
        assert text.replace("\r\n", "\n").replace("\r", "\n").encode() == data


@given(st.text(max_size=40))
def test_text_that_a_page_shows(text):
    shown = text_or_none(text.encode("utf-8", "surrogatepass"))
    assert shown is None or shown == text
    assert text_or_none(b"plain text, with \ttabs\n") is not None
    assert text_or_none(b"\xff") is None and text_or_none(b"\x00") is None
