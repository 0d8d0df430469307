"""The peers: JavaScript libraries that do the same work, and which of our operations each of them offers.

They run in the page, in a worker of their own (workers/lab/peers.js), fetched only when a run wants them. Which function of
theirs stands for which operation is written there; here is what a person may choose, and what is asked of whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CONTENDERS", "OWN", "PAGE", "Contender", "offered", "title"]

OWN = "keriwasm"
PAGE = "page"
"""Contender of what the page itself does (the htmx round trip)."""

_CLASSICAL = ("ed25519-keypair", "ed25519-sign", "ed25519-verify")
_BOXES = ("x25519-seal", "x25519-open")
_XCHACHA = ("xchacha-1k", "xchacha-16k", "xchacha-1m")
_BLAKE3 = ("blake3-200", "blake3-200-x64", "blake3-1m")
_BLAKE2B = ("blake2b-200", "blake2b-1m")
_ARGON = ("argon2id-interactive", "argon2id-moderate")
_KEM = (
    *(f"ml-kem-{size}-{step}" for size in (512, 768, 1024) for step in ("keypair", "encaps", "decaps")),
    "ml-kem-768-encaps-x64",
)
_DSA = tuple(f"ml-dsa-{size}-{step}" for size in (44, 65, 87) for step in ("sign", "verify"))
_FALCON = ("falcon-512-sign", "falcon-512-verify")
_SLH = ("slh-dsa-128f-sign", "slh-dsa-128f-verify")


@dataclass(frozen=True)
class Contender:
    """A peer. `version` is the one that wheels/vendor.toml pins (a test compares them)."""

    name: str
    title: str
    version: str
    about: str
    operations: tuple[str, ...]


CONTENDERS = {
    each.name: each
    for each in (
        Contender(
            "libsodium.js", "libsodium.js", "0.8.4", "libsodium compiled to WebAssembly, without SIMD",
            (*_CLASSICAL, *_BOXES, *_XCHACHA, *_BLAKE2B, *_ARGON),
        ),
        Contender(
            "noble", "@noble", "2.4.0", "curves, hashes, ciphers and post-quantum in plain JavaScript",
            (*_CLASSICAL, *_XCHACHA, *_BLAKE3, *_BLAKE2B, *_KEM, *_DSA, *_FALCON, *_SLH),
        ),
        Contender(
            "hash-wasm", "hash-wasm", "4.13.0", "hashes in hand-tuned WebAssembly",
            (*_BLAKE3, *_BLAKE2B, *_ARGON),
        ),
        Contender(
            "liboqs-js", "@oqs/liboqs-js", "0.15.1", "liboqs compiled to WebAssembly, one module for each algorithm",
            (*_KEM, *_DSA, *_FALCON, *_SLH),
        ),
    )
}  # fmt: skip


def offered(operation: str, peers: Iterable[str]) -> list[str]:
    """Those of `peers` that offer the operation, in their own order."""
    return [name for name in peers if operation in CONTENDERS[name].operations]


def title(contender: str) -> str:
    """A contender's name for people."""
    if contender in CONTENDERS:
        return CONTENDERS[contender].title
    return {OWN: "KeriWasm", PAGE: "this page"}.get(contender, contender)
