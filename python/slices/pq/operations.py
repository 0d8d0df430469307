"""Keys, encapsulation and signatures by unmodified liboqs-python. Pure functions over bytes, no Falcon.

Callers check the lengths first (``Algorithm`` has them): liboqs takes bare pointers and reads what it expects to be
there. What it refuses comes out as ``Refused``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from keriwasm.imports import native

from .algorithms import Algorithm, check

__all__ = [
    "Encapsulated",
    "KeyPair",
    "Refused",
    "StatefulSigned",
    "decapsulate",
    "encapsulate",
    "keypair",
    "sign",
    "stateful_sign",
    "verify",
]


class Refused(ValueError):
    """liboqs turned the input down: the message says why, as far as it can be known."""


class KeyPair(NamedTuple):
    """Raw bytes of a public key and its secret key."""

    public: bytes
    secret: bytes


class Encapsulated(NamedTuple):
    """The ciphertext to send and the secret that both sides then share."""

    ciphertext: bytes
    shared: bytes


class StatefulSigned(NamedTuple):
    """A signature, the secret key as it must be used from now on, and how many signatures it has left."""

    signature: bytes
    secret: bytes
    remaining: int


@contextmanager
def _stateful(name: str, secret: bytes | None = None) -> Iterator[Any]:
    """A StatefulSignature whose C structures are released again: the wrapper's own free() keeps them."""
    oqs = native.oqs()
    stateful = None
    try:
        stateful = oqs.StatefulSignature(name, secret)
        yield stateful
    finally:
        if stateful is not None:
            stateful.free()
            if stateful._secret_key:
                oqs.native().OQS_SIG_STFL_SECRET_KEY_free(stateful._secret_key)
            oqs.native().OQS_SIG_STFL_free(stateful._sig)


def keypair(algorithm: Algorithm) -> KeyPair:
    """A random key pair. Raises Infeasible when that would freeze the worker."""
    check(algorithm, "keypair")
    oqs = native.oqs()
    if algorithm.kind == "stfl":
        with _stateful(algorithm.name) as stateful:
            return KeyPair(stateful.generate_keypair(), stateful.export_secret_key())
    made = oqs.KeyEncapsulation(algorithm.name) if algorithm.kind == "kem" else oqs.Signature(algorithm.name)
    with made:
        return KeyPair(made.generate_keypair(), made.export_secret_key())


def encapsulate(algorithm: Algorithm, public: bytes) -> Encapsulated:
    """A fresh shared secret for the holder of `public`. Raises Refused for bytes that are no public key."""
    check(algorithm, "encaps")
    with native.oqs().KeyEncapsulation(algorithm.name) as kem:
        try:
            return Encapsulated(*kem.encap_secret(public))
        except RuntimeError as error:
            raise Refused(f"is not a public key of {algorithm.name}: it fails the algorithm's own check") from error


def decapsulate(algorithm: Algorithm, secret: bytes, ciphertext: bytes) -> bytes:
    """The shared secret. A wrong ciphertext or key gives another, random-looking secret: KEMs reject implicitly."""
    check(algorithm, "decaps")
    with native.oqs().KeyEncapsulation(algorithm.name, secret) as kem:
        try:
            return kem.decap_secret(ciphertext)
        except RuntimeError as error:
            raise Refused(f"cannot be decapsulated by {algorithm.name} with this secret key") from error


def sign(algorithm: Algorithm, secret: bytes, message: bytes, context: bytes = b"") -> bytes:
    """A signature (of a stateless algorithm). Raises Refused for bytes that are no secret key."""
    check(algorithm, "sign")
    with native.oqs().Signature(algorithm.name, secret) as signer:
        try:
            return signer.sign_with_ctx_str(message, context) if context else signer.sign(message)
        except RuntimeError as error:
            raise Refused(f"is not a secret key of {algorithm.name}: liboqs cannot sign with it") from error


def stateful_sign(algorithm: Algorithm, secret: bytes, message: bytes) -> StatefulSigned:
    """Sign with a one-time leaf of a hash-based key and advance the key: the old `secret` must never be used again.

    Raises Refused for bytes that are no secret key, and for a key that has no signatures left.
    """
    check(algorithm, "sign")
    try:
        with _stateful(algorithm.name, secret) as signer:
            signature = signer.sign(message)
            # liboqs counts the last index less the next one: one too few, and past the last signature it wraps (uint64).
            left = (signer.sigs_remaining() + 1) % (1 << 64)
            return StatefulSigned(signature, signer.export_secret_key(), left)
    except (RuntimeError, ValueError) as error:
        raise Refused(f"is not a secret key of {algorithm.name}, or it has no signatures left") from error


def verify(algorithm: Algorithm, public: bytes, signature: bytes, message: bytes, context: bytes = b"") -> bool:
    """Whether `signature` is one of `message` under `public`. Bytes that make no sense are not."""
    check(algorithm, "verify")
    if algorithm.kind == "stfl":
        with _stateful(algorithm.name) as checker:
            return bool(checker.verify(message, signature, public))
    with native.oqs().Signature(algorithm.name) as checker:
        if context:
            return bool(checker.verify_with_ctx_str(message, signature, context, public))
        return bool(checker.verify(message, signature, public))
