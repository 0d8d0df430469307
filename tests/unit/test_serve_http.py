"""serve.py over real connections: a temporary app tree, and this checkout itself."""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import http.client
import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve_site import (
    BROTLI,
    MODULE,
    ROOT,
    SECRET,
    SHELL,
    WASM,
    Answer,
    Client,
    build,
    running,
    serve,
    sha256,
    write,
    write_lock,
)
from test_serve import HOSTILE

NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html,*/*;q=0.8"}
LIB, WHEEL, CORE = "/static/lib/1.0.0/lib.mjs", "/static/wheels/a-1.0-py3-none-any.whl", "/static/core/2.0.0/core.wasm"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[Client]:
    with running(root) as client:
        yield client


def eventually(condition: object, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def check_security(answer: Answer) -> None:
    for name, value in serve.SECURITY_HEADERS.items():
        assert answer.field(name) == value, name


def shell(base: str = "/") -> bytes:
    return SHELL.replace('<base href="./">', f'<base href="{base}">').encode()


# ---- Files and headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pyscript.toml", "application/toml; charset=utf-8"), ("/manifest.webmanifest", "application/manifest+json"),
        ("/service-worker.js", "text/javascript; charset=utf-8"), ("/router/router.py", "text/x-python; charset=utf-8"),
        ("/templates/layout.html", "text/html; charset=utf-8"), ("/static/app.css", "text/css; charset=utf-8"),
        ("/static/logo.png", "image/png"), (LIB, "text/javascript; charset=utf-8"), (CORE, "application/wasm"),
        (WHEEL, "application/zip"), ("/static/empty.txt", "text/plain; charset=utf-8"),
        ("/static/lock.json", "application/json"), ("/static/link-good.css", "text/css; charset=utf-8"),
    ],
)  # fmt: skip
def test_a_file_is_served_with_its_type_and_bytes(site: Client, root: Path, path: str, kind: str) -> None:
    answer = site.ask(path)
    assert answer.status == 200 and answer.field("Content-Type") == kind
    assert answer.body == (root / path[1:]).read_bytes()
    assert answer.field("Content-Length") == str(len(answer.body)) and answer.field("Accept-Ranges") == "bytes"
    assert answer.field("Content-Encoding") is None
    check_security(answer)


def test_names_are_decoded_once(site: Client) -> None:
    assert site.ask("/static/na%C3%AFve%20name.txt").body == b"named so\n"
    assert site.ask("/static/%252e.txt").body == b"a literal percent\n"
    assert site.ask("/static/app.css?v=2&x=/../").status == 200  # a query changes nothing


def test_head_is_get_without_the_body(site: Client) -> None:
    for path in ("/", "/static/app.css", LIB, CORE, "/static/empty.txt", "/app/crypto", "/nothing", "/app/"):
        for accept in ("identity", "gzip", "br"):
            fields = {"Accept-Encoding": accept, **NAVIGATE}
            get, head = site.ask(path, fields), site.ask(path, fields, "HEAD")
            assert head.body == b"" and head.status == get.status, path
            without_date = [[item for item in one.headers.items() if item[0] != "Date"] for one in (get, head)]
            assert without_date[0] == without_date[1]


def test_every_kind_of_answer_carries_the_security_headers(site: Client) -> None:
    tag = site.ask(LIB).field("ETag") or ""
    cases = {
        200: site.ask("/"), 204: site.ask("/", method="OPTIONS"), 206: site.ask(LIB, {"Range": "bytes=0-3"}),
        304: site.ask(LIB, {"If-None-Match": tag}), 307: site.ask("/app"), 400: site.ask("*"),
        404: site.ask("/nothing"),
        405: site.ask("/", method="POST"), 412: site.ask(LIB, {"If-Match": '"other"'}),
        416: site.ask(LIB, {"Range": "bytes=999999-"}), 503: site.ask("/app/x", method="POST", body=b"a=1"),
    }  # fmt: skip
    for status, answer in cases.items():
        assert answer.status == status
        check_security(answer)
        if status >= 400:
            assert answer.field("Cache-Control") == "no-store"
            assert json.loads(answer.body)["status"] == status
            assert answer.field("Content-Type") == "application/problem+json"
    for raw, status in (
        (b"GARBAGE\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n\r\n", 505), (b"GET / x y HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / FTP/1.1\r\nHost: x\r\n\r\n", 400),
    ):  # fmt: skip
        got = site.raw(raw)
        assert got.startswith(f"HTTP/1.1 {status} ".encode()), got[:100]
        for name, value in serve.SECURITY_HEADERS.items():
            assert f"\r\n{name}: {value}\r\n".encode() in got


def test_the_server_does_not_tell_its_python(site: Client) -> None:
    assert site.ask("/").field("Server") == "KeriWasm"


# ---- What is not served


@pytest.mark.parametrize(
    "path",
    [
        "/serve.py", "/test.py", "/README.md", "/tests/unit/test_x.py", "/wheels/recipe.sh", "/.git/config", "/.ci/run",
        "/.venv/bin/python", "/static/.hidden", "/static/.git/config", "/python/__pycache__/page.pyc",
        "/node_modules/x.js", "/router/.env", "/static/link-out.txt", "/static/link-dir/outside.txt",
        "/static/link-serve.txt", "/static/link-git/config", "/static/link-loop", "/static/pipe.txt", "/static",
        "/static/", "/static/lib", "/router/", "/../outside.txt", "/static/../serve.py", "/static/../../outside.txt",
        "/%2e%2e/outside.txt", "/static/%2e%2e/serve.py", "/static/..%2fserve.py", "/static%2f..%2fserve.py",
        "/static/%252e%252e/serve.py", "/..\\outside.txt", "/static\\..\\serve.py", "/static/..%5cserve.py",
        "//etc/passwd", "/%2fetc/passwd", "/etc/passwd", "/static//etc/passwd", "/static/%00", "/static/app.css%00.png", "/C:/x",
        "/static/" + "x" * 5000, "/static/%ff%fe", "/./static/app.css", "/static/./app.css", "/STATIC/app.css", "/index.html/",
        "/index.html/x", "/__dev__/reload.js", "/__dev__/events",
    ],
)  # fmt: skip
def test_what_is_not_of_the_app_does_not_exist(site: Client, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 404 and SECRET not in answer.body
    assert json.loads(answer.body)["title"] == "Not Found"


@given(st.lists(HOSTILE, min_size=1, max_size=7).map("/".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_hostile_path_gives_a_secret_away(site: Client, raw: str) -> None:
    path = "/" + raw.encode("utf-8").decode("latin-1")
    got = site.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert SECRET not in got and re.match(rb"HTTP/1\.1 (200|307|400|404|503) ", got), got[:80]
    assert re.match(rb"HTTP/1\.1 307 ", got) is None or b"\r\nLocation: /app/\r\n" in got


def test_a_404_is_readable_for_a_person_and_for_htmx(site: Client) -> None:
    page = site.ask("/nothing<script>", NAVIGATE)
    assert page.status == 404 and page.body.startswith(b"<!doctype html>") and b"<script>" not in page.body
    part = site.ask("/nothing", {"HX-Request": "true", "Accept": "text/html"})
    assert part.status == 404 and part.body.startswith(b'<p role="alert">') and b"<html" not in part.body


# ---- The shell and app/


@pytest.mark.parametrize("path", ["/", "/index.html", "/?workers=2&faults=1", "/index.html?x"])
def test_the_root_is_the_shell(site: Client, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 200 and answer.body == shell() and answer.field("Cache-Control") == "no-cache"
    assert answer.field("Content-Type") == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/app/", "/app/crypto/hash", "/app/a/b/c/d.xml?x=1", "/app/..%2f", "/app/x%00"])
@pytest.mark.parametrize("fields", [NAVIGATE, {"Accept": "text/html"}, {"Sec-Fetch-Mode": "navigate", "Accept": "*/*"}])
def test_a_deep_link_gets_the_shell(site: Client, path: str, fields: dict[str, str]) -> None:
    answer = site.ask(path, fields)
    assert answer.status == 200 and answer.body == shell() and answer.field("Cache-Control") == "no-cache"
    assert "base-uri 'self'" in (answer.field("Content-Security-Policy") or "")  # or the <base> would do nothing
    again = site.ask(path, {**fields, "If-None-Match": answer.field("ETag") or ""})
    assert again.status == 304 and again.body == b""


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("GET", {}), ("GET", {"Accept": "application/json"}),
        ("GET", {"Sec-Fetch-Mode": "cors", "Accept": "text/html"}), ("GET", {"Accept": "text/html", "HX-Request": "true"}), ("HEAD", {}), ("POST", NAVIGATE), ("POST", {}),
        ("PUT", {}), ("DELETE", {}), ("PATCH", {}), ("GET", {"Accept": "text/event-stream"}),
    ],
)  # fmt: skip
def test_anything_else_under_app_is_told_to_come_again(site: Client, method: str, fields: dict[str, str]) -> None:
    answer = site.ask("/app/crypto/hash", fields, method, b"text=x" if method in ("POST", "PUT", "PATCH") else None)
    assert answer.status == 503 and answer.field("Retry-After") == "1" and answer.field("Cache-Control") == "no-store"
    if method != "HEAD":
        assert b"own workers" in answer.body or b"own workers" in answer.body.replace(b"&#x27;", b"'")
    if method == "GET" and "HX-Request" not in fields:
        problem = json.loads(answer.body)
        assert problem["status"] == 503 and problem["type"] == "about:blank" and "workers" in problem["detail"]


def test_app_without_its_slash_is_led_to_it(site: Client) -> None:
    answer = site.ask("/app?x=1")
    assert answer.status == 307 and answer.field("Location") == "/app/?x=1"
    assert site.ask("/application").status == 404


def test_in_a_subfolder(root: Path) -> None:
    with running(root, base="/sub/folder/") as site:
        assert site.server.url.endswith("/sub/folder/")  # type: ignore[attr-defined]
        for path in ("/", "/sub/folder", "/?x=1", "/sub/folder?x=1"):
            answer = site.ask(path)
            assert answer.status == 307
            assert answer.field("Location") == "/sub/folder/" + ("?x=1" if "?" in path else "")
        assert site.ask("/sub/folder/app").field("Location") == "/sub/folder/app/"
        for path in ("/sub/folder/", "/sub/folder/index.html", "/sub/folder/app/crypto"):
            assert site.ask(path, NAVIGATE).body == shell("/sub/folder/")
        assert site.ask("/sub/folder/static/app.css").status == 200
        assert site.ask("/sub/folder/router/service-worker.js").field("Service-Worker-Allowed") == "/sub/folder/"
        assert site.ask("/sub/folder/app/x", method="POST").status == 503
        for path in (
            "/static/app.css",
            "/app/",
            "/sub/",
            "/sub/folderx",
            "/sub/folder/../../static/app.css",
            "/index.html",
        ):
            assert site.ask(path).status == 404, path


def test_the_service_worker_may_control_the_app_and_is_never_cached(site: Client, root: Path) -> None:
    for path in ("/service-worker.js", "/router/service-worker.js"):
        answer = site.ask(path)
        assert answer.field("Service-Worker-Allowed") == "/" and answer.field("Cache-Control") == "no-cache"
    assert site.ask("/router/router.py").field("Service-Worker-Allowed") is None


def test_without_a_shell_the_server_says_what_is_wrong(tmp_path: Path) -> None:
    with running(tmp_path) as site:
        assert site.ask("/").status == 404 and b"whole checkout" in site.ask("/").body


# ---- Methods and connections


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "BREW", "get"])
def test_other_methods_are_refused(site: Client, method: str) -> None:
    answer = site.ask("/static/app.css", method=method)
    assert answer.status == 405 and answer.field("Allow") == "GET, HEAD, OPTIONS"


def test_options(site: Client) -> None:
    for path in ("*", "/", "/static/app.css", "/app/x"):
        answer = site.ask(path, method="OPTIONS")
        assert answer.status == 204 and answer.field("Allow") == "GET, HEAD, OPTIONS" and answer.body == b""
        assert answer.field("Content-Length") is None


def test_one_connection_carries_many_requests(site: Client) -> None:
    link = site.connect()
    link.connect()
    socket_of_it = link.sock
    for path, status in (
        ("/", 200),
        ("/nothing", 404),
        (LIB, 200),
        ("/app/x", 503),
        ("/app", 307),
        ("/static/logo.png", 200),
    ):
        assert site.ask(path, keep=link).status == status
    assert site.ask("/", {"If-None-Match": "*"}, keep=link).status == 304
    assert site.ask("/", method="OPTIONS", keep=link).status == 204
    assert site.ask("/", method="HEAD", keep=link).status == 200
    assert site.ask(LIB, {"Range": "bytes=1-2"}, keep=link).body == MODULE[1:3]
    assert link.sock is socket_of_it and link.sock is not None
    link.close()


def test_pipelined_requests_are_answered_in_order(site: Client) -> None:
    one = b"GET /static/tiny.css HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    got = site.raw(one * 300 + last)
    assert got.count(b"HTTP/1.1 200 OK") == 300 and got.rstrip().endswith(b"}") and b"404 Not Found" in got


def test_http_1_0(site: Client) -> None:
    got = site.raw(b"GET /static/tiny.css HTTP/1.0\r\n\r\n")  # needs no Host, ends by itself
    assert got.endswith(b"\r\n\r\na{}") and b"\r\nConnection: close\r\n" in got
    got = site.raw(b"GET /static/tiny.css HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /nothing HTTP/1.0\r\n\r\n")
    assert b"\r\nConnection: keep-alive\r\n" in got and b" 404 " in got


def test_an_absolute_target_is_taken_as_its_path(site: Client) -> None:
    for target in ("http://localhost/static/tiny.css", "HTTP://x:99/static/tiny.css?y"):
        assert site.ask(target).body == b"a{}"
    assert site.ask("http://localhost").body == shell()
    assert site.ask("ftp://localhost/static/tiny.css").status == 400
    assert site.ask("http://localhost/../serve.py").status == 404


def test_a_body_is_no_second_request(site: Client) -> None:
    inner = b"GET /static/tiny.css HTTP/1.1\r\nHost: x\r\n\r\n"
    for head in (
        f"Content-Length: {len(inner)}",
        "Content-Length: 7, 7",
        "Content-Length: -1",
        "Transfer-Encoding: chunked",
    ):
        for method in ("GET", "POST"):
            got = site.raw(f"{method} /app/x HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + inner, b"")
            assert got.count(b"HTTP/1.1 ") == 1 and b"a{}" not in got and b"\r\nConnection: close\r\n" in got


def test_an_upload_gets_to_read_its_refusal(site: Client) -> None:
    for path, status in (("/app/crypto/hash", 503), ("/static/app.css", 405)):
        assert site.ask(path, method="POST", body=bytes(8_000_000)).status == status  # and is not reset


def test_expect_100_gets_the_final_answer(site: Client) -> None:
    got = site.raw(b"POST /app/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", b"hello")
    assert got.startswith(b"HTTP/1.1 503 ")


def test_heads_are_bounded(site: Client) -> None:
    assert b" 414 " in site.raw(b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").split(b"\r\n")[0]
    large = site.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n")
    many = site.raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 3000 + b"\r\n")
    large_in_all = site.raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"X: " + b"y" * 1000 + b"\r\n") * 60 + b"\r\n")
    for got in (large, many, large_in_all):
        assert b" 431 " in got.split(b"\r\n")[0], got[:80]
    assert site.ask("/", {"X": "y" * 20_000}).status == 200


def test_a_dripping_client_is_cut_off(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "HEAD_SECONDS", 0.5)
    with running(root) as site, socket.create_connection(site.address, timeout=10) as link:
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):  # each byte comes in time, the head as a whole does not
            for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"y" * 100:
                link.sendall(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - begun > 1.5:
                    break
            assert link.recv(1000) == b""
        assert 0.4 < time.monotonic() - begun < 3


def test_an_idle_connection_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "IDLE_SECONDS", 0.3)
    with running(root) as site, socket.create_connection(site.address, timeout=10) as link:
        link.sendall(b"GET /static/tiny.css HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        assert link.recv(10_000).endswith(b"a{}")
        assert link.recv(10) == b""


def test_a_client_that_reads_nothing_is_let_go(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serve, "SEND_SECONDS", 0.3)
    site_root = build(tmp_path)
    write(site_root / "static/big.bin", bytes(30_000_000))
    with running(site_root) as site:
        before = threading.active_count()
        with socket.create_connection(site.address, timeout=10) as link:
            link.sendall(b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            eventually(lambda: threading.active_count() > before)
            eventually(lambda: threading.active_count() == before)


def test_resets_and_half_closes_leave_no_trace(root: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    site_root = build(tmp_path)
    write(site_root / "static/big.bin", bytes(30_000_000))
    with running(site_root) as site:
        before = threading.active_count()
        for sent in (
            b"",
            b"GET",
            b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
        ):
            for reset in (True, False):
                link = socket.create_connection(site.address)
                link.sendall(sent)
                time.sleep(0.05)
                if reset:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                link.close()
        eventually(lambda: threading.active_count() <= before)
        assert site.ask("/").status == 200
    assert capfd.readouterr().err == ""


def test_past_the_bound_of_connections_the_server_lives_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "CONNECTIONS", 3)
    with running(root) as site:
        links = [socket.create_connection(site.address, timeout=10) for _ in range(3)]
        time.sleep(0.1)
        with pytest.raises((OSError, http.client.HTTPException)):
            site.ask("/")
        for link in links:
            link.close()
        eventually(lambda: _answers(site))


def _answers(site: Client) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return site.ask("/").status == 200
    return False


def test_a_fault_of_the_server_is_a_500_and_its_cause_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(serve, "locate", broken)
    with running(root) as site:
        answer = site.ask("/static/app.css")
    assert answer.status == 500 and b"on fire" not in answer.body
    check_security(answer)
    assert "the disk is on fire" in capfd.readouterr().err


def test_the_log_is_one_harmless_line_per_request(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(root, verbose=True) as site:
        site.raw(b"GET /\x1b[31mred\x07\xe9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        site.ask("/static/app.css")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2 and all(line.isascii() and line.isprintable() for line in lines)
    assert re.fullmatch(r"\d\d:\d\d:\d\d 200 GET /static/app.css HTTP/1.1", lines[1])


def test_it_is_quiet_without_verbose(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(root) as site:
        site.ask("/")
        site.raw(b"GARBAGE\r\n\r\n")
    assert capfd.readouterr() == ("", "")


# ---- Caching and conditions


def test_locked_assets_are_cached_for_ever_by_the_hash_of_the_lock(site: Client) -> None:
    for path, data in ((LIB, MODULE), (CORE, WASM), (WHEEL, b"PK\3\4" + bytes(5000))):
        answer = site.ask(path)
        assert answer.field("Cache-Control") == "public, max-age=31536000, immutable"
        assert answer.field("ETag") == f'"{sha256(data)}"' and answer.body == data


def test_everything_else_is_revalidated(site: Client, root: Path) -> None:
    for path in (
        "/",
        "/static/app.css",
        "/router/router.py",
        "/static/lock.json",
        "/pyscript.toml",
        "/static/empty.txt",
    ):
        answer = site.ask(path)
        assert answer.field("Cache-Control") == "no-cache" and answer.field("ETag") == f'"{sha256(answer.body)}"'


def test_an_asset_that_is_not_as_locked_is_not_cached_for_long(tmp_path: Path) -> None:
    root = build(tmp_path)
    with running(root) as site:
        write(root / LIB[1:], MODULE + b"// patched\n")
        answer = site.ask(LIB, {"Accept-Encoding": "br"})
        assert answer.field("Cache-Control") == "no-cache" and answer.body == MODULE + b"// patched\n"
        assert answer.field("ETag") == f'"{sha256(answer.body)}"'
        assert answer.field("Content-Encoding") is None  # its compressed form is of the old bytes
        write_lock(root, {LIB[1:]: MODULE + b"// patched\n"})  # the lock is read again
        assert "immutable" in (site.ask(LIB).field("Cache-Control") or "")
        write(root / "static/lock.json", "{ torn")
        assert site.ask(LIB).field("Cache-Control") == "no-cache"


def test_validators_answer_304(site: Client) -> None:
    for path in ("/", LIB, "/static/app.css"):
        for accept in ("identity", "gzip", "br"):
            first = site.ask(path, {"Accept-Encoding": accept})
            tag, date = first.field("ETag") or "", first.field("Last-Modified") or ""
            for fields in ({"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-Modified-Since": date}):
                again = site.ask(path, {"Accept-Encoding": accept, **fields})
                assert again.status == 304 and again.body == b""
                for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
                    assert again.field(name) == first.field(name)
                assert again.field("Content-Length") is None and again.field("Content-Type") is None
            other = site.ask(path, {"Accept-Encoding": accept, "If-None-Match": '"x"', "If-Modified-Since": date})
            assert other.status == 200 and other.body == first.body


def test_the_etag_changes_with_the_content_and_only_then(tmp_path: Path) -> None:
    root = build(tmp_path)
    path = root / "static/app.css"
    with running(root) as site:
        old = site.ask("/static/app.css")
        stamp = path.stat().st_mtime_ns
        write(path, path.read_bytes().replace(b"0", b"1"))
        os.utime(path, ns=(stamp, stamp))  # same size, same time: only the bytes tell
        new = site.ask("/static/app.css", {"If-None-Match": old.field("ETag") or "", "Accept-Encoding": "gzip"})
        assert new.status == 200 and b"margin: 1" in gzip.decompress(new.body)
        os.utime(path)
        assert site.ask("/static/app.css", {"If-None-Match": f'"{sha256(path.read_bytes())}"'}).status == 304


def test_last_modified_is_never_in_the_future(tmp_path: Path) -> None:
    root = build(tmp_path)
    os.utime(root / "static/app.css", (4e9, 4e9))
    with running(root) as site:
        told = email.utils.parsedate_to_datetime(site.ask("/static/app.css").field("Last-Modified") or "").timestamp()
        assert told <= time.time()


# ---- Encodings


def test_brotli_comes_from_the_lock(site: Client) -> None:
    answer = site.ask(LIB, {"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.body == BROTLI and answer.field("Content-Encoding") == "br"
    assert (
        answer.field("Content-Type") == "text/javascript; charset=utf-8" and answer.field("Vary") == "Accept-Encoding"
    )
    assert answer.field("ETag") == f'"{sha256(BROTLI)}"' and "immutable" in (answer.field("Cache-Control") or "")


def test_gzip_is_made_on_the_fly(site: Client, root: Path) -> None:
    for path in ("/static/app.css", LIB, CORE, "/router/router.py"):
        answer = site.ask(path, {"Accept-Encoding": "gzip"})
        assert answer.field("Content-Encoding") == "gzip" and answer.field("Vary") == "Accept-Encoding"
        assert gzip.decompress(answer.body) == (root / path[1:]).read_bytes()
        assert answer.field("Content-Length") == str(len(answer.body))
        assert len(answer.body) < len(gzip.decompress(answer.body))


def test_each_encoding_has_its_own_etag(site: Client) -> None:
    answers = [site.ask(LIB, {"Accept-Encoding": accept}) for accept in ("identity", "gzip", "br")]
    assert len({answer.field("ETag") for answer in answers}) == len({answer.body for answer in answers}) == 3
    for one in answers:
        assert one.field("Vary") == "Accept-Encoding"
        for other, accept in zip(answers, ("identity", "gzip", "br"), strict=True):
            status = site.ask(LIB, {"Accept-Encoding": accept, "If-None-Match": one.field("ETag") or ""}).status
            assert status == (304 if one is other else 200)


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("br;q=0", None),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=1, br;q=0.1", "gzip"),
        ("*", "br"),
        ("", None),
        ("*;q=0", None),
    ],
)
def test_weights_are_honoured(site: Client, accept: str, encoding: str | None) -> None:
    assert site.ask(LIB, {"Accept-Encoding": accept}).field("Content-Encoding") == encoding


def test_small_and_packed_files_are_sent_as_they_are(site: Client) -> None:
    for path in ("/static/tiny.css", "/static/logo.png", WHEEL, "/static/empty.txt"):
        answer = site.ask(path, {"Accept-Encoding": "gzip, br"})
        assert answer.field("Content-Encoding") is None and answer.field("Vary") is None


def test_the_compressed_form_itself_is_just_a_file(site: Client) -> None:
    answer = site.ask(LIB + ".br", {"Accept-Encoding": "gzip, br"})
    assert (
        answer.body == BROTLI and answer.field("Content-Type") == "application/octet-stream"
    )  # never runs as a module
    assert answer.field("Content-Encoding") is None


def test_a_missing_or_torn_compressed_form_is_not_sent(tmp_path: Path) -> None:
    root = build(tmp_path)
    with running(root) as site:
        write(root / f"{LIB[1:]}.br", BROTLI[:-1])
        assert site.ask(LIB, {"Accept-Encoding": "br"}).body == MODULE
        (root / f"{LIB[1:]}.br").unlink()
        assert site.ask(LIB, {"Accept-Encoding": "br"}).body == MODULE


# ---- Ranges


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("bytes=0-0", 0, 0), ("bytes=0-", 0, len(WASM) - 1), ("bytes=5-9", 5, 9),
        ("bytes=-1", len(WASM) - 1, len(WASM) - 1), ("bytes=-999999999", 0, len(WASM) - 1), ("bytes=700000-99999999", 700000, len(WASM) - 1),
        ("BYTES= 1 - 2 ", 1, 2),
    ],
)  # fmt: skip
def test_a_range_is_a_206_of_identity(site: Client, field: str, first: int, last: int) -> None:
    answer = site.ask(CORE, {"Range": field, "Accept-Encoding": "br, gzip"})
    assert answer.status == 206 and answer.body == WASM[first : last + 1]
    assert answer.field("Content-Range") == f"bytes {first}-{last}/{len(WASM)}"
    assert answer.field("Content-Length") == str(last - first + 1) and answer.field("Content-Encoding") is None
    assert answer.field("ETag") == f'"{sha256(WASM)}"'
    check_security(answer)


def test_ranges_that_do_not_apply(site: Client) -> None:
    for field in ("bytes=0-1,5-6", "items=0-1", "bytes=9-5", "bytes=x", "bytes=" + "9" * 3000 + "-"):
        answer = site.ask(CORE, {"Range": field})
        assert answer.status == 200 and answer.body == WASM and answer.field("Content-Range") is None
    assert site.ask(CORE, {"Range": "bytes=0-1"}, "HEAD").status == 200  # a range is of GET only
    for field in (f"bytes={len(WASM)}-", "bytes=-0", f"bytes={10**17}-"):
        answer = site.ask(CORE, {"Range": field})
        assert answer.status == 416 and answer.field("Content-Range") == f"bytes */{len(WASM)}"
        assert answer.field("ETag") is None
    assert site.ask("/static/empty.txt", {"Range": "bytes=0-"}).status == 416


def test_if_range(site: Client) -> None:
    plain = site.ask(LIB)
    tag, date = plain.field("ETag") or "", plain.field("Last-Modified") or ""
    gzipped = site.ask(LIB, {"Accept-Encoding": "gzip"}).field("ETag") or ""
    for holds, validator in (
        (True, tag), (True, date), (False, f"W/{tag}"), (False, '"x"'), (False, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (False, "junk"), (False, gzipped),
    ):  # fmt: skip
        answer = site.ask(LIB, {"Range": "bytes=1-3", "If-Range": validator})
        assert (answer.status, answer.body) == ((206, MODULE[1:4]) if holds else (200, MODULE)), validator
    assert site.ask(LIB, {"Range": "bytes=1-3", "If-None-Match": tag}).status == 304  # conditions come first
    assert site.ask(LIB, {"Range": "bytes=99999999-", "If-Range": '"x"'}).status == 200


@given(st.integers(0, len(MODULE) + 5), st.integers(0, len(MODULE) + 5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_joins_to_the_file(site: Client, first: int, length: int) -> None:
    answer = site.ask(LIB, {"Range": f"bytes={first}-{first + length}"})
    if first < len(MODULE):
        assert answer.status == 206 and answer.body == MODULE[first : first + length + 1]
    else:
        assert answer.status == 416


# ---- Load


def test_many_clients_at_once_get_whole_files(site: Client) -> None:
    failures: list[object] = []

    def work(number: int) -> None:
        link = site.connect()
        for turn in range(15):
            path, data = ((LIB, MODULE), (CORE, WASM), ("/", shell()))[(number + turn) % 3]
            answer = site.ask(path, {"Accept-Encoding": "gzip"} if turn % 2 else {}, keep=link)
            body = gzip.decompress(answer.body) if answer.field("Content-Encoding") else answer.body
            if answer.status != 200 or body != data:
                failures.append((path, answer.status))
        link.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# ---- This checkout


def test_this_checkout_shows_the_app_and_nothing_else() -> None:
    with running(ROOT) as site:
        page = site.ask("/app/crypto", NAVIGATE)
        assert page.status == 200 and b'<base href="/">' in page.body  # the tag that deep links live on
        for hidden in (
            "serve.py",
            "test.py",
            "README.md",
            ".git/HEAD",
            ".git/config",
            ".venv/pyvenv.cfg",
            "wheels/README.md",
        ):
            assert site.ask(f"/{hidden}").status == 404
        for name in (path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")):
            assert site.ask(f"/{name}").status == 404


def test_every_asset_of_this_checkout_is_as_locked() -> None:
    assets = serve.parse_lock((ROOT / "static/lock.json").read_bytes())
    assert assets
    with running(ROOT) as site:
        link = site.connect()
        for path, locked in assets.items():
            answer = site.ask(f"/{path}", {"Accept-Encoding": "identity"}, keep=link)
            assert answer.status == 200 and sha256(answer.body) == locked.sha256, path
            assert answer.field("ETag") == f'"{locked.sha256}"' and "immutable" in (answer.field("Cache-Control") or "")
            if locked.brotli:
                packed = site.ask(f"/{path}", {"Accept-Encoding": "br"}, keep=link)
                assert packed.field("Content-Encoding") == "br" and sha256(packed.body) == assets[locked.brotli].sha256
        link.close()
