"""The routes of the page, answered by the server: the same pages, statuses and headers."""

from __future__ import annotations

import hashlib
import re
import sys

import pytest
from serverkit import ROOT, Served

sys.path.insert(0, str(ROOT))

import serve

PAGES = ("/app/", "/app/crypto", "/app/crypto/hash", "/app/crypto/ed25519", "/app/crypto/box",
         "/app/crypto/xchacha", "/app/crypto/argon2id",
         "/app/load", "/app/pool")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_a_fragment_a_fragment_and_json_json(served: Served, path: str) -> None:
    page = served.get(path, accept="text/html", sec_fetch_mode="navigate")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!doctype html>") and page.text.rstrip().endswith("</html>")
    assert '<base href="/">' in page.text and "router/tabs/page.js" not in page.text and "static/page/served.js" in page.text
    part = served.get(path, accept="text/html", hx_request="true")
    assert part.status == 200 and "<!doctype" not in part.text.lower() and part.text.strip()
    told = served.get(path)
    assert told.status == 200 and told.headers["content-type"].startswith("application/json") and isinstance(told.json, dict)
    for answer in (page, part, told):
        for name, value in serve.SECURITY_HEADERS.items():
            assert answer.headers[name.lower()] == value
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["server-timing"].startswith("queue;dur=")
    assert {one.strip() for one in part.headers["x-worker"].split(",")} <= {"w1", "w2"}


def test_no_page_says_that_nothing_leaves_the_browser(served: Served) -> None:
    for path in PAGES:
        page = served.get(path, accept="text/html", sec_fetch_mode="navigate").text
        for untrue in ("this browser", "your browser: they", "inside this page", "Nothing you type", "No server behind"):
            assert untrue not in page, (path, untrue)
    assert "sees what you send" in served.get("/app/crypto", accept="text/html").text


def test_what_is_computed_is_right(served: Served) -> None:
    hashed = served.ask("POST", "/app/crypto/hash", {"algorithm": "sha256", "text": "hello"})
    assert hashed.json["digest_hex"] == hashlib.sha256(b"hello").hexdigest()
    pair = served.ask("POST", "/app/crypto/ed25519/keypair").json
    signed = served.ask("POST", "/app/crypto/ed25519/sign", {"secret": pair["secret"], "text": "yes"}).json
    for text, valid in (("yes", True), ("no", False)):
        told = {"public": pair["public"], "signature": signed["signature"], "text": text}
        assert served.ask("POST", "/app/crypto/ed25519/verify", told).json["valid"] is valid


def test_work_is_spread_over_the_processes(served: Served) -> None:
    items = [{"name": str(n), "data": "AA" * 1000} for n in range(40)]
    told = served.ask("POST", "/app/crypto/hash-many", {"algorithm": "blake3", "items": items})
    assert told.status == 200 and len(told.json["digests"]) == 40
    assert {one.strip() for one in told.headers["x-worker"].split(",")} == {"w1", "w2"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/app/nothing", None, 404),
        ("DELETE", "/app/crypto/hash", None, 405),
        ("POST", "/app/crypto/hash", {"algorithm": "none", "text": "x"}, 422),
        ("POST", "/app/crypto/hash", b"{", 400),
        ("GET", "/app/" + "x" * 9000, None, 414),
        ("GET", "/app/load/compare", None, 422),
        ("GET", "/nothing", None, 404),
        ("GET", "/pyproject.toml", None, 404),
        ("GET", "/static/../pyproject.toml", None, 404),
        ("GET", "/static/%2e%2e/pyproject.toml", None, 404),
        ("POST", "/static/css/app.css", b"x", 405),
        ("GET", "/service-worker.js", None, 404),
    ],
)
def test_errors_are_problems_that_say_what_is_wrong(served: Served, method: str, path: str, body: object, status: int) -> None:
    answer = served.ask(method, path, body, **({"content_type": "application/json"} if body == b"{" else {}))  # type: ignore[arg-type]
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status and answer.json["detail"]


def test_head_is_get_without_the_content(served: Served) -> None:
    for path in ("/app/crypto", "/static/css/app.css"):
        head = served.ask("HEAD", path)
        assert head.status == 200 and head.body == b"" and head.headers["content-type"] == served.get(path).headers["content-type"]


def test_the_folder_leads_to_the_app(served: Served) -> None:
    for path in ("/", "/index.html", "/?workers=3"):
        answer = served.get(path)
        assert answer.status == 307 and answer.headers["location"].startswith("/app/")
    assert served.get("/?workers=3").headers["location"] == "/app/?workers=3"


def test_files_go_out_as_serve_py_sends_them(served: Served) -> None:
    path = "/static/vendor/htmx/4.0.1/htmx.min.js"
    plain, small = served.get(path), served.get(path, accept_encoding="gzip, br")
    assert plain.body == (ROOT / path[1:]).read_bytes() and plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["cache-control"] == serve.IMMUTABLE
    if (ROOT / f"{path[1:]}.br").exists():
        assert small.headers["content-encoding"] == "br" and small.body == (ROOT / f"{path[1:]}.br").read_bytes()
    again = served.get(path, if_none_match=plain.headers["etag"])
    assert again.status == 304 and again.body == b""
    assert served.get("/static/css/app.css").headers["cache-control"] == serve.REVALIDATE


def test_links_lead_only_to_what_is_here(served: Served) -> None:
    page = served.get("/app/", accept="text/html", sec_fetch_mode="navigate").text
    for link in sorted(set(re.findall(r'href="(app/[^"#?]*)"', page))):
        assert served.get(f"/{link}", accept="text/html").status == 200, link


def test_the_pool_is_resized(served: Served) -> None:
    assert served.ask("POST", "/app/pool/size", {"workers": 3}).status == 200
    assert len(served.whole(lambda pool: len(pool["workers"]) == 3)["workers"]) == 3
    assert served.ask("POST", "/app/pool/size", {"workers": 2}).status == 200
    served.whole(lambda pool: len(pool["workers"]) == 2)
