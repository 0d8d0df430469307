"""The backup slice: one encrypted file with the whole wallet, and back. On the wallet's worker. See format.py."""

from __future__ import annotations

from typing import Any

import falcon

from .downloads import Downloads, DownloadsDoer
from .recovery import MlKem768
from .resources import Backup, Files, RecoveryKey, Reminder, Restore

__all__ = ["mount"]


def mount(app: falcon.App, worker: Any) -> None:
    """Add the slice's routes to a worker's application."""
    from slices.vault import vault

    downloads = Downloads(vault.of(worker))
    worker.doist.doers.append(DownloadsDoer(downloads))
    parts = (downloads.vault, downloads, MlKem768(), worker.settings.version or "unknown")
    app.add_route("/app/wallet/backup", Backup(*parts))
    app.add_route("/app/wallet/backup/reminder", Reminder(*parts))
    app.add_route("/app/wallet/backup/files/{token}", Files(*parts))
    app.add_route("/app/wallet/recovery-key", RecoveryKey(*parts))
    app.add_route("/app/wallet/recovery-key/forget", RecoveryKey(*parts), suffix="forget")
    app.add_route("/app/wallet/restore", Restore(*parts))
