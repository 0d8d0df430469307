"""The standardised algorithms against independent implementations in Python, both ways, on random keys and messages.

ML-KEM: kyber-py. ML-DSA: dilithium-py. SLH-DSA: slh-dsa. LMS: hsslms (which signs; liboqs-python only verifies it).
"""

from __future__ import annotations

import base64
import os
from typing import Any

import dilithium_py.ml_dsa
import hsslms
import kyber_py.ml_kem
import slhdsa

CONTEXTS = (b"", b"purpose")


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def job(kind: str, name: str, **given: bytes) -> dict[str, Any]:
    return {"kind": kind, "name": name, "given": {key: b64u(value) for key, value in given.items()}}


def test_ml_kem_agrees_with_kyber_py(pyodide, count):
    jobs, secrets = [], []
    for size in (512, 768, 1024):
        theirs = getattr(kyber_py.ml_kem, f"ML_KEM_{size}")
        for _ in range(3):
            public, secret = theirs.keygen()
            shared, ciphertext = theirs.encaps(public)
            secrets.append((theirs, secret, shared))
            jobs.append(job("kem", f"ML-KEM-{size}", public=public, secret=secret, ciphertext=ciphertext))
    for (theirs, secret, shared), told in zip(secrets, pyodide.run("pq_interop.py", jobs), strict=True):
        assert raw(told["shared"]) == shared
        assert theirs.decaps(secret, raw(told["ciphertext"])) == raw(told["theirs"])
    count(f"ML-KEM and kyber-py agree, both ways, {len(jobs)} key pairs")


def test_ml_dsa_agrees_with_dilithium_py(pyodide, count):
    jobs, checks = [], []
    for size in (44, 65, 87):
        theirs = getattr(dilithium_py.ml_dsa, f"ML_DSA_{size}")
        for context in CONTEXTS:
            public, secret = theirs.keygen()
            message = os.urandom(200)
            signature = theirs.sign(secret, message, ctx=context)
            given = {"context": context} if context else {}
            jobs.append(
                job(
                    "sig", f"ML-DSA-{size}", public=public, secret=secret, message=message, signature=signature, **given
                )
            )
            checks.append(lambda key, sig, t=theirs, m=message, c=context: t.verify(key, m, sig, ctx=c))
    judge(jobs, checks, pyodide)
    count(f"ML-DSA and dilithium-py agree, both ways, {len(jobs)} key pairs, with and without context")


def test_slh_dsa_agrees_with_slh_dsa(pyodide, count):
    jobs, checks = [], []
    for hashing in ("sha2", "shake"):
        for size in ("128f", "192f", "256f", "128s"):
            parameters = getattr(slhdsa, f"{hashing}_{size}")
            context = CONTEXTS[len(jobs) % 2]
            pair = slhdsa.KeyPair.gen(parameters)
            message = os.urandom(100)
            signature = pair.sec.sign_pure(message, ctx=context)
            given = {"context": context} if context else {}
            name = f"SLH_DSA_PURE_{hashing.upper()}_{size.upper()}"
            jobs.append(
                job(
                    "sig",
                    name,
                    public=pair.pub.digest(),
                    secret=pair.sec.digest(),
                    message=message,
                    signature=signature,
                    **given,
                )
            )
            checks.append(
                lambda key, sig, p=parameters, m=message, c=context: slhdsa.PublicKey.from_digest(key, p).verify_pure(
                    m, sig, ctx=c
                )
            )
    judge(jobs, checks, pyodide)
    count(f"SLH-DSA and slh-dsa agree, both ways, {len(jobs)} parameter sets")


def test_lms_verifies_what_hsslms_signs(pyodide, count):
    lms, ots = hsslms.LMS_ALGORITHM_TYPE, hsslms.LMOTS_ALGORITHM_TYPE
    trees = {
        "LMS_SHA256_H5_W1": ([lms.LMS_SHA256_M32_H5], ots.LMOTS_SHA256_N32_W1),
        "LMS_SHA256_H5_W4": ([lms.LMS_SHA256_M32_H5], ots.LMOTS_SHA256_N32_W4),
        "LMS_SHA256_H5_W8": ([lms.LMS_SHA256_M32_H5], ots.LMOTS_SHA256_N32_W8),
        "LMS_SHA256_H5_W8_H5_W8": ([lms.LMS_SHA256_M32_H5] * 2, ots.LMOTS_SHA256_N32_W8),
    }
    jobs = []
    for name, (heights, width) in trees.items():
        private = hsslms.HSS_Priv(heights, width, num_cores=1)
        message = os.urandom(100)
        jobs.append(
            job("stfl", name, public=private.gen_pub().get_pubkey(), message=message, signature=private.sign(message))
        )
    for told in pyodide.run("pq_interop.py", jobs):
        assert told == {"valid": True, "other": False}
    count(f"LMS verifies what hsslms signs, {len(jobs)} parameter sets")


def judge(jobs: list[dict[str, Any]], checks: list[Any], pyodide: Any) -> None:
    """Ours verifies theirs; theirs verifies ours, by their key and by our own."""
    for sent, check, told in zip(jobs, checks, pyodide.run("pq_interop.py", jobs), strict=True):
        assert (told["valid"], told["other"]) == (True, False), sent["name"]
        assert check(raw(sent["given"]["public"]), raw(told["signature"])), sent["name"]
        assert check(raw(told["own_public"]), raw(told["own_signature"])), sent["name"]
        assert not check(raw(sent["given"]["public"]), raw(told["own_signature"])), sent["name"]
