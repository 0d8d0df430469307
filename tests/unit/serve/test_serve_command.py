"""serve.py as a command, and its --dev reload."""

from __future__ import annotations

import errno
import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_site import ROOT, build, running, serve, sha256, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = build(tmp_path)
    shutil.copy(ROOT / "serve.py", root / "serve.py")
    return root


@pytest.fixture
def start(folder: Path) -> Iterator[object]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        # -I -S: nothing installed is in reach, only the standard library; from elsewhere: its own folder is served
        command = [sys.executable, "-I", "-S", str(folder / "serve.py"), *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    match = re.fullmatch(r"KeriWasm is served at (http://\S+)\n", line)
    assert match, line
    return match[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_serves_and_ends_cleanly(start: object, number: signal.Signals) -> None:
    process = start("--port", "0")  # type: ignore[operator]
    url = url_of(process)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    with urllib.request.urlopen(url) as answer:
        assert answer.status == 200 and answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    with (
        urllib.request.urlopen(url + "static/app.css") as answer,
        socket.create_connection(("127.0.0.1", answer_port(url))),
    ):
        process.send_signal(number)  # with a connection still open
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def answer_port(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/")[0])


def test_base_and_host(start: object) -> None:
    url = url_of(start("--port", "0", "--base", "sub/folder", "--host", "localhost"))  # type: ignore[operator]
    assert url.endswith("/sub/folder/")
    with urllib.request.urlopen(url[:-1]) as answer:
        assert answer.url == url and b'<base href="./">' in answer.read()


def test_a_name_of_its_own(start: object) -> None:
    url = url_of(start("--port", "0", "--name", "keri.example", "--name", "other.example"))  # type: ignore[operator]
    for name, status in (("keri.example", 200), ("other.example", 200), ("localhost", 200), ("evil.example", 421)):
        link = http.client.HTTPConnection("127.0.0.1", answer_port(url), timeout=60)
        link.request("GET", "/pyscript.toml", headers={"Host": name})
        assert link.getresponse().status == status, name
        link.close()


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_ipv6() -> None:
    with serve.AppServer(ROOT, "::1", 0) as server:
        assert re.fullmatch(r"http://\[::1\]:\d+/", server.url)


def test_a_wildcard_host_is_shown_as_a_name_that_browsers_trust() -> None:
    with serve.AppServer(ROOT, "0.0.0.0", 0) as server:
        assert server.url == f"http://localhost:{server.server_port}/"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--port", "x"], 2, "--port"), (["--port", "70000"], 2, "0 to 65535"), (["--port", "-1"], 2, "0 takes any free one"),
        (["--port"], 2, "--port"), (["--base", "../.."], 2, "folder path"), (["--bogus"], 2, "--bogus"),
        (["--host", "no such host"], 1, "127.0.0.1"), (["--host", "192.0.2.1", "--port", "0"], 1, "--host 127.0.0.1"),
        (["extra"], 2, "extra"), (["--po", "1"], 2, "--po"), (["--app", "/no/such/folder"], 2, "the folder of an app"),
    ],
)  # fmt: skip
def test_mistakes_are_told(start: object, arguments: list[str], status: int, said: str) -> None:
    process = start(*arguments)  # type: ignore[operator]
    out, err = process.communicate(timeout=60)
    assert process.returncode == status and out == ""
    assert said in err.splitlines()[-1] and "serve.py: " in err.splitlines()[-1] and "Traceback" not in err


def test_a_taken_port(start: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--port", str(port))  # type: ignore[operator]
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == "" and err.count("\n") == 1
    assert f"port {port} of 127.0.0.1 is taken" in err and "--port 0" in err


@pytest.mark.parametrize(("port", "said", "unsaid"), [
    (80, "above 1023", "netsh"), (1023, "above 1023", "netsh"), (1024, "netsh interface ipv4 show", "1023"),
    (8000, "the system keeps port 8000", "1023"),
])  # fmt: skip
def test_a_port_that_is_not_given(port: int, said: str, unsaid: str) -> None:
    """Low ones want rights; Windows answers the same (10013) for those that it keeps for itself, however high."""
    text = serve.why_not(OSError(errno.EACCES, ""), "127.0.0.1", port)
    assert said in text and unsaid not in text and "--port 0" in text


def test_a_port_can_be_served_again_at_once(start: object) -> None:
    first = start("--port", "0")  # type: ignore[operator]
    port = answer_port(url_of(first))
    urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert answer_port(url_of(start("--port", str(port)))) == port  # type: ignore[operator]


def test_without_index_html(start: object, folder: Path) -> None:
    (folder / "index.html").unlink()
    process = start("--port", "0")  # type: ignore[operator]
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2 and out == "" and "whole checkout" in err.splitlines()[-1]


def test_an_old_python_is_told_so() -> None:
    lie = "import sys; sys.version_info = (3, 10, 0); sys.version = '3.10.0 (old)'"
    script = f"{lie}; import runpy; runpy.run_path({str(ROOT / 'serve.py')!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "needs Python 3.11 or newer, this is 3.10.0" in done.stderr
    assert done.stderr.count("\n") == 1


def test_only_the_standard_library_is_imported() -> None:
    names = re.findall(r"^(?:from|import) ([a-z_]+)", (ROOT / "serve.py").read_text(), re.MULTILINE)
    assert len(names) > 20 and set(names) <= sys.stdlib_module_names


# ---- --dev


def test_dev_adds_one_external_script_to_the_shell(folder: Path) -> None:
    for base in ("/", "/sub/"):
        with running(folder, base=base, dev=True) as site:
            for path in (base, f"{base}app/crypto"):
                page = site.ask(path, {"Accept": "text/html"})
                script = f'<script type="module" src="{base}__dev__/reload.js"></script></head>'.encode()
                assert page.body.count(script) == 1 and page.field("ETag") == f'"{sha256(page.body)}"'
            code = site.ask(f"{base}__dev__/reload.js")
            assert code.field("Content-Type") == "text/javascript; charset=utf-8" and b"location.reload()" in code.body
            assert code.field("Cache-Control") == site.ask(f"{base}__dev__/version").field("Cache-Control") == "no-store"
            assert site.ask(f"{base}__dev__/version", method="POST").status == 405
    with running(folder) as site:
        assert b"__dev__" not in site.ask("/").body


def test_dev_caches_nothing_for_long(folder: Path) -> None:
    with running(folder, dev=True) as site:
        answer = site.ask("/static/lib/1.0.0/lib.mjs")
        assert answer.field("Cache-Control") == "no-cache" and answer.status == 200


def test_dev_tells_of_every_change_to_a_served_file(folder: Path, tmp_path: Path) -> None:
    app = tmp_path / "mine"
    write(app / "index.html", "<p>")
    with running(folder, dev=True, app=app) as site:
        seen = [site.ask("/__dev__/version").body]
        for change in (
            lambda: write(folder / "static/app.css", "b{}"),
            lambda: write(folder / "python/deep/new/file.py", "x = 1\n"),
            lambda: (folder / "python/deep/new/file.py").unlink(),
            lambda: os.utime(folder / "index.html", ns=(7, 7)),
            lambda: write(app / "python/mine.py", ""),
        ):
            change()
            seen.append(site.ask("/__dev__/version").body)
        assert all(before != after for before, after in itertools.pairwise(seen))
        write(folder / "tests/unit/test_y.py", "")  # not served: no reload
        write(folder / "python/__pycache__/y.pyc", "")
        write(folder / "static/.swap", "")
        assert site.ask("/__dev__/version").body == seen[-1]
    with running(folder, dev=True, app=app) as site:  # another run of the server, and nothing new
        assert site.ask("/__dev__/version").body == seen[-1]


def test_dev_by_command(start: object) -> None:
    process = start("--port", "0", "--dev")  # type: ignore[operator]
    url = url_of(process)
    with urllib.request.urlopen(url + "__dev__/reload.js") as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and '"GET /__dev__/reload.js HTTP/1.1" 200' in err
