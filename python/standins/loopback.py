"""Sockets between the programs of one worker: TCP and UDP on 127.0.0.1, in memory. A page has no others.

    loopback.install()          # socket.socket is this module's; hio's and keripy's servers and clients then find each other

They are as the system's own where nobody waits: non-blocking ones (all of hio's are) behave alike, to the errno
(tests/unit/standins/test_loopback.py plays both). One that would have to wait ends with an error instead, for in one thread nobody
could bring what it waits for. Buffers are bounded: a full one refuses as a kernel's does. Another host is unreachable.

What this does not do: TLS, Unix sockets, select and poll, makefile; other workers and other tabs are not reached.
"""

from __future__ import annotations

import errno
import itertools
import os
import socket as real
from collections import deque
from typing import Any

__all__ = ["Socket", "install", "socketpair"]

# What the module `socket` of a WebAssembly build leaves out, with Linux' numbers: nobody but these sockets reads them.
for _name, _number in {
    "SOL_SOCKET": 1, "SO_REUSEADDR": 2, "SO_TYPE": 3, "SO_ERROR": 4, "SO_BROADCAST": 6, "SO_SNDBUF": 7, "SO_RCVBUF": 8,
    "SO_KEEPALIVE": 9, "SO_LINGER": 13, "SO_REUSEPORT": 15, "SOCK_STREAM": 1, "SOCK_DGRAM": 2, "IPPROTO_IP": 0, "IPPROTO_TCP": 6,
    "IPPROTO_UDP": 17, "TCP_NODELAY": 1, "SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2, "MSG_PEEK": 2,
}.items():  # fmt: skip
    if not hasattr(real, _name):
        setattr(real, _name, _number)

HERE = ("127.0.0.1", "localhost", "")
EVERYWHERE = ("0.0.0.0", "")
ROOM = 1 << 16
"""What a socket holds that nobody has read yet, unless SO_RCVBUF says otherwise."""
MOST_ROOM = 1 << 22
DATAGRAM_MOST = 65_507
FIRST_PORT, LAST_PORT = 49_152, 65_535

Address = tuple[str, int]

_bound: dict[tuple[int, int], Socket] = {}  # (SOCK_STREAM or SOCK_DGRAM, port) -> who has it
_ports = itertools.cycle(range(FIRST_PORT, LAST_PORT + 1))
_numbers = itertools.count(1 << 20)  # no file descriptors of this system


def fault(number: int, why: str = "") -> OSError:
    """The OSError (its right subclass) of an errno."""
    return OSError(number, why or os.strerror(number))


class Socket:
    """As `socket.socket`, as far as the module says."""

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None) -> None:
        self.family = real.AddressFamily(real.AF_INET if family == -1 else family)
        self.type = real.SocketKind((real.SOCK_STREAM if type == -1 else type) & 0xF)
        self.proto = 0 if proto == -1 else proto
        if fileno is not None or self.family != real.AF_INET or self.type not in (real.SOCK_STREAM, real.SOCK_DGRAM):
            raise fault(errno.EAFNOSUPPORT, "a worker's sockets are TCP and UDP over IPv4, to itself")
        self._number = next(_numbers)
        self._timeout: float | None = None
        self._options: dict[tuple[int, int], Any] = {}
        self._name: Address = ("0.0.0.0", 0)
        self._peer: Socket | None = None
        self._peer_name: Address | None = None
        self._backlog = 0  # above 0 it listens
        self._waiting: deque[Socket] = deque()
        self._data = bytearray()
        self._datagrams: deque[tuple[bytes, Address]] = deque()
        self._ended = self._deaf = self._reset = False  # no more comes; nobody reads here; what was sent is lost

    # -- names ------------------------------------------------------------------------------------------------------

    def bind(self, address: Address) -> None:
        host, port = self._place(address)
        if self._name[1]:
            raise fault(errno.EINVAL)
        if host not in (*HERE, *EVERYWHERE):
            raise fault(errno.EADDRNOTAVAIL)
        if port and (self.type, port) in _bound:
            raise fault(errno.EADDRINUSE)
        self._name = ("0.0.0.0" if host in EVERYWHERE else "127.0.0.1", port or self._free())
        _bound[self.type, self._name[1]] = self

    def getsockname(self) -> Address:
        self._open()
        return self._name

    def getpeername(self) -> Address:
        self._open()
        if self._peer_name is None:
            raise fault(errno.ENOTCONN)
        return self._peer_name

    # -- connections ------------------------------------------------------------------------------------------------

    def listen(self, backlog: int = 128) -> None:
        self._open()
        if self.type != real.SOCK_STREAM:
            raise fault(errno.EOPNOTSUPP)
        if not self._name[1]:
            self.bind(("", 0))
        self._backlog = max(1, min(backlog, 4096))

    def accept(self) -> tuple[Socket, Address]:
        self._open()
        if not self._backlog:
            raise fault(errno.EINVAL)
        if not self._waiting:
            raise self._stuck()
        made = self._waiting.popleft()
        return made, made.getpeername()

    def connect_ex(self, address: Address) -> int:
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def connect(self, address: Address) -> None:
        host, port = self._place(address)
        if host not in (*HERE, *EVERYWHERE):
            raise fault(errno.ENETUNREACH, "a page has no network sockets: only 127.0.0.1 of this worker is there")
        if self.type == real.SOCK_DGRAM:
            self._peer_name = ("127.0.0.1", port)
            return
        if self._peer is not None:
            raise fault(errno.EISCONN)
        server = _bound.get((real.SOCK_STREAM, port))
        if server is None or not server._backlog:
            raise fault(errno.ECONNREFUSED)
        if len(server._waiting) >= server._backlog:
            raise fault(errno.EINPROGRESS)  # as a kernel's handshake that is not answered yet: ask again
        if not self._name[1]:
            self._name = ("127.0.0.1", self._free())
        other = Socket()
        other._name, other._options = ("127.0.0.1", port), dict(server._options)
        self._join(other)
        server._waiting.append(other)

    def _join(self, other: Socket) -> None:
        self._peer, other._peer = other, self
        self._peer_name, other._peer_name = other._name, ("127.0.0.1", self._name[1])

    def shutdown(self, how: int) -> None:
        self._open()
        if self._peer_name is None and not self._backlog:
            raise fault(errno.ENOTCONN)
        if how in (real.SHUT_WR, real.SHUT_RDWR) and self._peer is not None:
            self._peer._ended = True
        if how in (real.SHUT_RD, real.SHUT_RDWR):
            self._ended = True

    def close(self) -> None:
        if self._number < 0:
            return
        if _bound.get((self.type, self._name[1])) is self:
            del _bound[self.type, self._name[1]]
        if self._peer is not None:
            self._peer._ended = True
            self._peer._reset = bool(self._data)  # what was not read is lost, and the other side learns of it
            self._peer._peer = None
        for each in self._waiting:
            each._data += b"x"  # nobody will ever read it
            each.close()
        self._waiting.clear()
        self._data.clear()
        self._datagrams.clear()
        self._number, self._peer, self._backlog = -1, None, 0

    def detach(self) -> int:
        raise fault(errno.EOPNOTSUPP, "this socket is no file of the system")

    # -- bytes ------------------------------------------------------------------------------------------------------

    def send(self, data: Any, flags: int = 0) -> int:
        self._open()
        if self.type == real.SOCK_DGRAM:
            if self._peer_name is None:
                raise fault(errno.EDESTADDRREQ)
            return self.sendto(data, self._peer_name)
        if self._peer_name is None:
            raise fault(errno.ENOTCONN if self._backlog else errno.EPIPE)
        if self._peer is None:
            if self._reset:
                self._reset = False
                raise fault(errno.ECONNRESET)
            if not self._deaf:
                self._deaf = True  # the first is sent in good faith, and answered by a reset
                return len(memoryview(data).cast("B"))
            raise fault(errno.EPIPE)
        if self._peer._ended:
            raise fault(errno.EPIPE)
        view = memoryview(data).cast("B")
        room = self._peer._room() - len(self._peer._data)
        if room <= 0 and view.nbytes:
            raise self._stuck()
        part = view[:room]
        self._peer._data += part
        return len(part)

    def sendall(self, data: Any, flags: int = 0) -> None:
        view = memoryview(data).cast("B")
        while view.nbytes:
            view = view[self.send(view) :]

    def sendto(self, data: Any, *where: Any) -> int:
        host, port = self._place(where[-1])
        if self.type == real.SOCK_STREAM:
            return self.send(data)
        if host not in (*HERE, *EVERYWHERE):
            raise fault(errno.ENETUNREACH, "a page has no network sockets: only 127.0.0.1 of this worker is there")
        sent = bytes(data)
        if len(sent) > DATAGRAM_MOST:
            raise fault(errno.EMSGSIZE)
        if not self._name[1]:
            self.bind(("", 0))
        other = _bound.get((real.SOCK_DGRAM, port))
        if other is not None and sum(len(each) for each, _ in other._datagrams) + len(sent) <= other._room():
            other._datagrams.append((sent, ("127.0.0.1", self._name[1])))
        return len(sent)  # what has no room or nobody there is lost, as datagrams are

    def recv(self, most: int, flags: int = 0) -> bytes:
        return self.recvfrom(most, flags)[0]

    def recvfrom(self, most: int, flags: int = 0) -> tuple[bytes, Any]:
        self._open()
        if self.type == real.SOCK_DGRAM:
            if not self._datagrams:
                raise self._stuck()
            data, name = self._datagrams[0] if flags & real.MSG_PEEK else self._datagrams.popleft()
            return data[:most], name
        if self._peer_name is None:
            raise fault(errno.ENOTCONN)
        if self._reset:
            self._reset = False
            self._data.clear()
            raise fault(errno.ECONNRESET)
        if not self._data and not self._ended:
            raise self._stuck()
        data = bytes(self._data[:most])
        if not flags & real.MSG_PEEK:
            del self._data[:most]
        return data, None

    def recv_into(self, buffer: Any, most: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = self.recv(most or view.nbytes, flags)
        view[: len(data)] = data
        return len(data)

    # -- settings ---------------------------------------------------------------------------------------------------

    def setblocking(self, flag: bool) -> None:
        self._open()
        self._timeout = None if flag else 0.0

    def settimeout(self, seconds: float | None) -> None:
        self._open()
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        return self._timeout

    timeout = property(gettimeout)

    def getblocking(self) -> bool:
        return self._timeout != 0.0

    def setsockopt(self, level: int, option: int, value: Any, *more: Any) -> None:
        self._open()
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        self._open()
        if level == real.SOL_SOCKET and option in (real.SO_RCVBUF, real.SO_SNDBUF):
            return self._room()
        if level == real.SOL_SOCKET and option == real.SO_TYPE:
            return int(self.type)
        return self._options.get((level, option), 0)

    def fileno(self) -> int:
        return self._number

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<loopback.Socket {self.type.name} {self._name} to {self._peer_name}{' closed' if self._number < 0 else ''}>"

    # -- private ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._number < 0:
            raise fault(errno.EBADF)

    def _place(self, address: Any) -> Address:
        self._open()
        if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[0], str) or not isinstance(address[1], int):
            raise TypeError(f"an address is (host, port), not {address!r:.80}")
        if not 0 <= address[1] <= 65_535:
            raise OverflowError("a port is 0 to 65535")
        return address[0], address[1]

    def _free(self) -> int:
        for _ in range(LAST_PORT - FIRST_PORT + 1):
            port = next(_ports)
            if (self.type, port) not in _bound:
                return port
        raise fault(errno.EADDRINUSE)

    def _room(self) -> int:
        given = self._options.get((real.SOL_SOCKET, real.SO_RCVBUF), ROOM)
        return max(1, min(int(given), MOST_ROOM))

    def _stuck(self) -> OSError:
        """What there is to say where a socket of the system would wait."""
        if self._timeout == 0.0:
            return fault(errno.EAGAIN)
        if self._timeout is not None:
            return TimeoutError("timed out: nobody else runs while a worker waits")
        return fault(errno.EDEADLK, "it would wait for ever: nobody else runs while a worker waits; set it non-blocking")


def socketpair(family: int = -1, type: int = real.SOCK_STREAM, proto: int = 0) -> tuple[Socket, Socket]:
    """Two that are connected."""
    one, other = Socket(-1, type), Socket(-1, type)
    if type == real.SOCK_DGRAM:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        one.connect(other.getsockname())
        other.connect(one.getsockname())
        return one, other
    one._name, other._name = ("127.0.0.1", one._free()), ("127.0.0.1", other._free())
    one._join(other)
    return one, other


def install() -> None:
    """Make them the sockets of this worker: what uses the module `socket` gets these."""
    real.socket = real.SocketType = Socket  # type: ignore[misc, assignment]
    real.socketpair = socketpair  # type: ignore[assignment]
