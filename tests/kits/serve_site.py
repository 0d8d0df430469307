"""A small app tree and a client that sends exactly what a test says: shared by the tests of serve.py."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import importlib.util
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    """serve.py of this checkout, however pytest was told to import."""
    if "serve" not in sys.modules:
        spec = importlib.util.spec_from_file_location("serve", ROOT / "serve.py")
        assert spec and spec.loader
        sys.modules["serve"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["serve"])
    return sys.modules["serve"]


serve = load()

SHELL = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<base href="./">\n<title>KeriWasm</title>\n'
    '<script type="module" src="static/page/start.js"></script>\n</head>\n<body><main id="main"></main></body>\n</html>\n'
)
SECRET = b"top secret: nobody outside may read this\n"
MODULE = b"export const answer = 42; // said again and again\n" * 400
WASM = b"\0asm\1\0\0\0" + bytes(range(256)) * 3000
BROTLI = b"as good as brotli: the server never looks inside" * 9

LIB, WHEEL, CORE = "/static/lib/1.0.0/lib.mjs", "/static/wheels/a-1.0-py3-none-any.whl", "/static/core/2.0.0/core.wasm"
NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html,*/*;q=0.8"}
HOSTILE = st.sampled_from(
    ["..", ".", "", "%2e%2e", "%2E.", "%252e%252e", "..%2f", "%2f", "/", "\\", "%5c", "..\\", "%00", "x%00.css", "~",
     "C:", "C:%5c", "%c0%ae%c0%ae", "%ff", "static", "router", "app.css", ".git", "config", "link-out.txt", "link-dir",
     "link-git", "outside.txt", "app", "serve.py", "tests", "__pycache__", "...", "app.css.", "app.css%20",
     "app.css::$DATA", "static%2fapp.css", "link-dir%2foutside.txt", "\u00ef", "nul", "lib", "1.0.0", "%",
     "%zz", "%2", "app-sibling"]
)  # fmt: skip


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def write_lock(root: Path, paths: Mapping[str, bytes], **extra: dict[str, object]) -> None:
    """static/lock.json for `paths`; `extra` changes single entries, by the entry's name with / and . as _."""
    assets: list[dict[str, object]] = []
    for path, data in paths.items():
        entry: dict[str, object] = {"path": path, "sha256": sha256(data), "size": len(data)}
        if path.endswith(".br"):
            entry |= {"encoding": "br", "of": path[:-3]}
        assets.append(entry | extra.get(path.replace("/", "_").replace(".", "_"), {}))
    write(root / "static/lock.json", json.dumps({"version": 1, "assets": assets}))


def build(folder: Path) -> Path:
    """The app tree at folder/app, with secrets inside and outside of it that must stay unseen."""
    root = folder / "app"
    write(folder / "outside.txt", SECRET)
    write(folder / "app-sibling/static/x.txt", SECRET)
    write(root / "index.html", SHELL)
    write(root / "pyscript.toml", '[pool]\nworkers = "all"\n')
    write(root / "manifest.webmanifest", '{"name": "KeriWasm"}')
    write(root / "service-worker.js", 'importScripts("router/doors/service-worker.js");\n')
    write(root / "router/doors/service-worker.js", "// door\n")
    write(root / "router/policy/router.py", "def route() -> None: ...\n" * 100)
    write(root / "templates/layout.html", "<p>{{ title }}</p>\n")
    write(root / "static/app.css", "body { margin: 0 }\n" * 200)
    write(root / "static/tiny.css", "a{}")
    write(root / "static/empty.txt", b"")
    write(root / "static/logo.png", b"\x89PNG\r\n" + os.urandom(3000))
    write(root / "static/na\u00efve name.txt", "named so\n")
    write(root / "static/%2e.txt", "a literal percent\n")
    write(root / "static/lib/1.0.0/lib.mjs", MODULE)
    write(root / "static/lib/1.0.0/lib.mjs.br", BROTLI)
    write(root / "static/core/2.0.0/core.wasm", WASM)
    write(root / "static/wheels/a-1.0-py3-none-any.whl", b"PK\3\4" + bytes(5000))
    write_lock(
        root,
        {
            "static/lib/1.0.0/lib.mjs": MODULE,
            "static/lib/1.0.0/lib.mjs.br": BROTLI,
            "static/core/2.0.0/core.wasm": WASM,
            "static/wheels/a-1.0-py3-none-any.whl": b"PK\3\4" + bytes(5000),
        },
    )
    for hidden in (
        "serve.py", "test.py", "README.md", "tests/unit/test_x.py", "wheels/recipe.sh", ".git/config", ".ci/run",
        ".venv/bin/python", "static/.hidden", "static/.git/config", "python/__pycache__/page.pyc", "node_modules/x.js",
        "router/.env",
    ):  # fmt: skip
        write(root / hidden, SECRET)
    (root / "static/link-out.txt").symlink_to(folder / "outside.txt")
    (root / "static/link-dir").symlink_to(folder)
    (root / "static/link-serve.txt").symlink_to(root / "serve.py")
    (root / "static/link-git").symlink_to(root / ".git")
    (root / "static/link-good.css").symlink_to(root / "static/app.css")
    (root / "static/link-loop").symlink_to(root / "static/link-loop")
    os.mkfifo(root / "static/pipe.txt")
    return root


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def field(self, name: str) -> str | None:
        values = self.headers.get_all(name) or []
        assert len(values) <= 1, f"{name} was sent more than once: {values}"
        return values[0] if values else None


class Client:
    """Sends requests to one server, each on its own connection unless `keep` gives one."""

    def __init__(self, server: object) -> None:
        self.server = server
        self.address = server.server_address[:2]  # type: ignore[attr-defined]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.address, timeout=60)

    def ask(
        self, path: str, fields: Mapping[str, str] | None = None, method: str = "GET", body: bytes | None = None,
        keep: http.client.HTTPConnection | None = None,
    ) -> Answer:  # fmt: skip
        link = keep or self.connect()
        try:
            link.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (fields or {}).items():
                link.putheader(name, value)
            if body is not None:
                link.putheader("Content-Length", str(len(body)))
            link.endheaders(body)
            got = link.getresponse()
            return Answer(got.status, got.headers, got.read())
        finally:
            if keep is None:
                link.close()

    def raw(self, *pieces: bytes, seconds: float = 60) -> bytes:
        """All that comes back until the server ends the connection."""
        with socket.create_connection(self.address, timeout=seconds) as link:
            for piece in pieces:
                link.sendall(piece)
            got = b""
            while more := link.recv(65536):
                got += more
            return got


@contextlib.contextmanager
def running(
    root: Path, base: str = "/", dev: bool = False, names: Sequence[str] = (), app: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[Client]:
    server = serve.AppServer(root, host, 0, base, dev, names, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Client(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        assert not thread.is_alive()


def check_security(answer: Answer) -> None:
    for name, value in serve.SECURITY_HEADERS.items():
        assert answer.field(name) == value, name


def shell(base: str = "./") -> bytes:
    """The shell whose <base> is `base`: of a deep link that of the app, else as it stands in index.html."""
    return SHELL.replace('<base href="./">', f'<base href="{base}">').encode()
