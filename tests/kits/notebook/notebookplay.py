"""The notebook's interpreter without a browser."""

from __future__ import annotations

import asyncio
import base64
import getpass
import hashlib
import io
import sys
import zipfile
from collections.abc import Generator
from typing import Any

import pytest
from slices.notebook.output import Output
from slices.notebook.session import Session

__all__ = ["Interpreter", "text", "wheel"]


class Host:
    """Answers as host.line() does, from a list."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def interruptible(self, on: bool) -> None:
        pass

    def line(self) -> str:
        return self.answers.pop(0)


class Doist:
    active = None

    def wake(self, doer: Any) -> None:
        pass


class Worker:
    def __init__(self) -> None:
        self.host = Host()
        self.doist = Doist()


class Interpreter:
    """A session; what it changes in this one is put back after the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
        monkeypatch.setattr(getpass, "getpass", getpass.getpass)
        monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        for name in ("IPython", "IPython.display"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        self.worker = Worker()
        self.session = Session(self.worker)  # type: ignore[arg-type]
        self.pushed: list[str] = []

    def run(self, source: str, *answers: str, cell: str = "c1") -> tuple[Output, list[str]]:
        """A cell's output and what was pushed to the page; answers: to what it asks."""
        self.worker.host.answers[:] = answers
        return self.ended(self.session.run(cell, source, self._push))

    def call(self, panel: str, values: dict[str, Any]) -> tuple[Output, list[str]]:
        """Press a cell's button."""
        found = self.session.panels[panel]
        return self.ended(self.session.call(found, found.read(values), self._push))

    def _push(self, html: Any) -> None:
        self.pushed.append(str(html))

    def ended(self, steps: Generator[Any, Any, Output]) -> tuple[Output, list[str]]:
        self.pushed.clear()

        async def whole() -> Output:
            while True:
                try:
                    next(steps)
                except StopIteration as stop:
                    return stop.value
                await asyncio.sleep(0)

        return asyncio.run(whole()), self.pushed


def text(output: Output) -> str:
    """What a cell wrote."""
    return "".join(item.get("text", "") for item in output.items)


def wheel(
    name: str, version: str, files: dict[str, str], *, needs: tuple[str, ...] = (), pure: str = "true", spoil: str = "", without: str = ""
) -> tuple[str, bytes]:
    """A wheel's name and bytes. spoil: a file that is not as RECORD says; without: a file of its .dist-info that is left out."""
    stem = f"{name.replace('-', '_')}-{version}"
    asks = "".join(f"Requires-Dist: {need}\n" for need in needs)
    info = {"WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: py3-none-any\n",
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asks}"}  # fmt: skip
    whole = files | {f"{stem}.dist-info/{path}": text for path, text in info.items() if path != without}
    record = ""
    for path, content in whole.items():
        digest = hashlib.sha256(content.encode()).digest() if path != spoil else bytes(32)
        record += f"{path},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},{len(content)}\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (whole | {f"{stem}.dist-info/RECORD": f"{record}{stem}.dist-info/RECORD,,\n"}).items():
            archive.writestr(path, content)
    return f"{stem}-py3-none-any.whl", made.getvalue()
