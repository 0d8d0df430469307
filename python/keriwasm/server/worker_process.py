"""One worker as a process: `python -m keriwasm.server.worker_process SOCKET PARENT`, started by `processes` and by nobody else.

It runs what a pool worker of the page runs (workers/main.py), over a host that writes to a socket. It ends when the server does, however
that ends: the socket closes, and where the kernel can be asked to (Linux) it kills this process with its parent, even when it hangs.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from keriwasm.server import frames, places
from keriwasm.server.memory import MemoryBacking

PR_SET_PDEATHSIG = 1
LOOK = 1.0
"""Seconds between two looks at whether the parent lives, where the kernel does not tell."""
LIVE = "live"
"""Folder in the data folder in which lmdb's stores have their places."""
CRASHED = 70
"""Exit status of a worker that was told to crash."""


class ProcessHost:
    """`keriwasm.runtime.context.Host` over the socket to the server."""

    def __init__(self, writer: asyncio.StreamWriter, origin: float) -> None:
        """origin: epoch milliseconds at which the monotonic clock of this machine was 0, as the server has it."""
        self._writer = writer
        self._origin = origin
        self._pages = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

    def post(self, message: dict[str, Any], body: bytes | None = None) -> None:
        self._writer.write(frames.packed(message, body))

    def now(self) -> float:
        return self._origin + time.monotonic() * 1000

    def heap_bytes(self) -> int:
        """What of it is in memory; 0 where nobody says."""
        try:
            return int(Path("/proc/self/statm").read_text().split()[1]) * self._pages
        except (OSError, ValueError, IndexError):
            return 0

    def interruptible(self, on: bool) -> None:
        """Nobody's own code runs here: the notebook is the page's alone."""

    def crash(self, reason: str) -> None:
        print(f"[keriwasm] {reason}", file=sys.stderr, flush=True)
        os._exit(CRASHED)


def end_with(parent: int) -> None:
    """Have this process end with its parent. What this does not catch, where there is no prctl: a call into C that never gives way."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


async def kept(data: str, alone: bool) -> tuple[Any, Any]:
    """Backings of the named stores and of the disk: the data folder's for the worker that has the slices which are on one alone.

    What lies in lmdb's places is the memory of the process before this one: the disk brings it back. That process is fenced off
    first: one that should still be there would take its missing places for deleted stores.
    """
    if not (data and alone):
        return MemoryBacking(), None
    from keriwasm.server.lmdb_disk import LmdbBacking, LmdbDisk, opened

    tables = opened(Path(data))
    disk = LmdbDisk(tables)
    await disk.claim()
    shutil.rmtree(Path(data) / LIVE, ignore_errors=True)
    return LmdbBacking(tables), disk


async def serve(connection: socket.socket) -> None:
    """Become a worker, and be it until the server is gone."""
    import main  # workers/main.py

    reader, writer = await asyncio.open_connection(sock=connection, limit=1 << 20)
    init, _ = await frames.read(reader)
    worker = await main.assemble(ProcessHost(writer, init["origin"]), init, *await kept(init["data"], init["keeps"] in init["slices"]))
    while True:
        message, body = await frames.read(reader)
        worker.inbox.push(message, body or b"")


def run(descriptor: int, parent: int) -> int:
    """Returns the exit status."""
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is the server's to hear
    places.use()
    from keriwasm.disk.places import confine

    confine()
    try:
        asyncio.run(serve(socket.socket(fileno=descriptor)))
    except (asyncio.IncompleteReadError, ConnectionError):
        os._exit(0)  # the server is gone: nobody is left to whom anything could be told
    return 0


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), int(sys.argv[2])))
