"""The rows of requests.toml as requests, and what of a reply counts: who made it, when and how fast does not.

`normal` is the one place where that is taken off:

* headers: Server-Timing and X-Worker must be there, whatever they say; what the connection says (Date, Connection, Content-Length,
  Keep-Alive, Transfer-Encoding) and what every answer of a host of this app carries (serve.py's SECURITY_HEADERS) is looked at apart
* the numbers of workers, in JSON `workers` and in `fault`
* crypto's list of libraries: what computes there
* the token in forms, which each start of a page draws
* the list of hash functions: one that only some interpreters have (sha512_256)
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from streams import streams
from targets import ROOT, Reply, Request

CONNECTION = ("date", "connection", "content-length", "keep-alive", "transfer-encoding", "server")
MADE_BY = ("server-timing", "x-worker")
ACCEPT = {
    "json": {"accept": "application/json"}, "html": {"accept": "text/html"}, "fragment": {"accept": "text/html", "hx-request": "true"},
}  # fmt: skip
LIBRARIES = (
    re.compile(r'<p class="small muted">(?:[a-z0-9 .,]*; )?\d+ hash functions\.</p>'),
    re.compile(r'(?<= id="libraries")[\s\S]*?</section>'),
)
ONLY_SOME = "sha512_256"


def rows() -> list[dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "requests.toml").read_text(encoding="utf-8"))["row"]


def request(row: dict[str, Any]) -> Request:
    """What a row asks."""
    accept = row.get("accept", "json")
    headers = dict(ACCEPT.get(accept) or {"accept": accept})
    body = b""
    if "json" in row:
        given = dict(row["json"])
        if "repeated" in given:
            given["text"] = given.pop("repeated") * given.pop("times")
        body, headers["content-type"] = json.dumps(given).encode(), "application/json"
    elif "form" in row:
        body, headers["content-type"] = urlencode(row["form"]).encode(), "application/x-www-form-urlencoded"
    elif "log" in row:
        body, headers["content-type"] = as_sent(streams()[row["log"]], row.get("in", "body"))
    elif "text" in row:
        body, headers["content-type"] = row["text"].encode(), row["type"]
    return Request(row.get("method", "GET"), row["path"] + "x" * row.get("padded", 0), headers, body)


def as_sent(stream: bytes, where: str) -> tuple[bytes, str]:
    if where == "text":
        return urlencode({"text": stream.decode()}).encode(), "application/x-www-form-urlencoded"
    if where == "file":
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a<b>.cesr"\r\n\r\n'
        return head + stream + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"
    return stream, "application/cesr"


def security_headers() -> dict[str, str]:
    """What serve.py sends with everything."""
    import serve

    return {name.lower(): value for name, value in serve.SECURITY_HEADERS.items()}


def normal(reply: Reply) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body without who made them."""
    shared = set(security_headers()) - {"x-content-type-options"}
    headers = {name: value for name, value in reply.headers.items() if name not in (*CONNECTION, *shared)}
    for name in MADE_BY:
        assert headers.pop(name, ""), f"no {name}"
    text = reply.body.decode()
    if "json" in headers.get("content-type", "") and text:
        return reply.status, headers, nobody(json.loads(text))
    text = re.sub(r'name="form_token" value="[^"]*"', 'name="form_token"', text)
    for pattern in LIBRARIES:
        text = pattern.sub("", text)
    text = re.sub(rf"[^\n]*{ONLY_SOME}[^\n]*\n?", "", text)
    text = re.sub(r"(?<=fault )[\w.-]+", "", text)
    return reply.status, headers, text.splitlines()


def nobody(value: Any) -> Any:
    """JSON without workers and libraries."""
    if isinstance(value, dict):
        return {name: nobody(each) for name, each in value.items() if name not in ("workers", "libraries", "fault", "worker")}
    if isinstance(value, list):
        return [nobody(each) for each in value if each != ONLY_SOME]
    return value


__all__ = ["ROOT", "normal", "request", "rows", "security_headers"]
