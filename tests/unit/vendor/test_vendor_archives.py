"""Repacking is deterministic, keeps upstream's files, and refuses archives that reach outside."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import random
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import notices  # noqa: E402
from vendoring.repack import archives, bytecode  # noqa: E402

FILES = {
    "pkg/__init__.py": b"x = 1\n",
    "pkg/deep/mod.py": b"",
    "pkg/native.so": b"\0asm",
    "pkg-1.dist-info/METADATA": b"Name: pkg\n",
    "pkg-1.dist-info/RECORD": b"stale",
}


def test_same_files_same_bytes(monkeypatch):
    once = archives.pack_wheel(FILES)
    shuffled = list(FILES.items())
    random.Random(1).shuffle(shuffled)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    old = os.umask(0o077)
    try:
        assert archives.pack_wheel(dict(shuffled)) == once
    finally:
        os.umask(old)
        monkeypatch.undo()
        time.tzset()


def test_content_survives_and_record_is_true():
    packed = archives.unzip(archives.pack_wheel(FILES))
    assert archives.changed_upstream_files(FILES, packed) == []
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(packed["pkg-1.dist-info/RECORD"].decode()))}
    assert rows.keys() == FILES.keys()
    assert rows.pop("pkg-1.dist-info/RECORD") == ["", ""]
    for name, (checksum, size) in rows.items():
        plain = base64.urlsafe_b64encode(hashlib.sha256(FILES[name]).digest()).decode().rstrip("=")
        assert (checksum, size) == (f"sha256={plain}", str(len(FILES[name])))


def test_a_changed_or_lost_upstream_file_is_seen():
    repacked = {**FILES, "pkg/__init__.py": b"x = 2\n", "pkg/more.pyc": b""}
    del repacked["pkg/native.so"]
    assert archives.changed_upstream_files(FILES, repacked) == ["pkg/__init__.py", "pkg/native.so"]


def test_stored_and_dateless():
    with zipfile.ZipFile(io.BytesIO(archives.pack_wheel(FILES))) as packed:
        assert packed.namelist() == sorted(FILES)
        for info in packed.infolist():
            assert info.compress_type == zipfile.ZIP_STORED and info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == (0o100755 if info.filename.endswith(".so") else 0o100644)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_name_that_leaves_the_archive_is_refused(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"")
    with pytest.raises(ValueError, match="unsafe"):
        archives.unzip(out.getvalue())


def test_a_name_twice_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(ValueError, match="repeated"):
        archives.unzip(out.getvalue())


@pytest.mark.parametrize("infos", [[], ["a-1.dist-info", "b-1.dist-info"]])
def test_a_wheel_has_one_dist_info(infos):
    with pytest.raises(ValueError, match="has one"):
        archives.pack_wheel({f"{info}/METADATA": b"" for info in infos})


def test_new_wheel():
    name, data = archives.new_wheel("a-b", "1.0", "py3-none-any", b"Name: a-b\n", {"a.py": b""})
    assert name == "a_b-1.0-py3-none-any.whl"
    files = archives.unzip(data)
    assert b"\nTag: py3-none-any\n" in files["a_b-1.0.dist-info/WHEEL"]
    assert set(files) == {"a.py", *(f"a_b-1.0.dist-info/{part}" for part in ("METADATA", "WHEEL", "RECORD"))}


def test_pycache_names():
    assert bytecode.pycache_name("a/b.py") == "a/__pycache__/b.cpython-314.pyc"
    assert bytecode.pycache_name("b.py") == "__pycache__/b.cpython-314.pyc"
    assert bytecode.pycache_name("a/__init__.py") == "a/__pycache__/__init__.cpython-314.pyc"


def test_licence_files_are_found():
    names = ["LICENSE", "x-1.dist-info/licenses/COPYING", "x-1.dist-info/NOTICE.md", "pkg/license_check/deep/licenses.py"]
    found = notices.licence_files(dict.fromkeys([*names, "README", "src/a/LICENSE"], b""))
    assert found == sorted(names[:3])
    with pytest.raises(ValueError, match="no licence text"):
        notices.notice("x", "1", "MIT", [])
