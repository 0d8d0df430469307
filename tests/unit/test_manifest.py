"""pyscript.toml names what is there: every wheel, every Python file and template of the workers, one version."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import serve

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())


def paths(*patterns: str) -> set[str]:
    """Files of the repository by glob, as the manifest writes them."""
    return {f"./{path.relative_to(ROOT).as_posix()}" for pattern in patterns for path in ROOT.glob(pattern)}


def test_every_wheel_is_installed() -> None:
    at_once, later = MANIFEST["packages"], list(MANIFEST["pool"]["later"])
    assert sorted(at_once + later) == sorted(paths("static/wheels/*.whl"))


def test_later_wheels_say_what_they_hold() -> None:
    """Each names all its top-level modules, is pure, and none is needed by what is unpacked at once."""
    for url, modules in MANIFEST["pool"]["later"].items():
        assert url.endswith("-none-any.whl")
        with zipfile.ZipFile(ROOT / url) as wheel:
            tops = {name.split("/")[0] for name in wheel.namelist()}
        held = {top.removesuffix(".py") for top in tops if not top.endswith((".dist-info", ".data")) and top != "__pycache__"}
        assert held == set(modules), url


def test_every_file_of_the_workers_is_mounted() -> None:
    python = paths("python/keriwasm/**/*.py", "python/lmdb/*.py", "python/polyscript.py", "python/pyscript/*.py")
    python |= paths("python/standins/**/*.py")
    wanted = python | paths("templates/**/*.html", "workers/*.py")
    ours = {path for path in MANIFEST["files"] if not path.startswith("./static/")}
    assert ours == wanted


def test_files_keep_their_place() -> None:
    for source, target in MANIFEST["files"].items():
        if source.startswith("./python/"):
            assert target == source.removeprefix("./python/").removeprefix("standins/")
        elif source.startswith("./templates/"):
            assert target == source.removeprefix("./")
        elif source.startswith("./workers/"):
            assert target == source.removeprefix("./workers/")
        assert (ROOT / source).is_file(), source


def test_every_router_module_is_loaded() -> None:
    assert set(MANIFEST["router"]["files"]) == paths("router/*.py")


def test_slices_are_packages() -> None:
    for name, entry in MANIFEST["slices"].items():
        assert entry["module"] == f"keriwasm.slices.{name}"
        assert (ROOT / "python" / "keriwasm" / "slices" / name / "__init__.py").is_file()
        assert entry["workers"] in ("all", "one")


def test_one_version() -> None:
    """Page, service worker, router and workers refuse to mix versions, so all places must say the same."""
    door = re.search(r"VERSION = '([^']+)'", (ROOT / "router" / "door.js").read_text())
    python = re.search(r'__version__ = "([^"]+)"', (ROOT / "python" / "keriwasm" / "__init__.py").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert door and python
    assert {door[1], python[1], project, MANIFEST["version"]} == {MANIFEST["version"]}


def test_vendored_paths_in_sources_are_locked() -> None:
    """A path below static/ that a page, a door or the manifest names is in the lock file (or is our own)."""
    locked = {asset["path"] for asset in json.loads((ROOT / "static" / "lock.json").read_text())["assets"]}
    sources = [*ROOT.glob("*.html"), *ROOT.glob("*.toml"), *ROOT.glob("router/*.js"), *ROOT.glob("python/*.js")]
    named = {match for source in sources for match in re.findall(r"static/[\w./@-]+\.\w+", source.read_text())}
    ours = {path for path in named if not re.match(r"static/(pyodide|pyscript|micropython|vendor|wheels|suites)/", path)}
    assert named - ours <= locked
    assert all((ROOT / path).is_file() for path in ours)


def test_what_a_page_asks_for_first_is_there() -> None:
    """The service worker readies these; one that is called otherwise by now would be readied for nothing."""
    text = (ROOT / "router/service-worker.js").read_text()
    first = re.findall(r"'([^']+)'", text.partition("const FIRST = [")[2].partition("]")[0])
    assert len(first) > 3 and all((ROOT / path).is_file() for path in first)


def test_the_app_is_listed_as_a_whole() -> None:
    """What the browser keeps for offline use (router/parts.js): every file that is served, but for pictures of README and
    the load lab's peers."""
    parts = (ROOT / "router" / "parts.js").read_text()
    program = (
        f"const code = 'data:text/javascript,' + encodeURIComponent({json.dumps(parts)});"
        "const { parts } = await import(code);"
        "const [config, lock] = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"
        "const { locked, own } = parts(config, lock); console.log(JSON.stringify([[...locked.keys()], own]));"
    )
    lock = json.loads((ROOT / "static" / "lock.json").read_text())
    result = subprocess.run(
        ["node", "--input-type=module", "-e", program], input=json.dumps([MANIFEST, lock]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    locked, own = json.loads(result.stdout)
    files = [*serve.SERVED_FILES, *(f"{room}/**/*" for room in serve.SERVED_ROOMS)]
    served = {path[2:] for path in paths(*files) if (ROOT / path).is_file()}
    served = {path for path in served if not path.endswith((".br", ".pyc")) and "__pycache__" not in path}
    readme = ("screenshot.png", "wallet-open.png", "wallet-log.png", ".jpg")
    pictures = {path for path in served if path.startswith("static/") and path.endswith(readme)}
    peers = {path for path in served if path.startswith("static/vendor/peers/")}
    assert not set(locked) & set(own)
    assert {*locked, *own} == served - pictures - peers


def test_pyscript_reads_the_same() -> None:
    """PyScript's own small TOML parser, which the worker host uses, gives just what tomllib gives."""
    parser = next((ROOT / "static" / "pyscript").glob("*/toml-V*.js"))
    script = (
        "const fs = await import('node:fs');"
        "const code = 'data:text/javascript,' + encodeURIComponent(fs.readFileSync(process.argv[1], 'utf8'));"
        "const { parse } = await import(code);"
        "console.log(JSON.stringify(parse(fs.readFileSync(process.argv[2], 'utf8'))));"
    )
    result = subprocess.run(
        ["node", "--input-type=module", "-e", script, parser, ROOT / "pyscript.toml"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(result.stdout) == MANIFEST


def test_the_page_compiles_what_the_lock_has() -> None:
    """router/early.js is told by index.html where Pyodide's code lies and what it must be; it has no time to read the lock."""
    lock = json.loads((ROOT / "static" / "lock.json").read_text())
    (wasm,) = (asset for asset in lock["assets"] if asset["path"].endswith("/pyodide.asm.wasm"))
    integrity = "sha256-" + base64.b64encode(bytes.fromhex(wasm["sha256"])).decode()
    assert f'data-wasm="{wasm["path"]}" data-integrity="{integrity}"' in (ROOT / "index.html").read_text()
