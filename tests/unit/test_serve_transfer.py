"""serve.py over connections: caching, conditions, encodings and ranges."""

from __future__ import annotations

import email.utils
import gzip
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve_site import (
    BROTLI,
    CORE,
    LIB,
    MODULE,
    WASM,
    WHEEL,
    Client,
    build,
    check_security,
    running,
    sha256,
    write,
    write_lock,
)

# ---- Caching and conditions


def test_locked_assets_are_cached_for_ever_by_the_hash_of_the_lock(site: Client) -> None:
    for path, data in ((LIB, MODULE), (CORE, WASM), (WHEEL, b"PK\3\4" + bytes(5000))):
        answer = site.ask(path)
        assert answer.field("Cache-Control") == "public, max-age=31536000, immutable"
        assert answer.field("ETag") == f'"{sha256(data)}"' and answer.body == data


def test_a_locked_asset_without_a_version_in_its_path_is_revalidated(tmp_path: Path) -> None:
    root = build(tmp_path)
    paths = ("static/app.css", "static/NOTICES-2.txt")
    for path in paths:
        write(root / path, b"x" * 2000)
    write_lock(root, {path: (root / path).read_bytes() for path in paths})
    with running(root) as site:
        for path in paths:
            answer = site.ask(f"/{path}")
            assert answer.field("Cache-Control") == "no-cache" and answer.field("ETag") == f'"{sha256(answer.body)}"'


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
        ("bytes=-1", len(WASM) - 1, len(WASM) - 1),
        ("bytes=-999999999", 0, len(WASM) - 1), ("bytes=700000-99999999", 700000, len(WASM) - 1),
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
