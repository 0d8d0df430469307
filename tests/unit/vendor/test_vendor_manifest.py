"""wheels/vendor.toml is checked when it is read: nothing misspelt is passed over."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import lock as locking  # noqa: E402
from vendoring import manifest as manifests  # noqa: E402
from vendoring.fetch import Fetcher, FetchError  # noqa: E402
from vendoring.lock import Lock, Source, digest  # noqa: E402

HEAD = 'version = 1\n[build]\nconstraints = []\n[toolchain]\ncompiler = []\nheaders = []\n'


def test_the_manifest_and_the_lock_name_the_same_packages():
    manifest = manifests.read(ROOT / "wheels/vendor.toml")
    lock = locking.read(ROOT / "static/lock.json")
    shipped = [p for p in manifest.tests if p.files] + [p for p in manifest.test_wheel if p.ship]
    packages = [*manifest.npm, *manifest.bundle, *manifest.wheel, *manifest.sdist, *manifest.built, *shipped]
    named = {(p.name, p.version) for p in packages}
    assert named == {(a.name, a.version) for a in lock.assets if not a.source.startswith(("generated:", "derived:"))}
    for test in manifest.tests:
        assert lock.source(f"pypi-sdist:{test.name}", test.version), test.name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[wheel]]\nname = "a"\nversion = "1"\nlicence = "MIT"\nlicense_files = []', "unknown field license_files"),
        ('[[wheel]]\nname = "a"\nlicence = "MIT"', "missing field version"),
        ('[[wheel]]\nname = "a"\nversion = "1"', "missing field licence"),
        ('[[built]]\nname = "a"\nversion = "1"\nlicence = "MIT"\nrecipe = "r"', "missing field from"),
        ('[[npm]]\nname = "a"\nversion = "1"\nlicence = "MIT"\nto = "a/1"', "missing field files"),
        ('[[bundle]]\nname = "a"\nversion = "1"\nlicence = "MIT"\nto = "a.js"\nentry = "a.js"\nesbuild = "1"', "missing field packages"),
        ('[[wheels]]\nname = "a"', "unknown section wheels"),
        ('[[wheel]]\nname = "a"\nversion = "1"\nlicence = "MIT"\n' * 2, "listed twice"),
    ],
)
def test_mistakes_are_named(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        manifests.loads(HEAD + text)
    with pytest.raises(ValueError, match="version = 1"):
        manifests.loads(HEAD.replace("version = 1", "version = 9"))


def test_where_a_file_goes():
    npm = manifests.Npm("n", "1", to="vendor/n/1", files=[], strip=["dist/"])
    assert npm.target("dist/ext/a.js") == "vendor/n/1/ext/a.js"
    assert npm.target("b.js") == "vendor/n/1/b.js"


def downloading(data: bytes):
    return lambda folder: (folder / "a-1.tgz").write_bytes(data)


def test_an_archive_that_is_not_the_locked_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERIWASM_CACHE", str(tmp_path))
    pinned = Lock([], [Source("npm:a", "1", "a-1.tgz", digest(b"good"), 4)])
    with pytest.raises(FetchError, match="the lock says"):
        Fetcher(pinned)._archive("npm:a", "1", downloading(b"evil"))
    kept = Fetcher(pinned)._archive("npm:a", "1", downloading(b"good"))
    assert kept.read_bytes() == b"good"
    # From the cache from now on, unless somebody tampered with it.
    fetcher = Fetcher(pinned)
    assert fetcher._archive("npm:a", "1", downloading(b"evil")) == kept
    assert list(fetcher.used.values()) == pinned.sources
    kept.write_bytes(b"evil")
    assert Fetcher(pinned)._archive("npm:a", "1", downloading(b"good")).read_bytes() == b"good"


def test_an_unknown_archive_needs_consent(tmp_path, monkeypatch):
    monkeypatch.setenv("KERIWASM_CACHE", str(tmp_path))
    with pytest.raises(FetchError, match="--accept-new"):
        Fetcher(Lock())._archive("npm:a", "1", downloading(b"x"))
    fetcher = Fetcher(Lock(), accept_new=True)
    fetcher._archive("npm:a", "1", downloading(b"x"))
    assert fetcher.used["npm:a", "1"] == Source("npm:a", "1", "a-1.tgz", digest(b"x"), 1)
