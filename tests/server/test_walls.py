"""What other sites, strangers and slow or endless clients can do: nothing that changes anything, and nothing that stays."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import time

import pytest
from serverkit import ROOT, Served, until

OWN = "http://127.0.0.1"
FOREIGN = {
    "another site's form": {"origin": "https://evil.example", "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate",
                            "sec_fetch_dest": "document"},
    "another site's fetch": {"origin": "https://evil.example", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
    "a neighbour's fetch": {"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors"},
    "another port of this machine": {"origin": "http://127.0.0.1:1"},
    "a sandboxed frame": {"origin": "null"},
    "an old browser by its referer": {"referer": "https://evil.example/page"},
    "a form of nobody knows whom": {"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
}  # fmt: skip


@pytest.mark.parametrize("way", FOREIGN)
def test_nothing_is_changed_or_computed_for_another_site(served: Served, way: str) -> None:
    before = served.pool()
    for path, body in (("/app/pool/size", {"workers": 5}), ("/app/faults/w1", {"kind": "crash"}), ("/app/crypto/hash", {"text": "x"})):
        answer = served.ask("POST", path, body, **FOREIGN[way])
        assert answer.status == 403, (path, answer.text)
        assert "Nothing was done" in answer.json["detail"] and "access-control-allow-origin" not in answer.headers
    after = served.pool()
    assert after["size"] == before["size"]
    assert [each["generation"] for each in after["workers"]] == [each["generation"] for each in before["workers"]]


def test_nothing_is_shown_in_a_frame_or_given_to_another_site_s_script(served: Served) -> None:
    framed = served.get("/app/crypto", accept="text/html", sec_fetch_site="same-origin", sec_fetch_mode="navigate", sec_fetch_dest="iframe")
    assert framed.status == 403
    assert served.get("/app/pool", sec_fetch_site="cross-site", sec_fetch_mode="no-cors", sec_fetch_dest="script").status == 403
    link = served.get("/app/crypto", accept="text/html", sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document")
    assert link.status == 200, "a link from elsewhere leads here"


def test_a_form_without_script_brings_the_token_of_a_page_of_ours(served: Served) -> None:
    page = served.get("/app/crypto/hash", accept="text/html", sec_fetch_mode="navigate").text
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token
    own = {"accept": "text/html", "origin": f"{OWN}:{served.port}", "referer": f"{served.url}crypto/hash", "sec_fetch_site": "same-origin",
           "sec_fetch_mode": "navigate", "sec_fetch_dest": "document", "content_type": "application/x-www-form-urlencoded"}  # fmt: skip
    sent = served.ask("POST", "/app/crypto/hash", f"algorithm=blake3&text=hello&form_token={token[1]}".encode(), **own)
    assert sent.status == 200 and "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f" in sent.text
    assert sent.text.startswith("<!doctype html>")
    for wrong in (b"algorithm=blake3&text=hello", b"algorithm=blake3&text=hello&form_token=" + b"0" * 32):
        assert served.ask("POST", "/app/crypto/hash", wrong, **own).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_ours_is_not_answered(served: Served, host: str) -> None:
    for path in ("/app/pool", "/static/css/app.css", "/"):
        assert served.get(path, host=host).status == 421


def test_our_names_are_answered(served: Served) -> None:
    for host in ("localhost", f"localhost:{served.port}", f"127.0.0.1:{served.port}", f"[::1]:{served.port}"):
        assert served.get("/app/pool", host=host).status == 200


@pytest.mark.parametrize("slice", ["wallet", "identifiers", "ledger", "credentials", "wallet/backup", "network", "suites"])
def test_what_is_one_person_s_is_off_and_the_reason_is_given(served: Served, slice: str) -> None:
    told = served.get(f"/app/{slice}")
    assert told.status == 501 and told.json["title"] == "Not on this server" and len(told.json["detail"]) > 40
    page = served.get(f"/app/{slice}", accept="text/html", sec_fetch_mode="navigate")
    assert page.status == 501 and page.text.startswith("<!doctype html>") and "Not on this server" in page.text
    assert served.ask("POST", "/app/wallet", {"name": "x", "passcode": "x" * 30}).status == 501
    assert any("--wallet" in line for line in served.lines)


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(served: Served) -> None:
    most = 71303168  # [pool] max_body_bytes
    head = f"POST /app/crypto/hash HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Length: {most + 1}\r\n\r\n"
    told = served.raw(head.encode(), end=False)
    assert told.startswith(b"HTTP/1.1 413 ") and str(most).encode() in told


@pytest.mark.parametrize(
    "head",
    [
        "GET /app/pool HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x" * 70_000 + "\r\n\r\n",
        "GET /" + "x" * 70_000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /app/pool HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "POST /app/pool/size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /app/pool/size HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "nothing\r\n\r\n",
    ],
    ids=["header", "address", "two hosts", "two lengths", "negative", "nothing"],
)
def test_a_head_that_is_no_head_is_refused(served: Served, head: str) -> None:
    told = served.raw(head.encode(), end=False)
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")), told[:200]
    assert served.get("/app/pool").status == 200


def test_who_sends_nothing_or_a_drop_now_and_then_or_does_not_read_is_let_go(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        deaf.connect(("127.0.0.1", served.port))
        large = max((ROOT / "static").rglob("*.wasm"), key=lambda path: path.stat().st_size)
        deaf.sendall(f"GET /{large.relative_to(ROOT).as_posix()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 60)) for _ in range(20)]
        for connection in slow[:10]:
            connection.sendall(b"GET /app/pool HTTP/1.1\r\nHo")
        assert served.get("/app/pool").status == 200
        shut = 0
        for number, connection in enumerate(slow):
            with contextlib.suppress(OSError):
                while number < 10 and not shut:
                    connection.sendall(b"x")
                    time.sleep(0.2)
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""
            shut += 1
        assert shut == 20
        # Reset, with what was for it thrown away: nobody has to read it to find that out.
        until(lambda: deaf.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), lambda found: found == errno.ECONNRESET)


def test_more_connections_than_are_served_make_room_for_who_asks(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(560):
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), 60))
        assert served.get("/app/pool").status == 200


def test_a_client_that_leaves_takes_its_work_along(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 60) as connection:
        body = b'{"kind": "slow", "ms": 4000}'
        for worker in ("w1", "w2"):
            assert served.ask("POST", f"/app/faults/{worker}", body, content_type="application/json").status == 200
        connection.sendall(b"GET /app/pool/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert served.pool()["router"]["inflight"] >= 1
    until(served.pool, lambda pool: pool["router"]["inflight"] == 0)
    assert served.pool()["router"]["cancelled"] >= 1
