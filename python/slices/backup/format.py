"""The backup file, version 1, as bytes: where what stands, and what is refused before any key is tried.

    offset  bytes  what
    0       16     "KeriWasm backup\\n"
    16      2      version, big-endian: 1
    18      4      length of the header, big-endian: at most 64 KiB
    22      n      header: JSON in UTF-8, see `Header`
    22+n    32     BLAKE3 of all before it, keyed by the file key: authenticates the header and commits to the key
    54+n    ...    body: chunks of libsodium's secretstream (XChaCha20-Poly1305) of 64 KiB and 17 bytes each, the last one
                   shorter and marked final; the 32 bytes above are additional data of each
    end-32  32     BLAKE3 of all before it, without a key

The last 32 bytes protect from nobody. They tell a file that was damaged on its way from a passphrase that is wrong, and
they do so before Argon2id takes its time. What keeps an attacker from changing anything is the keyed hash and the stream.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

from keriwasm.data import guarding
from keriwasm.data.encoding import b64u
from keriwasm.imports import native
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import unb64u

__all__ = ["CHUNK", "FILE_MOST", "MAGIC", "PLAIN_MOST", "VERSION", "BadFile", "Header", "Parts", "assemble", "fits", "outline", "shell"]
__all__ += ["split"]

MAGIC = b"KeriWasm backup\n"
VERSION = 1
CHUNK = 64 << 10
"""Bytes of plain text in a chunk of the body."""
OVERHEAD = 17
HASH = 32
PRELUDE = struct.Struct(">16sHI")
HEADER_MOST = 64 << 10
FILE_MOST = 60 << 20
"""Bytes of a file: an upload has at most 64 MiB, and its form takes some of them."""
PLAIN_MOST = 256 << 20
"""Bytes of the content once it is uncompressed: bounds what a file can make a worker allocate."""
RATIO, RATIO_FREE = 50, 8 << 20
"""The content has at most RATIO bytes for each of the file's body, or RATIO_FREE: logs and keys give 3 to 5, zlib up to 1000."""
WRAPS_MOST = 4
STREAM_HEADER = 24


class BadFile(ValueError):
    """The file is not one that can be restored; the message says why, in words that follow "The file"."""


@dataclass(frozen=True)
class Header:
    """What everybody may read of a backup. It names neither the wallet nor anything in it.

    Attributes:
        made: epoch milliseconds
        app: version of KeriWasm that made it
        stream: the 24 bytes that begin the secretstream
        plain: bytes of the content, uncompressed
        wraps: the file key, encrypted once for each way to open the file; see sealing.py
    """

    made: int
    app: str
    stream: bytes
    plain: int
    wraps: tuple[dict[str, Any], ...]

    def dump(self) -> bytes:
        """The prelude and the header as they stand in the file."""
        wraps = [{k: b64u(v) if isinstance(v, bytes) else v for k, v in wrap.items()} for wrap in self.wraps]
        text = json.dumps(
            {
                "made": self.made,
                "app": self.app,
                "cipher": "xchacha20-poly1305 secretstream",
                "compression": "zlib",
                "stream": b64u(self.stream),
                "plain": self.plain,
                "wraps": wraps,
            },
            indent=1,
        ).encode()
        return PRELUDE.pack(MAGIC, VERSION, len(text)) + text

    @classmethod
    def read(cls, text: bytes) -> Header:
        """Raises BadFile."""
        try:
            members = guarding.json_value(text)
            stream = unb64u(members["stream"], "stream")
            header = cls(int(members["made"]), str(members["app"]), stream, int(members["plain"]), tuple(members["wraps"]))
            kinds = (members["cipher"], members["compression"])
        except (ValueError, KeyError, TypeError, RecursionError, FieldError) as ex:
            raise BadFile("has a header that cannot be read") from ex
        if kinds != ("xchacha20-poly1305 secretstream", "zlib"):
            raise BadFile(f"uses {str(kinds)[:100]}, which this version does not know")
        if len(stream) != STREAM_HEADER or not all(
            isinstance(each, dict) and isinstance(each.get("by"), str) for each in header.wraps
        ):
            raise BadFile("has a header that cannot be read")
        if not 0 < len(header.wraps) <= WRAPS_MOST:
            raise BadFile(f"offers {len(header.wraps)} ways to open it; 1 to {WRAPS_MOST} are possible")
        if not 0 < header.plain <= PLAIN_MOST:
            raise BadFile(f"says to hold {header.plain} bytes; at most {PLAIN_MOST} are restored")
        return header


@dataclass(frozen=True)
class Parts:
    """A file taken apart: `head` is all that `mac` authenticates."""

    header: Header
    head: bytes
    mac: bytes
    body: bytes


def checksum(data: bytes) -> bytes:
    """The 32 bytes at the end."""
    return native.blake3().blake3(data).digest()


def assemble(head: bytes, mac: bytes, body: bytes) -> bytes:
    """The whole file. Raises BadFile when it would be too large to be taken in again."""
    data = head + mac + body
    if len(data) + HASH > FILE_MOST:
        raise BadFile(f"would have {len(data) >> 20} MiB; a file of more than {FILE_MOST >> 20} MiB cannot be restored")
    return data + checksum(data)


def split(data: bytes) -> Parts:
    """Take a file apart. Raises BadFile for all that can be seen without a key."""
    head, mac, body = outline(data)
    return Parts(shell(head, len(body)), head, mac, body)


def shell(head: bytes, body: int) -> Header:
    """The header of a file with a body of so many bytes; head: all before the 32 bytes that authenticate it."""
    header = Header.read(head[PRELUDE.size :])
    if not fits(header.plain, body):
        raise BadFile(f"says that its {body:,} bytes hold {header.plain:,}; at most {RATIO} for each are unpacked")
    return header


def outline(data: bytes) -> tuple[bytes, bytes, bytes]:
    """(head, mac, body) by their lengths alone: nothing is parsed. Raises BadFile."""
    if not data:
        raise BadFile("is empty")
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data[: len(MAGIC)]):
            raise BadFile(f"ends after {len(data)} bytes")
        raise BadFile("is no backup of KeriWasm: it does not begin as one")
    if len(data) > FILE_MOST:
        raise BadFile(f"has {len(data)} bytes; at most {FILE_MOST} are accepted")
    if len(data) < PRELUDE.size:
        raise BadFile(f"ends after {len(data)} bytes")
    _, version, length = PRELUDE.unpack_from(data)
    if version > VERSION and checksum(data[:-HASH]) == data[-HASH:]:
        raise BadFile(f"is of version {version}, made by a newer KeriWasm: this one reads version {VERSION}. Update first")
    if checksum(data[:-HASH]) != data[-HASH:]:
        raise BadFile("is damaged or incomplete: its check sum does not fit. Take another copy of it")
    if version != VERSION:
        raise BadFile(f"is of version {version}, which does not exist")
    if length > HEADER_MOST or PRELUDE.size + length + HASH + OVERHEAD + HASH > len(data):
        raise BadFile("has a header of an impossible length")
    end = PRELUDE.size + length
    return data[:end], data[end : end + HASH], data[end + HASH : -HASH]


def fits(plain: int, body: int) -> bool:
    """Whether a body of so many bytes may hold so many of content: a small file must not unpack to a large one."""
    return plain <= max(RATIO_FREE, RATIO * body)
