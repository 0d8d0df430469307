"""The crypto slice: hashes, Ed25519, sealed boxes, XChaCha20-Poly1305, Argon2id. Stateless: it runs on every worker."""

from __future__ import annotations

from typing import Any

import falcon

from .argon import Argon2id
from .hashes import Hash, HashBatch, HashMany
from .keys import Box, Ed25519, XChaCha
from .loading import LoadDoer
from .pages import Overview, Panel

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application, and a Doer that loads the libraries in time."""
    worker.doist.doers.append(LoadDoer(worker))
    app.add_route("/app/crypto", Overview())
    app.add_route("/app/crypto/panel", Panel())
    app.add_route("/app/crypto/hash", Hash())
    app.add_route("/app/crypto/hash-many", HashMany(worker.pool))
    app.add_route("/app/crypto/hash-batch", HashBatch())
    app.add_route("/app/crypto/argon2id", Argon2id())
    for path, tool, steps in (
        ("/app/crypto/ed25519", Ed25519(), ("keypair", "sign", "verify")),
        ("/app/crypto/box", Box(), ("keypair", "seal", "open")),
        ("/app/crypto/xchacha", XChaCha(), ("key", "encrypt", "decrypt")),
    ):
        app.add_route(path, tool)
        for step in steps:
            app.add_route(f"{path}/{step}", tool, suffix=step)
