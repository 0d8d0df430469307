"""Packages of one's own: a wheel of pure Python, judged, unpacked beside what is there, importable in the next cell.

They live as long as the interpreter. What this does not catch: what the code does once it is imported; it is in the same closed room as
the cells.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import io
import re
import shutil
import sys
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from keriwasm.web.form.errors import FieldError

__all__ = ["MOST", "Packages", "Wheel", "judge"]

MOST = 20 << 20
"""Bytes of a wheel."""
UNPACKED_MOST = 100 << 20
FILES_MOST = 5_000
NAME = re.compile(
    r"(?P<name>\w[\w.]*)-(?P<version>[\w.!+]+)(-\d\w*)?-(?P<python>[\w.]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+)\.whl", re.ASCII
)
COMPILED = (".so", ".pyd", ".dylib", ".dll", ".wasm")
HOME = Path("/notebook-packages")


@dataclass(frozen=True)
class Wheel:
    """One that was found good.

    Attributes:
        files: path below the folder that is imported from -> bytes
        needs: what it asks for, as its metadata says it
        tops: the modules that it brings
    """

    name: str
    version: str
    sha256: str
    size: int
    files: dict[str, bytes]
    needs: tuple[str, ...]
    tops: tuple[str, ...]


def judge(filename: str, content: bytes, field: str = "file") -> Wheel:
    """A wheel's files. Raises FieldError with the reason why it is none that can be used here."""
    called = NAME.fullmatch(filename)
    if called is None:
        raise FieldError(field, f"{filename[:100]} is no wheel's name: it must be like name-1.0-py3-none-any.whl")
    if (called["abi"], called["platform"]) != ("none", "any"):
        tag = "-".join((called["python"], called["abi"], called["platform"]))
        raise FieldError(field, f"{filename[:100]} is for {tag[:80]}; only pure Python (none-any) runs here")
    if not any(re.fullmatch(r"py3\d*|cp3\d+", each) for each in called["python"].split(".")):
        raise FieldError(field, f"{filename[:100]} is for {called['python'][:40]}, not for Python 3")
    if len(content) > MOST:
        raise FieldError(field, f"has {len(content):,} bytes; {MOST:,} are the most", 413)
    files = _unpacked(content, field)
    info = next((path.partition("/")[0] for path in files if re.fullmatch(r"[^/]+\.dist-info/WHEEL", path)), None)
    if info is None or f"{info}/METADATA" not in files or f"{info}/RECORD" not in files:
        raise FieldError(field, "is no wheel: it has no WHEEL, METADATA and RECORD in a .dist-info folder")
    _recorded(files, info, field)
    head, about = (_headers(files[f"{info}/{name}"]) for name in ("WHEEL", "METADATA"))
    if (head.get("Root-Is-Purelib") or "").strip().lower() != "true":
        raise FieldError(field, "says itself that it is not pure Python (Root-Is-Purelib)")
    name, version = about.get("Name") or "", about.get("Version") or ""
    if _plain(name) != _plain(called["name"]) or version != called["version"].replace("_", "-"):
        raise FieldError(field, f"is called {called['name']} {called['version']}, but its metadata says {name[:60]} {version[:40]}")
    if compiled := next((path for path in files if path.endswith(COMPILED)), None):
        raise FieldError(field, f"has compiled code ({compiled[:100]}), which does not run here")
    placed = {_place(path): data for path, data in files.items() if _place(path)}
    tops = sorted({path.split("/")[0].removesuffix(".py") for path in placed if path.endswith(".py")})
    needs = tuple(str(each) for each in about.get_all("Requires-Dist") or () if "extra ==" not in str(each))
    return Wheel(name, version, hashlib.sha256(content).hexdigest(), len(content), placed, needs, tuple(tops))


def _unpacked(content: bytes, field: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            if len(entries) > FILES_MOST or sum(each.file_size for each in entries) > UNPACKED_MOST:
                raise FieldError(field, f"unpacks to more than {FILES_MOST:,} files or {UNPACKED_MOST:,} bytes", 413)
            for each in entries:
                parts = each.filename.split("/")
                if not all(parts) or {".", ".."} & {*parts} or "\\" in each.filename or "\0" in each.filename or each.flag_bits & 1:
                    raise FieldError(field, f"has a file that cannot be placed: {each.filename[:100]!r}")
            return {each.filename: archive.read(each) for each in entries}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError, OSError) as ex:
        raise FieldError(field, f"cannot be unpacked: {ex}"[:200]) from ex


def _recorded(files: dict[str, bytes], info: str, field: str) -> None:
    """Raise FieldError unless each file is as RECORD says."""
    listed = {}
    for line in files[f"{info}/RECORD"].decode("utf-8", "replace").splitlines():
        path, _, rest = line.rpartition(",sha256=")
        if path:
            listed[path.strip('"')] = rest.partition(",")[0]
    for path, data in files.items():
        if path == f"{info}/RECORD" or path.startswith(f"{info}/RECORD."):
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        if listed.get(path) != digest:
            raise FieldError(field, f"is damaged: {path[:100]} is not what its RECORD says")


def _headers(data: bytes) -> object:
    return HeaderParser().parsestr(data.decode("utf-8", "replace"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _place(path: str) -> str:
    """Where a file goes, "" for scripts, headers and data, which nothing here looks for."""
    first, _, rest = path.partition("/")
    if not first.endswith(".data"):
        return path
    kind, _, rest = rest.partition("/")
    return rest if kind in ("purelib", "platlib") else ""


@dataclass(frozen=True)
class Placed:
    """A package that can be imported. hidden: modules of it that are here already, and stay; missing: what it needs and is not here."""

    wheel: Wheel
    folder: Path
    hidden: tuple[str, ...]
    missing: tuple[str, ...]


class Packages:
    """Those of this interpreter. placed: name -> Placed, the latest last."""

    def __init__(self, worker: object, home: Path = HOME) -> None:
        self.home = home
        self.placed: dict[str, Placed] = {}

    def add(self, wheel: Wheel) -> None:
        """Unpack it; another version of it goes."""
        before = self.placed.pop(_plain(wheel.name), None)
        if before is not None:
            sys.path.remove(str(before.folder))
            shutil.rmtree(before.folder)
            for name in [name for name in sys.modules if name.partition(".")[0] in before.wheel.tops]:
                if name.partition(".")[0] not in before.hidden:
                    del sys.modules[name]
        importlib.invalidate_caches()
        hidden = tuple(name for name in wheel.tops if _here(name))
        folder = self.home / f"{_plain(wheel.name)}-{wheel.sha256[:12]}"
        for path, data in wheel.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        sys.path.append(str(folder))  # behind all that is there: it takes nothing's place
        importlib.invalidate_caches()
        self.placed[_plain(wheel.name)] = Placed(wheel, folder, hidden, ())
        self.placed = {name: self._renewed(each) for name, each in self.placed.items()}

    def _renewed(self, placed: Placed) -> Placed:
        from importlib import metadata

        def lacks(need: str) -> bool:
            name = re.match(r"[\w.-]+", need)
            if name is None or _plain(name[0]) in self.placed:
                return False
            try:
                metadata.distribution(name[0])
            except metadata.PackageNotFoundError:
                return not _here(name[0].replace("-", "_").lower())
            return False

        return Placed(placed.wheel, placed.folder, placed.hidden, tuple(need for need in placed.wheel.needs if lacks(need)))


def _here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
