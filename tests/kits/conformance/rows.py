"""The rows of requests.toml as requests, and what of a reply counts: who made it, when and how fast does not.

`normal` is the one place where that is taken off:

* headers: Server-Timing and X-Worker must be there, whatever they say; what the connection says (Date, Connection, Content-Length,
  Keep-Alive, Transfer-Encoding) and what every answer of a host of this app carries (serve.py's SECURITY_HEADERS, and X-Frame-Options,
  which the server adds for old browsers) is looked at apart
* the numbers of workers, in JSON `workers` and in `fault`
* crypto's list of libraries: what computes there
* the token in forms, which each start of a page draws
* with shell=False what is around <main>: a served page has none of the scripts that start workers in the browser
* one hash function that only an interpreter with OpenSSL has, the server's (sha512_256), and the list of all in the words of a refusal,
  which is cut off where the list is long
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

CONNECTION = ("date", "connection", "content-length", "keep-alive", "transfer-encoding", "server", "x-frame-options")
MADE_BY = ("server-timing", "x-worker")
ACCEPT = {
    "json": {"accept": "application/json"}, "html": {"accept": "text/html"}, "fragment": {"accept": "text/html", "hx-request": "true"},
}  # fmt: skip
LIBRARIES = (
    re.compile(r'<p class="small muted">(?:[a-z0-9 .,]*; )?\d+ hash functions\.</p>'),
    re.compile(r'(?<= id="libraries")[\s\S]*?</section>'),
)
ONLY_SOME = "sha512_256"
OPTION = re.compile(
    rf'[ ]*<tr>[^\n]*>{ONLY_SOME}<[^\n]*</tr>\n|<option value="{ONLY_SOME}">[^<]*</option>|<li>[^<]*{ONLY_SOME}[^<]*</li>|{ONLY_SOME},? ?'
)
LISTED = re.compile(r"blake3, blake2b, [a-z0-9_, ]+ … \(\d+ in all\)")


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


def normal(reply: Reply, shell: bool = True) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body without who made them."""
    shared = set(security_headers()) - {"x-content-type-options"}
    headers = {name: value for name, value in reply.headers.items() if name not in (*CONNECTION, *shared)}
    for name in MADE_BY:
        assert headers.pop(name, ""), f"no {name}"
    text = reply.body.decode()
    if "json" in headers.get("content-type", "") and text:
        return reply.status, headers, nobody(json.loads(text))
    if not shell and "<!-- main:start -->" in text:
        title, main = re.search(r"<title>.*?</title>", text), text.partition("<!-- main:start -->")[2].partition("<!-- main:end -->")
        assert title and main[1] and '<base href="/">' in text, "a page without its parts"
        text = f"{title[0]}\n{main[0]}"
    text = re.sub(r'name="form_token" value="[^"]*"', 'name="form_token"', text)
    for pattern in LIBRARIES:
        text = pattern.sub("", text)
    text = OPTION.sub("", LISTED.sub("LISTED", text))
    text = re.sub(r"(?<=fault )[\w.-]+", "", text)
    return reply.status, headers, text.splitlines()


def nobody(value: Any) -> Any:
    """JSON without workers and libraries."""
    if isinstance(value, dict):
        return {name: nobody(each) for name, each in value.items() if name not in ("workers", "libraries", "fault", "worker")}
    if isinstance(value, list):
        return [nobody(each) for each in value if each != ONLY_SOME]
    return LISTED.sub("LISTED", value) if isinstance(value, str) else value


__all__ = ["ROOT", "normal", "request", "rows", "security_headers"]
