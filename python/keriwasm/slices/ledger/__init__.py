"""The ledger slice: what others publish of their identifiers, verified and kept. On one worker; see verifying for the rest."""

from __future__ import annotations

from typing import Any

import falcon

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application."""
