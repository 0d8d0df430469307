"""`python -m keriwasm.server` over another HTTP server: served_by.py (h11|httptools|hypercorn) OPTIONS. For server.py beside it."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

from keriwasm.server import __main__ as program
from keriwasm.server import places

sys.path.append(str(places.ROOT))

from keriwasm.server import listener

plain = listener.serve


async def hypercorn(app: Any, bound: Any, closing: Any) -> None:
    """The same app, as hypercorn serves it."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{bound.fileno()}"]
    config.include_server_header = False
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none here")
        await app(scope, receive, send)

    await serve(without_lifespan, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


async def httptools(app: Any, bound: Any, closing: Any) -> None:
    """uvicorn's parser in C."""
    await plain(app, bound, closing, http="httptools")


if __name__ == "__main__":
    listener.serve = {"h11": plain, "httptools": httptools, "hypercorn": hypercorn}[sys.argv[1]]
    sys.exit(program.main(sys.argv[2:]))
