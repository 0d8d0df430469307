"""Which worker gets which tests: chunks that shrink towards the end, so that slow tests balance and nobody waits long.

Pure: no clock, no messages. Tests are ordered by what they are expected to take. The coordinator's own worker takes from
the short end, so that it is seldom away from its messages; the others take from the long end, so that what is left for
the end is short. They meet in the middle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

Test = tuple[str, str]
"""(suite, id)"""

MOST_SECONDS = 4.0
"""A chunk is expected to take no longer than that: what a lost worker had is soon done again."""

MOST_TESTS = 200


class Plan:
    """The tests that nobody has yet."""

    def __init__(self, tests: Iterable[tuple[Test, float]]) -> None:
        """tests: with the seconds that each may take"""
        ordered = sorted(tests, key=lambda pair: pair[1])
        self.seconds = dict(ordered)
        self.waiting: deque[Test] = deque(test for test, _ in ordered)
        self.alone: deque[Test] = deque()

    def __len__(self) -> int:
        return len(self.waiting) + len(self.alone)

    def remaining(self) -> float:
        """Seconds that the rest may take on one worker."""
        return sum(self.seconds[test] for test in (*self.waiting, *self.alone))

    def take(self, lanes: int, short: bool = False) -> list[Test]:
        """The next chunk for one of `lanes` workers, [] when nothing is left.

        short: for the coordinator's own worker
        """
        if not self.waiting:
            return [self.alone.popleft()] if self.alone else []
        share = min(MOST_SECONDS, self.remaining() / (2 * max(1, lanes)))
        chunk: list[Test] = []
        spent = 0.0
        while self.waiting and len(chunk) < MOST_TESTS:
            test = self.waiting[0] if short else self.waiting[-1]
            if chunk and spent + self.seconds[test] > share:
                break
            chunk.append(self.waiting.popleft() if short else self.waiting.pop())
            spent += self.seconds[test]
        return chunk

    def give_back(self, tests: Iterable[Test]) -> None:
        """Tests of a worker that was lost come back, each to its place."""
        back = {*self.waiting, *tests}
        self.waiting = deque(sorted(back, key=lambda test: self.seconds[test]))
