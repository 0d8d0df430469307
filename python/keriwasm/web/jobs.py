"""What long jobs with an id have in common: the id, a version that grows with every change, and its event stream."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator

PERIOD = 0.3
"""Seconds between two looks of an event stream: more often nobody can read."""

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent: it tells the door that the stream lives."""

KEEP_ALIVE_COMMENT = b": alive\n\n"


def new_id() -> str:
    """An id for a run: 16 letters and digits that no other run of this browser has."""
    return secrets.token_hex(8)


class Job:
    """Something that changes while it is followed.

    Attributes:
        version (int): grows with every change
        over (bool): nothing will change any more
    """

    def __init__(self) -> None:
        self.version = 0
        self.over = False

    def changed(self) -> None:
        """Let the followers know."""
        self.version += 1


def follow(job: Job, messages: Callable[[], Iterable[bytes]], period: float = PERIOD) -> Iterator[bytes | float]:
    """The body of an event stream (see RequestDoer.stream): `messages()` at once and after changes, until it is over.

    messages: server-sent events that tell what has changed since they were last asked for
    """
    seen, silent = -1, 0.0
    while True:
        if job.version != seen:
            seen, silent = job.version, 0.0
            yield from messages()
            if job.over:
                return
        elif silent >= KEEP_ALIVE:
            silent = 0.0
            yield KEEP_ALIVE_COMMENT
        yield period
        silent += period
