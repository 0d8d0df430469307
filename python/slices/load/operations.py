"""What the lab can measure: each operation prepares its keys once and then runs itself as often as it is told.

An operation's `build(payload)` returns `many(n)`, which runs it n times with nothing between two runs but a C iterator:
the price of Python is paid per batch where a library lets that be. Libraries are the unmodified ones of `native`, and
nothing is imported before an operation is built.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

from keriwasm.imports import many, native, packed_wheels

__all__ = ["GROUPS", "MIB", "OPERATIONS", "Many", "Operation", "Unavailable", "find", "listing", "reason_against"]

MIB = 1 << 20

Many = Callable[[int], Any]
"""Runs an operation that many times."""


class Unavailable(RuntimeError):
    """The operation cannot run here; the message says why."""


@dataclass(frozen=True)
class Operation:
    """One thing to measure.

    Attributes:
        bytes: size of what one run works on where that is part of its name, else 0 (no MB/s is told)
        payload: its message has the length that the run's setting `payload_bytes` gives
        block_ms: how long one run or its preparation may hold a worker (0: a few milliseconds)
        page: it runs in the page, not in the pool's workers
    """

    name: str
    title: str
    group: str
    build: Callable[[int], Many]
    bytes: int = 0
    payload: bool = False
    block_ms: int = 0
    page: bool = False
    about: str = ""

    @property
    def unit(self) -> str:
        """What its rate counts."""
        return "ops/s"


def looped(function: Callable[..., Any], *args: Any) -> Many:
    """`many` for a function with fixed arguments."""

    def many(n: int) -> None:
        for _ in repeat(None, n):
            function(*args)

    return many


# ---------------------------------------------------------------- classical


def control(payload: int) -> Many:
    """An empty operation: what the method itself costs."""
    return looped(lambda: None)


def ed25519_keypair(payload: int) -> Many:
    return looped(native.pysodium().crypto_sign_keypair)


def ed25519_sign(payload: int) -> Many:
    sodium = native.pysodium()
    _, secret = sodium.crypto_sign_keypair()
    return looped(sodium.crypto_sign_detached, os.urandom(payload), secret)


def ed25519_verify(payload: int) -> Many:
    sodium = native.pysodium()
    public, secret = sodium.crypto_sign_keypair()
    message = os.urandom(payload)
    return looped(sodium.crypto_sign_verify_detached, sodium.crypto_sign_detached(message, secret), message, public)


def box_seal(payload: int) -> Many:
    sodium = native.pysodium()
    public, _ = sodium.crypto_box_keypair()
    return looped(sodium.crypto_box_seal, os.urandom(payload), public)


def box_open(payload: int) -> Many:
    sodium = native.pysodium()
    public, secret = sodium.crypto_box_keypair()
    sealed = sodium.crypto_box_seal(os.urandom(payload), public)
    return looped(sodium.crypto_box_seal_open, sealed, public, secret)


def xchacha(size: int) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        sodium = native.pysodium()
        encrypt = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt
        return looped(encrypt, os.urandom(size), None, os.urandom(24), os.urandom(32))

    return build


def blake3(size: int) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        hasher, message = native.blake3().blake3, os.urandom(size)

        def many(n: int) -> None:
            for _ in repeat(None, n):
                hasher(message).digest()

        return many

    return build


AT_ONCE = 64
"""Rows of an operation that is one call for many."""


def blake3_many(size: int) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        return looped(many.digests, [os.urandom(size) for _ in range(AT_ONCE)])

    return build


def kem_encaps_many(name: str) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        oqs = native.oqs()
        made = oqs.KeyEncapsulation(enabled(oqs.get_enabled_kem_mechanisms(), name))
        return looped(many.encapsulations, made, [made.generate_keypair()] * AT_ONCE)

    return build


def blake2b(size: int) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        from hashlib import blake2b as hasher

        message = os.urandom(size)

        def many(n: int) -> None:
            for _ in repeat(None, n):
                hasher(message, digest_size=32).digest()

        return many

    return build


def argon2id(ops: int, memory: int) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        sodium = native.pysodium()
        algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13
        return looped(sodium.crypto_pwhash, 32, b"correct horse battery staple", os.urandom(16), ops, memory, algorithm)

    return build


# ---------------------------------------------------------------- post-quantum


def enabled(names: list[str], name: str) -> str:
    """`name`, or Unavailable when this liboqs has it switched off."""
    if name not in names:
        raise Unavailable(f"this liboqs has no {name}")
    return name


def kem(name: str, step: str) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        oqs = native.oqs()
        made = oqs.KeyEncapsulation(enabled(oqs.get_enabled_kem_mechanisms(), name))
        public = made.generate_keypair()
        if step == "keypair":
            return looped(made.generate_keypair)
        if step == "encaps":
            return looped(made.encap_secret, public)
        ciphertext, _ = made.encap_secret(public)
        return looped(made.decap_secret, ciphertext)

    return build


def signature(name: str, step: str) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        oqs = native.oqs()
        made = oqs.Signature(enabled(oqs.get_enabled_sig_mechanisms(), name))
        public, message = made.generate_keypair(), os.urandom(payload)
        if step == "sign":
            return looped(made.sign, message)
        return looped(made.verify, message, made.sign(message), public)

    return build


def xmss_sign(payload: int) -> Many:
    """XMSS-SHA2_10_256: 1,024 signatures a key; a used-up key is made anew, outside of what is counted as one run.

    The key pair takes about two seconds, so a window that uses one up shows it as one very long sample.
    """
    oqs = native.oqs()
    name = enabled(oqs.get_enabled_stateful_sig_mechanisms(), "XMSS-SHA2_10_256")
    held = oqs.StatefulSignature(name)
    held.generate_keypair()
    message = os.urandom(payload)

    def many(n: int) -> None:
        for _ in repeat(None, n):
            if not held.sigs_remaining():
                held.generate_keypair()
            held.sign(message)

    return many


def handshake(payload: int) -> Many:
    """Both sides of X25519 with ML-KEM-768: two ephemeral X25519 pairs, one KEM pair, and the two secrets hashed together."""
    oqs, sodium, hasher = native.oqs(), native.pysodium(), native.blake3().blake3
    initiator, responder = oqs.KeyEncapsulation("ML-KEM-768"), oqs.KeyEncapsulation("ML-KEM-768")
    pair, shared = sodium.crypto_box_keypair, sodium.crypto_scalarmult_curve25519

    def once() -> None:
        kem_public = initiator.generate_keypair()
        public, secret = pair()
        their_public, their_secret = pair()
        ciphertext, their_kem = responder.encap_secret(kem_public)
        theirs = hasher(their_kem + shared(their_secret, public)).digest()
        mine = hasher(initiator.decap_secret(ciphertext) + shared(secret, their_public)).digest()
        if mine != theirs:
            raise RuntimeError("the two sides of the handshake disagree")

    return looped(once)


# ---------------------------------------------------------------- KERI


def keri_event(step: str) -> Callable[[int], Many]:
    def build(payload: int) -> Many:
        from . import events

        return looped(getattr(events, step)())

    return build


def in_page(payload: int) -> Many:
    raise Unavailable("it runs in the page, not in a worker")


# ---------------------------------------------------------------- the list

GROUPS = ("Overhead", "Classical", "Hashes", "Passwords", "Post-quantum KEM", "Post-quantum signatures", "KERI", "Page")


def _listed() -> list[Operation]:
    small, classical, hashes, passwords, kems, signatures, keri, page = GROUPS
    at_once = f"One call for {AT_ONCE}, counted as one. Peers have no such call and are called {AT_ONCE} times."
    made = [
        Operation("control", "Control (empty)", small, control, about="The method itself: scheduler, clock, loop."),
        Operation("ed25519-keypair", "Ed25519 key pair", classical, ed25519_keypair),
        Operation("ed25519-sign", "Ed25519 sign", classical, ed25519_sign, payload=True),
        Operation("ed25519-verify", "Ed25519 verify", classical, ed25519_verify, payload=True),
        Operation("x25519-seal", "X25519 sealed box, seal", classical, box_seal, payload=True),
        Operation("x25519-open", "X25519 sealed box, open", classical, box_open, payload=True),
        Operation("xchacha-1k", "XChaCha20-Poly1305 1 KB", classical, xchacha(1024), bytes=1024),
        Operation("xchacha-16k", "XChaCha20-Poly1305 16 KB", classical, xchacha(16384), bytes=16384),
        Operation("xchacha-1m", "XChaCha20-Poly1305 1 MB", classical, xchacha(MIB), bytes=MIB),
        Operation("blake3-200", "BLAKE3 200 B", hashes, blake3(200), bytes=200),
        Operation(f"blake3-200-x{AT_ONCE}", f"BLAKE3 200 B, {AT_ONCE} at once", hashes, blake3_many(200), bytes=200 * AT_ONCE,
                  about=at_once),
        Operation("blake3-1m", "BLAKE3 1 MB", hashes, blake3(MIB), bytes=MIB),
        Operation("blake2b-200", "BLAKE2b 200 B", hashes, blake2b(200), bytes=200),
        Operation("blake2b-1m", "BLAKE2b 1 MB", hashes, blake2b(MIB), bytes=MIB),
    ]
    for tier, ops, mib, block in (
        ("interactive", 2, 64, 5_000), ("moderate", 3, 256, 20_000), ("sensitive", 4, 1024, 120_000),
    ):  # fmt: skip
        about = f"{ops} passes over {mib} MiB in each worker at once; one run cannot be interrupted."
        made.append(
            Operation(
                f"argon2id-{tier}", f"Argon2id {tier}", passwords, argon2id(ops, mib * MIB), block_ms=block, about=about
            )
        )
    for size in (512, 768, 1024):
        for step in ("keypair", "encaps", "decaps"):
            made.append(Operation(f"ml-kem-{size}-{step}", f"ML-KEM-{size} {step}", kems, kem(f"ML-KEM-{size}", step)))
    made.append(Operation("hybrid-handshake", "Handshake X25519 + ML-KEM-768", kems, handshake, about="Both sides."))
    made.append(
        Operation(f"ml-kem-768-encaps-x{AT_ONCE}", f"ML-KEM-768 encaps, {AT_ONCE} at once", kems, kem_encaps_many("ML-KEM-768"),
                  about=at_once)
    )  # fmt: skip
    for name, title, oqs_name, block in (
        ("ml-dsa-44", "ML-DSA-44", "ML-DSA-44", 0), ("ml-dsa-65", "ML-DSA-65", "ML-DSA-65", 0),
        ("ml-dsa-87", "ML-DSA-87", "ML-DSA-87", 0), ("falcon-512", "Falcon-512", "Falcon-512", 2_000),
        ("slh-dsa-128f", "SLH-DSA-SHA2-128f", "SLH_DSA_PURE_SHA2_128F", 2_000),
    ):  # fmt: skip
        for step in ("sign", "verify"):
            build = signature(oqs_name, step)
            made.append(Operation(f"{name}-{step}", f"{title} {step}", signatures, build, payload=True, block_ms=block))
    made.append(
        Operation("xmss-sign", "XMSS-SHA2_10_256 sign", signatures, xmss_sign, payload=True, block_ms=20_000,
                  about="Its key pair takes about two seconds before the measurement.")
    )  # fmt: skip
    for step, title in (("make", "make"), ("parse", "parse and check"), ("verify", "verify a signature")):
        made.append(
            Operation(f"keri-event-{step}", f"KERI inception, {title}", keri, keri_event(step), block_ms=20_000)
        )
    made.append(
        Operation("htmx", "htmx round trip", page, in_page, page=True,
                  about="A click’s way: door, router, worker, template, swap. Needs the load page open.")
    )  # fmt: skip
    return made


OPERATIONS = {each.name: each for each in _listed()}


def find(name: str) -> Operation:
    """The operation of that name. Raises KeyError."""
    return OPERATIONS[name]


def needs_keri(name: str) -> bool:
    """Whether an operation is one of keripy's."""
    return name.startswith("keri-")


@cache
def reason_against(name: str) -> str | None:
    """Why an operation cannot run in this worker, or None. Only what can be told without loading a library."""
    if needs_keri(name):
        from importlib.util import find_spec

        if not packed_wheels.known("keri") and find_spec("keri") is None:
            return "keripy is not in this worker"
    return None


def listing() -> list[dict[str, Any]]:
    """The operations as `GET /app/load` tells them."""
    return [
        {
            "name": each.name,
            "title": each.title,
            "unit": each.unit,
            "group": each.group,
            "bytes": each.bytes,
            "about": each.about,
            "unavailable": reason_against(each.name),
        }
        for each in OPERATIONS.values()
    ]
