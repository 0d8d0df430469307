"""A host that lets nobody at a witness without one-time codes, as those do that offer witnesses as a service.

    with guarding(witness) as guard:      # on the witness's own port; the witness itself goes on behind it, on another
        ...
        guard.secrets[aid]                # what it has given out, base32
        guard.asked                       # [(AID, code or "", why it was refused or "")]

What `kli witness authenticate` and `kli ... --authenticate` speak: `/aids` takes a form with the identifier's log and answers a secret
sealed by keripy's own Encrypter for its key; `/receipts` wants `Authorization: CODE#TIME`. A code is taken once, only for the
identifier that the secret is of, and only if TIME is within MINUTES of now and the code is that of TIME or the step before it.
"""

from __future__ import annotations

import base64
import email
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import witnesses as kit
from faulty import listening, slow

__all__ = ["Guard", "code", "guarding"]

MINUTES = 5
STEP = 30


def code(secret: str, time: float) -> str:
    """RFC 6238, by a library that the app does not use for it."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(base64.b32decode(secret), 6, SHA1(), STEP, enforce_key_length=False).generate(int(time)).decode()


class Guard:
    """What the host knows."""

    def __init__(self, port: int) -> None:
        """port: of the witness behind it."""
        self.pass_on = slow(port, 0.0)
        self.secrets: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.used: set[tuple[str, str]] = set()
        self.lock = threading.Lock()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if (method, path) == ("POST", "/aids"):
            return self.enrol(headers, body)
        if (method, path) == ("POST", "/receipts"):
            aid, given = json.loads(body)["i"], headers.get("Authorization", "")
            with self.lock:
                why = self.refusal(aid, given)
                self.asked.append((aid, given.partition("#")[0], why))
            if why:
                return 401, json.dumps({"title": why}).encode()
        return self.pass_on(method, path, headers, body)

    def refusal(self, aid: str, given: str) -> str:
        """Why an `Authorization` is not taken."""
        shown, _, time = given.partition("#")
        if aid not in self.secrets:
            return "unknown"
        if not shown:
            return "no code"
        at = datetime.fromisoformat(time)
        if abs(datetime.now(UTC) - at) > timedelta(minutes=MINUTES):
            return "stale"
        if shown not in (code(self.secrets[aid], at.timestamp() - back) for back in (0, STEP)):
            return "wrong"
        if (aid, shown) in self.used:
            return "used"
        self.used.add((aid, shown))
        return ""

    def enrol(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The secret of an identifier, for whoever has its key."""
        from keri.core import Encrypter, coring

        read = email.message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        parts = {part.get_param("name", header="content-disposition"): part.get_payload() for part in read.get_payload()}
        event = inception(parts["kel"])
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        self.secrets[event["i"]] = secret
        plain = coring.Matter(raw=secret.encode(), code=coring.MtrDex.Ed25519_Seed)  # what a cipher of keripy's holds
        return 200, json.dumps({"totp": Encrypter(verkey=event["k"][0]).encrypt(prim=plain).qb64}).encode()


def inception(kel: str) -> dict[str, Any]:
    """The first event of a log, as it is written; its keys are the present ones as long as nothing rotated."""
    return json.JSONDecoder().raw_decode(kel)[0]


@contextmanager
def guarding(witness: kit.Witness) -> Iterator[Guard]:
    """The witness is started anew behind it, and keeps what it knows; afterwards it is ended."""
    port = witness.port
    witness.kill()
    (witness.port,) = kit.free(1)
    witness.start()
    witness.wait()
    guard = Guard(witness.port)
    try:
        with listening(port, guard.answer):
            witness.port = port
            yield guard
    finally:
        witness.kill()
        witness.port = port
