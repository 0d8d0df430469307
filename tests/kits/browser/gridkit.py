"""A real Selenium Grid: a hub and nodes in processes of their own, from the jar that npm's @nightwatch/selenium-server carries.

Java 17 and chromedriver are Debian's (`python test.py long` brings them). The jar goes into the cache, pinned by its archive's digest.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "wheels"))

from vendoring import paths  # noqa: E402
from vendoring.lock import file_digest  # noqa: E402

PACKAGE, VERSION = "@nightwatch/selenium-server", "4.20.0"
DIGEST = "fd87ef30ae6f74233bfa21fe82feb1b15b8c2bc4899d309fe0770fd52dc43c1b"
CHROMEDRIVER = "/usr/bin/chromedriver"
STARTED = 120.0


def jar() -> Path:
    """The server, from the cache or by npm. Raises ValueError for an archive that is not the pinned one."""
    place = paths.cache() / f"selenium-server-{VERSION}.jar"
    if place.exists():
        return place
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", scratch, f"{PACKAGE}@{VERSION}"], check=True, capture_output=True)
        (archive,) = Path(scratch).glob("*.tgz")
        if file_digest(archive) != DIGEST:
            raise ValueError(f"{PACKAGE} {VERSION} is not the archive that is pinned: {file_digest(archive)}")
        partial = place.with_suffix(".part")
        with tarfile.open(archive) as packed, partial.open("wb") as out:
            member = packed.extractfile(f"package/lib/selenium-server-{VERSION}.jar")
            assert member is not None
            shutil.copyfileobj(member, out)
        partial.replace(place)
    return place


def free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    try:
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in taken]
    finally:
        for each in taken:
            each.close()


@contextmanager
def grid(nodes: int, logs: Path) -> Iterator[str]:
    """A hub with so many nodes of one session each, until the block ends; gives the hub's address."""
    server = ["java", "-jar", str(jar())]
    hub, publish, subscribe, *ports = free_ports(3 + nodes)
    events = ["--publish-events", f"tcp://127.0.0.1:{publish}", "--subscribe-events", f"tcp://127.0.0.1:{subscribe}"]
    commands = [[*server, "hub", "--host", "127.0.0.1", "--port", str(hub), *events]]
    for port in ports:
        commands.append([
            *server, "node", "--host", "127.0.0.1", "--port", str(port), *events, "--detect-drivers", "false", "--driver-configuration",
            "display-name=chromium", "max-sessions=1", f"webdriver-executable={CHROMEDRIVER}", 'stereotype={"browserName": "chrome"}',
        ])  # fmt: skip
    running = []
    try:
        for number, command in enumerate(commands):
            log = (logs / f"grid-{number}.log").open("wb")
            running.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
            log.close()
        until = time.monotonic() + STARTED
        while len(_up(hub)) < nodes:
            said = "".join((logs / f"grid-{number}.log").read_text()[-1000:] for number in range(len(commands)))
            assert all(each.poll() is None for each in running) and time.monotonic() < until, said
            time.sleep(0.3)
        yield f"http://127.0.0.1:{hub}"
    finally:
        for each in reversed(running):
            each.terminate()
        for each in running:
            try:
                each.wait(20)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()


def _up(hub: int) -> list[str]:
    """Addresses of the nodes that the hub has."""
    with suppress(OSError, ValueError), urllib.request.urlopen(f"http://127.0.0.1:{hub}/status", timeout=60) as answer:
        return [node["uri"] for node in json.load(answer)["value"]["nodes"] if node["availability"] == "UP"]
    return []
