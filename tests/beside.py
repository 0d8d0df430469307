"""Suites that only compute, beside those that drive a browser: a browser under test leaves a fifth to a half of two cores idle.

They are a `python test.py SUITES` of their own, at a low priority. Its words go to a file, which is printed whole
once it has ended and nothing else is printing. What this does not catch: what made a session of its own, when all the rest is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

SUITES = ("unit", "wasm")
"""Nothing in them asserts how long something took."""
LOW = 10
"""nice: a tenth of what the others get, while they want all. Less, and a server that a unit test starts may not come up in time."""
END_S = 30
"""So long a run that was interrupted may take to say where it stood."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
LIBC = ctypes.CDLL(None)


def chosen(suites: list[str]) -> list[str]:
    """Which of the suites run beside the rest: none on a single core, or without a browser that they could run beside."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return [suite for suite in suites if suite in SUITES] if "browser" in suites and cores > 1 else []


def behind() -> None:
    """In the new process: behind the others. Where the kernel weighs each session as a whole (autogroup), nice alone says
    nothing to Chromium, which is in a session of its own."""
    os.nice(max(0, LOW - os.nice(0)))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LOW))
    with_its_parent()


def with_its_parent() -> None:
    """In the new process: end when the one that started it does, however that ends."""
    LIBC.prctl(DIE_WITH_PARENT, signal.SIGTERM)


class Beside:
    """One such run."""

    def __init__(self, command: list[str | Path]) -> None:
        self.began = time.monotonic()
        self.seconds = 0.0
        self.told = False
        with tempfile.NamedTemporaryFile("wb", prefix="keriwasm-beside-", suffix=".log", delete=False) as log:
            self.log = Path(log.name)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True, preexec_fn=behind)  # fmt: skip

    def tell(self) -> None:
        """Print what it said, once, if it has ended."""
        if self.told or self.process.poll() is None:
            return
        self.told = True
        sys.stdout.write(self.log.read_text(errors="replace"))
        sys.stdout.flush()
        self.log.unlink()

    def wait(self) -> int:
        """Its status, when it has ended and was told."""
        status = self.process.wait()
        self.tell()
        return status

    def end(self, by: int) -> None:
        """Send all its processes a signal, and kill those that stay; nothing, if it has ended."""
        if self.process.poll() is not None:
            return
        for each in (by, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, each)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(END_S)
        self.tell()


def run(command: list[str | Path], cwd: Path) -> int:
    """The command's status. Interrupted (Ctrl-C, which it gets as well), it may still say where it stood."""
    with subprocess.Popen(command, cwd=cwd, preexec_fn=with_its_parent) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            raise
        finally:
            process.kill()  # nothing, once it has ended


def _terminated(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)
    sys.exit(128 + number)


def end_whole() -> None:
    """From now on SIGTERM ends this process with all that it started."""
    signal.signal(signal.SIGTERM, _terminated)
