"""pyscript.toml names what is there: every wheel, every Python file and template of the workers, one version."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import serve

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import filelists  # noqa: E402
from vendoring.repack import archives, first  # noqa: E402

MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())


def paths(*patterns: str) -> set[str]:
    """Files of the repository by glob, as the manifest writes them."""
    return {f"./{path.relative_to(ROOT).as_posix()}" for pattern in patterns for path in ROOT.glob(pattern)}


def test_every_wheel_is_installed() -> None:
    """At once or later; of the library and of what comes later, the first of it at once."""
    at_once, later = [url for url in MANIFEST["packages"] if url.endswith(".whl")], MANIFEST["postponed"]
    (library,) = paths("static/pyodide/*/python_stdlib.zip")
    assert sorted([*at_once, *later]) == sorted({library, *paths("static/wheels/*.whl")})
    assert MANIFEST["packages"] == [*at_once, f"./{first.PACKAGES}"] and MANIFEST["pool"]["stdlib"] == f"./{first.LIBRARY}"


def test_what_comes_later_says_what_it_holds() -> None:
    """A wheel names all its top-level modules, or its library; the whole library those of which the first lacks something."""
    for url, modules in MANIFEST["postponed"].items():
        names = archives.unzip((ROOT / url).read_bytes()).keys()
        if url.endswith("python_stdlib.zip"):
            names -= archives.unzip((ROOT / first.LIBRARY).read_bytes()).keys()
            held = {name.split("/")[0].removesuffix(".pyc") for name in names if name.endswith(".pyc")}
        else:
            tops = {name.split("/")[0] for name in names}
            held = {top.partition(".")[0] for top in tops if not top.endswith((".dist-info", ".data")) and top != "__pycache__"}
        assert held == set(modules), url


APPS = [ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/pyscript.toml"))]


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_its_lists_of_files_are_what_the_command_writes(app: Path) -> None:
    text = (app / "pyscript.toml").read_text()
    folder = "" if app == ROOT else f" {app.relative_to(ROOT)}"
    assert text == filelists.written(text, filelists.lists(ROOT, app)), f"run: python wheels/vendor.py manifest{folder}"
    places = list(tomllib.loads(text)["files"].values())
    assert len(set(places)) == len(places)


def test_an_app_of_its_own_has_the_runtime_and_nothing_of_the_checkout_s_app() -> None:
    mine = tomllib.loads((APPS[1] / "pyscript.toml").read_text())
    files = {*mine["files"], *mine["router"]["files"], *mine["app"]["files"]}
    rooms = ("python/keriwasm/**/*.py", "router/**/*.js", "router/**/*.py", "workers/*.js", "workers/*.py")
    runtime = {path for path in paths(*rooms) if "/slices/" not in path and not path.startswith("./python/keriwasm/server/")}
    assert runtime - files == set()
    assert not [path for path in files if "/slices/" in path and not path.startswith("./python/slices/notes/")]
    assert "./templates/pages/notes.html" in files and "./templates/pages/pool/index.html" not in files
    numbers = [{name: value for name, value in each["pool"].items() if name not in ("later", "stdlib")} for each in (mine, MANIFEST)]
    assert numbers[0] == numbers[1], "the example's pool is KeriWasm's"
    for key in ("version", "interpreter", "micropython"):
        assert mine[key] == MANIFEST[key]
    assert set(mine["packages"]) <= {*MANIFEST["packages"], *MANIFEST["postponed"]}


def tree(root: Path, *files: str) -> Path:
    """Empty files, a lock, and a manifest with nothing between its marks."""
    for file in ("static/lock.json", *files):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text('{"assets": [{"path": "static/vendor/htmx/4.0.1/htmx.min.js"}]}' if "lock" in file else "")
    (root / "pyscript.toml").write_text(f"[pool]\n\n{filelists.BEGIN}\n{filelists.END}\n")
    return root


def test_a_place_follows_from_the_path(tmp_path: Path) -> None:
    """In any folder; what is nobody's, the page's or a suite's is not a worker's; nothing is listed twice."""
    tree(
        tmp_path, "python/a/b/c.py", "python/standins/rpds/__init__.py", "workers/main.py", "workers/lab/peers.js",
        "templates/pages/x/y.html", "static/pyscript/9.9/stdlib/pyscript/storage.py", "static/pyscript/9.9/stdlib/pyscript/web.py",
        "router/policy/pool/pool.py", "router/boot/early.js", "router/boot/README.md", "python/page/main.py",
        "python/suites/smoke.py", "python/a/__pycache__/x.py", "python/.hidden/x.py", "python/a/x.py~",
        "static/css/app.css", "static/vendor/htmx/4.0.1/htmx.min.js", "static/vendor/htmx/4.0.1/htmx.min.js.br", "index.html",
        "serve.py", "tests/unit/x.py",
    )  # fmt: skip
    assert filelists.write(tmp_path) and not filelists.write(tmp_path)
    said = tomllib.loads((tmp_path / "pyscript.toml").read_text())
    assert said["files"] == {
        "./python/a/b/c.py": "a/b/c.py",
        "./python/standins/rpds/__init__.py": "rpds/__init__.py",
        "./static/pyscript/9.9/stdlib/pyscript/storage.py": "pyscript/storage.py",
        "./templates/pages/x/y.html": "templates/pages/x/y.html",
        "./workers/main.py": "main.py",
    }
    assert said["router"]["files"] == ["./router/policy/pool/pool.py"]
    page = [
        "index.html", "pyscript.toml", "python/page/main.py", "python/suites/smoke.py", "router/boot/early.js",
        "static/css/app.css", "static/lock.json", "static/pyscript/9.9/stdlib/pyscript/web.py", "workers/lab/peers.js",
    ]  # fmt: skip
    assert said["app"]["files"] == [f"./{path}" for path in page]


@pytest.mark.parametrize("marks", ["", filelists.BEGIN, f"{filelists.END}\n{filelists.BEGIN}", f"{filelists.BEGIN}\n" * 2])
def test_a_manifest_without_its_marks_is_left_alone(tmp_path: Path, marks: str) -> None:
    (tree(tmp_path) / "pyscript.toml").write_text(f"[pool]\n{marks}\n")
    with pytest.raises(filelists.NoMarks, match="files: begin"):
        filelists.write(tmp_path)
    assert (tmp_path / "pyscript.toml").read_text() == f"[pool]\n{marks}\n"


def test_slices_are_packages() -> None:
    for name, entry in MANIFEST["slices"].items():
        assert entry["module"] == f"slices.{name}"
        assert (ROOT / "python" / "slices" / name / "__init__.py").is_file()
        assert entry["workers"] in ("all", "one")


def test_one_version() -> None:
    """Page, service worker, router and workers refuse to mix versions, so all places must say the same."""
    door = re.search(r"VERSION = '([^']+)'", (ROOT / "router/doors/door.js").read_text())
    python = re.search(r'__version__ = "([^"]+)"', (ROOT / "python" / "keriwasm" / "__init__.py").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert door and python
    assert {door[1], python[1], project, MANIFEST["version"]} == {MANIFEST["version"]}


def test_vendored_paths_in_sources_are_locked() -> None:
    """A path below static/ that a page, a door or the manifest names is in the lock file (or is our own)."""
    locked = {asset["path"] for asset in json.loads((ROOT / "static" / "lock.json").read_text())["assets"]}
    sources = [*ROOT.glob("*.html"), *ROOT.glob("*.toml"), *ROOT.glob("router/**/*.js"), *ROOT.glob("static/page/*.js")]
    named = {match for source in sources for match in re.findall(r"static/[\w./@-]+\.\w+", source.read_text())}
    ours = {path for path in named if not re.match(r"static/(pyodide|pyscript|micropython|vendor|wheels|suites)/", path)}
    assert named - ours <= locked
    assert all((ROOT / path).is_file() for path in ours)


def test_a_notebook_begins_with_whole_wheels() -> None:
    """In place of the first parts it unpacks at once what they are of; the page's other late wheels stay late."""
    text = (ROOT / "static/notebook/supply.js").read_text()
    at_once = set(re.findall(r"'([^']+)'", text.partition("const AT_ONCE = [")[2].partition("]")[0]))
    parts = {name.partition("/")[0] for name in archives.unzip((ROOT / first.PACKAGES).read_bytes())}
    assert parts <= at_once <= {module for modules in MANIFEST["postponed"].values() for module in modules}
    assert f"const PARTS = '{first.PACKAGES}'" in text


def test_what_a_page_asks_for_first_is_there() -> None:
    """The service worker readies these; one that is called otherwise by now would be readied for nothing."""
    text = (ROOT / "router/doors/service-worker.js").read_text()
    first = re.findall(r"'([^']+)'", text.partition("const FIRST = [")[2].partition("]")[0])
    assert len(first) > 3 and all((ROOT / path).is_file() for path in first)
    for script in ("router/host/worker.js", "workers/worker.js", "router/tabs/page.js"):
        # What is imported by a function's call comes when it is needed, but for the three that the router worker asks for at once.
        lacking = imported(ROOT / script, {"./host.js", "./policy.js", "../boot/first-worker.js"}) - {ROOT / path for path in first}
        assert not lacking, f"{script} waits for {lacking}, which the service worker does not ready"
    starters = re.search(r"const STARTERS = /(.*)/;", text)
    assert starters and len([path for path in map(str, (ROOT / "static").rglob("*.mjs")) if re.match(
        starters[1].replace("\\/", "/"), path.removeprefix(f"{ROOT}/"))]) == 3  # fmt: skip


def imported(script: Path, at_once: set[str]) -> set[Path]:
    """A script and what it imports before it runs, its imports' imports as well."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        script = waiting.pop()
        if script in found:
            continue
        found.add(script)
        text = script.read_text()
        named = re.findall(r"^(?:import|export)\b[^'`;]*'(\.[^']+)';", text, re.MULTILINE)
        named += [path for path in re.findall(r"\bimport\('(\.[^']+)'\)", text) if path in at_once]
        waiting += [(script.parent / path).resolve() for path in named]
    return found


def test_the_app_is_listed_as_a_whole() -> None:
    """What the browser keeps for offline use (router/offline/app-files.js): every file that is served, but for pictures of README,
    the load lab's peers, and what makes a plain server of it."""
    parts = (ROOT / "router/offline/app-files.js").read_text()
    program = (
        f"const code = 'data:text/javascript,' + encodeURIComponent({json.dumps(parts)});"
        "const { appFiles } = await import(code);"
        "const [config, lock] = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"
        "const { locked, own } = appFiles(config, lock); console.log(JSON.stringify([[...locked.keys()], own]));"
    )
    lock = json.loads((ROOT / "static" / "lock.json").read_text())
    result = subprocess.run(
        ["node", "--input-type=module", "-e", program], input=json.dumps([MANIFEST, lock]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    locked, own = json.loads(result.stdout)
    files = [*serve.SERVED_FILES, *(f"{room}/**/*" for room in serve.SERVED_ROOMS)]
    served = {path[2:] for path in paths(*files) if (ROOT / path).is_file()}
    nobodys = (".br", ".pyc", "README.md", "/protocol.d.ts", "/globals.d.ts")
    served = {path for path in served if not path.endswith(nobodys) and "__pycache__" not in path}
    readme = ("screenshot.png", "wallet-open.png", "wallet-log.png", ".jpg", ".webp")
    pictures = {path for path in served if path.startswith("static/") and path.endswith(readme)}
    peers = {path for path in served if path.startswith("static/vendor/peers/")}
    elsewhere = ("python/keriwasm/server/", "python/wasi/", "static/page/served.js")
    served = {path for path in served if not path.startswith(elsewhere)}
    assert not set(locked) & set(own)
    assert {*locked, *own} == served - pictures - peers


def test_older_versions_take_this_one() -> None:
    """What a browser has of the app before this one reads our manifest as below, and knows our page by its script's old name."""
    lists = [MANIFEST["app"]["files"], MANIFEST["router"]["files"], list(MANIFEST["files"])]
    assert all(isinstance(paths, list) and paths for paths in lists)
    assert MANIFEST["version"] and "once router/intercept.js" in (ROOT / "index.html").read_text()
    assert (ROOT / "service-worker.js").is_file()  # registered by every version that ever was


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
    """router/boot/early.js is told by index.html where Pyodide's code lies and what it must be; it has no time to read the lock."""
    lock = json.loads((ROOT / "static" / "lock.json").read_text())
    (wasm,) = (asset for asset in lock["assets"] if asset["path"].endswith("/pyodide.asm.wasm"))
    integrity = "sha256-" + base64.b64encode(bytes.fromhex(wasm["sha256"])).decode()
    for app in APPS:
        assert f'data-wasm="{wasm["path"]}" data-integrity="{integrity}"' in (app / "index.html").read_text()
