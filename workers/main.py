"""Entry point of a pool worker: worker.js imports this module in Pyodide and calls `start`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from keriwasm import __version__
from keriwasm.browser.bridge import JsHost, receiver
from keriwasm.runtime.context import Host
from keriwasm.snapshot import premade
from keriwasm.web.app import make_app
from keriwasm.worker.settings import Settings
from keriwasm.worker.worker import Worker

running: set[asyncio.Task[None]] = set()
"""The scheduler's task: asyncio itself keeps only a weak reference to it."""


async def start(js_host: Any, init: str) -> Any:
    """Start the worker; returns the JavaScript function `deliver(text, body)` that takes messages.

    js_host: the object that keriwasm.browser.bridge.JsHost wraps; init: JSON of worker:init (see keriwasm.worker.settings.Settings).
    When anything fails here, worker:fault (fatal) is posted before it raises.
    """
    from keriwasm.browser.databases import available
    from keriwasm.browser.disk_store import IdbDisk
    from keriwasm.browser.named_stores import IdbBacking
    from keriwasm.imports import lazy_native, packed_wheels

    backing, disk = (IdbBacking(), IdbDisk()) if available() else (None, None)
    settings = json.loads(init)
    packed_wheels.install(settings.get("packed", {}))
    worker = await assemble(JsHost(js_host), settings, backing, disk)
    lazy_native.resume()  # see lazy_native.begin
    packed_wheels.wanted = lambda: worker.post("worker:want")
    return receiver(worker.inbox.push)


async def assemble(host: Host, init: dict[str, Any], backing: Any = None, disk: Any = None) -> Worker:
    """Build a worker, mount its slices or take one that has them mounted, start its scheduler and say that it is ready.

    Used by the tests as well.
    """
    import polyscript

    settings = Settings.read(init)
    made = premade.take(settings.slices)
    if made is None:
        worker = Worker(host, settings, backing, disk)
    else:
        worker = made
        worker.become(host, settings, backing, disk)
    try:
        if init.get("version", __version__) != __version__:
            raise RuntimeError(f"the router is version {init['version']}, this worker {__version__}: reload the page")
        polyscript.use(worker.storage.store)
        if made is None:
            worker.app = make_app(worker, progress(worker))
        task = asyncio.ensure_future(worker.run())
    except BaseException as ex:
        worker.fault(ex, fatal=True)
        raise
    running.add(task)
    task.add_done_callback(ended)
    started = worker.settings.started
    worker.post(
        "worker:ready",
        slices=worker.slices,
        boot_ms=round(host.now() - started, 1) if started else None,
        heap_bytes=host.heap_bytes(),
        python=sys.version.split()[0],
    )
    return worker


def progress(worker: Worker) -> Callable[[int, int, str], None]:
    """Tell the page how far the imports are."""

    def tell(done: int, total: int, name: str) -> None:
        worker.post("worker:progress", stage="import", done=done, total=total, detail=name)

    return tell


def ended(task: asyncio.Task[None]) -> None:
    """The scheduler has stopped; its exception, if any, was posted as a fatal fault by `Worker.run`."""
    running.discard(task)
    if not task.cancelled():
        task.exception()
