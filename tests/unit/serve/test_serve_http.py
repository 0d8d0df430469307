"""serve.py over connections: methods, bounds, slow, rude and many clients."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from serve_site import (
    BROTLI,
    CORE,
    LIB,
    MODULE,
    WASM,
    Client,
    build,
    running,
    serve,
    shell,
    write,
)


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


# ---- Methods and connections


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(site: Client, method: str) -> None:
    answer = site.ask("/static/app.css", method=method)
    assert answer.status == 405 and answer.field("Allow") == "GET, HEAD"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW", "get", "_begin", "serve"])
def test_methods_that_nobody_knows_are_refused(site: Client, method: str) -> None:
    assert site.ask("/static/app.css", method=method).status == 501


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
    tag = site.ask("/", keep=link).field("ETag") or ""
    assert site.ask("/", {"If-None-Match": tag}, keep=link).status == 304
    assert site.ask("/", method="HEAD", keep=link).status == 200
    assert site.ask(LIB, {"Range": "bytes=1-2"}, keep=link).body == MODULE  # ranges are not for a file that is kept whole
    assert link.sock is socket_of_it and link.sock is not None
    link.close()


def test_pipelined_requests_are_answered_in_order(site: Client) -> None:  # more in all than one head may have
    one = b"GET /static/tiny.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    got = site.raw(one * 1000 + last)
    assert got.count(b"HTTP/1.1 200 OK") == 1000 and got.rstrip().endswith(b"}") and b"404 Not Found" in got


def test_http_1_0(site: Client) -> None:
    got = site.raw(b"GET /static/tiny.css HTTP/1.0\r\n\r\n")  # needs no Host, ends by itself
    assert got.endswith(b"\r\n\r\na{}") and b"\r\nConnection: close\r\n" in got


def test_a_target_is_a_path(site: Client) -> None:
    """This is no proxy; and of two names of one request none could be believed."""
    for target in ("http://localhost/static/tiny.css", "http://localhost", "ftp://localhost/static/tiny.css", "*"):
        assert site.ask(target).status == 400


@pytest.mark.parametrize("twice", ["Host: 127.0.0.1", "Host: localhost", "content-length: 0", "Content-Length: 3"])
def test_what_names_a_request_s_place_or_end_stands_once(site: Client, twice: str) -> None:
    inner = b"GET /static/tiny.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"GET /static/app.css HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{twice}\r\n\r\n".encode()
    got = site.raw(head + inner)
    assert got.startswith(b"HTTP/1.1 400 ") and got.count(b"HTTP/1.1 ") == 1 and b"\r\nConnection: close\r\n" in got
    assert b" once" in got and twice.split(":")[0].encode().lower() in got.lower()


OUR_NAMES = ["localhost", "LOCALHOST.", "localhost:80", "keri.localhost", "127.0.0.1", "127.1.2.3:8000", "[::1]:8000"]
STRANGE_NAMES = [
    "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "xlocalhost", "", ".", "[::1",
    "a@localhost", "localhost, evil.example", "1.2.3", "0x7f.1", "evil.example#localhost", "[evil.example]",
    "10.1.2.3:8000", "[fe80::1]",
]  # fmt: skip


@pytest.mark.parametrize("name", OUR_NAMES)
def test_an_address_and_localhost_are_answered(site: Client, name: str) -> None:
    assert site.raw(_asks(name)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name", STRANGE_NAMES)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_a_stranger_s_name_that_leads_here_is_not_answered(site: Client, name: str, method: str) -> None:
    """DNS rebinding: the stranger's page would pass for the app."""
    got = site.raw(_asks(name, method=method))
    assert got.startswith(b"HTTP/1.1 421 ") and b"a{}" not in got and b"--name" in got


def _asks(name: str, origin: str = "", method: str = "GET") -> bytes:
    return f"{method} {origin}/static/tiny.css HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_a_server_on_all_addresses_answers_to_each(root: Path, host: str) -> None:
    with running(root, host=host) as site:
        for name, status in (("10.1.2.3:8000", 200), ("[fe80::1]", 200), ("localhost", 200), ("evil.example", 421)):
            assert site.raw(_asks(name)).startswith(b"HTTP/1.1 %d " % status), name


def test_names_that_the_server_was_given_are_answered(root: Path) -> None:
    with running(root, names=["keri.example", "Other"]) as site:
        for name, status in (("keri.example:443", 200), ("other.", 200), ("x.keri.example", 421), ("keri", 421)):
            assert site.raw(_asks(name)).startswith(b"HTTP/1.1 %d " % status), name


def test_a_body_is_no_second_request(site: Client) -> None:
    inner = b"GET /static/tiny.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for head in (
        f"Content-Length: {len(inner)}",
        "Content-Length: 7, 7",
        "Content-Length: -1",
        "Transfer-Encoding: chunked",
    ):
        for method in ("GET", "POST"):
            got = site.raw(f"{method} /app/x HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + inner, b"")
            assert got.count(b"HTTP/1.1 ") == 1 and b"a{}" not in got and b"\r\nConnection: close\r\n" in got


def test_an_upload_gets_to_read_its_refusal(site: Client) -> None:
    for path, status in (("/app/crypto/hash", 503), ("/static/app.css", 405)):
        assert site.ask(path, method="POST", body=bytes(8_000_000)).status == status  # and is not reset


def test_expect_100(site: Client) -> None:
    got = site.raw(b"POST /app/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", b"hello")
    assert b"HTTP/1.1 503 " in got


def test_heads_are_bounded(site: Client) -> None:
    """By http.server: a line, and the number of lines. Half a head is cut off when its place is wanted (below)."""
    for head in (b"GET /" + b"x" * 100_000, b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000, b"GET / HTTP/1.1" + b"\r\nX: y" * 3000):
        with contextlib.suppress(ConnectionError):  # what was not read ends the connection, perhaps before the answer
            assert re.match(rb"HTTP/1.1 4(14|31) ", site.raw(head + b"\r\nHost: localhost\r\n\r\n"))
    assert site.ask("/", {"X": "y" * 20_000}).status == 200


def test_an_idle_connection_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve.Handler, "timeout", 0.3)
    with running(root) as site, socket.create_connection(site.address, timeout=60) as link:
        link.sendall(b"GET /static/tiny.css HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.1)
        assert link.recv(10_000).endswith(b"a{}")
        assert link.recv(10) == b""


def test_a_client_that_reads_nothing_is_let_go(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serve.Handler, "timeout", 0.3)
    site_root = build(tmp_path)
    write(site_root / "static/big.bin", bytes(30_000_000))
    with running(site_root) as site:
        before = threading.active_count()
        with socket.create_connection(site.address, timeout=60) as link:
            link.sendall(b"GET /static/big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
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
            b"GET /static/big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n",
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


def test_silent_connections_give_their_places_to_whoever_speaks(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "CONNECTIONS", 3)
    with running(root) as site, contextlib.ExitStack() as links:
        silent = [links.enter_context(socket.create_connection(site.address, timeout=60)) for _ in range(10)]
        kept = site.connect()
        links.callback(kept.close)
        for _ in range(5):  # without an end of the silent ones, and by a connection kept alive as by new ones
            assert site.ask("/static/tiny.css", keep=kept).body == b"a{}"
            assert site.ask("/").status == 200
        assert silent[0].recv(1) == b""  # the one that was silent for longest left first
        half = links.enter_context(socket.create_connection(site.address, timeout=60))
        half.sendall(b"GET / HTTP/1.1\r\nHost: local")  # half a head is no request either
        for _ in range(4):
            silent.append(links.enter_context(socket.create_connection(site.address, timeout=60)))
        eventually(lambda: half.recv(1) == b"")
        assert site.ask("/").status == 200
    assert capfd.readouterr().err == ""


def test_past_the_bound_of_busy_connections_the_server_lives_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(serve, "CONNECTIONS", 3)
    root = build(tmp_path)
    write(root / "static/big.bin", bytes(40_000_000))
    with running(root) as site:
        links = [socket.create_connection(site.address, timeout=60) for _ in range(3)]
        for link in links:  # they ask, and read slowly: none of them is put out for another
            link.sendall(b"GET /static/big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert link.recv(12) == b"HTTP/1.1 200"
        with pytest.raises((OSError, http.client.HTTPException)):
            site.ask("/")
        assert links[0].recv(100_000)
        for link in links:
            link.close()
        eventually(lambda: _answers(site))


def _answers(site: Client) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return site.ask("/").status == 200
    return False


def test_a_fault_of_the_server_is_told_in_its_terminal(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk is on fire")

    with running(root) as site:
        with monkeypatch.context() as patch, pytest.raises((OSError, http.client.HTTPException)):
            patch.setattr(serve, "locate", broken)
            site.ask("/static/app.css")
        assert site.ask("/static/app.css").status == 200
    assert "the disk is on fire" in capfd.readouterr().err


def test_the_log_of_dev_is_one_harmless_line_per_request(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(root, dev=True) as site:
        site.raw(b"GET /\x1b[31mred\x07 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        site.ask("/static/app.css")
        site.ask("/__dev__/version")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2 and all(line.isascii() and line.isprintable() for line in lines)
    assert '"GET /static/app.css HTTP/1.1" 200' in lines[1]


def test_it_is_quiet_without_dev(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(root) as site:
        site.ask("/")
        site.raw(b"GARBAGE\r\n\r\n")
    assert capfd.readouterr() == ("", "")


# ---- Load


def test_many_clients_at_once_get_whole_files(site: Client) -> None:
    failures: list[object] = []

    def work(number: int) -> None:
        link = site.connect()
        for turn in range(15):
            path, data = ((LIB, MODULE), (CORE, WASM), ("/", shell()))[(number + turn) % 3]
            answer = site.ask(path, {"Accept-Encoding": "br"} if turn % 2 else {}, keep=link)
            wanted = BROTLI if answer.field("Content-Encoding") else data
            if answer.status != 200 or answer.body != wanted:
                failures.append((path, answer.status))
        link.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
