"""A blank page with bare Pyodide workers that know nothing but lmdb and the disk; no pool, no app."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
WHEELS = [url for url in MANIFEST["postponed"] if any(f"/{name}-" in url for name in (
    "hio", "falcon", "msgpack", "cbor2", "multidict", "ordered_set", "sortedcontainers"))]  # fmt: skip
FILES = {
    url: path
    for url, path in MANIFEST["files"].items()
    if path.startswith(("lmdb/", "keriwasm/__init__", "keriwasm/runtime/", "keriwasm/browser/", "keriwasm/disk/"))
}

PROGRAM = """
import asyncio, json, os, lmdb
from hio.base import doing
from keriwasm.disk import checkpoints
from keriwasm.disk.disk import Disk
from keriwasm.disk.doers import Compactor, DiskDoer
from keriwasm.disk.errors import DiskRefused
from keriwasm.browser.disk_store import IdbDisk
from keriwasm.runtime.scheduling import ASAP, WakingDoist

doist = WakingDoist()
backing = IdbDisk()
disk = Disk(doist, backing)

class Job(doing.Doer):
    transient = True
    def __init__(self, generator):
        super().__init__()
        self.generator = generator
        self.outcome = asyncio.get_running_loop().create_future()
    def recur(self, tock=0.0):
        yield ASAP
        try:
            self.outcome.set_result((yield from self.generator))
        except Exception as ex:
            self.outcome.set_exception(ex)
        return True

class Idle(doing.Doer):
    def recur(self, tock=0.0):
        while True:
            yield 3600.0

asyncio.ensure_future(doist.ado([Idle()]))

async def run(generator):
    await asyncio.sleep(0)
    job = Job(generator)
    doist.extend([job])
    return await job.outcome

def store(name="store", **options):
    os.makedirs(f"/keriwasm/{name}", exist_ok=True)
    return lmdb.open(f"/keriwasm/{name}", max_dbs=8, map_size=1 << 30, **options)
"""

WORKER = f"""
import {{ loadPyodide }} from '{MANIFEST["interpreter"]}';
const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const booted = (async () => {{
  const python = await loadPyodide();
  const wheels = await Promise.all({json.dumps(WHEELS)}.map(bytes));
  for (const wheel of wheels) python.unpackArchive(wheel, 'wheel', {{ extractDir: '/lib/python3.14/site-packages' }});
  await Promise.all(Object.entries({json.dumps(FILES)}).map(async ([url, path]) => {{
    const content = await bytes(url);
    python.FS.mkdirTree(('/home/pyodide/' + path).replace(/\\/[^/]*$/, ''));
    python.FS.writeFile('/home/pyodide/' + path, content);
  }}));
  await python.runPythonAsync({json.dumps(PROGRAM)});
  return python;
}})();
globalThis.say = (text) => postMessage({{ said: text }});
onmessage = async ({{ data: {{ id, code }} }}) => {{
  try {{
    postMessage({{ id, result: (await (await booted).runPythonAsync(code)) ?? null }});
  }} catch (error) {{
    postMessage({{ id, error: String(error.message ?? error).slice(-2500) }});
  }}
}};
"""

PAGE = """<!doctype html><title>probe</title><script type="module">
const workers = new Map();
let number = 0;
globalThis.said = [];
globalThis.start = (name) => {
  const worker = new Worker('./disk-worker.mjs', { type: 'module' });
  worker.addEventListener('message', ({ data }) => {
    if (data.said !== undefined) { said.push(data.said); globalThis.heard?.(data.said); }
  });
  workers.set(name, worker);
};
globalThis.end = (name) => workers.get(name).terminate();
globalThis.python = (name, code) => new Promise((resolve, reject) => {
  const worker = workers.get(name), id = ++number;
  worker.addEventListener('error', (event) => reject(new Error(event.message)));
  worker.addEventListener('message', ({ data }) => {
    if (data.id === id) data.error === undefined ? resolve(data.result) : reject(new Error(data.error));
  });
  worker.postMessage({ id, code });
});
globalThis.begin = (name, code) => workers.get(name).postMessage({ id: ++number, code });
globalThis.loaded = true;
</script>"""


class Probe:
    """The page and its workers by name."""

    def __init__(self, context: Any, url: str) -> None:
        self.context = context
        context.route("**/disk.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        context.route("**/disk-worker.mjs", lambda route: route.fulfill(body=WORKER, content_type="text/javascript"))
        self.page = context.new_page()
        self.page.goto(url + "disk.html")
        self.page.wait_for_function("globalThis.loaded")

    def start(self, *names: str) -> None:
        for name in names:
            self.page.evaluate("name => { start(name); }", name)

    def end(self, name: str) -> None:
        self.page.evaluate("name => end(name)", name)

    def python(self, name: str, code: str) -> Any:
        """What the last line of `code` evaluates to, carried as JSON."""
        *lines, last = code.strip().split("\n")
        program = "\n".join([*lines, f"json.dumps({last})"])
        return json.loads(self.page.evaluate("([n, c]) => python(n, c)", [name, program]))
