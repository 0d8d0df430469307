"""The outside for tests on CPython: requests leave by Python's own client, each in a thread, as the gateway would send them."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator

from keriwasm.web.outside import Answer, Request, refusal

__all__ = ["PlainWeb"]


class Ticket:
    """As outside.Ticket."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._answer: Answer | None = None
        self._ends = time.monotonic() + request.deadline
        threading.Thread(target=self._send, daemon=True).start()

    @property
    def answer(self) -> Answer | None:
        if self._answer is None and time.monotonic() > self._ends:
            self._answer = refusal("late", "No answer came in time.")
        return self._answer

    def cancel(self) -> None:
        self._answer = self._answer or refusal("cancelled", "It was cancelled.")

    def _send(self) -> None:
        asked = self.request
        made = urllib.request.Request(asked.url, asked.body or None, dict(asked.headers), method=asked.method)
        try:
            with urllib.request.urlopen(made, timeout=asked.deadline) as got:
                came = Answer(got.status, list(got.headers.items()), got.read())
        except urllib.error.HTTPError as error:
            came = Answer(error.code, list(error.headers.items()), error.read())
        except OSError as error:
            came = refusal("unreachable", f"It cannot be reached ({error}).")
        self._answer = self._answer or came


class PlainWeb:
    """As outside.Outside. tickets: all that were ever given."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []

    def send(self, request: Request) -> Ticket:
        self.tickets.append(Ticket(request))
        return self.tickets[-1]

    def ask(self, request: Request) -> Generator[float, float, Answer]:
        ticket = self.send(request)
        while ticket.answer is None:
            yield 0.01
        return ticket.answer
