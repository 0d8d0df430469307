"""A real `python -m keriwasm.server` on a free port, and a client that sends exactly what a test says.

    python tests/kits/server/serverkit.py      # brings the Python and the packages into the cache; test.py does so before `server`
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "wheels"), str(ROOT / "python")]

from keriwasm.server import setup  # noqa: E402
from vendoring import newer_python, paths  # noqa: E402

BEGUN_SECONDS = 60.0
"""So long a server may take until it listens, and its pool until it is whole: nothing is asserted about the time."""


def place() -> Path:
    """Where it lies; changes with what is brought."""
    return paths.cache() / f"server-{setup.key()[:16]}"


def provide() -> int:
    """Bring it, by the command that a user has. Returns the exit status."""
    return setup.main(["--place", str(place())])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Served:
    """A server that runs. `lines`: what it has printed."""

    process: subprocess.Popen[str]
    url: str
    log: Path
    lines: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)

    def ask(self, method: str, path: str, body: bytes | Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """One request; a mapping goes as JSON, JSON is wanted unless `accept` says otherwise. `_` in a header's name is a dash."""
        told = {"accept": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if isinstance(body, Mapping):
            body = json.dumps(body).encode()
            told.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, told)
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def raw(self, data: bytes, end: bool = True) -> bytes:
        """What comes for these bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))

    def pool(self) -> dict[str, Any]:
        return self.get("/app/pool").json

    def whole(self, *others: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The pool's report once all workers are ready, and what else is asked of it holds."""
        return until(self.pool, lambda pool: pool["state"] == "ready"
                     and all(worker["state"] == "ready" for worker in pool["workers"]) and all(each(pool) for each in others))  # fmt: skip

    def children(self) -> list[int]:
        """Process ids of its workers, as the kernel has them."""
        return children(self.process.pid)


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, _, rest = stat.read_text().partition(" (")
            fields = rest.rpartition(") ")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(number))
    return sorted(found)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = BEGUN_SECONDS) -> Any:
    """What `look` gives once it is good. Raises TimeoutError with the last of it."""
    end = time.monotonic() + seconds
    while not good(found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"not in {seconds} s: {found}")
        time.sleep(0.05)
    return found


def command(
    *options: str, program: Sequence[str] = ("-m", "keriwasm.server"), site: Path | None = None
) -> tuple[list[str], dict[str, str]]:
    """What starts a server of this checkout, and its environment. site: a folder of more packages."""
    brought = place()
    path = os.pathsep.join([str(ROOT / "python"), str(brought / "site"), *([str(site.absolute())] if site else [])])
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME", "TMPDIR", "LD_LIBRARY_PATH")}
    return [str(newer_python.provided(brought)), *program, *options], {**kept, "PYTHONPATH": path}


@contextlib.contextmanager
def serving(*options: str, workers: int = 2, ready: bool = True, stdin: int = subprocess.DEVNULL, **how: Any) -> Iterator[Served]:
    """A server until the block ends, then none of its processes. how: see `command`."""
    words, environment = command("--port", "0", "--workers", str(workers), *options, **how)
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(words, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=log, text=True, cwd="/")
        assert process.stdout
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if "served at " in line:
                    break
            if not lines or "served at " not in lines[-1]:
                raise RuntimeError(f"the server did not start: {''.join(lines)}{Path(log.name).read_text()}")
            served = Served(process, lines[-1].split("served at ")[1].strip(), Path(log.name), lines)
            if ready:
                served.whole()
            yield served
        finally:
            left = children(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            until(lambda: [pid for pid in left if alive(pid)], lambda found: not found, 10)
            process.stdout.close()


if __name__ == "__main__":
    sys.exit(provide())
