"""Who is next in the waking Doist: clicks before background, fair among equals, the event loop in between; awaiting; the limit."""

from __future__ import annotations

import asyncio

import workerkit  # noqa: F401  (sets the path)
from doistkit import CLOCK, Endless, go, waking
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP, PATIENCE, WAIT


def test_background_gives_way_to_clicks_but_does_not_starve():
    click, load = Endless(tock=ASAP, burn=0.002), Endless(tock=ASAP, burn=0.01, background=True)
    go(waking(), [load, click], 1.0)
    assert 1 <= load.steps <= 1.0 / PATIENCE + 2
    assert click.steps > 200


def test_a_click_waits_for_one_background_step_only():
    doist = waking()
    loads = [Endless(tock=ASAP, burn=0.01, background=True) for _ in range(8)]
    late = []

    class Click(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            for _ in range(10):
                yield WAIT
                late.append(CLOCK() - self.woken_at)
            return True

    click = Click()

    async def clicks():
        for n in range(10):
            await asyncio.sleep(0.03)
            click.woken_at = CLOCK()
            doist.wake(click)
            while len(late) <= n:
                await asyncio.sleep(0)

    go(doist, [*loads, click], 0.01, clicks())
    assert max(late) < 0.011
    steps = [load.steps for load in loads]
    assert max(steps) - min(steps) <= 1  # they take turns


def test_a_click_goes_before_busy_deeds_of_its_own_rank():
    doist = waking()
    busy = [Endless(tock=ASAP, burn=0.01) for _ in range(20)]
    late = []

    class Inbox(doing.Doer):
        def recur(self, tock=0.0):
            while True:
                yield WAIT
                while messages:
                    doist.extend([Click(messages.pop())])

    class Click(doing.Doer):
        transient = True

        def __init__(self, sent):
            super().__init__()
            self.sent = sent

        def recur(self, tock=0.0):
            yield ASAP
            late.append(CLOCK() - self.sent)
            return True

    inbox = Inbox()

    async def clicks():
        for n in range(10):
            await asyncio.sleep(0.03)
            messages.append(CLOCK())
            doist.wake(inbox)
            while len(late) <= n:
                await asyncio.sleep(0)

    messages = []
    go(doist, [*busy, inbox], 0.01, clicks())
    assert max(late) < 0.021  # one step of another and the click, not twenty steps
    steps = [doer.steps for doer in busy]
    assert max(steps) - min(steps) <= 1  # and the busy ones still take turns


def test_the_event_loop_gets_its_turn_while_doers_are_busy():
    doist = waking()
    gaps = []

    async def pulse():
        last = CLOCK()
        while last < begun + 0.5:
            await asyncio.sleep(0)
            now = CLOCK()
            gaps.append(now - last)
            last = now

    begun = CLOCK()
    go(doist, [Endless(tock=ASAP, burn=0.001)], 0.01, pulse())
    assert len(gaps) > 15
    assert sorted(gaps)[len(gaps) // 2] < 0.02


def test_await_gives_results_raises_errors_and_cancels_with_the_doer():
    results, cancelled = [], []
    doist = waking(fault=lambda doer, ex: None)

    async def value():
        await asyncio.sleep(0.01)
        return 42

    async def error():
        raise KeyError("no")

    async def slow():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    class Asks(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            results.append((yield from doist.await_(value())))
            try:
                yield from doist.await_(error())
            except KeyError as ex:
                results.append(ex.args)
            foreign = asyncio.get_running_loop().create_future()
            foreign.cancel()
            try:
                yield from doist.await_(foreign)
            except RuntimeError as ex:
                results.append("cancelled" in str(ex))
            yield from doist.await_(slow())

    go(doist, [Asks()], 0.1)
    assert results == [42, ("no",), True]
    assert cancelled == [True]


def test_the_limit_ends_it():
    begun = CLOCK()
    doist = waking(limit=0.1)
    go(doist, [Endless(tock=WAIT)])
    assert CLOCK() - begun > 0.08
    assert doist.done is False
