"""static/lock.json: what every vendored file is, where it came from, and whether it is still that.

The file is ``{"version": 1, "assets": [...], "sources": [...]}``.

An asset is a file that the browser may fetch: ``path`` (relative to the app's base, "static/..."), ``name`` and
``version`` of its package, ``source`` ("npm:pyodide", "pypi:jinja2", "built:wheels/libsodium"), ``licence`` (SPDX),
``sha256``, ``size`` in bytes; ``upstream_sha256`` when the file was repacked (the digest of what upstream published);
``encoding`` ("br") and ``of`` for the precompressed twin of another asset.

A source is an archive that a refresh or a test downloads: ``source``, ``version``, ``file``, ``sha256``, ``size``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT_VERSION = 1

KINDS = ("pyodide", "micropython", "pyscript", "vendor", "wheels", "suites")
"""The folders of static/ in which every file must be listed. The rest of static/ is the app's own."""


@dataclass(frozen=True)
class Asset:
    path: str
    name: str
    version: str
    source: str
    licence: str
    sha256: str
    size: int
    upstream_sha256: str | None = None
    encoding: str | None = None
    of: str | None = None


@dataclass(frozen=True)
class Source:
    source: str
    version: str
    file: str
    sha256: str
    size: int


@dataclass
class Lock:
    assets: list[Asset] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    def source(self, source: str, version: str) -> Source | None:
        """The pinned archive of a package, or None when the lock does not know it."""
        return next((s for s in self.sources if (s.source, s.version) == (source, version)), None)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dumps(lock: Lock) -> str:
    """The lock as text: sorted, one field a line, nothing in it that depends on the day or the machine."""

    def rows(items: Iterable[Asset | Source]) -> list[dict[str, object]]:
        return [{k: v for k, v in asdict(item).items() if v is not None} for item in items]

    assets = sorted(lock.assets, key=lambda asset: asset.path)
    sources = sorted(lock.sources, key=lambda source: (source.source, source.version, source.file))
    document = {"version": FORMAT_VERSION, "assets": rows(assets), "sources": rows(sources)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> Lock:
    """Read a lock. Raises ValueError when it is of another format version or a field is missing or unknown."""
    document = json.loads(text)
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(f"the lock has format version {document.get('version')!r}, this tool reads {FORMAT_VERSION}")
    try:
        return Lock(
            [Asset(**row) for row in document["assets"]],
            [Source(**row) for row in document.get("sources", [])],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the lock is malformed: {error}") from error


def read(path: Path) -> Lock:
    return loads(path.read_text(encoding="utf-8")) if path.exists() else Lock()


def problems(lock: Lock, root: Path) -> list[str]:
    """Everything in which the files below ``root`` differ from the lock, as sentences that name the file.

    Empty when all is well. Checked: each asset is there, with its size and digest; no file lies unlisted in the
    vendored folders; no path is listed twice or leaves ``static/``; the original of a compressed twin is listed.
    """
    found: list[str] = []
    listed: set[str] = set()
    for asset in lock.assets:
        if asset.path in listed:
            found.append(f"{asset.path}: listed twice in the lock")
        listed.add(asset.path)
        parts = asset.path.split("/")
        if parts[0] != "static" or ".." in parts or "" in parts:
            found.append(f"{asset.path}: a locked path must stay below static/")
            continue
        found += _file_problems(asset, root / asset.path)
    for asset in lock.assets:
        if asset.of is not None and asset.of not in listed:
            found.append(f"{asset.path}: is the compressed form of {asset.of}, which the lock does not list")
    for kind in KINDS:
        for path in sorted((root / "static" / kind).rglob("*")):
            name = path.relative_to(root).as_posix()
            if (path.is_file() or path.is_symlink()) and name not in listed:
                found.append(f"{name}: lies in a vendored folder but is not in the lock")
    return found


def _file_problems(asset: Asset, path: Path) -> list[str]:
    if path.is_symlink() or not path.is_file():
        return [f"{asset.path}: missing"]
    size = path.stat().st_size
    if size != asset.size:
        return [f"{asset.path}: has {size} bytes, the lock says {asset.size}"]
    actual = file_digest(path)
    if actual != asset.sha256:
        return [f"{asset.path}: has sha256 {actual}, the lock says {asset.sha256}"]
    return []
