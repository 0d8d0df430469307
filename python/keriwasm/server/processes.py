"""The worker processes as the host has them: started, told who they are, listened to, ended. When is the policy's to say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keriwasm.server import frames, places

Told = Callable[[str, int, dict[str, Any], bytes | None], None]
Lost = Callable[[str, int, str, str], None]

GONE_SECONDS = 5.0
"""A killed process is waited for so long."""


@dataclass
class Entry:
    """One process."""

    process: subprocess.Popen[bytes]
    generation: int
    early: list[bytes]
    """What is to be said before anybody listens."""
    writer: asyncio.StreamWriter | None = None
    ended: bool = False

    def write(self, data: bytes) -> None:
        if self.writer is None:
            self.early.append(data)
        elif not self.ended:
            self.writer.write(data)


class Processes:
    """By worker id. `told(id, generation, message, body)` hears them, `lost(id, generation, type, message)` of their ends."""

    def __init__(self, init: dict[str, Any], told: Told, lost: Lost) -> None:
        """init: what all are told, beside who they are."""
        self._init = init
        self._told = told
        self._lost = lost
        self._entries: dict[str, Entry] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def spawn(self, id: str, generation: int, slices: dict[str, Any]) -> None:
        """Start a process. Raises OSError when the system gives none."""
        if self._closed:
            return
        ours, theirs = socket.socketpair()
        path = os.pathsep.join([str(places.ROOT / "python"), *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "keriwasm.server.worker_process", str(theirs.fileno()), str(os.getpid())]
        terminal = self._init["terminal"]
        with theirs:
            process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=None if terminal else subprocess.DEVNULL, start_new_session=not terminal,
                cwd=places.ROOT,
                env={**os.environ, "PYTHONPATH": path, **self._init["environment"]},
            )  # fmt: skip
        init = {"id": id, "generation": generation, "slices": slices, **self._init["settings"], "started": self._init["now"]()}
        entry = self._entries[id] = Entry(process, generation, [frames.packed(init)])
        task = asyncio.ensure_future(self._listen(id, entry, ours))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def post(self, id: str, message: dict[str, Any], body: bytes | None = None) -> None:
        """To a worker; one that is not there any more is not told."""
        entry = self._entries.get(id)
        if entry is not None:
            entry.write(frames.packed(message, body))

    def kill(self, id: str, generation: int) -> None:
        """End a process at once."""
        entry = self._entries.get(id)
        if entry is not None and entry.generation == generation:
            del self._entries[id]
            self._end(entry)

    async def close(self) -> None:
        """End all of them, and wait until they are gone."""
        self._closed = True
        entries = list(self._entries.values())
        self._entries.clear()
        for entry in entries:
            self._end(entry)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GONE_SECONDS)

    def _end(self, entry: Entry) -> None:
        entry.ended = True
        with contextlib.suppress(ProcessLookupError):
            entry.process.kill()
        if entry.writer is not None:
            entry.writer.close()

    async def _listen(self, id: str, entry: Entry, ours: socket.socket) -> None:
        """Hear a process until it ends, by itself or by us; then see that it leaves no zombie."""
        try:
            reader, entry.writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
            for data in entry.early:
                entry.writer.write(data)
            while not entry.ended:
                message, body = await frames.read(reader)
                if not entry.ended:
                    self._told(id, entry.generation, message, body)
            why = ""
        except (asyncio.IncompleteReadError, ConnectionError):
            why = ""
        except ValueError as error:
            why = f"a message could not be read: {error}"
        unasked, entry.ended = not entry.ended, True
        status = await asyncio.to_thread(reap, entry.process)
        if entry.writer is not None:
            entry.writer.close()
        if unasked:
            self._lost(id, entry.generation, "WorkerError", why or how(status))


def reap(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process that is at its end; one that has only shut its socket is killed after a second."""
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def how(status: int) -> str:
    """What a process's exit status means."""
    if status >= 0:
        return f"its process ended with status {status}"
    try:
        return f"its process was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"its process was ended by signal {-status}"
