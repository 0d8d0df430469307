"""What of the served slices is not done by a component, each with the reason that its 501 gives.

A server that answers many is no place for a person's secret key, and it should not see what is sealed for one. The page does these in
the browser. What workers ask each other is nobody else's to ask.
"""

from __future__ import annotations

import falcon
from keriwasm.runtime.context import MESSAGE

__all__ = ["LeftOut", "reason"]

SECRET = "It takes a secret key, and a secret belongs on no server. Use the app in a browser: there it stays with you."
AMONG = "Workers of one pool ask this of each other."
REASONS = {
    "/app/crypto/ed25519/keypair": SECRET,
    "/app/crypto/ed25519/sign": SECRET,
    "/app/crypto/box/keypair": SECRET,
    "/app/crypto/box/seal": "It takes libsodium, of which there is no build for wasi. Use the app in a browser.",
    "/app/crypto/box/open": SECRET,
    "/app/crypto/xchacha/key": SECRET,
    "/app/crypto/xchacha/encrypt": SECRET,
    "/app/crypto/xchacha/decrypt": SECRET,
    "/app/crypto/argon2id": "It takes a password, and up to a gigabyte of memory. Use the app in a browser: there it stays with you.",
    "/app/crypto/hash-batch": AMONG,
    "/app/ledger/cut": AMONG,
    "/app/ledger/segment": AMONG,
    "/app/judge": AMONG,
}


def reason(method: str, path: str) -> str:
    """Why this is not done here; "" when it is. The pages that have the forms are shown."""
    if method in ("GET", "HEAD"):
        return ""
    return REASONS.get(path) or (AMONG if path.startswith("/app/judge/") else "")


class LeftOut:
    """Falcon middleware that answers 501 with the reason."""

    def process_request(self, req: falcon.Request, rep: falcon.Response) -> None:
        message = req.env[MESSAGE]
        why = reason(req.method, message["path"])
        if why and message["parent"] is None:  # the worker itself asks its pool
            raise falcon.HTTPNotImplemented(title="Not done at the edge", description=why)
