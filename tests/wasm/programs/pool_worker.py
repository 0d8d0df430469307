"""A whole pool worker in Pyodide under Node, spoken to from JavaScript exactly as workers/worker.js speaks to it."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import falcon

HOST = """
(start, init) => {
  const posted = [];
  let wake = () => {};
  const host = {
    post(text, body) {
      const message = JSON.parse(text);
      if (body !== undefined) {
        if (!(body instanceof Uint8Array) || body.byteLength !== body.buffer.byteLength) throw new Error('not a buffer of its own');
        message.body = body.buffer;
        structuredClone(message, { transfer: [message.body] });      // as postMessage would take it
        message.size = body.byteLength;                               // 0: it has been transferred away
        message.text = message.text ?? null;
      }
      posted.push(message);
      wake();
    },
    now: () => performance.timeOrigin + performance.now(),
    heap_bytes: () => 123456789,
    crash(reason) { posted.push({ type: 'crashed', reason }); },
  };
  const kept = host.post;
  host.post = (text, body) => {
    const copy = body === undefined ? undefined : body.slice();
    kept(text, body);
    if (copy !== undefined) Object.assign(posted[posted.length - 1], { bytes: Array.from(copy.subarray(0, 4096)), length: copy.length });
  };
  const wait = async (wanted) => {
    for (;;) {
      const found = posted.find(wanted);
      if (found) return found;
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  let number = 0, deliver;
  const send = ({ body, ...rest }) => deliver(JSON.stringify({ v: 1, ...rest }), body ?? undefined);
  const ask = async (method, path, { headers = {}, body = null, ...more } = {}) => {
    const id = `page-1:${++number}`;
    const began = performance.now();
    send({ type: 'http:request', id, method, path, query: '', headers: { accept: 'application/json', ...headers }, body,
      deadline: null, parent: null, priority: 'click', context: null, ...more });
    const reply = await wait((message) => message.type === 'http:reply' && message.id === id);
    reply.ms = performance.now() - began;
    return reply;
  };
  return (async () => {
    deliver = await start(host, init);
    const out = {};
    out.ready = await wait((message) => message.type === 'worker:ready');
    const binary = new Uint8Array(300000);
    for (let at = 0; at < binary.length; at++) binary[at] = (at * 7) % 256;
    out.echo = await ask('POST', '/app/echo', { body: binary.slice().buffer, headers: { 'content-type': 'x/y' } });
    out.echo_view = await ask('POST', '/app/echo', { body: binary.subarray(16, 32), headers: { 'content-type': 'x/y' } });
    out.empty = await ask('POST', '/app/echo', { body: new ArrayBuffer(0) });
    out.text = await ask('GET', '/app/text');
    out.fault = await ask('GET', '/app/fault');
    out.deed = await ask('GET', '/app/deed');
    const stream = await ask('GET', '/app/stream');
    out.end = await wait((message) => message.type === 'http:end' && message.id === stream.id);
    out.chunks = posted.filter((message) => message.type === 'http:chunk').map((message) => message.bytes);
    const times = [];
    for (let at = 0; at < 300; at++) times.push((await ask('GET', '/app/text')).ms);
    posted.length = 0;
    times.sort((a, b) => a - b);
    out.p50 = times[150];
    await new Promise((resolve) => setTimeout(resolve, 20000));     // the warm-up of templates falls into this
    const idle = process.cpuUsage();
    const { setTimeout: timeout, setImmediate: immediate } = globalThis;
    out.wakes = 0;
    globalThis.setTimeout = (...more) => { out.wakes += 1; return timeout(...more); };
    globalThis.setImmediate = (...more) => { out.wakes += 1; return immediate(...more); };
    await new Promise((resolve) => timeout(resolve, 4000));
    Object.assign(globalThis, { setTimeout: timeout, setImmediate: immediate });
    const used = process.cpuUsage(idle);
    out.idle_percent = (used.user + used.system) / 4e6 * 100;
    const beats = posted.filter((message) => message.type === 'worker:heartbeat');
    out.beats = beats.length;
    out.beat = beats.at(-1);
    const began = performance.now();
    send({ type: 'worker:inject', kind: 'slow', ms: 600 });
    const busy = [];
    while (performance.now() - began < 500) busy.push((await ask('GET', '/app/text')).ms);
    out.busy = busy.length;
    send({ type: 'worker:inject', kind: 'crash', ms: 0 });
    out.crashed = await wait((message) => message.type === 'crashed');
    send({ type: 'worker:drain' });
    out.drained = await wait((message) => message.type === 'worker:drained');
    out.faults = posted.filter((message) => message.type === 'worker:fault');
    return JSON.stringify(out);
  })();
}
"""


def mount(app: falcon.App, worker: Any) -> None:
    from keriwasm.web.deeds import deed
    from keriwasm.web.formats import sse

    class Echo:
        def on_post(self, req, rep):
            rep.data = req.bounded_stream.read()
            rep.content_type = "x/y"

    class Text:
        def on_get(self, req, rep):
            rep.media = {"text": "é"}

    class Fault:
        def on_get(self, req, rep):
            raise ValueError("on purpose")

    class Slow:
        @deed
        def on_get(self, req, rep):
            yield
            yield 0.05
            rep.media = worker.doist.tyme

    class Stream:
        def on_get(self, req, rep):
            rep.content_type = "text/event-stream"
            rep.stream = (sse("n", str(n)) for n in range(3))

    for name, resource in {"echo": Echo, "text": Text, "fault": Fault, "deed": Slow, "stream": Stream}.items():
        app.add_route(f"/app/{name}", resource())


async def main(args: dict[str, Any]) -> dict[str, Any]:
    from pyodide.code import run_js

    module = types.ModuleType("slice_of_the_test")
    module.mount = mount
    sys.modules[module.__name__] = module
    import main as entry  # workers/main.py

    init = {
        "id": "w1",
        "generation": 2,
        "slices": {"test": {"module": module.__name__}},
        "faults": True,
        "heartbeat_ms": 250,
        "started": None,
    }
    seen = json.loads(await run_js(HOST)(entry.start, json.dumps(init)))
    for task in list(entry.running):  # else its timers would keep Node alive
        task.cancel()
    return seen
