"""Which worker gets which tests: everything is run once, slow tests balance, what a lost worker had comes back."""

from __future__ import annotations

import random

import workerkit  # noqa: F401 (puts python/ on sys.path)
from hypothesis import given
from hypothesis import strategies as st
from slices.suites.planning import MOST_SECONDS, MOST_TESTS, Plan

durations = st.lists(st.floats(0.0001, 30, allow_nan=False), min_size=1, max_size=300)


def named(seconds):
    return [(("s", str(number)), each) for number, each in enumerate(seconds)]


def play(seconds, lanes, lose=()):
    """Simulated workers take chunks until nothing is left: (order of ends, time when each lane was done)."""
    plan = Plan(named(seconds))
    clocks = [0.0] * lanes
    done = []
    losses = list(lose)
    while len(plan):
        lane = clocks.index(min(clocks))
        chunk = plan.take(lanes, short=lane == 0 and lanes > 1)
        assert 0 < len(chunk) <= MOST_TESTS
        if losses and losses.pop():
            plan.give_back(chunk)
            clocks[lane] += 1
            continue
        clocks[lane] += sum(plan.seconds[test] for test in chunk)
        done += chunk
    return done, clocks


@given(durations, st.integers(1, 8), st.lists(st.booleans(), max_size=20))
def test_every_test_is_run_exactly_once(seconds, lanes, lose):
    done, _ = play(seconds, lanes, lose)
    assert sorted(done) == sorted(test for test, _ in named(seconds))


@given(durations, st.integers(2, 8))
def test_nobody_waits_long_for_the_last_one(seconds, lanes):
    _, clocks = play(seconds, lanes)
    # what one lane can be behind: its last chunk, which is one test or at most a bounded share
    assert max(clocks) - sum(clocks) / lanes <= max(seconds) + MOST_SECONDS


def test_a_chunk_is_short_unless_it_is_one_test():
    plan = Plan(named([random.Random(1).uniform(0.01, 9) for _ in range(200)]))
    while len(plan):
        chunk = plan.take(2)
        assert len(chunk) == 1 or sum(plan.seconds[test] for test in chunk) <= MOST_SECONDS


def test_the_coordinators_worker_takes_the_short_ones():
    plan = Plan(named([5, 0.1, 3, 0.2, 9]))
    assert plan.take(2, short=True)[0] == ("s", "1")
    assert plan.take(2)[0] == ("s", "4")
