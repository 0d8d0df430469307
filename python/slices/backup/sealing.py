"""Sealing: a random file key encrypts the content, and is itself encrypted once for each way to open the file.

The ways, each a wrap in the header:

    passcode    the wallet's own passcode, stretched as the wallet does it (same salt, same tier), so that an open wallet
                can be backed up without asking for it again. Guessing it costs what guessing it at the key store costs.
    passphrase  one of the backup's own, by Argon2id with parameters that stand in the wrap
    recovery    the secret half of a recovery key: X25519 and ML-KEM-768, see recovery.py

A file is as strong as the weakest of its wraps. From what each gives, BLAKE3 derives two values: a key that encrypts the
file key (XChaCha20-Poly1305, the wrap's parameters as additional data) and a commitment, for XChaCha20-Poly1305 alone does
not bind a ciphertext to one key. A commitment that does not fit means another passphrase; anything else means damage.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from keriwasm.data.encoding import b64u
from keriwasm.imports import native
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import unb64u

from slices.backup import recovery
from slices.backup.format import CHUNK, OVERHEAD, PLAIN_MOST, BadFile, Header, Parts, assemble, fits
from slices.crypto import passwords, sodium
from slices.vault import passcode as passcodes

__all__ = ["Secret", "WrongSecret", "file_key", "open_body", "seal", "wrap_passcode", "wrap_passphrase", "wrap_recovery"]

CONTEXT = "KeriWasm 2026-11 backup 1: "
STEP = 64 << 10
"""Bytes that are uncompressed at once."""
NONCE = 24


class WrongSecret(ValueError):
    """Not what opens the file; `field` is passcode or recovery. The message follows the field's name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Secret(NamedTuple):
    """What somebody offers to open a file: a passcode or passphrase, or the seed of a recovery key."""

    passcode: str | None = None
    seed: bytes | None = None


def derive(purpose: str, material: bytes) -> bytes:
    """32 bytes for one purpose."""
    return native.blake3().blake3(material, derive_key_context=CONTEXT + purpose).digest()


def mac(key: bytes, head: bytes) -> bytes:
    """What authenticates the header."""
    return native.blake3().blake3(head, key=derive("header", key)).digest()


# -- the content ------------------------------------------------------------------------------------------------------


def seal(content: bytes, key: bytes, wraps: list[dict[str, Any]], *, made: int, app: str) -> bytes:
    """The whole file. key: 32 random bytes, as the wraps hold it. Raises BadFile when there is too much."""
    if len(content) > PLAIN_MOST:
        raise BadFile(f"would hold {len(content) >> 20} MiB; more than {PLAIN_MOST >> 20} MiB are not restored")
    lib = native.pysodium()
    state, stream = lib.crypto_secretstream_xchacha20poly1305_init_push(derive("body", key))
    head = Header(made, app, stream, len(content), tuple(wraps)).dump()
    tied = mac(key, head)
    packed = zlib.compress(content, 6)
    if not fits(len(content), len(packed)):  # what no reader would unpack is stored as it is
        packed = zlib.compress(content, 0)
    body = bytearray()
    for at in range(0, len(packed), CHUNK):
        final = at + CHUNK >= len(packed)
        tag = lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL if final else 0
        body += lib.crypto_secretstream_xchacha20poly1305_push(state, packed[at : at + CHUNK], tied, tag)
    return assemble(head, tied, bytes(body))


def open_body(parts: Parts, key: bytes) -> Iterator[bytes]:
    """The content in pieces of at most STEP bytes: never more of it is in memory than its reader keeps.

    Raises BadFile, at the first piece for another key, at the end for a content that is not of the length that was said.
    """
    if not hmac.compare_digest(mac(key, parts.head), parts.mac):
        raise BadFile("has a header that was changed after it was sealed")
    expand = zlib.decompressobj()
    left = parts.header.plain
    try:
        for chunk in _chunks(parts, key):
            while chunk:
                piece = expand.decompress(chunk, min(STEP, left + 1))
                chunk, left = expand.unconsumed_tail, left - len(piece)
                if left < 0:
                    raise BadFile("holds more than its header says")
                if piece:
                    yield piece
    except zlib.error as ex:
        raise BadFile("cannot be uncompressed") from ex
    if left or not expand.eof or expand.unused_data:
        raise BadFile("does not hold what its header says")


def _chunks(parts: Parts, key: bytes) -> Iterator[bytes]:
    """The decrypted chunks. Raises BadFile at the first that does not authenticate, and unless the last one ends it."""
    lib = native.pysodium()
    state = lib.crypto_secretstream_xchacha20poly1305_init_pull(parts.header.stream, derive("body", key))
    size = CHUNK + OVERHEAD
    for at in range(0, len(parts.body), size):
        chunk = parts.body[at : at + size]
        try:
            plain, tag = lib.crypto_secretstream_xchacha20poly1305_pull(state, chunk, parts.mac)
        except ValueError as ex:
            raise BadFile(f"was changed after it was sealed: block {at // size} does not authenticate") from ex
        if (tag == lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL) != (at + size >= len(parts.body)):
            raise BadFile("is incomplete: blocks are missing at its end, or too many")
        yield plain


# -- the file key -----------------------------------------------------------------------------------------------------


def wrap_passcode(key: bytes, seed: bytes, salt: bytes, tier: str) -> dict[str, Any]:
    """seed: 32 bytes, what the wallet's passcode was stretched to with salt and tier."""
    return _wrap({"by": "passcode", "salt": salt, "tier": tier}, derive("passcode", seed), key)


def wrap_passphrase(key: bytes, passphrase: str, tier: passwords.Tier) -> dict[str, Any]:
    """Blocks for as long as Argon2id takes. Raises passwords.TooExpensive."""
    salt = passwords.new_salt()
    made = passwords.argon2id(_normal(passphrase), salt, tier.ops, tier.memory)
    told = {"by": "passphrase", "kdf": "argon2id", "ops": tier.ops, "memory": tier.memory, "salt": salt}
    return _wrap(told, derive("passphrase", made.hash), key)


def wrap_recovery(key: bytes, public: recovery.Public, kem: recovery.Kem) -> dict[str, Any]:
    """Raises ValueError for an unusable public key."""
    sent, shared = recovery.encapsulate(public, kem)
    return _wrap({"by": "recovery", "kem": recovery.KEM, "id": public.id, **sent}, derive("recovery", shared), key)


def file_key(parts: Parts, secret: Secret, kem: recovery.Kem) -> tuple[bytes, str]:
    """(the file key, which way opened it). Tries the wraps that fit the kind of secret; blocks while Argon2id runs.

    Raises WrongSecret, BadFile, passwords.TooExpensive for a file that asks for more than this worker can give. What all
    its ways together may cost is bounded: a file with four dear ones would hold the worker four times as long.
    """
    work = sum(map(_work, parts.header.wraps))
    if work > passwords.WORK_MOST:
        raise BadFile(
            f"asks for {len(parts.header.wraps)} ways of opening it that would together hold this worker for about"
            f" {round(work * passwords.MS_PER_UNIT / 1000)} s; passes times MiB may be {passwords.WORK_MOST} in all"
        )
    by = {"passcode", "passphrase"} if secret.passcode is not None else {"recovery"}
    field = "passcode" if secret.passcode is not None else "recovery"
    wraps = [wrap for wrap in parts.header.wraps if wrap.get("by") in by]
    if not wraps:
        offers = ", ".join(sorted({str(wrap.get("by"))[:20] for wrap in parts.header.wraps}))
        raise WrongSecret(field, f"does not open this file: it is sealed by {offers}")
    for wrap in wraps:
        key = _unwrap(wrap, _root(wrap, secret, kem))
        if key is not None:
            return key, wrap["by"]
    own = any(wrap["by"] == "passcode" for wrap in wraps)
    reason = {
        "recovery": "is not the recovery key that this file was sealed for",
        "passcode": "is not the passcode that the wallet had when this file was made"
        if own
        else "is not the passphrase of this file",
    }
    raise WrongSecret(field, reason[field])


def _normal(passphrase: str) -> bytes:
    return unicodedata.normalize("NFKC", passphrase).encode()


def _work(wrap: dict[str, Any]) -> float:
    """Passes times MiB of stretching that a wrap asks for. Raises BadFile for numbers that are none."""
    try:
        match wrap["by"]:
            case "passcode":
                tier = passcodes.TIERS[wrap["tier"]]
                return tier.ops * tier.memory / passwords.MIB
            case "passphrase":
                ops, memory = wrap["ops"], wrap["memory"]
                if type(ops) is not int or type(memory) is not int or ops < 0 or memory < 0:
                    raise ValueError("parameters")
                return ops * memory / passwords.MIB
            case _:
                return 0.0
    except (KeyError, TypeError, ValueError, OverflowError) as ex:
        raise BadFile("asks for a way to open it that is not possible") from ex


def _root(wrap: dict[str, Any], secret: Secret, kem: recovery.Kem) -> bytes:
    """What a secret gives for a wrap's parameters, which come from the file: every one is bounded."""
    try:
        match wrap["by"]:
            case "passcode":
                tier = passcodes.TIERS[wrap["tier"]]
                passwords.check_cost(tier.ops, tier.memory)
                salt = unb64u(wrap["salt"], "salt")
                if len(salt) != passwords.SALT_LENGTH:
                    raise ValueError("salt")
                return derive("passcode", passcodes.stretch(str(secret.passcode), salt, tier.name).raw)
            case "passphrase":
                ops, memory, salt = int(wrap["ops"]), int(wrap["memory"]), unb64u(wrap["salt"], "salt")
                sound = 1 <= ops <= passwords.OPS_MOST and passwords.MEMORY_LEAST <= memory <= passwords.MEMORY_MOST
                if wrap["kdf"] != "argon2id" or not sound or len(salt) != passwords.SALT_LENGTH:
                    raise ValueError("parameters")
                return derive("passphrase", passwords.argon2id(_normal(str(secret.passcode)), salt, ops, memory).hash)
            case _:
                if wrap["kem"] != recovery.KEM or secret.seed is None:
                    raise ValueError("kem")
                if wrap["id"] != recovery.public_of(secret.seed, kem).id:
                    return b""
                sent = [unb64u(wrap[name], name) for name in ("x25519", "mlkem")]
                return derive("recovery", recovery.decapsulate(secret.seed, sent[0], sent[1], kem))
    except passwords.TooExpensive:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, FieldError) as ex:
        raise BadFile("asks for a way to open it that is not possible") from ex


def _wrap(told: dict[str, Any], root: bytes, key: bytes) -> dict[str, Any]:
    nonce, sealed = sodium.xchacha_encrypt(derive("wrap", root), key, _aad(told))
    return {**told, "commitment": derive("commitment", root), "key": nonce + sealed}


def _unwrap(wrap: dict[str, Any], root: bytes) -> bytes | None:
    """The file key; None when the secret is another one."""
    try:
        commitment, sealed = unb64u(wrap["commitment"], "commitment"), unb64u(wrap["key"], "key")
    except (KeyError, TypeError, FieldError) as ex:
        raise BadFile("asks for a way to open it that is not possible") from ex
    if not root or not hmac.compare_digest(derive("commitment", root), commitment):
        return None
    told = {name: value for name, value in wrap.items() if name not in ("commitment", "key")}
    try:
        key = sodium.xchacha_decrypt(derive("wrap", root), sealed[:NONCE], sealed[NONCE:], _aad(told))
    except (sodium.Refused, ValueError) as ex:
        raise BadFile("was changed after it was sealed: its key does not authenticate") from ex
    if len(key) != 32:
        raise BadFile("was sealed with a key of an impossible length")
    return key


def _aad(told: dict[str, Any]) -> bytes:
    plain = {name: b64u(value) if isinstance(value, bytes) else value for name, value in told.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
