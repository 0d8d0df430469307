"""static/lock.json: `vendor.py verify` notices every way in which the vendored files can differ from it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import lock as locking  # noqa: E402
from vendoring.lock import Asset, Lock, Source, digest  # noqa: E402


def asset(path: str, data: bytes, **more: str) -> Asset:
    return Asset(path, "name", "1", "npm:name", "MIT", digest(data), len(data), **more)


@pytest.fixture
def tree(tmp_path):
    """Two locked files, one with its compressed twin, and a file of the app's own."""
    files = {"static/wheels/a.whl": b"wheel", "static/wheels/a.whl.br": b"whl", "static/vendor/x/1/x.js": b"script"}
    for name, data in {**files, "static/css/app.css": b"ours"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assets = [asset(name, data) for name, data in files.items()]
    assets[1] = replace(assets[1], encoding="br", of="static/wheels/a.whl")
    return Lock(assets), tmp_path


def test_all_well(tree):
    lock, root = tree
    assert locking.problems(lock, root) == []


def test_a_flipped_bit(tree):
    lock, root = tree
    (root / "static/wheels/a.whl").write_bytes(b"wheem")
    (problem,) = locking.problems(lock, root)
    assert problem.startswith("static/wheels/a.whl: has sha256 ")


def test_another_size(tree):
    lock, root = tree
    (root / "static/vendor/x/1/x.js").write_bytes(b"script and more")
    assert locking.problems(lock, root) == ["static/vendor/x/1/x.js: has 15 bytes, the lock says 6"]


def test_a_missing_file(tree):
    lock, root = tree
    (root / "static/wheels/a.whl").unlink()
    assert locking.problems(lock, root) == ["static/wheels/a.whl: missing"]


def test_an_unlisted_file(tree):
    lock, root = tree
    (root / "static/wheels/b.whl").write_bytes(b"")
    assert locking.problems(lock, root) == ["static/wheels/b.whl: lies in a vendored folder but is not in the lock"]


def test_a_link_is_not_a_file(tree):
    lock, root = tree
    path = root / "static/wheels/a.whl"
    path.rename(root / "elsewhere")
    path.symlink_to(root / "elsewhere")
    assert locking.problems(lock, root) == ["static/wheels/a.whl: missing"]


def test_the_apps_own_files_are_free(tree):
    lock, root = tree
    (root / "static/css/more.css").write_bytes(b"ours too")
    assert locking.problems(lock, root) == []


@pytest.mark.parametrize("path", ["../etc/passwd", "static/../x", "index.html", "static//x", "/static/x"])
def test_a_path_outside_is_refused(tree, path):
    lock, root = tree
    lock.assets.append(asset(path, b""))
    assert f"{path}: a locked path must stay below static/" in locking.problems(lock, root)


def test_a_path_listed_twice(tree):
    lock, root = tree
    lock.assets.append(lock.assets[0])
    assert locking.problems(lock, root) == ["static/wheels/a.whl: listed twice in the lock"]


def test_a_twin_without_its_original(tree):
    lock, root = tree
    del lock.assets[0]
    found = locking.problems(lock, root)
    assert "static/wheels/a.whl.br: is the compressed form of static/wheels/a.whl, which the lock does not list" in found


def test_text_and_back_is_the_same():
    one, two = asset("static/b", b"b", upstream_sha256="0" * 64), asset("static/a", b"a", encoding="br", of="static/b")
    pins = [Source("pypi:b", "1", "b.whl", "1" * 64, 3), Source("npm:a", "1", "a.tgz", "2" * 64, 4)]
    text = locking.dumps(Lock([one, two], pins))
    again = locking.loads(text)
    assert again.assets == [two, one] and again.sources == pins[::-1]  # sorted
    assert locking.dumps(again) == text
    assert again.source("npm:a", "1") == pins[1] and again.source("npm:a", "2") is None


@pytest.mark.parametrize(
    "text", ['{"version": 2, "assets": []}', '{"assets": []}', '{"version": 1}', '{"version": 1, "assets": [{"path": "x"}]}']
)  # fmt: skip
def test_a_malformed_lock_is_refused(text):
    with pytest.raises(ValueError, match="the lock"):
        locking.loads(text)


def test_the_command():
    """What is committed is as locked, and the exit status and the first word of a complaint are for machines."""
    done = subprocess.run([sys.executable, ROOT / "wheels/vendor.py", "verify"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "all as locked" in done.stdout


def test_the_command_fails_when_something_is_wrong(tmp_path):
    (tmp_path / "wheels").symlink_to(ROOT / "wheels")
    vendoring = tmp_path / "copy"
    subprocess.run(["cp", "-r", ROOT / "wheels", vendoring], check=True)
    done = subprocess.run([sys.executable, vendoring / "vendor.py", "verify"], capture_output=True, text=True)
    assert done.returncode == 1 and "lock.json: missing" in done.stderr
    (tmp_path / "static").mkdir()
    (tmp_path / "static/lock.json").write_bytes((ROOT / "static/lock.json").read_bytes())
    done = subprocess.run([sys.executable, vendoring / "vendor.py", "verify"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "static/THIRD-PARTY-NOTICES.txt: missing" in done.stderr.splitlines()


def test_licences_and_sources_are_known():
    """Every committed asset names its source and licence, and every package has its licence in the notices."""
    lock = locking.read(ROOT / "static/lock.json")
    notices = (ROOT / "static/THIRD-PARTY-NOTICES.txt").read_text()
    for entry in lock.assets:
        kind, _, name = entry.source.partition(":")
        assert kind in ("npm", "bundle", "pypi", "pypi-sdist", "built", "generated", "derived") and name, entry
        assert entry.licence and entry.version, entry
        if kind == "bundle":  # of packages that each have a licence, and an archive that is pinned
            for part in name.split(","):
                (pinned,) = [source for source in lock.sources if source.source == f"npm:{part}"]
                assert f"\n{part} {pinned.version}\nSPDX-License-Identifier: {entry.licence}\n" in notices
        elif kind not in ("generated", "derived"):
            assert f"\n{entry.name} {entry.version}\nSPDX-License-Identifier: {entry.licence}\n" in notices
