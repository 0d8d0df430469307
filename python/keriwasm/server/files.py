"""Static files as serve.py sends them: its allow-list, its types, its headers, its brotli forms, its ETags."""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import serve
from keriwasm.server.places import ROOT

SHELLS = frozenset({"", "index.html", *serve.SERVICE_WORKERS})
"""What would start a pool in the browser: this server's pages are the app's own, by `app/`."""

HEADERS = {name.lower(): value for name, value in serve.SECURITY_HEADERS.items()} | {"x-frame-options": "DENY"}
"""Sent with every answer."""


@dataclass(frozen=True)
class File:
    """An answer of bytes; `path` None: no content."""

    status: int
    headers: dict[str, str]
    path: Path | None = None
    size: int = 0


def find(inside: str, accepted: str, known: str) -> File | None:
    """The file at an address below the base; None where there is none. accepted, known: Accept-Encoding and If-None-Match."""
    path = None if inside in SHELLS else serve.locate(ROOT, inside)
    if path is None:
        return None
    name, headers = path.relative_to(ROOT).as_posix(), {"cache-control": serve.REVALIDATE}
    if name in serve.OWN_POLICIES:
        headers["content-security-policy"] = serve.OWN_POLICIES[name]
    assets = locked()
    digest, size = assets.get(name, ("", -1))
    headers["content-type"] = serve.MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    if size != path.stat().st_size:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    else:
        if serve.VERSIONED.search(name):
            headers["cache-control"] = serve.IMMUTABLE
        if f"{name}.br" in assets:
            headers["vary"] = "Accept-Encoding"
            small = serve.locate(ROOT, f"{inside}.br")
            small_digest, size = assets[f"{name}.br"]
            if small and small.stat().st_size == size and serve.BROTLI.search(accepted):
                path, digest, headers["content-encoding"] = small, small_digest, "br"
    headers["etag"] = f'"{digest}"'
    if digest in re.findall('"([^"]*)"', known):
        return File(304, {name: value for name, value in headers.items() if name not in ("content-encoding", "content-type")})
    return File(200, headers, path, path.stat().st_size)


def locked() -> dict[str, tuple[str, int]]:
    """The assets of static/lock.json; a missing or broken one only costs the long caching."""
    path = ROOT / "static" / "lock.json"
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        return serve.read_lock(path, path.stat().st_mtime_ns, path.stat().st_size)
    return {}
