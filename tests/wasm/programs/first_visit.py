"""A worker of a first visit: with the first library and the first of the wheels it answers every part's first page; then the rest comes."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

HOST = """
(start, init, paths, note) => {
  const posted = [];
  let wake = () => {};
  const host = {
    post(text, body) { posted.push({ ...JSON.parse(text), text: body ? new TextDecoder().decode(body.slice()) : '' }); wake(); },
    now: () => performance.timeOrigin + performance.now(),
    heap_bytes: () => 123456789,
    crash(reason) { posted.push({ type: 'crashed', reason }); },
  };
  const wait = async wanted => {
    for (;;) {
      const found = posted.find(wanted);
      if (found) return found;
      await new Promise(resolve => { wake = resolve; });
    }
  };
  let number = 0, deliver;
  const ask = async (path, again = false) => {
    const id = `page-1:${++number}`;
    deliver(JSON.stringify({ v: 1, type: 'http:request', id, method: 'GET', path, query: '', body: null, deadline: null, parent: null,
      headers: { accept: 'text/html', 'hx-request': 'true' }, priority: 'click', context: { pool: null }, again }), undefined);
    const { status, text } = await wait(message => message.type === 'http:reply' && message.id === id);
    return [status, text];
  };
  return (async () => {
    deliver = await start(host, init);
    await wait(message => message.type === 'worker:ready');
    const out = {};
    for (const path of paths) out[path] = await ask(path);
    note();
    out.late = await ask('/app/pq');
    const waiting = ask('/app/pq', true);
    await wait(message => message.type === 'worker:want');
    note();
    out.waited = await waiting;
    out.faults = posted.filter(message => message.type === 'worker:fault').map(({ about, error }) => [about.path, error.traceback]);
    return JSON.stringify(out);
  })();
}
"""


LATE = ("tomllib", "xml.dom.minidom", "falcon.testing", "hio.core.tcp", "cbor2")


def loaded() -> list[str]:
    """Modules that came out of files of the library or of wheels."""
    found = [(name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())]
    return sorted(name for name, file in found if file.startswith("/lib/python3"))


def whole(name: str) -> Path:
    """The file of that name in the checkout."""
    return next(path for folder in ("/pyodide", "/wheels") if (path := Path(folder, Path(name).name)).exists())


async def main(args: dict[str, Any]) -> dict[str, Any]:
    from keriwasm.imports import lazy_native, packed_wheels
    from pyodide.code import run_js
    from pyodide.ffi import create_proxy, to_js

    missed: list[str] = []
    bring = packed_wheels.PackedFinder.bring

    def watched(self: Any, name: str) -> bool:
        try:
            return bring(self, name)
        except packed_wheels.Coming:
            missed.append(name)
            raise

    packed_wheels.PackedFinder.bring = watched
    patience, packed_wheels.PATIENCE = packed_wheels.PATIENCE, 0.0  # these pages are to need nothing that is late
    lazy_native.begin(json.dumps({"packed": args["packed"], "lazy": args["lazy"]}))
    import main as entry  # workers/main.py

    seen: list[Any] = []

    def note() -> None:
        """Once all pages were asked for, once when the rest is wanted: then it is brought, as the router does."""
        seen.append([list(missed), loaded()])
        packed_wheels.PATIENCE = patience
        if len(seen) == 2:
            Path("/packed").mkdir()
            for name in set(args["packed"].values()):
                shutil.copy(whole(name), name)

    init = {key: args[key] for key in ("slices", "packed", "pool")} | {"id": "w1", "generation": 2, "started": None}
    said = json.loads(await run_js(HOST)(entry.start, json.dumps(init), to_js(args["paths"]), create_proxy(note)))
    for task in list(entry.running):  # else its timers would keep Node alive
        task.cancel()
    late = {name: importlib.import_module(name).__name__ for name in LATE}
    try:
        importlib.import_module("encodings.nothing_of_the_kind")
    except ModuleNotFoundError as error:
        late["none"] = str(error)
    cbor = importlib.import_module("cbor2").dumps([1]).hex()
    return {"said": said, "missed": seen[0][0], "loaded": seen[0][1], "late": late, "cbor": cbor}
