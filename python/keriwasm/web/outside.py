"""The one way out of the browser: a slice's requests to other servers, sent by the gateway worker, which has no keys.

    answer = yield from worker.outside.ask(Request("GET", "http://witness.example/oobi", who="ledger",
                                                   reason="to resolve the OOBI you pasted"))
    if answer.problem: ...

or, for a Doer that polls (also one nested in a DoDoer): ``ticket = worker.outside.send(request)``, then look at
``ticket.answer`` until it is there; ``ticket.cancel()`` when nobody wants it any more. Whoever sent is woken when it comes.

Every request ends with one `Answer`, at its deadline at the latest: the router refuses what the user has not allowed
(router/policy/outside.py), the gateway what does not come as it should (workers/gateway.js), and what neither says is said
here. Nothing is ever sent again by itself. Bodies are whole, not streamed: `limit` bounds what is taken in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keriwasm.web.form.errors import FieldError

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context, Message

__all__ = ["STATUS", "Answer", "Outside", "Request", "Ticket", "unanswered"]

NONE_CAME = 599
"""The status of an answer that no server gave."""

GRACE = 2.0
"""Seconds past its deadline after which a request is answered here, should the router be lost."""

LATE = "No answer came in time."

STATUS = {
    **dict.fromkeys(("off", "ask", "many", "refused", "stopped", "revoked"), 403),
    **dict.fromkeys(("bad", "mixed", "redirect"), 422),
    **dict.fromkeys(("full", "offline"), 503),
    **dict.fromkeys(("late", "queued"), 504),
}
"""Of an answer's kind, as a status; whatever else it says is 502."""


@dataclass(frozen=True)
class Request:
    """What is to be sent.

    Attributes:
        headers: pairs of name and value; what a page may not set (Host, Cookie, ...) the browser leaves out
        deadline (float): seconds from sending until it is answered, whatever happens
        limit (int): bytes of an answer's body; a larger one is refused
        who: the part that asks, as the user knows it: "ledger"
        reason: why, to go after "It is asked for": "to resolve the OOBI you pasted", "to reach witness wan of Anna"
    """

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    deadline: float = 10.0
    limit: int = 1 << 20
    who: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """What came, or why nothing did.

    Attributes:
        status (int): the server's, or 599 when no answer of a server can be given on
        headers: lower-case names; a page sees only those that the server lets it see
        problem: "" or plain words for the user, one or two sentences
        kind: "" or what the problem is: "off" (the network is), "ask" (the origin waits for the user's yes), "refused" (the user said
            no), "bad" (the request itself), "full", "mixed", "unreachable", "redirect", "late", "html", "large", "broken", "status",
            "local" (as unreachable, in the own network), "offline", "host", "many", "queued", "revoked", "stopped", "type" (with the
            server's own 406), "cancelled", "gateway" (it was lost)
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    problem: str = ""
    kind: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


def unanswered(field: str, said: str, answer: Answer, again: str = "") -> FieldError:
    """The error of a form whose field led outside, where `answer.problem` came of it: "url", "was not resolved".

    What the user's word would change is told with a link to the page where that is given (`outside` among the problem's members is
    the kind); `again` is the address, below the base, of the page that comes back with what was filled in.
    """
    error = FieldError(field, f"{said}: {answer.problem}", STATUS.get(answer.kind, 502))
    error.extra |= {"outside": answer.kind, **({"again": again} if again else {})}
    return error


def refusal(kind: str, problem: str) -> Answer:
    """The answer when no server gave one."""
    return Answer(NONE_CAME, [], problem.encode(), problem, kind)


class Ticket:
    """One request under way."""

    def __init__(self, outside: Outside, id: str, doer: Any, late_at: float) -> None:
        self.id = id
        self.doer = doer
        self._outside = outside
        self._late_at = late_at
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer | None:
        """None until it is there."""
        if self._answer is None and self._outside.worker.host.now() > self._late_at:
            self._outside.take(self.id, refusal("late", LATE))
        return self._answer

    def cancel(self) -> None:
        """Nobody wants it any more: it is ended, and its answer is one of kind "cancelled". Once it is answered this does nothing."""
        if self._answer is None:
            self._outside.worker.post("outside:cancel", id=self.id)
            self._outside.take(self.id, refusal("cancelled", "It was cancelled."))

    def give(self, answer: Answer) -> None:
        """Called once, by `Outside`."""
        self._answer = answer


class Outside:
    """A worker's requests to the outside: `worker.outside`."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self._open: dict[str, Ticket] = {}
        self._numbers = itertools.count(1)
        self.on_news: Callable[[list[dict[str, Any]]], None] = lambda news: None
        self.on_line: Callable[[bool], None] = lambda open: None

    def send(self, request: Request) -> Ticket:
        """Begin at once. Never raises for what the request says: that comes as its answer."""
        id = f"{self.worker.id}.{self.worker.generation}:{next(self._numbers)}"
        deadline = self.worker.host.now() + request.deadline * 1000
        ticket = self._open[id] = Ticket(self, id, self.worker.doist.active, deadline + GRACE * 1000)
        self.worker.post(
            "outside:send",
            bytes(request.body) or None,
            id=id,
            method=request.method,
            url=request.url,
            headers=[[name, value] for name, value in request.headers],
            deadline=deadline,
            limit=request.limit,
            who=request.who,
            reason=request.reason,
        )
        return ticket

    def ask(self, request: Request) -> Generator[float, float, Answer]:
        """Send, and wait the hio way. When the Doer that waits is closed, the request is cancelled."""
        ticket = self.send(request)
        try:
            while ticket.answer is None:
                yield request.deadline + GRACE  # or until the answer wakes this Doer
        finally:
            ticket.cancel()
        return ticket.answer

    # -- for the slice that keeps the user's word (slices/network) ---------------------------------------------------

    def consent(self, enabled: bool, origins: dict[str, bool | None], last: int | None) -> None:
        """Tell the router what may leave: the whole of it. From any other slice's worker it is not taken."""
        self.worker.post("outside:consent", enabled=enabled, origins=origins, last=last)

    def noted(self, n: int) -> None:
        """News up to this number are kept."""
        self.worker.post("outside:noted", n=n)

    # -- what the inbox hands over -----------------------------------------------------------------------------------

    def answered(self, message: Message, body: bytes) -> None:
        """Take outside:answer, outside:news or outside:line. An answer for a ticket that was cancelled meanwhile is no news."""
        if message["type"] == "outside:news":
            self.on_news(message["news"])
            return
        if message["type"] == "outside:line":
            self.on_line(message["open"])
            return
        headers = [(str(name), str(value)) for name, value in message.get("headers") or ()]
        problem, kind = str(message.get("problem") or ""), str(message.get("kind") or "")
        status = int(message["status"])
        content = body or (problem.encode() if status == NONE_CAME else b"")
        self.take(message["id"], Answer(status, headers, content, problem, kind))

    def take(self, id: str, answer: Answer) -> None:
        """Give a ticket its answer and wake whoever sent it."""
        ticket = self._open.pop(id, None)
        if ticket is not None:
            ticket.give(answer)
            self.worker.doist.wake(ticket.doer)
