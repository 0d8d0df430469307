"""Files that a page offers for download: a form's answer can show a link to one, but htmx cannot save it.

Each lies in this worker's memory under a random name, for a short time, and few at once. What is secret is gone once it was
taken, and when the wallet is locked, by whatever locks it. What goes is overwritten; the copies that answers were made of
are beyond reach (see the README on memory).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

from hio.base import doing
from keriwasm.runtime.scheduling import WAIT

if TYPE_CHECKING:
    from slices.vault.vault import Vault

__all__ = ["Download", "Downloads", "DownloadsDoer"]

MOST = 3
SECONDS = 15 * 60.0


class Download(NamedTuple):
    """name: for the browser's dialog; until: monotonic seconds; epoch: of the vault, for a secret, else None."""

    name: str
    kind: str
    content: bytearray
    until: float
    epoch: int | None


class Downloads:
    """The files on offer. doer: is woken when one came."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.doer: doing.Doer | None = None
        self._files: dict[str, Download] = {}

    def offer(self, name: str, content: bytes, kind: str = "application/octet-stream", *, secret: bool = False) -> str:
        """Keep a file; gives the random part of its address. The oldest makes room."""
        self.expire()
        while len(self._files) >= MOST:
            self._drop(next(iter(self._files)))
        token = secrets.token_urlsafe(18)
        epoch = self.vault.epoch if secret else None
        self._files[token] = Download(name, kind, bytearray(content), time.monotonic() + SECONDS, epoch)
        if self.doer is not None:
            self.vault.worker.doist.wake(self.doer)
        return token

    def take(self, token: str) -> tuple[str, bytes, str] | None:
        """(name, content, kind) of a file; None when its time is over, when it was a secret and was taken or the wallet
        locked, or when there never was one."""
        self.vault.enforce()
        self.expire()
        file = self._files.get(token)
        if file is None:
            return None
        content = bytes(file.content)
        if file.epoch is not None:
            self._drop(token)
        return file.name, content, file.kind

    def expire(self) -> float | None:
        """Drop what is over; gives the seconds until more will be, None when nothing is left."""
        now = time.monotonic()
        for token, each in list(self._files.items()):
            if each.until <= now or each.epoch not in (None, self.vault.epoch):
                self._drop(token)
        return min((each.until for each in self._files.values()), default=now) - now if self._files else None

    def _drop(self, token: str) -> None:
        content = self._files.pop(token).content
        content[:] = bytes(len(content))


class DownloadsDoer(doing.Doer):
    """Drops what is over when its time has come, and secrets when the wallet is locked, whether or not anybody asks."""

    background = True

    def __init__(self, downloads: Downloads) -> None:
        super().__init__()
        self.downloads = downloads
        downloads.doer = self
        downloads.vault.watchers.add(self)

    def recur(self, tock: float = 0.0) -> Generator[float, float, None]:
        """Runs as long as the worker."""
        yield WAIT
        while True:
            left = self.downloads.expire()
            yield WAIT if left is None else max(0.25, left)
