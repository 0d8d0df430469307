"""The outside for tests: whoever asks gets what a function of the test answers, at once or when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Generator

from keriwasm.web.outside import Answer, Request, refusal

Serve = Callable[[Request], Answer | None]


class FakeTicket:
    """As `Ticket`."""

    def __init__(self, request: Request, answer: Answer | None) -> None:
        self.request = request
        self.answer = answer
        self.cancelled = False

    def cancel(self) -> None:
        if self.answer is None:
            self.cancelled = True
            self.answer = refusal("cancelled", "It was cancelled.")


class FakeOutside:
    """As `Outside`: put it in a worker's `outside`. `serve` answers a request, or None: then the test does, by the ticket's `answer`.

    Attributes:
        tickets: all that were ever given, in order
        word: what the user's consent was said to be last; a fake asks nobody
    """

    def __init__(self, serve: Serve = lambda request: None) -> None:
        self.serve = serve
        self.tickets: list[FakeTicket] = []
        self.word: tuple[bool, dict[str, bool | None], int | None] | None = None

    def send(self, request: Request) -> FakeTicket:
        ticket = FakeTicket(request, self.serve(request))
        self.tickets.append(ticket)
        return ticket

    def consent(self, enabled: bool, origins: dict[str, bool | None], last: int | None) -> None:
        self.word = enabled, origins, last

    def noted(self, n: int) -> None:
        """The log of a fake is `tickets`."""

    def ask(self, request: Request) -> Generator[float, float, Answer]:
        ticket = self.send(request)
        try:
            while ticket.answer is None:
                yield 0.0
        finally:
            ticket.cancel()
        return ticket.answer


def answer(status: int = 200, body: bytes = b"", kind: str = "application/json+cesr") -> Answer:
    """A server's answer."""
    return Answer(status, [("content-type", kind)], body)
