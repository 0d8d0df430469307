"""Recovery keys: a key pair whose secret half is kept on paper, and a hybrid key encapsulation to its public half.

Who records a backup today must not be able to open it with a quantum computer later, nor because one of two algorithms
turns out weak. So a secret is agreed twice, by X25519 (RFC 7748) and by ML-KEM-768 (FIPS 203), and both go into one key.
The combiner has the shape of X-Wing (draft-connolly-cfrg-xwing-kem), wider: that one hashes the two shared secrets, the
X25519 ciphertext and public key and a label, and proves that this is enough for ML-KEM. Here the ML-KEM ciphertext and
public key are hashed too, so that nothing rests on a property of ML-KEM beyond IND-CCA; and the hash is BLAKE3 in its
key derivation mode, whose context string is the label.

    key = BLAKE3-derive("… recovery key 1", ss_mlkem | ss_x25519 | ct_mlkem | ct_x25519 | pk_mlkem | pk_x25519)

All six have fixed lengths. Both secret keys are derived from one seed of 32 bytes, so that a person can write it down.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from keriwasm.data.encoding import b64u
from keriwasm.imports import native
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import unb64u

__all__ = ["KEM", "Kem", "MlKem768", "Public", "decapsulate", "encapsulate", "new_seed", "public_of", "read_public"]
__all__ += ["read_seed", "show_public", "show_seed"]

KEM = "X25519+ML-KEM-768"
SEED = 32
X25519 = 32
MLKEM_PUBLIC, MLKEM_CIPHERTEXT, MLKEM_SEED = 1184, 1088, 64
CHECK = 4
SECRET_MARK, PUBLIC_MARK = "KWRS1-", "KWRP1-"
CONTEXT = "KeriWasm 2026-11 backup recovery key 1: "


class Kem(Protocol):
    """A key encapsulation: ML-KEM-768, or what a test puts in its place."""

    def keypair(self, seed: bytes) -> tuple[bytes, bytes]: ...
    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]: ...
    def decapsulate(self, secret: bytes, ciphertext: bytes) -> bytes: ...


class MlKem768:
    """ML-KEM-768 by liboqs."""

    NAME = "ML-KEM-768"

    def keypair(self, seed: bytes) -> tuple[bytes, bytes]:
        """(public, secret) of a seed of 64 bytes, d | z of FIPS 203."""
        with native.oqs().KeyEncapsulation(self.NAME) as kem:
            public = kem.generate_keypair_seed(seed)
            return public, kem.export_secret_key()

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        """(ciphertext, shared secret)."""
        with native.oqs().KeyEncapsulation(self.NAME) as kem:
            return kem.encap_secret(public)

    def decapsulate(self, secret: bytes, ciphertext: bytes) -> bytes:
        """The shared secret; for a changed ciphertext another one, as FIPS 203 wants it."""
        with native.oqs().KeyEncapsulation(self.NAME, secret) as kem:
            return kem.decap_secret(ciphertext)


class Public(NamedTuple):
    """A recovery key's public half."""

    x25519: bytes
    mlkem: bytes

    @property
    def id(self) -> str:
        """12 characters that tell one recovery key from another."""
        return b64u(_hash("id", self.x25519 + self.mlkem)[:9])


def _hash(purpose: str, material: bytes) -> bytes:
    return native.blake3().blake3(material, derive_key_context=CONTEXT + purpose).digest()


def _expand(purpose: str, material: bytes, length: int) -> bytes:
    return native.blake3().blake3(material, derive_key_context=CONTEXT + purpose).digest(length=length)


def new_seed() -> bytes:
    """32 random bytes."""
    return native.pysodium().randombytes(SEED)


def _keys(seed: bytes, kem: Kem) -> tuple[bytes, Public, bytes]:
    """(X25519 secret, public halves, ML-KEM secret) of a seed."""
    secret = _hash("x25519", seed)
    public, mlkem = kem.keypair(_expand("mlkem", seed, MLKEM_SEED))
    return secret, Public(native.pysodium().crypto_scalarmult_curve25519_base(secret), public), mlkem


def public_of(seed: bytes, kem: Kem) -> Public:
    """The public half of a seed's key pair."""
    return _keys(seed, kem)[1]


def _combine(ss: tuple[bytes, bytes], ct: tuple[bytes, bytes], public: Public) -> bytes:
    """Each pair is (ML-KEM's, X25519's)."""
    return _hash("combine", b"".join((*ss, *ct, public.mlkem, public.x25519)))


def encapsulate(public: Public, kem: Kem) -> tuple[dict[str, Any], bytes]:
    """({x25519, mlkem}: what the other side needs, the 32-byte key). Raises ValueError for an unusable public key."""
    sodium = native.pysodium()
    ephemeral = sodium.randombytes(X25519)
    sent = sodium.crypto_scalarmult_curve25519_base(ephemeral)
    shared = sodium.crypto_scalarmult_curve25519(ephemeral, public.x25519)  # refuses points of low order
    ciphertext, secret = kem.encapsulate(public.mlkem)
    return {"x25519": sent, "mlkem": ciphertext}, _combine((secret, shared), (ciphertext, sent), public)


def decapsulate(seed: bytes, x25519: bytes, mlkem: bytes, kem: Kem) -> bytes:
    """The key. Raises ValueError for what cannot be a ciphertext; any other change of it gives another key."""
    if len(x25519) != X25519 or len(mlkem) != MLKEM_CIPHERTEXT:
        raise ValueError("a ciphertext of an impossible length")
    secret, public, decapsulation = _keys(seed, kem)
    shared = native.pysodium().crypto_scalarmult_curve25519(secret, x25519)
    return _combine((kem.decapsulate(decapsulation, mlkem), shared), (mlkem, x25519), public)


# -- as text ----------------------------------------------------------------------------------------------------------


def show_seed(seed: bytes) -> str:
    """The secret half as a person keeps it: KWRS1- and 48 characters, the last of which check the others."""
    return SECRET_MARK + b64u(seed + _hash("check secret", seed)[:CHECK])


def show_public(public: Public) -> str:
    """The public half as text: KWRP1- and 1627 characters."""
    raw = public.x25519 + public.mlkem
    return PUBLIC_MARK + b64u(raw + _hash("check public", raw)[:CHECK])


def read_seed(text: str, field: str) -> bytes:
    """Raises FieldError."""
    return _read(text, field, SECRET_MARK, SEED, "check secret")


def read_public(text: str, field: str) -> Public:
    """Raises FieldError."""
    raw = _read(text, field, PUBLIC_MARK, X25519 + MLKEM_PUBLIC, "check public")
    return Public(raw[:X25519], raw[X25519:])


def _read(text: str, field: str, mark: str, length: int, check: str) -> bytes:
    text = "".join(text.split())
    if not text.startswith(mark):
        other = SECRET_MARK if mark == PUBLIC_MARK else PUBLIC_MARK
        if text.startswith(other):
            halves = {SECRET_MARK: "secret", PUBLIC_MARK: "public"}
            raise FieldError(field, f"is the {halves[other]} half of a recovery key; the {halves[mark]} one is wanted")
        raise FieldError(field, f"is no recovery key: it begins with {mark}")
    try:
        raw = unb64u(text[len(mark) :], field)
    except FieldError as ex:
        raise FieldError(field, "has characters that no recovery key has, or one is missing") from ex
    if len(raw) != length + CHECK:
        raise FieldError(field, "is not complete: some characters are missing or too many")
    if _hash(check, raw[:length])[:CHECK] != raw[length:]:
        raise FieldError(field, "has a mistake in it: its last characters do not fit the others")
    return raw[:length]
