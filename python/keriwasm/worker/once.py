"""One act per intent: who sends the same form twice means it once, and gets the first one's answer.

The page names each form's requests by a key of that form (`Idempotency-Key`, router/tabs/page.js). A request with a key and
a content that are under way here waits for the one before it; one that was done well a moment ago is answered as that was.
Only for a moment: a form that is still there can be meant again. What failed may always be tried again. What this does not
catch: a repeat that reaches another worker, which for all that changes something does not happen (their slice has one); and
one of several megabytes after the first was answered, when the button is enabled again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from hio.base import doing

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context, Message

SECONDS = 1.0
"""How long an answer is remembered: longer than two clicks of one hand, shorter than another intent."""
LOOK = 0.01
"""Seconds between looks at the first of two, while it is under way."""
MOST = 64
"""Answers kept at once; past it the oldest goes."""
MAX_BYTES = 1 << 20
"""Larger answers are not kept: a repeat is done anew, as it was before there was this."""
MAX_CONTENT = 4 << 20
"""Larger contents (files) are not compared: looking at all of them would hold the worker for longer than two clicks take."""
MAX_KEY = 100

Answer = tuple[int, dict[str, str], bytes]


def name_of(message: Message, body: bytes) -> str | None:
    """What makes two requests the same: key, method, address and content; None for a request without a key."""
    headers = {name.lower(): value for name, value in (message.get("headers") or {}).items()}
    key = headers.get("idempotency-key", "")
    if not key or len(key) > MAX_KEY or len(body) > MAX_CONTENT or message["method"] in ("GET", "HEAD"):
        return None
    kind, _, boundary = headers.get("content-type", "").partition("boundary=")
    if boundary:  # a browser draws one for each request
        body = body.replace(boundary.strip('"').encode(), b"")
    parts = [key, message["method"], message["path"], message.get("query") or "", headers.get("accept", ""), kind]
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()


class Once:
    """What is under way in this worker by a key, and the good answers of the last moments."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.running: set[str] = set()
        self.answers: dict[str, tuple[float, Answer]] = {}
        self._forgetting = False

    def repeated(self, name: str) -> Generator[Any, Any, Answer | None]:
        """The answer of the same request before this one, waited for; None when there is none: then it is this one's to act,
        and to call `done`, however it ends."""
        while name in self.running:
            yield LOOK
        if name in self.answers:
            return self.answers[name][1]
        self.running.add(name)
        return None

    def done(self, name: str, answer: Answer | None) -> None:
        """A request that had to act has ended; `answer` is None when there is none to repeat."""
        self.running.discard(name)
        if answer is None or not 200 <= answer[0] < 300 or len(answer[2]) > MAX_BYTES:
            return
        if len(self.answers) >= MOST:
            del self.answers[next(iter(self.answers))]
        self.answers[name] = (self.worker.host.now() + SECONDS * 1000, answer)
        if not self._forgetting:
            self._forgetting = True
            self.worker.doist.extend([ForgetDoer(self)])

    def forget(self) -> bool:
        """Lets go of what is past its moment (it may hold a secret that was shown once); whether nothing is left."""
        now = self.worker.host.now()
        for name in [name for name, (end, _) in self.answers.items() if end <= now]:
            del self.answers[name]
        self._forgetting = bool(self.answers)
        return not self.answers


class ForgetDoer(doing.Doer):
    """Forgets answers when their moment is over, whether or not anybody asks again."""

    background = True
    transient = True

    def __init__(self, once: Once) -> None:
        super().__init__()
        self.once = once

    def recur(self, tock: float = 0.0):
        """Ends when nothing is remembered any more."""
        while not self.once.forget():
            yield 0.2
        return True
