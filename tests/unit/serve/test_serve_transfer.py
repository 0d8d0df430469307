"""serve.py over connections: caching, conditions and encodings."""

from __future__ import annotations

import os
from pathlib import Path

from serve_site import BROTLI, CORE, LIB, MODULE, WASM, WHEEL, Client, build, running, sha256, write, write_lock

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
        "/router/policy/router.py",
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
        for accept in ("identity", "br"):
            first = site.ask(path, {"Accept-Encoding": accept})
            tag = first.field("ETag") or ""
            for known in (tag, f'"x", W/{tag}', f'W/{tag} ,"y"'):
                again = site.ask(path, {"Accept-Encoding": accept, "If-None-Match": known})
                assert again.status == 304 and again.body == b""
                for name in ("ETag", "Cache-Control", "Vary"):
                    assert again.field(name) == first.field(name)
                assert again.field("Content-Length") is None and again.field("Content-Type") is None
            for other in ('"x"', tag.strip('"'), f'"a{tag}b"'):
                got = site.ask(path, {"Accept-Encoding": accept, "If-None-Match": other})
                assert got.status == 200 and got.body == first.body


def test_the_etag_changes_with_the_content_and_only_then(tmp_path: Path) -> None:
    root = build(tmp_path)
    path = root / "static/app.css"
    with running(root) as site:
        old = site.ask("/static/app.css")
        stamp = path.stat().st_mtime_ns
        write(path, path.read_bytes().replace(b"0", b"1"))
        os.utime(path, ns=(stamp, stamp))  # same size, same time: only the bytes tell
        new = site.ask("/static/app.css", {"If-None-Match": old.field("ETag") or "", "Accept-Encoding": "gzip"})
        assert new.status == 200 and b"margin: 1" in new.body
        os.utime(path)
        assert site.ask("/static/app.css", {"If-None-Match": f'"{sha256(path.read_bytes())}"'}).status == 304


# ---- Encodings


def test_brotli_comes_from_the_lock(site: Client) -> None:
    answer = site.ask(LIB, {"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.body == BROTLI and answer.field("Content-Encoding") == "br"
    assert (
        answer.field("Content-Type") == "text/javascript; charset=utf-8" and answer.field("Vary") == "Accept-Encoding"
    )
    assert answer.field("ETag") == f'"{sha256(BROTLI)}"' and "immutable" in (answer.field("Cache-Control") or "")


def test_each_encoding_has_its_own_etag(site: Client) -> None:
    answers = [site.ask(LIB, {"Accept-Encoding": accept}) for accept in ("identity", "br")]
    assert len({answer.field("ETag") for answer in answers}) == len({answer.body for answer in answers}) == 2
    for one in answers:
        assert one.field("Vary") == "Accept-Encoding"
        for other, accept in zip(answers, ("identity", "br"), strict=True):
            status = site.ask(LIB, {"Accept-Encoding": accept, "If-None-Match": one.field("ETag") or ""}).status
            assert status == (304 if one is other else 200)


def test_what_has_no_compressed_form_is_sent_as_it_is(site: Client) -> None:
    for path in (CORE, "/router/policy/router.py", "/static/tiny.css", "/static/logo.png", WHEEL, "/static/empty.txt"):
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
