"""Our scenarios of keripy (tests/keri) in Chromium: pytest in a worker with the wheels, the stand-ins and the lmdb of the app."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Watched, fetch, wait_ready
from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
PROGRAM = ROOT / "tests" / "wasm" / "programs" / "folder.py"
SCENARIOS = ROOT / "tests" / "keri"
WHEELS = [url for url in (*MANIFEST["packages"], *MANIFEST["postponed"]) if url.endswith(".whl")]
FILES = {url: path for url, path in MANIFEST["files"].items() if path.endswith(".py")}

sys.path.insert(0, str(ROOT / "wheels"))

from vendoring import lock as locking  # noqa: E402
from vendoring import manifest as manifests  # noqa: E402
from vendoring import paths  # noqa: E402
from vendoring.fetch import Fetcher  # noqa: E402

WORKER = """
import { loadPyodide } from '%(interpreter)s';
const bytes = async url => new Uint8Array(await (await fetch(url)).arrayBuffer());
try {
  const python = await loadPyodide({ stdout: text => postMessage({ text }), stderr: text => postMessage({ text }) });
  for (const url of %(wheels)s) {
    python.unpackArchive(await bytes(url), 'wheel', { extractDir: '/lib/python3.14/site-packages' });
  }
  for (const [url, path] of Object.entries(%(files)s)) {
    python.FS.mkdirTree(path.replace(/\\/[^/]*$/, ''));
    python.FS.writeFile(path, await bytes(url));
  }
  const result = await python.runPythonAsync(`
import importlib, json, sys
importlib.invalidate_caches()
import folder
json.dumps(folder.main({"root": "/tests", "target": "/tests", "options": ["-q"]}))
`);
  postMessage({ result });
} catch (error) {
  postMessage({ result: JSON.stringify({ error: String(error.message ?? error).slice(-3000) }) });
}
"""

PAGE = """<!doctype html><title>scenarios</title><script type="module">
globalThis.lines = [];
globalThis.result = null;
const worker = new Worker('./scenarios-worker.mjs', { type: 'module' });
worker.onmessage = ({ data }) => { if (data.text === undefined) globalThis.result = data.result; else lines.push(data.text); };
worker.onerror = event => { globalThis.result = JSON.stringify({ error: event.message }); };
</script>"""


PROBE = """
from keriwasm.web.deeds import deed


class Probe:
    @deed
    def on_post(self, req, rep):
        import sys
        from pathlib import Path
        from keriwasm.imports import packed_wheels, native
        yield from packed_wheels.here()
        packed = sorted(path.name for path in Path('/packed').iterdir())
        yield from native.keri_steps()
        import segno
        from keri.app import habbing
        with habbing.openHby(name='probe', temp=True) as hby:
            hab = hby.makeHab(name='alice')
            hab.rotate()
            rep.media = {'packed': packed, 'left': sorted(path.name for path in Path('/packed').iterdir()), 'sn': hab.kever.sn,
                         'lmdb': sys.modules['lmdb'].__file__, 'qr': segno.make(hab.pre).svg_inline()[:4]}


def mount(app, worker):
    app.add_route('/app/ledger/segment', Probe())
"""


def test_a_pool_worker_imports_keripy(
    broken: Callable[..., str], context: BrowserContext, watch: Callable[[Page], Watched]
) -> None:
    """At its start a worker leaves keripy's wheels packed; the first import unpacks those that it needs, and it works."""
    url = broken("python/slices/verifying/__init__.py", lambda path: path.write_text(PROBE))
    watched = watch(context.new_page())
    watched.page.goto(f"{url}app/pool?workers=1")
    wait_ready(watched.page)
    answer = fetch(watched.page, "app/ledger/segment", method="POST", json={})
    assert answer["status"] == 200, answer["text"]
    found = answer["json"]
    later = {url.rpartition("/")[2] for url in MANIFEST["postponed"]}
    assert set(found["packed"]) == later
    left = {name.partition("-")[0] for name in found["left"]}
    assert "mnemonic" in left and left.isdisjoint({"keri", "segno", "jsonschema", "ecdsa"})
    assert (found["sn"], found["qr"]) == (1, "<svg") and found["lmdb"].startswith("/home/pyodide/lmdb/")


@pytest.mark.long
def test_scenarios(app_url: str, browser: Any) -> None:
    fetcher = Fetcher(locking.read(paths.LOCK))
    extra = {
        (wheel := fetcher.wheel(package.name, package.version)).name: wheel
        for package in manifests.read(paths.MANIFEST).test_wheel
    }
    files = {url: f"/home/pyodide/{path}" for url, path in FILES.items()}
    ours = {f"scenario-{path.name}": path for path in [PROGRAM, *SCENARIOS.glob("*.py")]}
    for url, path in ours.items():
        files[f"./{url}"] = f"/home/pyodide/{path.name}" if path == PROGRAM else f"/tests/{path.name}"
    worker = WORKER % {
        "interpreter": MANIFEST["interpreter"], "wheels": json.dumps([*WHEELS, *(f"./extra/{name}" for name in extra)]),
        "files": json.dumps(files),
    }  # fmt: skip
    context = browser.new_context()
    try:
        context.route("**/scenarios.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        context.route("**/scenarios-worker.mjs", lambda route: route.fulfill(body=worker, content_type="text/javascript"))
        context.route("**/extra/*.whl", lambda route: route.fulfill(path=extra[route.request.url.rpartition("/")[2]]))
        context.route("**/scenario-*.py", lambda route: route.fulfill(path=ours[route.request.url.rpartition("/")[2]]))
        page = context.new_page()
        page.goto(app_url + "scenarios.html")
        page.wait_for_function("globalThis.result !== null", timeout=600_000)
        found = json.loads(page.evaluate("result"))
        output = "\n".join(page.evaluate("lines"))
    finally:
        context.close()
    assert "error" not in found, f"{found['error']}\n{output[-3000:]}"
    bad = [f"{case['id']}: {case['outcome']}\n{case['message']}" for case in found["cases"] if case["outcome"] != "passed"]
    assert not bad, "\n\n".join(bad)
    assert found["status"] == 0 and found["counts"]["passed"] >= 50
