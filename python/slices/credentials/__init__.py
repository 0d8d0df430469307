"""The credentials slice: ACDCs between local identifiers, by unmodified keripy. On the wallet's worker."""

from __future__ import annotations

from typing import Any

import falcon

from .resources import Credential, Credentials, Issue, Panel, Receive, Registries, Registry, Schema, Schemas, Verify

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application."""
    from slices.vault import vault

    held = vault.of(worker)
    app.add_route("/app/credentials", Credentials(held))
    app.add_route("/app/credentials/panel", Panel(held))
    app.add_route("/app/credentials/schemas", Schemas(held))
    app.add_route("/app/credentials/schemas/{said}", Schema(held))
    app.add_route("/app/credentials/registries", Registries(held))
    app.add_route("/app/credentials/registries/{regk}", Registry(held))
    app.add_route("/app/credentials/issue", Issue(held))
    app.add_route("/app/credentials/verify", Verify(held))
    app.add_route("/app/credentials/receive", Receive(held))
    app.add_route("/app/credentials/{said}", Credential(held))
    app.add_route("/app/credentials/{said}/cesr", Credential(held), suffix="cesr")
    app.add_route("/app/credentials/{said}/revoke", Credential(held), suffix="revoke")
