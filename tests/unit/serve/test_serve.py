"""serve.py: the decisions it makes, without sockets. The other test_serve_*.py ask it over connections."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serve_site import HOSTILE, SECRET, build, serve, sha256, write, write_lock


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serve"))


# ---- Paths


@given(st.lists(HOSTILE | st.text(st.characters(max_codepoint=255), max_size=8), max_size=8).map("/".join))
@settings(max_examples=600, deadline=None)
def test_no_path_leads_out_of_the_served_rooms(root: Path, raw: str) -> None:
    found = serve.locate(root, raw.encode("utf-8").decode("latin-1"))  # as http.server gives it
    if found is not None:
        inside = found.relative_to(root.resolve()).parts
        assert found.is_file() and not found.is_symlink()
        assert inside[0] in serve.SERVED_ROOMS | serve.SERVED_FILES
        assert not any(part.startswith(".") or part == "__pycache__" for part in inside)
        assert SECRET not in found.read_bytes()


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("static/app.css", "static/app.css"),
        ("static/na%C3%AFve%20name.txt", "static/na\u00efve name.txt"),
        ("static/%252e.txt", "static/%2e.txt"),  # decoded once: the rest is a literal name
        ("%73tatic/app.css", "static/app.css"),
        ("static/..", None), ("static/%2e%2e/x", None), ("static/%2E%2E", None), ("static%2fapp.css", None),
        ("static\\app.css", None), ("static/%5c", None), ("static/app.css%00", None), ("static/app.css%0a", None),
        ("static/app.css%7f", None), ("static/", None), ("/static/app.css", None), ("C:/x", None),
        ("static/app.css::$DATA", None), ("static/app.css.", None), ("static//app.css", None), ("static/./app.css", None),
        ("static/app.css%20", None), ("static/%ff", None), ("static/%c0%ae%c0%ae", None), (".git/config", None),
        ("static/.hidden", None), ("python/__pycache__/page.pyc", None), ("", None), ("static/lib/../app.css", None),
    ],
)  # fmt: skip
def test_a_path_is_decoded_once_and_is_what_it_says(root: Path, raw: str, path: str | None) -> None:
    assert serve.locate(root, raw) == (root.resolve() / path if path else None)


def test_locate_follows_a_link_only_to_what_is_served(root: Path) -> None:
    assert serve.locate(root, "static/link-good.css") == (root / "static/app.css").resolve()
    for path in (
        "static/link-out.txt", "static/link-dir/outside.txt", "static/link-serve.txt", "static/link-git/config",
        "static/link-loop", "static/pipe.txt", "static", "static/lib", "serve.py", "tests/unit/test_x.py", "wheels/recipe.sh",
        "README.md", "index.html/x", "static/" + "x" * 5000, "static/link-dir/app-sibling/static/x.txt", "router",
    ):  # fmt: skip
        assert serve.locate(root, path) is None, path


def test_locate_works_when_the_root_itself_is_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(root)
    assert serve.locate(tmp_path / "elsewhere", "static/app.css") == (root / "static/app.css").resolve()
    assert serve.locate(tmp_path / "elsewhere", "serve.py") is None


# ---- Encodings


@pytest.mark.parametrize(
    ("accept", "brotli"),
    [
        ("", False), ("br", True), ("gzip", False), ("gzip, br", True), ("br, gzip", True), ("gzip;q=1.0, br;q=0.5", True),
        ("br;q=0", False), ("br;q=0.000, gzip;q=0.001", False), ("br;q=0.001", True), ("br ; q=0", False), ("br; Q=0.3", True),
        ("BR", True), ("gzip, deflate, br, zstd", True), ("brotli", False), ("xbr", False), (";;,,=", False), ("br;q=0,gzip", False),
    ],
)  # fmt: skip
def test_who_takes_brotli(accept: str, brotli: bool) -> None:
    assert bool(serve.BROTLI.search(accept)) == brotli


# ---- The lock


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"assets":7}', '{"assets":[7]}', '{"assets":["x"]}', '{"assets":[{"path":"static/tiny.css"}]}', "\xff"],
)
def test_a_malformed_lock_only_costs_the_long_caching(tmp_path: Path, text: str) -> None:
    root = build(tmp_path)
    write(root / "static/lock.json", text.encode("latin-1"))
    with serve.AppServer(root, "127.0.0.1", 0) as server:
        assert server.locked() == {}
        write_lock(root, {"static/a.js": b"one"})
        assert server.locked() == {"static/a.js": (sha256(b"one"), 3)}


def test_the_lock_is_read_again_when_it_changes(tmp_path: Path) -> None:
    with serve.AppServer(tmp_path, "127.0.0.1", 0) as server:
        assert server.locked() == {}
        write_lock(tmp_path, {"static/a.js": b"one"})
        assert server.locked()["static/a.js"] == (sha256(b"one"), 3)
        assert server.locked() is server.locked()  # unchanged: not read again
        write_lock(tmp_path, {"static/a.js": b"two"})
        os.utime(tmp_path / "static/lock.json", ns=(5, 5))  # the same size: the time alone tells
        assert server.locked()["static/a.js"][0] == sha256(b"two")
        (tmp_path / "static/lock.json").unlink()
        assert server.locked() == {}


# ---- Headers, base, port


def test_the_policy_is_strict() -> None:
    directives = dict(part.split(" ", 1) for part in serve.CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'" and directives["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert directives["frame-ancestors"] == directives["object-src"] == "'none'"
    for value in directives.values():
        assert set(value.split()) <= {"'self'", "'none'", "'wasm-unsafe-eval'", "data:", "blob:"}
    assert directives["img-src"] == "'self' data: blob:"
    assert [name for name, value in directives.items() if "data:" in value or "blob:" in value] == ["img-src"]


def test_one_script_s_worker_may_ask_other_servers() -> None:
    """And in nothing else is its policy another; the script is there."""
    assert (serve.ROOT / serve.GATEWAY).is_file()
    wide, own = serve.GATEWAY_POLICY.split("; "), serve.CONTENT_SECURITY_POLICY.split("; ")
    assert [pair for pair in zip(own, wide, strict=True) if pair[0] != pair[1]] == [("connect-src 'self'", "connect-src http: https:")]


def test_security_headers_are_single_lines() -> None:
    for name, value in serve.SECURITY_HEADERS.items():
        assert value.isprintable() and value.isascii() and value == value.strip(), name
    assert serve.SECURITY_HEADERS["Cross-Origin-Opener-Policy"] == "same-origin"
    assert serve.SECURITY_HEADERS["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.mark.parametrize(
    ("given_base", "base"),
    [("/", "/"), ("", "/"), ("sub", "/sub/"), ("/sub", "/sub/"), ("/a/b.c/~d/", "/a/b.c/~d/"), ("/app/", "/app/")],
)
def test_folder(given_base: str, base: str) -> None:
    assert serve.folder(given_base) == base


@pytest.mark.parametrize(
    "text", ["..", "/a/../b", "/a//b/", "/.git/", "/a b/", '/"><script>/', "/%2e/", "http://x/", "/\u00e9/", "/a/\n"]
)
def test_folder_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        serve.folder(text)


def test_every_suffix_has_the_type_that_browsers_want() -> None:
    wanted = {
        ".mjs": "text/javascript; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm",
        ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
        ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".py": "text/x-python; charset=utf-8",
        ".png": "image/png", ".txt": "text/plain; charset=utf-8",
        ".md": "text/markdown; charset=utf-8", ".toml": "application/toml; charset=utf-8", ".whl": "application/zip",
    }  # fmt: skip
    assert {suffix: serve.MEDIA_TYPES[suffix] for suffix in wanted} == wanted



def test_the_seed_of_the_notebook_s_frame_is_the_one_that_the_policies_name() -> None:
    """A change of it without one of its hash would leave the frame empty."""
    seed = base64.b64encode(hashlib.sha256((Path(serve.__file__).parent / "router/capsule/seed.js").read_bytes()).digest()).decode()
    assert f"'sha256-{seed}'" in serve.OWN_POLICIES[serve.NOTEBOOK]
    assert f"'sha256-{seed}'" in (Path(serve.__file__).parent / "router/offline/generations.js").read_text()
