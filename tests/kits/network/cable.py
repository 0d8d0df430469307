"""A browser behind a cable that can be pulled: in a network namespace of its own, with a line that is up or down.

    with cable() as line:
        line.lead(port)            # there, 127.0.0.1:PORT is this machine's own
        line.lead(other, far=True) # the same, for as long as it is plugged in
        playwright.chromium.launch_persistent_context(..., executable_path=line.browser)
        line.pull(); line.plug()   # navigator.onLine follows

Wants root and `ip`; whether it can be had says `hindrance`.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Line", "cable", "hindrance"]

CLONE_NEWNET = 0x40000000
CHROMIUM = "/usr/bin/chromium"
# An IPv6 address of its own would come a second after the line: to Chromium the network has changed then, and it ends what it fetches.
QUIET = tuple(f"link set {end} addrgenmode none" for end in ("line0", "line1"))


def hindrance() -> str:
    """Why no such line can be laid here; "" if it can."""
    for command in (["unshare", "-n", "true"], ["unshare", "-n", "ip", "link", "add", "line0", "type", "veth"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except OSError as ex:
            return f"{command[0]}: {ex.strerror}"
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip()}"
    return ""


class Line:
    """The line, and the place behind it."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.space = f"/proc/{pid}/ns/net"
        self.browser = str(folder / "chromium")
        Path(self.browser).write_text(f'#!/bin/sh\nexec nsenter --net={self.space} {CHROMIUM} "$@"\n')
        Path(self.browser).chmod(0o755)
        self.listening: list[socket.socket] = []
        self.far: dict[int, socket.socket | None] = {}
        laid = ("link set lo up", "link add line0 type veth peer name line1", *QUIET, "addr add 192.0.2.2/24 dev line0")
        for words in (*laid, "link set line1 up"):
            self._ip(words)
        self.plug()

    def plug(self) -> None:
        self._ip("link set line0 up")
        self._ip("route add default via 192.0.2.1 dev line0")
        for port in self.far:
            self.far[port] = self._led(port)

    def pull(self) -> None:
        for port, listener in self.far.items():
            if listener is not None:
                listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave it open for who waits in it
                listener.close()
            self.far[port] = None
        self._ip("link set line0 down")  # its route goes with it

    def lead(self, port: int, far: bool = False) -> None:
        """Have what connects to 127.0.0.1:port there reach this machine's; far: only over the line."""
        listener = self._led(port)
        if far:
            self.far[port] = listener
        else:
            self.listening.append(listener)

    def _led(self, port: int) -> socket.socket:
        made: list[socket.socket] = []

        def within() -> None:
            space = os.open(self.space, os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(space, CLONE_NEWNET):
                    return
            finally:
                os.close(space)
            made.append(socket.create_server(("127.0.0.1", port)))

        thread = threading.Thread(target=within)  # it alone enters, and ends
        thread.start()
        thread.join()
        (listener,) = made
        threading.Thread(target=_accepting, args=(listener, port), daemon=True).start()
        return listener

    def _ip(self, words: str) -> None:
        subprocess.run(["nsenter", f"--net={self.space}", "ip", *words.split()], check=True, capture_output=True, timeout=60)


def _accepting(listener: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pumping, args=(one, other), daemon=True).start()


def _pumping(one: socket.socket, other: socket.socket) -> None:
    """What comes at one end goes out at the other, until it ends."""
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def cable() -> Iterator[Line]:
    """Laid for as long as this lasts, and plugged in."""
    with tempfile.TemporaryDirectory(prefix="keriwasm_cable_") as folder:
        holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        line = None
        try:
            ends = time.monotonic() + 20
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
                assert holder.poll() is None and time.monotonic() < ends, "no network namespace was made"
                time.sleep(0.01)
            line = Line(holder.pid, Path(folder))
            yield line
        finally:
            if line is not None:
                line.pull()
                for listener in line.listening:
                    listener.close()
            holder.kill()
            holder.wait()
