"""The doors' own JavaScript, in Node: what router/doors/door.js lets in, and when router/doors/relay.js lets a replaced door go."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

# Timers that a test rings; everything else is Node's own.
PRELUDE = """
const timers = [];
globalThis.setTimeout = (ring, ms) => { timers.push({ ring, ms }); };
const pause = () => new Promise(resolve => setImmediate(resolve));
const ring = async () => { for (const timer of timers.splice(0)) timer.ring(); await pause(); await pause(); };
"""


def node(program: str, *files: str) -> Any:
    """What a program prints as JSON, with these files of the repository before it."""
    source = "".join((ROOT / name).read_text() + ";\n" for name in files)
    done = subprocess.run(
        ["node", "--input-type=commonjs", "-"], input=PRELUDE + source + program, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


HOME = "http://app.test/sub/"
OWN, ABOVE, THEIRS = f"{HOME}app/wallet", "http://app.test/other/", "http://evil.test/sub/app/wallet"
# (referrer, Origin) -> whose it is
FROM = [
    (OWN, None, "own"), (OWN, "http://app.test", "own"), (HOME, None, "own"),
    ("", None, "unknown"), ("about:client", None, "unknown"),
    ("", "null", "foreign"), (OWN, "null", "foreign"), (OWN, "http://evil.test", "foreign"),
    (THEIRS, None, "foreign"), (ABOVE, None, "foreign"), (ABOVE, "http://app.test", "foreign"),
    ("http://app.test:81/sub/app/", None, "foreign"), ("https://app.test/sub/", None, "foreign"),
    ("http://app.test.evil.test/sub/", None, "foreign"), ("http://app.test/sub", None, "foreign"),
    ("http://app.test/submarine/", None, "foreign"),
]  # fmt: skip


def test_what_a_door_lets_in() -> None:
    cases = [
        {"referrer": referrer, "origin": origin, "whose": whose, "method": method, "query": query, "destination": destination,
         "mode": mode}
        for referrer, origin, whose in FROM
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE")
        for query in ("", "?download=1", "?a=b&%64ownload")
        for destination in ("document", "iframe", "frame", "embed", "object", "")
        for mode in ("navigate", "cors")
    ]  # fmt: skip
    program = f"""
      const told = {json.dumps(cases)}.map(({{ referrer, origin, method, query, destination, mode }}) =>
        keriwasmDoor.barred({{ referrer, method, destination, mode, url: '{HOME}app/wallet' + query,
          headers: new Headers(origin === null ? {{}} : {{ origin }}) }}, '/sub/'));
      console.log(JSON.stringify(told));"""
    for case, why in zip(cases, node(program, "router/doors/door.js"), strict=True):
        changes = case["method"] not in ("GET", "HEAD")
        refused = case["mode"] == "navigate" and (
            case["destination"] != "document" or (case["whose"] != "own" and (changes or bool(case["query"])))
        )
        assert bool(why) == refused, (case, why)
        if refused and case["destination"] == "document" and changes:
            assert "Nothing was done" in why


def test_the_envelope_says_what_the_door_saw() -> None:
    program = f"""
      const posted = [];
      const port = {{ postMessage: message => posted.push(message), start() {{}}, close() {{}} }};
      const door = new keriwasmDoor.Door(port, '/sub/');
      const seen = {{ referrer: '{THEIRS}', method: 'GET', destination: 'iframe', mode: 'navigate', url: '{OWN}',
        headers: new Headers(), signal: new AbortController().signal }};
      door.fetch(seen);
      door.fetch({{ ...seen, mode: 'cors', destination: '' }});
      pause().then(() => console.log(JSON.stringify(posted)));"""
    framed, plain = node(program, "router/doors/door.js")
    assert framed["type"] == plain["type"] == "http:request"
    assert (framed["origin"], framed["navigated"], framed["framed"]) == ("foreign", True, True)
    assert (plain["origin"], plain["navigated"], plain["framed"]) == ("own", False, False)


def test_a_replaced_door_is_closed_when_nothing_is_under_way_in_it() -> None:
    """A request that takes minutes is answered by the door that it came in by, a stream ends when it ends."""
    program = """
      class Port {
        constructor() { this.posted = []; this.closed = false; }
        postMessage(message) { this.posted.push(message); }
        start() {}
        close() { this.closed = true; }
      }
      const relay = new keriwasmRelay.Relay({}, new URL('http://app.test/sub/'));
      const page = { id: 'p', postMessage() {} };
      const ask = door => door.fetch(new Request('http://app.test/sub/app/x', { method: 'POST', body: 'x' }));
      (async () => {
        const said = {};
        const [idle, old, fresh] = [new Port(), new Port(), new Port()];
        relay.take(page, idle, '');
        relay.take(page, old, '');
        const door = await relay.doors.get('p');
        said.kept_at_first = !idle.closed;  // who was given it a moment ago may still ask
        await ring();
        said.idle_closed = idle.closed;
        const long = ask(door);
        await pause(); await pause();
        relay.take(page, fresh, '');
        for (let minute = 0; minute < 5; minute += 1) await ring();
        said.busy_kept = !old.closed;
        said.pings = old.posted.filter(each => each.type === 'router:ping').length;
        old.onmessage({ data: { type: 'http:reply', id: '1', status: 200, headers: {}, body: null, stream: true } });
        const answer = await long;
        said.status = answer.status;
        await ring();
        said.streaming_kept = !old.closed;
        old.onmessage({ data: { type: 'http:chunk', id: '1', body: 'all' } });
        old.onmessage({ data: { type: 'http:end', id: '1', error: null } });
        said.text = await answer.text();
        await ring();
        said.closed = old.closed;
        said.fresh_kept = !fresh.closed;
        // One whose body is still being read is under way too.
        let give;
        const slow = { method: 'POST', mode: 'cors', url: 'http://app.test/sub/app/x', headers: new Headers(),
          signal: new AbortController().signal, arrayBuffer: () => new Promise(resolve => { give = resolve; }) };
        const last = relay.doors.get('p').fetch(slow);
        relay.take(page, new Port(), '');
        await ring();
        said.reading_kept = !fresh.closed;
        give(new ArrayBuffer(1));
        await pause();
        fresh.onmessage({ data: { type: 'http:reply', id: '1', status: 201, headers: {}, body: null, stream: false } });
        said.last = (await last).status;
        await ring();
        said.fresh_closed = fresh.closed;
        console.log(JSON.stringify(said));
      })();"""
    said = node(program, "router/doors/door.js", "router/doors/relay.js")
    assert said.pop("pings") == 5
    assert (said.pop("status"), said.pop("text"), said.pop("last")) == (200, "all", 201)
    assert said and all(said.values()), said


def test_the_page_does_not_start_inside_of_another_one() -> None:
    """router/boot/early.js, the first script that does anything: framed it stops the page, else it starts the router worker."""
    program = f"""
      const vm = require('node:vm');
      const run = framed => {{
        const said = {{ stopped: 0, shown: null, workers: 0 }};
        const page = {{
          URL, Date, Number, String, AbortController, addEventListener() {{}}, crossOriginIsolated: false,
          sessionStorage: {{ getItem: () => null, setItem() {{}} }},
          Worker: class {{ constructor() {{ said.workers += 1; }} }},
          stop() {{ said.stopped += 1; }},
          document: {{ currentScript: {{ src: '{HOME}router/boot/early.js', dataset: {{}} }},
            documentElement: {{ replaceChildren(text) {{ said.shown = text; }} }} }},
        }};
        Object.assign(page, {{ self: page, window: page, top: framed ? {{}} : page }});
        vm.runInNewContext({json.dumps((ROOT / "router/boot/early.js").read_text())}, page);
        return said;
      }};
      console.log(JSON.stringify([run(true), run(false)]));"""
    framed, alone = node(program)
    assert (framed["stopped"], framed["workers"]) == (1, 0) and "tab of its own" in framed["shown"]
    assert (alone["stopped"], alone["workers"], alone["shown"]) == (0, 1, None)
