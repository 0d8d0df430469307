"""The sockets of python/standins/loopback.py beside the system's own: the same steps, the same answers, to the errno."""

from __future__ import annotations

import errno
import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PLACE = Path(__file__).resolve().parents[3] / "python" / "standins" / "loopback.py"
SPEC = importlib.util.spec_from_file_location("loopback", PLACE)
loopback = importlib.util.module_from_spec(SPEC)  # type: ignore[arg-type]
sys.modules["loopback"] = loopback
SPEC.loader.exec_module(loopback)  # type: ignore[union-attr]

Make = Callable[..., Any]
SYSTEM = socket.socket


def told(act: Callable[[], Any]) -> Any:
    """What an act gives, or the name of its errno."""
    try:
        return act()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)


def settle(act: Callable[[], Any], *waits: Any) -> Any:
    """As `told`, after as many tries as a kernel needs to bring it."""
    for _ in range(400):
        found = told(act)
        if found not in ("EAGAIN", "EINPROGRESS", *waits):
            return found
        time.sleep(0.005)
    return found


def listening(make: Make, backlog: int = 5) -> Any:
    server = make(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setblocking(False)
    server.bind(("127.0.0.1", 0))
    server.listen(backlog)
    return server


def joined(make: Make) -> tuple[Any, Any, Any]:
    """(server, client, the server's side), connected."""
    server = listening(make)
    client = make(socket.AF_INET, socket.SOCK_STREAM)
    client.setblocking(False)
    assert settle(lambda: client.connect_ex(server.getsockname()), errno.EINPROGRESS, errno.EALREADY) in (0, errno.EISCONN)
    side, name = settle(server.accept)
    side.setblocking(False)
    assert name == client.getsockname() == side.getpeername() and client.getpeername() == server.getsockname() == side.getsockname()
    return server, client, side


def talk(make: Make) -> Iterator[Any]:
    server, client, side = joined(make)
    yield told(lambda: side.recv(10))
    yield client.send(b"hello"), settle(lambda: side.recv(2)), settle(lambda: side.recv(10))
    yield told(lambda: side.recv(10))
    side.sendall(b"back")
    yield settle(lambda: client.recv(10, socket.MSG_PEEK)), client.recv(10)
    buffer = bytearray(8)
    client.send(b"into")
    yield settle(lambda: side.recv_into(buffer)), bytes(buffer)
    client.shutdown(socket.SHUT_WR)
    yield settle(lambda: side.recv(10)), told(lambda: client.send(b"x"))
    side.send(b"still")
    yield settle(lambda: client.recv(10))
    for each in (server, client, side):
        each.close()
    yield told(lambda: client.recv(1)), client.fileno(), told(client.getsockname)


def ends(make: Make) -> Iterator[Any]:
    server, client, side = joined(make)
    client.send(b"last words")
    client.close()
    yield settle(lambda: side.recv(4)), settle(lambda: side.recv(100)), settle(lambda: side.recv(100))
    yield settle(lambda: side.send(b"x"))  # in good faith
    time.sleep(0.02)
    yield told(lambda: side.send(b"x"))
    side.close()
    server.close()


def reset(make: Make) -> Iterator[Any]:
    """Who closes with bytes unread resets the connection."""
    server, client, side = joined(make)
    client.send(b"nobody reads this")
    settle(lambda: side.recv(1, socket.MSG_PEEK))
    side.close()
    yield settle(lambda: client.recv(10))
    client.close()
    server.close()


def refused(make: Make) -> Iterator[Any]:
    server = listening(make)
    name = server.getsockname()
    other = make(socket.AF_INET, socket.SOCK_STREAM)
    yield told(lambda: other.bind(name))
    yield told(other.getpeername), told(lambda: other.recv(1)), told(lambda: other.send(b"x"))
    yield told(lambda: other.shutdown(socket.SHUT_RDWR))
    yield told(other.accept), told(lambda: server.accept())
    server.close()
    yield told(lambda: other.connect(name))
    yield other.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
    other.close()


def datagrams(make: Make) -> Iterator[Any]:
    one, other = (make(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for each in (one, other):
        each.setblocking(False)
        each.bind(("127.0.0.1", 0))
    yield told(lambda: one.recvfrom(10))
    yield one.sendto(b"first", other.getsockname()), one.sendto(b"second", other.getsockname())
    data, name = settle(lambda: other.recvfrom(3))
    yield data, name == one.getsockname(), settle(lambda: other.recvfrom(100))[0]
    yield told(lambda: one.sendto(bytes(70_000), other.getsockname())), told(lambda: one.send(b"x"))
    one.connect(other.getsockname())
    yield one.send(b"x"), settle(lambda: other.recv(10))
    one.close()
    other.close()


def flood(make: Make) -> Iterator[Any]:
    """A buffer that is full refuses, and takes again what was read."""
    server, client, side = joined(make)
    sent = 0
    while (part := told(lambda: client.send(bytes(50_000)))) != "EAGAIN":
        sent += part
        time.sleep(0.001)
    got = 0
    while got < sent:
        got += len(settle(lambda: side.recv(1 << 20)))
    yield got == sent, settle(lambda: client.send(b"x")), settle(lambda: side.recv(9))
    for each in (server, client, side):
        each.close()


@pytest.mark.parametrize("steps", [talk, ends, reset, refused, datagrams, flood])
def test_as_the_systems_own(steps: Callable[[Make], Iterator[Any]]) -> None:
    assert list(steps(loopback.Socket)) == list(steps(SYSTEM))
    assert not loopback._bound, "all were closed"


def test_what_would_wait_is_told() -> None:
    one, other = loopback.socketpair()
    assert one.send(b"x") == 1 and other.recv(9) == b"x"
    with pytest.raises(OSError, match="would wait for ever"):
        other.recv(9)
    other.settimeout(3)
    with pytest.raises(TimeoutError):
        other.recv(9)
    for host in ("192.0.2.1", "example.org"):
        with pytest.raises(OSError, match="no network sockets"):
            loopback.Socket().connect((host, 80))
    with pytest.raises(OSError, match="IPv4"):
        loopback.Socket(socket.AF_INET6)
    one.close()
    other.close()


def test_a_backlog_is_bounded() -> None:
    server = listening(loopback.Socket, 1)
    first, second = loopback.Socket(), loopback.Socket()
    assert first.connect_ex(server.getsockname()) == 0
    assert second.connect_ex(server.getsockname()) == errno.EINPROGRESS
    server.accept()[0].close()
    assert second.connect_ex(server.getsockname()) == 0
    server.close()
    assert told(lambda: second.recv(1)) == "ECONNRESET"
    first.close()
    second.close()
