"""serve.py: the decisions it makes, without sockets. The other test_serve_*.py ask it over connections."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from serve_site import HOSTILE, SECRET, build, serve, sha256, write, write_lock


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serve"))


# ---- Paths


@given(st.text(st.characters(max_codepoint=255), max_size=60) | st.lists(HOSTILE, max_size=8).map("/".join))
@example("a//b")
@example("a/%2e%2e/b")
@example("")
def test_names_from_any_path_are_harmless(raw: str) -> None:
    raw = raw.encode("utf-8").decode("latin-1")  # as http.server gives it
    names = serve.split_path(raw)
    for name in names or []:
        assert name not in ("", ".", "..") and not name.startswith(".")
        assert not set(name) & set('/\\:\0*?"<>|')
        assert not name.endswith((".", " ")) and all(ord(letter) >= 32 and ord(letter) != 127 for letter in name)
    assert names is None or len(names) == raw.count("/") + 1  # nothing was split after decoding, nothing dropped


@given(st.lists(HOSTILE | st.text(st.characters(max_codepoint=255), max_size=8), max_size=8).map("/".join))
@settings(max_examples=600, deadline=None)
def test_no_path_leads_out_of_the_served_rooms(root: Path, raw: str) -> None:
    names = serve.split_path(raw.encode("utf-8").decode("latin-1"))
    found = serve.locate(root, names) if names else None
    if found is not None:
        inside = found.relative_to(root.resolve()).parts
        assert found.is_file() and not found.is_symlink()
        assert inside[0] in serve.SERVED_ROOMS | serve.SERVED_FILES
        assert not any(part.startswith(".") or part == "__pycache__" for part in inside)
        assert SECRET not in found.read_bytes()


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("static/app.css", ["static", "app.css"]),
        ("static/na%C3%AFve%20name.txt", ["static", "na\u00efve name.txt"]),
        ("static/%252e.txt", ["static", "%2e.txt"]),  # decoded once: the rest is a literal name
        ("%73tatic/app.css", ["static", "app.css"]),
        ("static/..", None), ("static/%2e%2e/x", None), ("static/%2E%2E", None), ("static%2fapp.css", None),
        ("static\\app.css", None), ("static/%5c", None), ("static/a%00", None), ("static/a%0a", None),
        ("static/a%7f", None), ("static/", None), ("/static", None), ("C:/x", None), ("static/x.css::$DATA", None),
        ("static/x.css.", None),
        ("static/x.css%20", None), ("static/%ff", None), ("static/%c0%ae%c0%ae", None), (".git/config", None),
        ("static/.hidden", None), ("python/__pycache__/x.pyc", None), ("", None),
    ],
)  # fmt: skip
def test_split_path(raw: str, names: list[str] | None) -> None:
    assert serve.split_path(raw) == names


def test_locate_follows_a_link_only_to_what_is_served(root: Path) -> None:
    assert serve.locate(root, ["static", "link-good.css"]) == (root / "static/app.css").resolve()
    for names in (
        ["static", "link-out.txt"], ["static", "link-dir", "outside.txt"], ["static", "link-serve.txt"],
        ["static", "link-git", "config"], ["static", "link-loop"], ["static", "pipe.txt"], ["static"],
        ["static", "lib"], ["serve.py"], ["tests", "unit", "test_x.py"], ["wheels", "recipe.sh"], ["README.md"],
        ["index.html", "x"],
        ["static", "x" * 5000], ["static", "link-dir", "app-sibling", "static", "x.txt"], ["router"], [],
    ):  # fmt: skip
        assert serve.locate(root, names) is None, names


def test_locate_works_when_the_root_itself_is_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(root)
    assert serve.locate(tmp_path / "elsewhere", ["static", "app.css"]) == (root / "static/app.css").resolve()
    assert serve.locate(tmp_path / "elsewhere", ["serve.py"]) is None


# ---- Encodings


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        (None, "identity"), ("", "identity"), ("br", "br"), ("gzip", "gzip"), ("gzip, br", "br"), ("br, gzip", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"), ("gzip;q=0.5, br;q=1", "br"), ("br;q=0", "identity"),
        ("br;q=0, gzip", "gzip"), ("br;q=0.000, gzip;q=0.001", "gzip"), ("*", "br"), ("*;q=0", "identity"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0, br;q=0, *;q=1", "identity"), ("identity, br;q=0.9, gzip;q=0.9", "identity"),
        ("identity;q=0.5, br;q=0.5", "br"), ("identity;q=0", "identity"), ("identity;q=0, gzip;q=0.1", "gzip"),
        ("x-gzip", "gzip"), ("GZip", "gzip"), ("deflate", "identity"), ("br ; q=0", "identity"), ("br; Q=0.3", "br"),
        ("br;q=nonsense", "identity"), ("br;q=2", "identity"), ("br;q=-1, gzip", "gzip"), ("br;q=1.0000", "identity"),
        ("gzip, deflate, br, zstd", "br"), ("brotli", "identity"), (";;,,=", "identity"), ("br;x=1;q=0", "identity"),
    ],
)  # fmt: skip
def test_choose_encoding(accept: str | None, encoding: str) -> None:
    assert serve.choose_encoding(accept, ["br", "gzip"]) == encoding


weights = st.none() | st.integers(0, 1000).map(lambda number: number / 1000)


@given(st.dictionaries(st.sampled_from(["br", "gzip", "identity", "*", "deflate"]), weights), st.randoms())
def test_the_chosen_encoding_is_the_heaviest(asked: dict[str, float | None], random: object) -> None:
    names = list(asked)
    random.shuffle(names)  # type: ignore[attr-defined]
    accept = ", ".join(name if asked[name] is None else f"{name};q={asked[name]:.3f}" for name in names)
    weight = {name: 1.0 if value is None else value for name, value in asked.items()}
    chosen = serve.choose_encoding(accept, ["br", "gzip"])
    offers = {name: weight.get(name, weight.get("*", 0.0)) for name in ("br", "gzip")}
    if chosen == "identity":
        assert all(value == 0 or value < weight.get("identity", 0) for value in offers.values())
    else:
        assert offers[chosen] > 0 and offers[chosen] == max(offers.values())
        assert offers[chosen] >= weight.get("identity", 0)
        assert chosen == "br" or offers["br"] < offers["gzip"]


@given(st.text(max_size=40))
def test_any_accept_encoding_is_survived(accept: str) -> None:
    assert serve.choose_encoding(accept, ["br", "gzip"]) in ("br", "gzip", "identity")
    assert serve.choose_encoding(accept, []) == "identity"


# ---- Ranges

number = st.integers(0, 40) | st.integers(0, 10**18 - 1)


@given(st.integers(0, 30), number, number)
def test_range_first_to_last_is_a_slice(size: int, first: int, last: int) -> None:
    data, field = os.urandom(size), f"bytes={first}-{last}"
    if last < first:
        assert serve.parse_range(field, size) is None
    elif first >= size:
        with pytest.raises(ValueError):
            serve.parse_range(field, size)
    else:
        start, end = serve.parse_range(field, size)
        assert data[start : end + 1] == data[first : last + 1] != b""


@given(st.integers(0, 30), number)
def test_open_and_suffix_ranges_are_slices(size: int, count: int) -> None:
    data = os.urandom(size)
    for field, expected in ((f"bytes={count}-", data[count:]), (f"bytes=-{count}", data[-count:] if count else b"")):
        if expected:
            start, end = serve.parse_range(field, size)
            assert data[start : end + 1] == expected and 0 <= start <= end < size
        else:
            with pytest.raises(ValueError):
                serve.parse_range(field, size)


@given(st.text(st.sampled_from("bytes=-0123456789, ;\u0663"), max_size=30) | st.text(max_size=20), st.integers(0, 50))
@example("bytes=" + "9" * 30000 + "-", 5)
@example("bytes=\u0661-\u0662", 5)
def test_any_range_is_in_bounds_or_refused(field: str, size: int) -> None:
    try:
        span = serve.parse_range(field, size)
    except ValueError:
        return
    assert span is None or 0 <= span[0] <= span[1] < size


@pytest.mark.parametrize(
    "field",
    ["bytes=0-0,2-3", "bytes=-", "bytes=", "items=0-1", "bytes=5-2", "bytes=a-b", "bytes 0-1", "0-1", "bytes=--1"],
)
def test_ranges_that_are_ignored(field: str) -> None:
    assert serve.parse_range(field, 10) is None


# ---- Conditions


@given(st.text(max_size=40))
@example("Thu, 99 Foo 99999 99:99:99 GMT")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
def test_any_date_is_survived(field: str) -> None:
    assert serve.http_date(field) is None or isinstance(serve.http_date(field), float)


def test_http_date_reads_all_three_forms() -> None:
    assert serve.http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    assert serve.http_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777
    assert serve.http_date("yesterday") is None and serve.http_date(None) is None and serve.http_date("") is None


OLD, SAME, NEW = (f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (36, 37, 38))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, None),
        ({"If-None-Match": '"x"'}, 304), ({"If-None-Match": 'W/"x"'}, 304), ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"a", W/"x" ,"b"'}, 304), ({"If-None-Match": '"y"'}, None), ({"If-None-Match": "x"}, None),
        ({"If-None-Match": '"a,"x","b"'}, None),  # the x here stands between two tags, in none
        ({"If-None-Match": '"x-gzip"'}, None), ({"If-None-Match": "", "If-Modified-Since": NEW}, None),
        ({"If-Modified-Since": SAME}, 304), ({"If-Modified-Since": NEW}, 304), ({"If-Modified-Since": OLD}, None),
        ({"If-Modified-Since": "junk"}, None),
        ({"If-None-Match": '"y"', "If-Modified-Since": NEW}, None),  # the tag outranks the date
        ({"If-Match": '"x"'}, None), ({"If-Match": "*"}, None), ({"If-Match": '"y"'}, 412),
        ({"If-Match": 'W/"x"'}, 412), ({"If-Unmodified-Since": OLD}, 412), ({"If-Unmodified-Since": SAME}, None),
        ({"If-Match": '"x"', "If-Unmodified-Since": OLD}, None), ({"If-Match": '"x"', "If-None-Match": '"x"'}, 304),
        ({"If-Match": '"y"', "If-None-Match": '"x"'}, 412),
    ],
)  # fmt: skip
def test_precondition(fields: dict[str, str], status: int | None) -> None:
    assert serve.precondition(fields.get, '"x"', 784111777) == status


# ---- The lock


def entry(path: str = "static/a.js", **changes: object) -> dict[str, object]:
    return {"path": path, "sha256": "a" * 64, "size": 3, **changes}


def parse(*entries: object, **document: object) -> dict[str, object]:
    return serve.parse_lock(json.dumps({"version": 1, "assets": list(entries), **document}))


def test_lock_paths_start_at_the_root_or_at_static() -> None:
    assets = parse(entry("static/a.js", name="more fields"), entry("b.js"), entry("static/b.js.br", encoding="br"))
    assert set(assets) == {"static/a.js", "static/b.js", "static/b.js.br"}
    assert assets["static/b.js"].brotli == "static/b.js.br"  # type: ignore[attr-defined]
    assert assets["static/a.js"].brotli == ""  # type: ignore[attr-defined]


def test_a_compressed_asset_without_its_plain_form_belongs_to_none() -> None:
    assert parse(entry("static/b.js.br"))["static/b.js.br"].brotli == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"version":2,"assets":[]}', '{"version":1}', '{"version":1,"assets":{}}']
    + [json.dumps({"version": 1, "assets": [wrong]}) for wrong in (
        None, "x", {}, entry(path=7), entry(size="3"), entry(size=True), entry(sha256="A" * 64), entry(sha256="a" * 63),
        entry(sha256=None), entry(sha256="a" * 64 + "\n"))],
)  # fmt: skip
def test_a_malformed_lock_raises(text: str) -> None:
    with pytest.raises(ValueError):
        serve.parse_lock(text)


def test_the_lock_is_read_again_when_it_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = serve.Lock(tmp_path)
    assert lock.assets() == {}
    write_lock(tmp_path, {"static/a.js": b"one"})
    assert lock.assets()["static/a.js"].sha256 == sha256(b"one")
    assert lock.assets() is lock.assets()  # unchanged: not read again
    write_lock(tmp_path, {"static/a.js": b"two"})
    os.utime(tmp_path / "static/lock.json", ns=(5, 5))  # the same size: the time alone tells
    assert lock.assets()["static/a.js"].sha256 == sha256(b"two")
    write(tmp_path / "static/lock.json", "{ torn")
    assert lock.assets() == {} and lock.assets() == {}
    said = capsys.readouterr().err
    assert said.count("lock.json is not used") == 1 and said.count("\n") == 1  # once, in one line
    write_lock(tmp_path, {"static/a.js": b"three"})
    assert lock.assets()["static/a.js"].sha256 == sha256(b"three")
    (tmp_path / "static/lock.json").unlink()
    assert lock.assets() == {}


# ---- Compression cache


def test_the_gzip_cache_keeps_its_bound_and_drops_the_least_used() -> None:
    opened: list[int] = []
    noise = {number: os.urandom(1000) for number in range(4)}  # incompressible: each takes a little over 1,000 bytes

    def get(number: int) -> bytes:
        def opener() -> io.BytesIO:
            opened.append(number)
            return io.BytesIO(noise[number])

        return cache.get(str(number), opener)

    cache = serve.GzipCache(bound=2500)
    for number in (0, 1, 0, 2, 0, 1):  # 2 pushes out 1, not the 0 that was used since
        assert gzip.decompress(get(number)) == noise[number]
        assert cache.held <= 2500
    assert opened == [0, 1, 2, 1]
    tiny = serve.GzipCache(bound=10)  # too big to keep is still answered
    assert gzip.decompress(tiny.get("x", lambda: io.BytesIO(noise[3]))) == noise[3] and tiny.held == 0


def test_a_slow_compression_holds_nobody_else_up() -> None:
    cache, inside, release = serve.GzipCache(), threading.Event(), threading.Event()
    cache.get("warm", lambda: io.BytesIO(b"w" * 5000))

    def slow() -> io.BytesIO:
        inside.set()
        assert release.wait(10)
        return io.BytesIO(b"s" * 5000)

    thread = threading.Thread(target=cache.get, args=("slow", slow))
    thread.start()
    assert inside.wait(10)
    assert gzip.decompress(cache.get("warm", slow)) == b"w" * 5000  # a hit
    assert gzip.decompress(cache.get("cold", lambda: io.BytesIO(b"c" * 5000))) == b"c" * 5000  # another miss
    release.set()
    thread.join(10)
    assert gzip.decompress(cache.get("slow", slow)) == b"s" * 5000


def test_a_compression_that_fails_can_be_tried_again() -> None:
    cache = serve.GzipCache()

    def broken() -> io.BytesIO:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        cache.get("x", broken)
    assert gzip.decompress(cache.get("x", lambda: io.BytesIO(b"x" * 5000))) == b"x" * 5000


def test_a_head_past_its_deadline_is_not_read_on() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        intake = serve.Intake(ours)
        theirs.sendall(b"GET / ")
        assert intake.readinto(bytearray(100)) == 6
        intake._deadline = time.monotonic() - 0.001
        theirs.sendall(b"HTTP/1.1")
        with pytest.raises(TimeoutError):
            intake.readinto(bytearray(100))
        intake.begin()  # another head, another deadline
        assert intake.readinto(bytearray(100)) == 8


def test_many_clients_of_one_cold_file_compress_it_once() -> None:
    cache, opened, bodies = serve.GzipCache(), [], []

    def opener() -> io.BytesIO:
        opened.append(1)
        time.sleep(0.05)
        return io.BytesIO(b"x" * 100_000)

    threads = [threading.Thread(target=lambda: bodies.append(cache.get("x", opener))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1 and len(set(bodies)) == 1 and len(bodies) == 8


def test_gzip_of_the_same_bytes_is_the_same_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = serve.GzipCache().get("x", lambda: io.BytesIO(b"x" * 5000))
    monkeypatch.setattr(time, "time", lambda: 99.0)
    assert serve.GzipCache().get("x", lambda: io.BytesIO(b"x" * 5000)) == first  # or one ETag would name two bodies


# ---- Headers, base, port


def test_the_policy_is_strict() -> None:
    directives = dict(part.split(" ", 1) for part in serve.CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'" and directives["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert directives["frame-ancestors"] == directives["object-src"] == "'none'"
    for value in directives.values():
        assert set(value.split()) <= {"'self'", "'none'", "'wasm-unsafe-eval'", "data:", "blob:"}
    assert directives["img-src"] == "'self' data: blob:"
    assert [name for name, value in directives.items() if "data:" in value or "blob:" in value] == ["img-src"]


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


def test_port_number() -> None:
    assert [serve.port_number(text) for text in ("0", "8000", "65535")] == [0, 8000, 65535]
    for text in ("65536", "-1", "x", "", "8000.0", "\u0661", "1e3", "999999", " 80"):
        with pytest.raises(ValueError):
            serve.port_number(text)


def test_every_suffix_has_the_type_that_browsers_want() -> None:
    wanted = {
        ".mjs": "text/javascript; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm",
        ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
        ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".py": "text/x-python; charset=utf-8",
        ".png": "image/png", ".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8",
        ".md": "text/markdown; charset=utf-8", ".toml": "application/toml; charset=utf-8", ".whl": "application/zip",
    }  # fmt: skip
    assert {suffix: serve.MEDIA_TYPES[suffix] for suffix in wanted} == wanted
    assert set(serve.COMPRESSIBLE) <= set(serve.MEDIA_TYPES)
