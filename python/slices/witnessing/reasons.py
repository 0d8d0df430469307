"""Why a witness has given no receipt: a kind for programs, plain words for people."""

from __future__ import annotations

from dataclasses import dataclass

from keriwasm.web.outside import Answer

__all__ = ["CODES", "NO_ADDRESS", "NO_RECEIPT", "Reason", "of"]

BY_USER = ("off", "ask", "many", "refused", "stopped", "revoked")
"""Kinds that end when the user says something else under Network."""
BY_ITSELF = (
    *("unreachable", "local", "late", "queued", "full", "broken", "gateway", "offline", "cancelled"),
    *("waits", "server", "html", "garbage"),
)
"""Kinds that may be over at the next try."""
CODES = ("code", "another", "wrong")
"""Kinds that end when the user types a one-time code."""


@dataclass(frozen=True)
class Reason:
    """One witness's, of its last answer."""

    kind: str
    words: str

    @property
    def passes(self) -> bool:
        return self.kind in BY_ITSELF

    @property
    def allowed(self) -> bool:
        """Whether the user's word under Network may change it."""
        return self.kind in BY_USER


NO_ADDRESS = Reason("address", "No web address of it is known: resolve its OOBI in the ledger, then try again.")
NO_RECEIPT = Reason("garbage", "It answered with something that is no receipt of this event. Is it a witness?")

SHORT = {
    "off": "The network is off: turn it on under Network.",
    "ask": "It is not allowed yet: allow it under Network.",
    "refused": "It was refused: it can be allowed under Network.",
    "unreachable": "It is not reachable.",
    "local": "It is not reachable. Or the browser keeps this page from your own network: it asks at the left of the address bar.",
    "late": "It did not answer in time.",
    "offline": "This browser is offline.",
    "code": "It wants a one-time code: type the one that your authenticator shows for it.",
    "another": "It wants another one-time code for this event: it takes each once. Type the next one that your authenticator shows.",
    "wrong": "It did not take the one-time code: it is wrong, too old, or was used before. Type the one that your authenticator shows now.",
    "type": "It answers with 406: it speaks another version of KERI, most likely the 2.0 that is being developed.",
}


def of(path: str, answer: Answer, code: str = "code") -> Reason | None:
    """What an answer says; None when it is one of success. code: the kind of a refusal that is about codes, one of CODES."""
    if answer.kind in SHORT:
        return Reason(answer.kind, SHORT[answer.kind])
    if answer.problem:
        return Reason(answer.kind, answer.problem)
    if answer.status == 406:
        return Reason("type", SHORT["type"])
    if answer.status in (401, 403):
        return Reason(code, SHORT[code])
    if answer.status == 202 and path == "/receipts":
        return Reason("waits", "It keeps the event, and gives no receipt before it knows what comes before it.")
    if answer.status == 400 and path == "/receipts":
        return Reason("rejects", "It refuses to be a witness of this identifier (400), or does not know the events before this one.")
    if answer.status >= 500:
        return Reason("server", f"It answered that something is wrong with it ({answer.status}).")
    if not answer.ok:
        return Reason("rejects", f"It answered with status {answer.status}.")
    return None
