"""Real witnesses of keripy for a test, and `kli` as the other side.

    with running() as witnesses:            # wan wil wes wit wub wyz
        witnesses["wan"].url, .aid, .oobi
        witnesses["wes"].stop(); .go_on(); .kill(); .start()
        bob = witnesses.incept("bob", ("wan", "wil"))       # .aid; his keystore and alias are "bob"
        witnesses.kli("rotate", "--name", "bob", "--alias", "bob")

Each is a process of its own, on a free port of 127.0.0.1, with all it writes in a temporary home. What was started here is ended
here, by its id.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import bench

PROGRAM = Path(__file__).resolve().parent / "program.py"
AIDS = {
    "wan": "BBilc4-L3tFUnfM_wJr4S4OJanAv_VmF_dJNN6vkf2Ha",
    "wil": "BLskRTInXnMxWaGqcpSyMgo0nYbalW99cGZESrz3zapM",
    "wes": "BIKKuvBwpmDVA4Ds-EpL5bt9OqPzWPja2LigFYZN2YfX",
    "wit": "BM35JN8XeJSEfpxopjn5jr7tAHCE5749f0OobhMLCorE",
    "wub": "BIj15u5V11bkbtAxMA7gcNJZcax-7TgaBMLsQnMHpYHP",
    "wyz": "BF2rZTW79z4IXocYRQnjjsOuvFUQv-ptCf8Yltd7PfsM",
}
SALT = "0ACDEyMzQ1Njc4OWxtbm9aBc"
DATE = "2022-01-20T12:57:59.823350+00:00"
PATIENCE = 120
"""Seconds for six Pythons to import keripy on a machine that is busy; then something is wrong."""


@dataclass
class Witness:
    """One witness."""

    name: str
    port: int
    home: Path
    bench: bench.Bench
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def aid(self) -> str:
        return AIDS[self.name]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def oobi(self) -> str:
        return f"{self.url}oobi/{self.aid}/controller"

    def start(self) -> None:
        """Begin it, again after `kill` too: it knows then what it knew."""
        self.process = subprocess.Popen(
            [self.bench.python, PROGRAM, "witnesses", json.dumps({self.name: self.port})],
            env=self.bench.environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.home / "stderr").open("ab"),
        )

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError with what it said when it ended or took too long."""
        ends = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError), urllib.request.urlopen(self.oobi, timeout=60):
                return
            status = self.process.poll() if self.process else "never started"
            if status is not None or time.monotonic() > ends:
                said = (self.home / "stderr").read_text()[-2000:]
                raise RuntimeError(f"the witness {self.name} does not answer (status {status}): {said}")
            time.sleep(0.05)

    def stop(self) -> None:
        """It takes connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Nobody listens at its port any more."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _signal(self, number: int) -> None:
        assert self.process is not None and self.process.poll() is None, f"the witness {self.name} does not run"
        os.kill(self.process.pid, number)


@dataclass(frozen=True)
class Identifier:
    """One of `kli`'s."""

    name: str
    aid: str
    witnesses: tuple[str, ...]


class Witnesses(dict[str, Witness]):
    """Witnesses by name, and a home for `kli`."""

    def __init__(self, bench_: bench.Bench, folder: Path) -> None:
        super().__init__()
        self.bench, self.folder = bench_, folder
        self.home = folder / "kli"
        self.home.mkdir()

    def kli(self, *arguments: str, seconds: float = PATIENCE) -> str:
        """Run a command of keripy's `kli` in its home and return what it printed. Raises RuntimeError when it fails."""
        return self._run(self.home, "kli", *arguments, seconds=seconds)

    def fork(self, name: str, data: dict[str, str]) -> bytes:
        """The next interaction of an identifier of `kli`, signed with a copy of its keystore that knows what it knows now, and sent
        to nobody: no witness sees it."""
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            shutil.copytree(self.home, copy, dirs_exist_ok=True)
            return self._run(Path(copy), "fork", name, json.dumps(data)).strip().encode()

    def _run(self, home: Path, *arguments: str, seconds: float = PATIENCE) -> str:
        done = subprocess.run(
            [self.bench.python, PROGRAM, *arguments],
            env={**self.bench.environment(home), "DEBUG_KLI": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode or "Traceback" in done.stderr:
            raise RuntimeError(f"{' '.join(arguments[:3])}: status {done.returncode}\n{done.stdout}{done.stderr}"[-3000:])
        return done.stdout

    def introduce(self, name: str) -> str:
        """A new keystore of `kli` that has resolved the OOBIs of all these witnesses; what `kli init` printed."""
        config = self.home / "keri" / "cf" / f"{name}.json"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps({"dt": DATE, "iurls": [witness.oobi for witness in self.values()]}))
        files = ("--config-dir", str(self.home), "--config-file", name)
        return self.kli("init", "--name", name, "--nopasscode", "--salt", SALT, *files)

    def incept(self, name: str, witnesses: tuple[str, ...]) -> Identifier:
        """An identifier of a new keystore of `kli`, both of this name, with two keys and the receipts of all its witnesses."""
        said = self.introduce(name)
        unknown = [witness.name for witness in self.values() if f"{witness.oobi} succeeded" not in said]
        if unknown:
            raise RuntimeError(f"kli has not resolved the OOBIs of {unknown}: {said}")
        made = self.kli(
            *("incept", "--name", name, "--alias", name, "--icount", "2", "--isith", "2", "--ncount", "2", "--nsith", "2"),
            *(part for each in witnesses for part in ("--wits", self[each].aid)),
            *("--toad", str(len(witnesses)), "--transferable", "--receipt-endpoint"),
        )
        aid = next(word for word in made.split() if word.startswith("E") and len(word) == 44)
        return Identifier(name, aid, witnesses)


@contextmanager
def running(names: tuple[str, ...] = tuple(AIDS)) -> Iterator[Witnesses]:
    """Witnesses that all answer."""
    folder = Path(tempfile.mkdtemp(prefix="keriwasm_witnesses_"))
    witnesses = Witnesses(bench.provide(), folder)
    try:
        for name, port in zip(names, free(len(names)), strict=True):
            (folder / name).mkdir()
            witnesses[name] = Witness(name, port, folder / name, witnesses.bench)
            witnesses[name].start()
        for witness in witnesses.values():
            witness.wait()
        yield witnesses
    finally:
        for witness in witnesses.values():
            witness.kill()
        shutil.rmtree(folder, ignore_errors=True)


def free(count: int) -> list[int]:
    """Ports that nobody has just now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
