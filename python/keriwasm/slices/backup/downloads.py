"""Files that a page offers for download: a form's answer can show a link to one, but htmx cannot save it.

Each lies in this worker's memory under a random name, for a short time, and few at once; what is taken once is gone, so that
a secret is not left where it was shown.
"""

from __future__ import annotations

import secrets
import time
from typing import NamedTuple

__all__ = ["Download", "Downloads"]

MOST = 3
SECONDS = 15 * 60.0


class Download(NamedTuple):
    """name: for the browser's dialog; until: monotonic seconds."""

    name: str
    kind: str
    content: bytes
    until: float


class Downloads:
    """The files on offer."""

    def __init__(self) -> None:
        self._files: dict[str, Download] = {}

    def offer(self, name: str, content: bytes, kind: str = "application/octet-stream") -> str:
        """Keep a file; gives the random part of its address. The oldest makes room."""
        self._expire()
        while len(self._files) >= MOST:
            del self._files[next(iter(self._files))]
        token = secrets.token_urlsafe(18)
        self._files[token] = Download(name, kind, content, time.monotonic() + SECONDS)
        return token

    def take(self, token: str) -> Download | None:
        """The file, once; None when it was taken, when its time is over, or when there never was one."""
        self._expire()
        return self._files.pop(token, None)

    def _expire(self) -> None:
        now = time.monotonic()
        for token in [token for token, each in self._files.items() if each.until < now]:
            del self._files[token]
