"""serve.py over connections: which files there are, the shell, and what this checkout shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve_site import (
    CORE,
    HOSTILE,
    LIB,
    NAVIGATE,
    ROOT,
    SECRET,
    WHEEL,
    Client,
    check_security,
    running,
    serve,
    sha256,
    shell,
    write,
)

# ---- Files and headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pyscript.toml", "application/toml; charset=utf-8"), ("/manifest.webmanifest", "application/manifest+json"),
        ("/service-worker.js", "text/javascript; charset=utf-8"), ("/router/policy/router.py", "text/x-python; charset=utf-8"),
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
    assert answer.field("Content-Length") == str(len(answer.body))
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
        200: site.ask("/"), 304: site.ask(LIB, {"If-None-Match": tag}), 307: site.ask("/app"), 400: site.ask("*"),
        404: site.ask("/nothing"), 405: site.ask("/", method="POST"), 501: site.ask("/", method="BREW"),
        503: site.ask("/app/x", method="POST", body=b"a=1"),
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
        (b"GET / FTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
    ):  # fmt: skip
        got = site.raw(raw)
        assert got.startswith(f"HTTP/1.1 {status} ".encode()), got[:100]
        for name, value in serve.SECURITY_HEADERS.items():
            assert f"\r\n{name}: {value}\r\n".encode() in got


def test_the_server_does_not_tell_its_python(site: Client) -> None:
    assert site.ask("/").field("Server").strip() == "KeriWasm"


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
        "//etc/passwd", "/%2fetc/passwd", "/etc/passwd", "/static//etc/passwd", "/static/%00", "/C:/x",
        "/static/app.css%00.png",
        "/static/" + "x" * 5000, "/static/%ff%fe", "/./static/app.css", "/static/./app.css", "/STATIC/app.css",
        "/index.html/",
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
    got = site.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert SECRET not in got and re.match(rb"HTTP/1\.1 (200|307|400|404|503) ", got), got[:80]
    assert re.match(rb"HTTP/1\.1 307 ", got) is None or b"\r\nLocation: app/\r\n" in got


def test_a_404_is_readable_for_a_person(site: Client) -> None:
    page = site.ask("/nothing<script>", NAVIGATE)
    assert page.status == 404 and page.body.startswith(b"<!doctype html>") and b"<script>" not in page.body


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
    base = re.search(rb'<base href="([^"]*)">', answer.body)
    assert base and answer.body == shell(base[1].decode())
    for stripped in ("", "/keri", "/some/folder"):  # by a proxy before this server: the page still finds its files
        assert urljoin(f"http://host{stripped}{path}", base[1].decode()) == f"http://host{stripped}/"
    assert answer.status == 200 and answer.field("Cache-Control") == "no-cache"
    assert "base-uri 'self'" in (answer.field("Content-Security-Policy") or "")  # or the <base> would do nothing
    again = site.ask(path, {**fields, "If-None-Match": answer.field("ETag") or ""})
    assert again.status == 304 and again.body == b""


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("GET", {}), ("GET", {"Accept": "application/json"}),
        ("GET", {"Sec-Fetch-Mode": "cors", "Accept": "text/html"}),
        ("GET", {"Accept": "text/html", "HX-Request": "true"}), ("HEAD", {}), ("POST", NAVIGATE), ("POST", {}),
        ("PUT", {}), ("DELETE", {}), ("PATCH", {}), ("GET", {"Accept": "text/event-stream"}),
    ],
)  # fmt: skip
def test_anything_else_under_app_is_told_to_come_again(site: Client, method: str, fields: dict[str, str]) -> None:
    answer = site.ask("/app/crypto/hash", fields, method, b"text=x" if method in ("POST", "PUT", "PATCH") else None)
    assert answer.status == 503 and answer.field("Retry-After") == "1" and answer.field("Cache-Control") == "no-store"
    if method != "HEAD":
        assert b"own workers" in answer.body or b"own workers" in answer.body.replace(b"&#x27;", b"'")
    if method == "GET":
        problem = json.loads(answer.body)
        assert problem["status"] == 503 and problem["type"] == "about:blank" and "workers" in problem["detail"]


def test_app_without_its_slash_is_led_to_it(site: Client) -> None:
    answer = site.ask("/app?x=1")
    assert answer.status == 307 and answer.field("Location") == "app/?x=1"
    assert site.ask("/application").status == 404


def test_in_a_subfolder(root: Path) -> None:
    with running(root, base="/sub/folder/") as site:
        assert site.server.url.endswith("/sub/folder/")  # type: ignore[attr-defined]
        for path in ("/sub/folder", "/sub/folder?x=1"):
            answer = site.ask(path)
            assert answer.status == 307
            leads = urljoin(f"http://host{path}", answer.field("Location"))
            assert leads == "http://host/sub/folder/" + ("?x=1" if "?" in path else "")
        assert site.ask("/sub/folder/app").field("Location") == "app/"
        for path in ("/sub/folder/", "/sub/folder/index.html"):
            assert site.ask(path, NAVIGATE).body == shell()
        assert site.ask("/sub/folder/app/crypto", NAVIGATE).body == shell("../")
        assert site.ask("/sub/folder/app/crypto/hash", NAVIGATE).body == shell("../../")
        assert site.ask("/sub/folder/static/app.css").status == 200
        assert site.ask("/sub/folder/router/doors/service-worker.js").field("Service-Worker-Allowed") == "/sub/folder/"
        assert site.ask("/sub/folder/app/x", method="POST").status == 503
        for path in (
            "/",
            "/static/app.css",
            "/app/",
            "/sub/",
            "/sub/folderx",
            "/sub/folder/../../static/app.css",
            "/index.html",
        ):
            assert site.ask(path).status == 404, path


def test_the_service_worker_may_control_the_app_and_is_never_cached(site: Client, root: Path) -> None:
    for path in ("/service-worker.js", "/router/doors/service-worker.js"):
        answer = site.ask(path)
        assert answer.field("Service-Worker-Allowed") == "/" and answer.field("Cache-Control") == "no-cache"
    assert site.ask("/router/policy/router.py").field("Service-Worker-Allowed") is None


def test_without_a_shell_the_server_says_what_is_wrong(tmp_path: Path) -> None:
    with running(tmp_path) as site:
        assert site.ask("/").status == 404 and b"whole checkout" in site.ask("/").body


# ---- This checkout


def test_this_checkout_shows_the_app_and_nothing_else() -> None:
    with running(ROOT) as site:
        page = site.ask("/app/crypto", NAVIGATE)
        assert page.status == 200 and b'<base href="../">' in page.body  # the tag that deep links live on
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
    with running(ROOT) as site:
        assets = site.server.locked()  # type: ignore[attr-defined]
        assert assets
        link = site.connect()
        for path, (digest, _) in assets.items():
            answer = site.ask(f"/{path}", {"Accept-Encoding": "identity"}, keep=link)
            assert answer.status == 200 and sha256(answer.body) == digest, path
            assert answer.field("ETag") == f'"{digest}"'
            kept = path.startswith(("static/pyodide/", "static/micropython/", "static/vendor/", "static/wheels/"))
            versioned = not path.startswith("static/wheels/first_")  # of what the lock has today: asked for again
            assert ("immutable" in (answer.field("Cache-Control") or "")) == versioned or not kept, path
            if small := assets.get(f"{path}.br"):
                packed = site.ask(f"/{path}", {"Accept-Encoding": "br"}, keep=link)
                assert packed.field("Content-Encoding") == "br" and sha256(packed.body) == small[0]
        link.close()


# ---- An app of one's own


def test_an_app_s_files_come_before_the_checkout_s(root: Path, tmp_path: Path) -> None:
    app = tmp_path / "mine"
    write(app / "index.html", shell().replace(b"KeriWasm", b"Mine"))
    write(app / "static/app.css", "mine{}")
    write(app / "templates/pages/hello.html", "<h1>Hello</h1>")
    write(app / "notes.txt", SECRET)
    write(app / "tests/x.py", SECRET)
    (app / "static/up.txt").symlink_to(root / "serve.py")
    (app / "static/out.txt").symlink_to(app / "notes.txt")
    with running(root, app=app) as site:
        assert b"<title>Mine" in site.ask("/").body and b"<title>Mine" in site.ask("/app/hello", NAVIGATE).body
        assert site.ask("/static/app.css").body == b"mine{}"
        assert site.ask("/templates/pages/hello.html").status == 200
        assert site.ask("/router/policy/router.py").body == (root / "router/policy/router.py").read_bytes()  # the checkout's
        assert "immutable" in (site.ask(LIB).field("Cache-Control") or "")  # by its lock
        for path in ("/notes.txt", "/tests/x.py", "/static/up.txt", "/static/out.txt", "/serve.py"):
            answer = site.ask(path)
            assert answer.status == 404 and SECRET not in answer.body, path
