"""Backups between Pyodide and CPython: liboqs there, kyber-py here, our lmdb there, the real one here; each opens the other's."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import kyber_py.ml_kem

ROOT = Path(__file__).resolve().parents[3]
if "lmdb" not in sys.modules:  # the name is the real one's here, as in the unit tests
    path = sys.path[:]
    sys.path[:] = [entry for entry in path if entry != str(ROOT / "python")]
    importlib.import_module("lmdb")
    sys.path[:] = path

THEIRS = kyber_py.ml_kem.ML_KEM_768


class KyberPy:
    """ML-KEM-768 by another implementation."""

    def keypair(self, seed: bytes) -> tuple[bytes, bytes]:
        return THEIRS.key_derive(seed)

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        shared, ciphertext = THEIRS.encaps(public)
        return ciphertext, shared

    def decapsulate(self, secret: bytes, ciphertext: bytes) -> bytes:
        return THEIRS.decaps(secret, ciphertext)


def done(generator: Any) -> Any:
    """What a Doer would `yield from`."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def test_a_backup_goes_both_ways(pyodide: Any, count: Any) -> None:
    from keriwasm.data.encoding import b64u
    from keriwasm.web.form.fields import unb64u
    from slices.backup import checking, format, reading, recovery, sealing

    assert not str(sys.modules["lmdb"].__file__).startswith(str(ROOT / "python"))
    seed, kem, key, content = bytes(range(32)), KyberPy(), b"k" * 32, b"content" * 40_000
    public = recovery.public_of(seed, kem)
    ours = sealing.seal(content, key, [sealing.wrap_recovery(key, public, kem)], made=1, app="")
    told = pyodide.run("backup_wallet.py", {"seed": b64u(seed), "file": b64u(ours)})
    assert unb64u(told["content"], "content") == content and told["by"] == "recovery"
    assert told["public"] == recovery.show_public(public)
    assert told["same"] == [True, True, True] and told["other_key"] == "recovery"
    assert told["report"] == {"state": "revoked", "authentic": True} and "ends within message" in told["cut"]

    parts = format.split(unb64u(told["file"], "file"))
    opened, by = sealing.file_key(parts, sealing.Secret(seed=seed), kem)
    assert by == "recovery" and sealing.file_key(parts, sealing.Secret(passcode="a phrase of its own, and long"), kem)
    dump = done(reading.read(sealing.open_body(parts, opened), len(parts.body)))
    with checking.opened(dump) as held:
        holds = done(checking.verify(held))
    assert holds == told["holds"] and holds["credentials"] == 2 and len(holds["identifiers"]) == 2
    count(f"A backup made in Pyodide in {told['made_ms']:.0f} ms, restored in {told['restored_ms']:.0f} ms, both verified")
