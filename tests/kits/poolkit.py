"""A pool of one for the tests: what a worker asks of the pool comes back to itself, streams too.

The real router would put what strangers made on another worker: tests/unit/router/policy/test_router_keyless.py.
"""

from __future__ import annotations

from typing import Any

from workerkit import Kit

OWN = "pool-"


def alone(kit: Kit) -> list[dict[str, Any]]:
    """Answer the worker's own requests by itself; returns the list in which they are noted."""
    asked: list[dict[str, Any]] = []

    def relay(message: dict[str, Any], body: bytes | None) -> None:
        kind, id = message["type"], str(message.get("id"))
        if kind == "http:request":
            asked.append({**message, "content": body or b""})
        if kind in ("http:request", "http:credit", "http:cancel"):
            kit.worker.inbox.push({**message, "id": OWN + id}, body or b"")
        elif kind in ("http:reply", "http:chunk", "http:end") and id.startswith(OWN):
            more = {"headers": {**message["headers"], "x-worker": "w1"}} if kind == "http:reply" else {}
            kit.worker.inbox.push({**message, "id": id.removeprefix(OWN), **more}, body or b"")

    kit.host.on_post = relay
    return asked
