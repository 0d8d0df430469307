"""Messages between the server and a worker process, over one socket: a JSON text and at most one body each.

Eight bytes come first: the length of the text, and that of the body plus one (0: none), so that an empty body stays one.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any

Message = dict[str, Any]

HEAD = struct.Struct(">II")
MOST = 1 << 30
"""No part of a message is longer. Whoever says so does not speak this."""


def packed(message: Message, body: bytes | None = None) -> bytes:
    """A message as it travels. Raises ValueError for a number that JSON has no word for."""
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "surrogatepass")
    return HEAD.pack(len(text), 0 if body is None else len(body) + 1) + text + (body or b"")


async def read(reader: asyncio.StreamReader) -> tuple[Message, bytes | None]:
    """The next message. Raises asyncio.IncompleteReadError or OSError when the other side is gone, ValueError for what is no message."""
    text_bytes, body_bytes = HEAD.unpack(await reader.readexactly(HEAD.size))
    if text_bytes > MOST or body_bytes > MOST:
        raise ValueError(f"a message of {text_bytes} and {body_bytes} bytes")
    message = json.loads((await reader.readexactly(text_bytes)).decode("utf-8", "surrogatepass"))
    return message, await reader.readexactly(body_bytes - 1) if body_bytes else None
