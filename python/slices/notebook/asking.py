"""`input()`, `getpass()` and whatever else reads `sys.stdin`: a field in the cell's output, and its author's answer."""

from __future__ import annotations

import getpass
import io
from collections.abc import Callable

__all__ = ["Lines", "secret"]

NOBODY = (
    "input() has to wait for what you write, and this page cannot: it was given no shared memory, which takes the headers "
    "Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy of its host (README, “Host it”). Load the page once more; "
    "if that does not help, write the value into the cell."
)


class Lines(io.TextIOBase):
    """`sys.stdin` of a cell. `ask(hidden)` shows the field and gives host.line()'s answer."""

    def __init__(self, ask: Callable[[bool], str]) -> None:
        self._ask = ask
        self._rest = ""

    def line(self, *, hidden: bool = False) -> str:
        """A line with its end, or "" where there is none to come. Raises KeyboardInterrupt for Stop, RuntimeError."""
        answer = self._ask(hidden)
        if answer == "stop":
            raise KeyboardInterrupt
        if answer == "none":
            raise RuntimeError(NOBODY)
        return "" if answer == "end" else answer.removeprefix("line:") + "\n"

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        """The next line, or its first characters."""
        text = self._rest or self.line()
        most = len(text) if size is None or size < 0 else size
        self._rest = text[most:]
        return text[:most]

    def read(self, size: int | None = -1) -> str:  # type: ignore[override]
        """All that comes until the end of input; with a size at most so much of a line."""
        if size is not None and size >= 0:
            return self.readline(size)
        lines = list(iter(self.readline, ""))
        return "".join(lines)


def secret(lines: Lines) -> None:
    """From now on `getpass.getpass` asks by a field that shows dots."""

    def ask(prompt: str = "Password: ", stream: object = None, *, echo_char: str | None = None) -> str:
        print(prompt, end="", flush=True)
        text = lines.line(hidden=True)
        if not text:
            raise EOFError("end of input")
        return text.removesuffix("\n")

    getpass.getpass = ask  # type: ignore[assignment]
