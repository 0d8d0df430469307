"""Processes: one that is killed or hangs is replaced, and none outlives the server, however that ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from serverkit import Served, alive, children, command, serving, until


def test_events_come_as_they_happen_and_end_with_the_client(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 60) as connection:
        connection.sendall(b"GET /app/pool/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        data = b""
        while data.count(b"data:") < 2:
            data += connection.recv(1 << 16)
    head = data.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 200") and b"content-type: text/event-stream" in head and b"x-worker: w" in head
    until(served.pool, lambda pool: pool["router"]["inflight"] == 0)


def test_a_worker_that_hangs_is_replaced(served: Served) -> None:
    before = {each["id"]: each["generation"] for each in served.whole()["workers"]}
    assert served.ask("POST", "/app/faults/w2", {"kind": "hang"}).status == 200
    after = served.whole(lambda pool: any(each["generation"] > before[each["id"]] for each in pool["workers"]))
    assert "w2" in [each["id"] for each in after["workers"]]
    assert served.get("/app/crypto").status == 200


def test_killed_processes_are_replaced_and_what_they_had_is_answered(served: Served) -> None:
    served.whole()
    before = served.children()
    assert len(before) == 2
    answers: list[int] = []

    def ask() -> None:
        items = [{"name": str(n), "data": "AA" * 2000} for n in range(30)]
        for _ in range(10):
            answers.append(served.ask("POST", "/app/crypto/hash-many", {"algorithm": "blake3", "items": items}).status)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for each in asking:
        each.start()
    os.kill(before[0], signal.SIGKILL)
    until(served.children, lambda now: before[0] not in now and len(now) == 2)
    for each in asking:
        each.join()
    assert len(answers) == 30 and set(answers) <= {200, 502}, answers
    assert answers.count(200) >= 24
    pool = served.whole()
    assert sum(each["restarts"] for each in pool["workers"]) >= 1
    assert "was ended by SIGKILL" in served.log.read_text()
    assert served.get("/app/crypto").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to_with_all_its_processes(number: signal.Signals) -> None:
    with serving() as own:
        left = own.children()
        with socket.create_connection(("127.0.0.1", own.port), 60) as stream:
            stream.sendall(b"GET /app/pool/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            data = stream.recv(1 << 16)
            own.process.send_signal(number)
            while part := stream.recv(1 << 16):
                data += part
        assert data.endswith(b"0\r\n\r\n"), "an open stream ends whole"
        assert own.process.wait(30) == 0
        assert not any(alive(pid) for pid in left)
        assert "Traceback" not in own.log.read_text()


def test_no_process_outlives_a_server_that_was_killed() -> None:
    with serving("--faults") as own:
        left = own.children()
        assert len(left) == 2
        assert own.ask("POST", "/app/faults/w2", {"kind": "hang"}).status == 200
        own.process.kill()
        own.process.wait()
        until(lambda: [pid for pid in left if alive(pid)], lambda found: not found, 30)


def test_what_cannot_be_started_says_why() -> None:
    def run(*options: str) -> tuple[int, str]:
        words, environment = command(*options)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, cwd="/")
        return done.returncode, done.stderr

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = run("--port", str(taken.getsockname()[1]))
        assert status == 1 and "is taken" in said
    for options, word in (
        (("--port", "70000"), "70000"), (("--workers", "0"), "1 to 16"), (("--workers", "17"), "1 to 16"),
        (("--host", "0.0.0.0", "--port", "0", "--faults"), "loopback"), (("--wallet", "--data", "/tmp/x"), "/tmp"),
        (("--base", "/a b/", "--port", "0"), "folder path"),
    ):  # fmt: skip
        status, said = run(*options)
        assert status == 2 and word in said, (options, said)


def test_in_a_folder_of_a_host_and_by_another_name() -> None:
    with serving("--base", "/sub/folder/", "--name", "Kiosk.Example", workers=1, ready=False) as own:
        page = own.get("/sub/folder/app/crypto", accept="text/html", sec_fetch_mode="navigate", host="kiosk.example")
        assert page.status == 200 and '<base href="/sub/folder/">' in page.text
        assert own.get("/sub/folder/static/css/app.css").status == 200
        assert own.get("/app/crypto").status == 404 and own.get("/sub/folder").headers["location"] == "/sub/folder/app/"
        assert len(children(own.process.pid)) == 1
        assert json.loads(own.get("/sub/folder/app/pool").body)["size"] == 1


def test_a_breakpoint_has_the_terminal(tmp_path: Path) -> None:
    """The worker stands in pdb for longer than a hung one may, and then answers."""
    hook = tmp_path / "sitecustomize.py"
    hook.write_text(
        "import sys\n"
        "def trace(frame, event, arg):\n"
        "    if frame.f_code.co_name == 'report' and frame.f_code.co_filename.endswith('pool_client.py'):\n"
        "        sys.setprofile(None)\n"
        "        breakpoint()\n"
        "if 'keriwasm.server.worker_process' in sys.orig_argv:\n"
        "    sys.setprofile(trace)\n"
    )
    with serving("--debug", ready=False, site=tmp_path, stdin=subprocess.PIPE) as own:
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(own.get("/app/pool/panel").status))
        asking.start()
        until(lambda: own.get("/app/pool").json["router"]["inflight"], lambda found: found >= 1)
        time.sleep(6)  # hang_ms is five seconds
        assert asking.is_alive() and own.pool()["workers"][0]["restarts"] == 0
        assert own.process.stdin
        own.process.stdin.write("p 6 * 7\ncontinue\n")
        own.process.stdin.flush()
        asking.join(60)
        assert answers == [200]
