"""Files that a page offers for download: a form's answer can show a link to one, but htmx cannot save it.

Each lies in this worker's memory under a random name, for a short time, and few at once. What is marked so is gone once it
was taken: a secret is not left where it was shown.
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
    once: bool


class Downloads:
    """The files on offer."""

    def __init__(self) -> None:
        self._files: dict[str, Download] = {}

    def offer(self, name: str, content: bytes, kind: str = "application/octet-stream", *, once: bool = False) -> str:
        """Keep a file; gives the random part of its address. The oldest makes room."""
        self._expire()
        while len(self._files) >= MOST:
            del self._files[next(iter(self._files))]
        token = secrets.token_urlsafe(18)
        self._files[token] = Download(name, kind, content, time.monotonic() + SECONDS, once)
        return token

    def take(self, token: str) -> Download | None:
        """The file; None when its time is over, when it was to be taken once and was, or when there never was one."""
        self._expire()
        file = self._files.get(token)
        if file is not None and file.once:
            del self._files[token]
        return file

    def _expire(self) -> None:
        now = time.monotonic()
        for token in [token for token, each in self._files.items() if each.until < now]:
            del self._files[token]
