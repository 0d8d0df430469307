"""Deterministic zip archives and wheels: same files in, same bytes out, on any machine and day."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def unzip(data: bytes) -> dict[str, bytes]:
    """The files of a zip archive by name. Raises ValueError when a name leaves the archive or comes twice."""
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.filename in files or info.filename.startswith("/") or ".." in info.filename.split("/"):
                raise ValueError(f"unsafe or repeated name in an archive: {info.filename}")
            files[info.filename] = archive.read(info)
    return files


def pack(files: dict[str, bytes], deflate: bool = False) -> bytes:
    """A zip archive of ``files``: sorted, dateless, and stored without compression unless ``deflate``.

    Stored, because the transfer is what gets compressed: brotli over the plain content of all files at once makes the
    wheels about a third smaller than deflate inside each, and workers unpack and import without inflating. Large wheels
    that no first click waits for are deflated: the repository then holds a quarter of their bytes, and no twin.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
            info.create_system = 3  # Unix, whatever machine runs this
            info.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            archive.writestr(info, files[name], compresslevel=9)
    return out.getvalue()


def untar(path: Path, folder: Path) -> Path:
    """Unpack a source tarball into ``folder`` and return the one folder that it holds."""
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    tops = [entry for entry in folder.iterdir() if entry.is_dir()]
    if len(tops) != 1:
        raise ValueError(f"{path.name}: expected one folder, got {sorted(t.name for t in tops)}")
    return tops[0]


def dist_info(files: dict[str, bytes]) -> str:
    """The name of a wheel's .dist-info folder. Raises ValueError when there is not exactly one."""
    found = {name.split("/")[0] for name in files if name.split("/")[0].endswith(".dist-info")}
    if len(found) != 1:
        raise ValueError(f"a wheel has one .dist-info folder, this one has {sorted(found)}")
    return found.pop()


def record(files: dict[str, bytes], info: str) -> bytes:
    """The RECORD of a wheel (binary distribution format 1.0): name, sha256 in base64url, size; its own row is bare."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for name in sorted(files):
        if name != f"{info}/RECORD":
            checksum = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
            rows.writerow([name, f"sha256={checksum}", len(files[name])])
    rows.writerow([f"{info}/RECORD", "", ""])
    return out.getvalue().encode()


def pack_wheel(files: dict[str, bytes], deflate: bool = False) -> bytes:
    """A wheel of ``files`` with its RECORD written anew; ``deflate`` as in `pack`."""
    info = dist_info(files)
    return pack({**files, f"{info}/RECORD": record(files, info)}, deflate)


def changed_upstream_files(upstream: dict[str, bytes], repacked: dict[str, bytes]) -> list[str]:
    """Names of upstream's files that a repacked wheel lacks or alters; RECORD is rewritten and does not count."""
    keep = {name for name in upstream if not name.endswith(".dist-info/RECORD")}
    return sorted(name for name in keep if repacked.get(name) != upstream[name])


def new_wheel(name: str, version: str, tag: str, metadata: bytes, files: dict[str, bytes]) -> tuple[str, bytes]:
    """File name and bytes of a wheel that was not a wheel before."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    pure = "false"
    wheel = f"Wheel-Version: 1.0\nGenerator: keriwasm\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode()
    whole = {f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel, **files}
    return f"{stem}-{tag}.whl", pack_wheel(whole)
