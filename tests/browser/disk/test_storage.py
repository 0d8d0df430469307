"""pyscript.storage over real IndexedDB: two workers and the page's PyScript see one store; commits are all or nothing."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
WHEELS = [url for url in MANIFEST["postponed"] if any(f"/{name}-" in url for name in (
    "hio", "falcon", "msgpack", "cbor2", "multidict", "ordered_set", "sortedcontainers"))]  # fmt: skip
FILES = {
    url: path
    for url, path in MANIFEST["files"].items()
    if path.startswith(
        ("pyscript/", "polyscript", "keriwasm/__init__", "keriwasm/runtime/", "keriwasm/browser/", "keriwasm/disk/")
    )
}
PYSCRIPT = next(url for url in FILES if "/stdlib/" in url).partition("/stdlib/")[0]

WORKER = f"""
import {{ loadPyodide }} from '{MANIFEST["interpreter"]}';
const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const booted = (async () => {{
  const python = await loadPyodide();
  for (const url of {json.dumps(WHEELS)}) {{
    python.unpackArchive(await bytes(url), 'wheel', {{ extractDir: '/lib/python3.14/site-packages' }});
  }}
  for (const [url, path] of Object.entries({json.dumps(FILES)})) {{
    python.FS.mkdirTree(('/home/pyodide/' + path).replace(/\\/[^/]*$/, ''));
    python.FS.writeFile('/home/pyodide/' + path, await bytes(url));
  }}
  await python.runPythonAsync(`
import json, polyscript
from keriwasm.browser.databases import available
from keriwasm.browser.named_stores import IdbBacking
from keriwasm.runtime.scheduling import WakingDoist
from keriwasm.disk.pyscript_storage import Storages
assert available()
storages = Storages(WakingDoist(), IdbBacking())
polyscript.use(storages.store)
from pyscript import Storage, storage
`);
  return python;
}})();
onmessage = async ({{ data: {{ id, code }} }}) => {{
  try {{
    postMessage({{ id, result: (await (await booted).runPythonAsync(code)) ?? null }});
  }} catch (error) {{
    postMessage({{ id, error: String(error.message ?? error).slice(-1500) }});
  }}
}};
"""

PAGE = f"""<!doctype html><title>probe</title><script type="module">
import {{ storage }} from '{PYSCRIPT}/storage.js';
globalThis.storage = storage;
const workers = new Map();
let number = 0;
globalThis.start = (name) => workers.set(name, new Worker('./probe-worker.mjs', {{ type: 'module' }}));
globalThis.end = (name) => workers.get(name).terminate();
globalThis.python = (name, code) => new Promise((resolve, reject) => {{
  const worker = workers.get(name), id = ++number;
  worker.addEventListener('error', (event) => reject(new Error(event.message)));
  worker.addEventListener('message', ({{ data }}) => {{
    if (data.id === id) data.error === undefined ? resolve(data.result) : reject(new Error(data.error));
  }});
  worker.postMessage({{ id, code }});
}});
globalThis.begin = (name, code) => workers.get(name).postMessage({{ id: ++number, code }});
globalThis.loaded = true;
</script>"""


class Probe:
    """A blank page of the app's origin with Pyodide workers that know nothing but storage."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def start(self, *names: str) -> None:
        for name in names:
            self.page.evaluate("name => { start(name); }", name)

    def python(self, name: str, code: str) -> Any:
        """What the last line of `code` evaluates to, carried as JSON."""
        *lines, last = code.strip().split("\n")
        return json.loads(
            self.page.evaluate("([n, c]) => python(n, c)", [name, "\n".join([*lines, f"json.dumps({last})"])])
        )


@pytest.fixture(scope="module")
def probe(app_url: str, browser: Any) -> Iterator[Probe]:
    context = browser.new_context()
    context.route("**/probe.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    context.route("**/probe-worker.mjs", lambda route: route.fulfill(body=WORKER, content_type="text/javascript"))
    page = context.new_page()
    page.goto(app_url + "probe.html")
    page.wait_for_function("globalThis.loaded")
    made = Probe(page)
    made.start("a", "b")
    yield made
    context.close()


def test_what_one_worker_synced_the_other_sees(probe: Probe) -> None:
    probe.python("a", """
store = await storage("shared")
store["text"] = "é"
store["nested"] = {"list": [1, 2.5, None, True], "tuple": (1, 2)}
store["bytes"] = bytearray(range(256))
store["gone"] = 1
del store["gone"]
await store.sync()
""" + "len(store)")  # fmt: skip
    assert probe.python("b", """
other = await storage("shared")
[other["text"], other["nested"], list(other["bytes"]), "gone" in other]
""") == ["é", {"list": [1, 2.5, None, True], "tuple": [1, 2]}, list(range(256)), False]  # fmt: skip
    assert probe.python("b", "dict(await storage('another'))") == {}


def test_a_worker_that_dies_after_its_sync_leaves_the_data(probe: Probe) -> None:
    probe.start("mortal")
    probe.python("mortal", """
store = await storage("mortal")
store["kept"] = "yes"
await store.sync()
store["lost"] = "never synced"
""" + "1")  # fmt: skip
    probe.page.evaluate("end('mortal')")
    assert probe.python("b", "dict(await storage('mortal'))") == {"kept": "yes"}


def test_the_pages_pyscript_and_the_workers_share_stores(probe: Probe) -> None:
    probe.page.evaluate("""async () => {
      const store = await storage('both');
      store.page = 'from the page';
      store.number = 7;
      await store.sync();
    }""")
    assert probe.python("a", """
both = await storage("both")
both["worker"] = ["from", "a", "worker"]
await both.sync()
[both["page"], both["number"]]
""") == ["from the page", 7]  # fmt: skip
    assert probe.page.evaluate("storage('both').then((store) => [store.page, store.worker])") == [
        "from the page",
        ["from", "a", "worker"],
    ]


def test_a_sync_is_one_transaction_all_of_it_or_none(probe: Probe) -> None:
    seen = []
    for attempt in range(6):
        name = f"torn{attempt}"
        probe.start(name)
        probe.python(name, f"""
store = await storage("{name}")
for n in range(3000):
    store[str(n)] = "x" * 200
""" + "1")  # fmt: skip
        probe.page.evaluate("([n, c]) => begin(n, c)", [name, "import asyncio; asyncio.ensure_future(store.sync())"])
        time.sleep(0.02 * attempt)
        probe.page.evaluate("name => end(name)", name)
        seen.append(probe.python("b", f"len(await storage('{name}'))"))
    assert set(seen) <= {0, 3000}, seen


def test_an_aborted_transaction_is_an_error_and_nothing_is_lost(probe: Probe) -> None:
    refused = probe.python("a", """
from keriwasm.browser import named_stores
settled = named_stores.settled
async def aborting(target, *events):
    target.abort()
    await settled(target, *events)
fragile = await storage("fragile")
fragile["big"] = "x" * 100_000
named_stores.settled = aborting
try:
    await fragile.sync()
    reason = ""
except OSError as ex:
    reason = str(ex)
named_stores.settled = settled
[reason, len(storages.dirty)]
""")  # fmt: skip
    assert "refused" in refused[0] and refused[1] == 1
    assert probe.python("b", "dict(await storage('fragile'))") == {}
    assert probe.python("a", "await fragile.sync()\n" + "len(storages.dirty)") == 0
    assert probe.python("b", "len((await storage('fragile'))['big'])") == 100_000


def test_a_database_that_was_closed_is_an_error(probe: Probe) -> None:
    assert "refused" in probe.python("a", """
closed = await storage("closed")
closed["a"] = 1
closed._store._database._database.close()
try:
    await closed.sync()
    reason = ""
except OSError as ex:
    reason = str(ex)
reason
""")  # fmt: skip
