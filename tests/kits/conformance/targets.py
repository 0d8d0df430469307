"""Whoever answers: each takes the rows' requests and gives status, headers (lower-case names) and body.

A target is a function from requests to replies. A new one that listens on a port is `over_http(base)`.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 120.0


class Request(NamedTuple):
    """What is sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


Target = Callable[[Sequence[Request]], list[Reply]]


def over_http(base: str) -> Target:
    """Whoever listens there."""
    there = urlsplit(base)

    def ask(requests: Sequence[Request]) -> list[Reply]:
        replies = []
        for each in requests:
            connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=PATIENCE)
            connection.request(each.method, each.target, each.body or None, each.headers)
            answer = connection.getresponse()
            body = answer.read()
            headers: dict[str, str] = {}
            for name, value in answer.getheaders():
                name = name.lower()
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            replies.append(Reply(answer.status, headers, body))
            connection.close()
        return replies

    return ask


IN_PAGE = """async requests => Promise.all(requests.map(async ([method, target, headers, body]) => {
  const bytes = Uint8Array.from(atob(body), letter => letter.charCodeAt(0));
  const init = { method, headers, ...(bytes.length ? { body: bytes } : {}) };
  const answer = await keriwasm.fetch(target.slice(1), init);
  const made = new Uint8Array(await answer.arrayBuffer());
  let text = '';
  for (let at = 0; at < made.length; at += 32768) text += String.fromCharCode(...made.subarray(at, at + 32768));
  return [answer.status, Object.fromEntries(answer.headers), btoa(text)];
}))"""


def in_page(page: Any) -> Target:
    """A page that has booted, through its own door. The requests are on their way together, as a page's are."""

    def ask(requests: Sequence[Request]) -> list[Reply]:
        sent = [(each.method, each.target, each.headers, base64.b64encode(each.body).decode()) for each in requests]
        found = page.evaluate(IN_PAGE, sent)
        return [Reply(status, headers, base64.b64decode(body)) for status, headers, body in found]

    return ask


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def component(by: str = "jco") -> Iterator[str]:
    """The edge component, built or from the cache, served by jco on Node 24 or by wasmtime; gives its base URL."""
    port = free_port()
    command = [sys.executable, str(ROOT / "wheels" / "edge.py"), "serve", "--port", str(port), "--by", by]
    with started(command, f"http://127.0.0.1:{port}", 300.0) as base:
        yield base


@contextmanager
def started(command: list[str], base: str, patience: float, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Iterator[str]:
    """Run a server, in a process group of its own, until it answers with success; ends all of the group."""
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)  # type: ignore[union-attr]
    try:
        until = time.monotonic() + patience
        while True:
            answer: Any = None
            with suppress(OSError):
                (answer,) = over_http(base)([Request("GET", "/app/crypto", {"accept": "application/json"}, b"")])
                if answer.status == 200:
                    break
            if process.poll() is not None or time.monotonic() > until:
                said = (process.stdout.read() or b"").decode(errors="replace")  # type: ignore[union-attr]
                raise RuntimeError(f"{command} does not answer: {answer}\n{said[-4000:]}")
            time.sleep(0.1)
        yield base
    finally:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sent)
            except ProcessLookupError:
                break
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                continue
        process.stdout.close()  # type: ignore[union-attr]


def told(reply: Reply) -> Any:
    """The JSON of a reply."""
    return json.loads(reply.body)
