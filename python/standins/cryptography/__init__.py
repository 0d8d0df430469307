"""Stand-in for `cryptography`: ECDSA over the curves secp256r1 and secp256k1, and nothing else.

Why: cryptography is Rust and OpenSSL, of which no registry has a wheel for this Pyodide, and keripy imports it for keys
of the codes ECDSA_256r1 and ECDSA_256k1. Everything else in KERI (Ed25519, BLAKE3, Argon2) goes through pysodium and
blake3. Underneath is the pure Python package `ecdsa`. On CPython the real one serves; tests/unit/standins/test_standins.py
checks that each verifies what the other signs and that both refuse the same.

Limits: `ecdsa` does not run in constant time, so somebody who can time many signatures could learn a key: verify with it
freely, but prefer Ed25519 (keripy's default) for keys that matter. It is slow, some milliseconds a signature.
Signatures are deterministic (RFC 6979), where OpenSSL draws a random number.
"""
