"""Several generators in one Doer: results in order, so many at a time, and none left open."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from keriwasm.runtime.scheduling import ASAP, WAIT
from keriwasm.runtime.together import together


def work(log: list[str], name: str, *pauses: Any, fails: bool = False) -> Generator[Any, float, str]:
    log.append(f"{name} begins")
    try:
        yield from pauses
        if fails:
            raise RuntimeError(name)
        return name.upper()
    finally:
        log.append(f"{name} ends")


def test_results_come_in_order_and_the_soonest_pause_counts() -> None:
    log: list[str] = []
    running = together([work(log, "a", 5.0, WAIT), work(log, "b", 0.5), work(log, "c"), work(log, "d", None, WAIT)])
    assert next(running) == ASAP, "None and 0.0 are again, not at the Doist's own tock"
    assert next(running) == WAIT
    with pytest.raises(StopIteration) as stop:
        next(running)
    assert stop.value.value == ["A", "B", "C", "D"]
    with pytest.raises(StopIteration) as stop:
        next(together([]))
    assert stop.value.value == []


def test_so_many_at_a_time_and_the_rest_is_made_when_there_is_room() -> None:
    log: list[str] = []
    made: list[str] = []

    def many() -> Generator[Any, None, None]:
        for name in "abcde":
            made.append(name)
            yield work(log, name, 1.0)

    running = together(many(), 2)
    next(running)
    assert made == ["a", "b"]
    next(running)
    assert made == ["a", "b", "c", "d"] and log.count("a ends") == 1
    next(running)
    with pytest.raises(StopIteration) as stop:
        next(running)
    assert stop.value.value == list("ABCDE")


@pytest.mark.parametrize("cancelled", [True, False])
def test_none_is_left_open(cancelled: bool) -> None:
    log: list[str] = []
    running = together([work(log, "a", 1.0, 1.0), work(log, "b", 1.0, fails=not cancelled), work(log, "c", 1.0, 1.0)])
    next(running)
    if cancelled:
        running.close()
    else:
        with pytest.raises(RuntimeError, match="b"):
            next(running)
    assert sorted(each for each in log if each.endswith("ends")) == ["a ends", "b ends", "c ends"]
