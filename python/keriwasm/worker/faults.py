"""Doers that do damage on purpose, for `worker:inject`."""

from __future__ import annotations

import time

from hio.base import doing

from keriwasm.runtime.scheduling import ASAP

STEP = 0.01
"""Seconds that SlowDoer burns between two yields: what an inconsiderate but not broken handler does."""


class SlowDoer(doing.Doer):
    """Burns CPU for `seconds`, giving way every `STEP`."""

    transient = True

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def recur(self, tock: float = 0.0):
        """Ends by real time, however often it was interrupted."""
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            yield ASAP
            step = time.perf_counter() + STEP
            while time.perf_counter() < min(step, end):
                pass
        yield ASAP  # enter must reach a yield even when seconds is 0
        return True
