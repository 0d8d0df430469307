"""What a cell writes and shows, as it runs: bounded, and in the page while the cell has not ended yet.

An output is a list of finished HTML and a last line that is not finished: "\\r" writes it anew. Each event replaces the
last line, whose element stands at the end, by what came since and a new last line. Past `SHOWN` characters the page is told how
much there is, no more; `KEPT` of the latest are kept for who wants to see it all.
"""

from __future__ import annotations

import io
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from keriwasm.web.rendering import render
from markupsafe import Markup, escape

__all__ = ["KEPT", "SHOWN", "Output", "Stream"]

SHOWN = 100_000
"""Characters of text that go to the page while a cell runs."""
TAIL = 10_000
"""Characters of the end that are shown as well, once it has ended."""
KEPT = 2_000_000
"""Characters of the latest text that are kept beyond those shown."""
LINE = 10_000
"""Characters of one line that are shown."""
BURST = 20
PACE = 0.02
"""Seconds: so many events may go at once, and one more after each of these. A screen shows no more."""

ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Output:
    """One cell's output.

    Attributes:
        id (str): of the cell; its last line's element is `tail-ID`
        push: posts an event at once, also while the cell's code does not give way
        items: outputs as nbformat has them, text merged, for the notebook's file
    """

    def __init__(self, id: str, push: Callable[[Markup], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.id = id
        self.push = push
        self.clock = clock
        self.items: list[dict[str, Any]] = []
        self.written = 0
        self.beyond: deque[tuple[str, str]] = deque()
        self._beyond_size = 0
        self._done: list[Markup] = []
        self._line: list[tuple[str, str]] = []
        self._budget = float(BURST)
        self._last = clock()
        self._dirty = False
        self._returned = False

    # -- what comes in -----------------------------------------------------------------------------------------------

    def write(self, stream: str, text: str) -> None:
        """Text for stdout or stderr."""
        if "\x1b" in text:
            text = ANSI.sub("", text)
        room = SHOWN - self.written
        self.written += len(text)
        if room < len(text):
            self._keep(stream, text[max(0, room) :])
            text = text[: max(0, room)]
        if text:
            self._note(stream, text)
            self._lines(stream, text)
        self._dirty = True
        self.flush(force=False)

    def show(self, html: Markup, item: dict[str, Any]) -> None:
        """Something that is no text: a value, a picture, a traceback."""
        self._end_line()
        self._done.append(html)
        self.items.append(item)
        self._dirty = True
        self.flush()

    def ask(self, hidden: bool) -> None:
        """A field for a line of text stands behind the last line, which is its label."""
        self.flush()
        label = "".join(text for _, text in self._line).strip()
        field = Markup(render("fragments/notebook/ask.html", {"id": self.id, "label": label, "hidden": hidden}))
        inner = Markup('<hx-partial hx-target="#tail-{0}" hx-swap="outerHTML"><span id="tail-{0}">{1}</span></hx-partial>')
        self.push(inner.format(self.id, field))

    def answered(self, text: str) -> None:
        """The field goes; what was written stands in its place, on a line that has ended."""
        self.write("stdout", f"{text}\n")
        self._dirty = True
        self.flush()

    def clear(self) -> None:
        """Begin anew: what was shown goes."""
        self.items.clear()
        self.beyond.clear()
        self.written = self._beyond_size = 0
        self._done.clear()
        self._line.clear()
        self.push(
            Markup('<hx-partial hx-target="#out-{0}" hx-swap="innerHTML">{1}</hx-partial>').format(self.id, self.tail())
        )

    # -- what goes out -----------------------------------------------------------------------------------------------

    def tail(self) -> Markup:
        """The element of the last line."""
        more = self.written - SHOWN
        inner = Markup("").join(_span(*piece) for piece in self._line)
        if more > 0:
            inner += Markup('<span class="more">… {:,} more characters</span>').format(more)
        return Markup('<span id="tail-{}">{}</span>').format(self.id, inner)

    def flush(self, *, force: bool = True) -> None:
        """Post what is new; unforced no more often than a screen shows it."""
        if not self._dirty:
            return
        now = self.clock()
        self._budget = min(BURST, self._budget + (now - self._last) / PACE)
        self._last = now
        if self._budget < 1 and not force:
            return
        self._budget = max(0.0, self._budget - 1)
        self._dirty = False
        done, self._done = Markup("").join(self._done), []
        self.push(
            Markup('<hx-partial hx-target="#tail-{0}" hx-swap="outerHTML">{1}{2}</hx-partial>').format(
                self.id, done, self.tail()
            )
        )

    def end(self, close: Markup) -> Markup:
        """The last event: the end of a long text, and `close` in the place of the last line."""
        self._end_line()
        done, self._done = Markup("").join(self._done), []
        if self.written > SHOWN:
            text = "".join(text for _, text in self.beyond)
            left = self.written - SHOWN - min(len(text), TAIL)
            done += (
                Markup('<span class="more">… {:,} characters are left out here …</span>\n').format(left)
                if left > 0
                else Markup("")
            )
            done += _span("stdout", text[-TAIL:])
            close = (
                Markup(
                    '<p><button type="button" class="outline small" hx-get="app/output/{0}" hx-target="#out-{0}" hx-swap="innerHTML">'
                    "Show all of it ({1:,} characters{2})</button></p>"
                ).format(self.id, self.written, _lost(self.written - SHOWN - self._beyond_size))
                + close
            )
            self._note("stdout", f"\n… {left:,} characters are left out here …\n{text[-TAIL:]}")
        return Markup('<hx-partial hx-target="#tail-{0}" hx-swap="outerHTML">{1}{2}</hx-partial>').format(
            self.id, done, close
        )

    def whole(self) -> Markup:
        """All that is kept, as one text."""
        shown = "".join(item["text"] for item in self.items if item["output_type"] == "stream")[:SHOWN]
        lost = self.written - len(shown) - self._beyond_size
        gap = (
            Markup('<span class="more">\n… {:,} characters were not kept …\n</span>').format(lost)
            if lost > 0
            else Markup("")
        )
        return escape(shown) + gap + Markup("").join(_span(*piece) for piece in self.beyond)

    # -- private -----------------------------------------------------------------------------------------------------

    def _note(self, stream: str, text: str) -> None:
        last = self.items[-1] if self.items else None
        if last is not None and last["output_type"] == "stream" and last["name"] == stream:
            last["text"] += text
        else:
            self.items.append({"output_type": "stream", "name": stream, "text": text})

    def _keep(self, stream: str, text: str) -> None:
        self.beyond.append((stream, text[-KEPT:]))
        self._beyond_size += len(self.beyond[-1][1])
        while self._beyond_size > KEPT and len(self.beyond) > 1:
            self._beyond_size -= len(self.beyond.popleft()[1])

    def _lines(self, stream: str, text: str) -> None:
        *lines, rest = text.split("\n")
        for line in lines:
            self._line_goes_on(stream, line)
            self._end_line()
            self._done.append(Markup("\n"))
        self._line_goes_on(stream, rest)

    def _line_goes_on(self, stream: str, text: str) -> None:
        for number, part in enumerate(text.split("\r")):
            self._returned = self._returned or number > 0
            if part:
                if self._returned:
                    self._line.clear()
                self._returned = False
                self._line.append((stream, part[:LINE]))

    def _end_line(self) -> None:
        self._done += [_span(*piece) for piece in self._line]
        self._line.clear()
        self._returned = False


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    def __init__(self, name: str, output: Output) -> None:
        self.name, self.output = name, output

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self.output.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        self.output.flush()

    def writable(self) -> bool:
        return True


def _span(stream: str, text: str) -> Markup:
    return Markup('<span class="stderr">{}</span>').format(text) if stream == "stderr" else escape(text)


def _lost(count: int) -> str:
    return f", {count:,} of them not kept" if count > 0 else ""
