"""The number of a release: the same from a checkout and in the page, and another one for any other file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import release as releasing  # noqa: E402


def test_the_page_makes_the_same_number() -> None:
    """router/offline/generations.js makes it of the hashes that were kept, by the list that router/offline/app-files.js gives."""
    generation = {"files": {}}
    for line in reversed(releasing.listing(ROOT).splitlines()):  # in another order than the list's
        sha256, path = line.split("  ")
        generation["files"][path] = {"sha256": sha256, "size": 1, "type": "any"}
    program = (
        "const { readFileSync } = await import('node:fs');"
        f"const code = readFileSync({json.dumps(str(ROOT / 'router/offline/generations.js'))}, 'utf8');"
        "await import('data:text/javascript,' + encodeURIComponent(code));"
        "console.log(await globalThis.keriwasmGenerations.release(JSON.parse(readFileSync(0, 'utf8'))));"
    )
    result = subprocess.run(
        ["node", "--input-type=module", "-e", program], input=json.dumps(generation), capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == releasing.release(ROOT)


def test_the_command_prints_it_and_sha256sum_agrees(tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, ROOT / "wheels/vendor.py", "release"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"[0-9a-f]{64}\n", said.stdout)
    listed = subprocess.run([sys.executable, ROOT / "wheels/vendor.py", "release", "--list"], capture_output=True, check=True)
    total = subprocess.run(["sha256sum"], input=listed.stdout, capture_output=True, check=True)
    assert total.stdout.decode().split()[0] == said.stdout.strip()
    subprocess.run(["sha256sum", "-c", "--quiet"], input=listed.stdout, cwd=ROOT, check=True)


def test_any_change_of_any_file_changes_it(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "pyscript.toml").write_text(
        'packages = ["./static/wheels/c.whl"]\n[postponed]\n[offline]\nwithout = ["static/vendor/peers/", "static/wheels/"]\n'
        '[app]\nfiles = ["./a.js"]\n[router]\nfiles = []\n[files]\n"./b.py" = "b.py"\n'
    )
    lock = {"assets": [{"path": path} for path in ("static/c.wasm", "static/c.wasm.br", "static/vendor/peers/d.js")]}
    (tmp_path / "static/lock.json").write_text(json.dumps(lock))
    for path in ("a.js", "b.py", "static/c.wasm"):
        (tmp_path / path).write_text(path)
    assert releasing.files(tmp_path) == ["a.js", "b.py", "static/c.wasm"]
    seen = {releasing.release(tmp_path)}
    for path in ("a.js", "b.py", "static/c.wasm"):
        copy = tmp_path.with_name(f"copy-{Path(path).name}")
        shutil.copytree(tmp_path, copy)
        (copy / path).write_text("x")
        seen.add(releasing.release(copy))
    assert len(seen) == 4
