"""Ed25519, X25519 sealed boxes, XChaCha20-Poly1305 and Argon2id by unmodified pysodium over libsodium.

Pure functions over bytes, no Falcon. Lengths are checked by the callers (they know the field's name); what libsodium
itself refuses comes out as ``Refused`` with a reason a person can act on, for pysodium says only ``ValueError``.

Sources: Ed25519 RFC 8032; sealed boxes are libsodium's crypto_box_seal (an ephemeral X25519 key, XSalsa20-Poly1305 and
a nonce that BLAKE2b makes of both public keys); XChaCha20-Poly1305 draft-irtf-cfrg-xchacha-03; Argon2id RFC 9106.
"""

from __future__ import annotations

from typing import NamedTuple

from keriwasm.imports import native

__all__ = [
    "ED25519_PUBLIC",
    "ED25519_SECRET",
    "ED25519_SEED",
    "ED25519_SIGNATURE",
    "SEAL_OVERHEAD",
    "X25519_KEY",
    "XCHACHA_KEY",
    "XCHACHA_NONCE",
    "XCHACHA_TAG",
    "KeyPair",
    "Refused",
    "box_keypair",
    "box_open",
    "box_seal",
    "ed25519_keypair",
    "ed25519_public",
    "ed25519_sign",
    "ed25519_verify",
    "version",
    "xchacha_decrypt",
    "xchacha_encrypt",
    "xchacha_key",
]

# Lengths in bytes. Fixed by the algorithms, so known without loading the library; a test compares them with its own.
ED25519_PUBLIC, ED25519_SECRET, ED25519_SEED, ED25519_SIGNATURE = 32, 64, 32, 64
X25519_KEY, SEAL_OVERHEAD = 32, 48
XCHACHA_KEY, XCHACHA_NONCE, XCHACHA_TAG = 32, 24, 16


class Refused(ValueError):
    """libsodium turned the input down: the message says why, as far as it can be known."""


class KeyPair(NamedTuple):
    """Raw bytes of a public key and its secret key."""

    public: bytes
    secret: bytes


def version() -> str:
    """libsodium's own version, for example "1.0.22"."""
    return str(native.pysodium().sodium.sodium_version_string().decode())


def ed25519_keypair() -> KeyPair:
    """A random pair: public 32 bytes, secret 64 (libsodium's form: the seed, then the public key)."""
    return KeyPair(*native.pysodium().crypto_sign_keypair())


def _ed25519_secret(secret: bytes) -> bytes:
    """libsodium's 64-byte form of a secret that is either that or the 32-byte seed of RFC 8032.

    Raises Refused when the public half does not belong to the seed: signing with such a key gives its seed away to
    whoever has two signatures of one message (the "double public key oracle" of unsafe Ed25519 libraries).
    """
    sodium = native.pysodium()
    public, whole = sodium.crypto_sign_seed_keypair(secret[:ED25519_SEED])
    if len(secret) == ED25519_SECRET and secret[ED25519_SEED:] != public:
        raise Refused("its last 32 bytes are not the public key of its first 32: this is no Ed25519 secret key")
    return whole


def ed25519_public(secret: bytes) -> bytes:
    """The public key of a 64-byte secret key or 32-byte seed. Raises Refused for an inconsistent secret key."""
    return _ed25519_secret(secret)[ED25519_SEED:]


def ed25519_sign(secret: bytes, message: bytes) -> bytes:
    """The 64-byte detached signature. Raises Refused for an inconsistent secret key."""
    return native.pysodium().crypto_sign_detached(message, _ed25519_secret(secret))


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) is one of `message` under `public` (32 bytes)."""
    try:
        native.pysodium().crypto_sign_verify_detached(signature, message, public)
    except ValueError:  # pysodium's way of saying no: the lengths were checked before
        return False
    return True


def box_keypair() -> KeyPair:
    """A random X25519 pair: 32 bytes each."""
    return KeyPair(*native.pysodium().crypto_box_keypair())


def box_seal(public: bytes, message: bytes) -> bytes:
    """`message` sealed for the holder of `public`: 48 bytes longer. Raises Refused for a key of low order."""
    try:
        return native.pysodium().crypto_box_seal(message, public)
    except ValueError as error:
        raise Refused("is not a usable X25519 public key (a point of low order)") from error


def box_open(public: bytes, secret: bytes, sealed: bytes) -> bytes:
    """What was sealed. Raises Refused when it was sealed for another key or changed on its way."""
    if len(sealed) < SEAL_OVERHEAD:
        raise Refused(f"is {len(sealed)} bytes long; a sealed box has at least {SEAL_OVERHEAD}")
    try:
        return native.pysodium().crypto_box_seal_open(sealed, public, secret)
    except ValueError as error:
        raise Refused("cannot be opened: it was sealed for another key pair, or it was changed since") from error


def xchacha_key() -> bytes:
    """A random 32-byte key."""
    return native.pysodium().randombytes(XCHACHA_KEY)


def xchacha_encrypt(key: bytes, message: bytes, aad: bytes = b"", nonce: bytes | None = None) -> tuple[bytes, bytes]:
    """(nonce, ciphertext with its 16-byte tag). The 24-byte nonce is random when none is given: it is long enough."""
    sodium = native.pysodium()
    nonce = sodium.randombytes(XCHACHA_NONCE) if nonce is None else nonce
    return nonce, sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(message, aad, nonce, key)


def xchacha_decrypt(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes = b"") -> bytes:
    """The message. Raises Refused when key, nonce, ciphertext and aad do not belong together."""
    if len(ciphertext) < XCHACHA_TAG:
        raise Refused(f"is {len(ciphertext)} bytes long; even an empty message has a tag of {XCHACHA_TAG}")
    try:
        return native.pysodium().crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, aad, nonce, key)
    except ValueError as error:
        raise Refused(
            "does not authenticate: the key, the nonce or the additional data is another one, or it was changed"
        ) from error
