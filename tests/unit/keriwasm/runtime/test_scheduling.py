"""The waking Doist: hio's life cycle, real tyme, no polling, and Doers that cannot hurt each other."""

from __future__ import annotations

import asyncio
import itertools

import pytest
import workerkit  # noqa: F401  (sets the path)
from doistkit import CLOCK, Endless, Recorder, go, waking
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP, WAIT


def test_a_doer_lives_as_under_hio_and_the_doist_ends_when_all_are_done():
    log = []
    doist = waking()
    doers = [Recorder(log, "a", [ASAP]), Recorder(log, "b", [0.02])]
    go(doist, doers)
    assert doist.done is True
    assert all(doer.done for doer in doers)
    assert [entry for entry in log if entry[1] in ("enter", "exit", "cease")] == [
        ("a", "enter"),
        ("b", "enter"),
        ("a", "exit"),
        ("b", "exit"),
    ]


def test_tyme_follows_real_time_and_tocks_are_kept():
    log = []
    doist = waking()
    begun = CLOCK()
    go(doist, [Recorder(log, "a", [0.05, 0.1, 0.05])])
    took = CLOCK() - begun
    times = [entry[1] for entry in log if isinstance(entry[1], float)]
    assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx([0.05, 0.1], abs=0.002)
    assert took == pytest.approx(0.2, abs=0.01)


def test_an_unmodified_doer_that_yields_nothing_runs_at_hios_cadence():
    doer = Endless(tock=None)
    go(waking(), [doer], 0.51)
    assert doer.steps == 0.5 / 0.03125 + 1


def test_a_waiting_doer_sleeps_until_it_is_woken_and_wakes_at_once():
    doist = waking()
    late = []

    class Waiter(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            while len(late) < 20:
                yield WAIT
                late.append(CLOCK() - self.woken_at)
            return True

    waiter = Waiter()

    async def waker():
        await asyncio.sleep(0.1)
        assert late == []
        for n in range(20):
            waiter.woken_at = CLOCK()
            doist.wake(waiter)
            while len(late) <= n:
                await asyncio.sleep(0)
            await asyncio.sleep(0.002)

    go(doist, [waiter], None, waker())
    assert max(late) < 0.001


def test_a_turn_runs_what_sleeps_at_once_and_the_sleep_goes_on():
    doist = waking()
    passes, seen, chain = [], [], []
    rest = doist._rest

    async def counted(seconds):
        passes.append(seconds)
        await rest(seconds)

    doist._rest = counted

    class Taker(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            while True:
                yield WAIT
                seen.append(doist.tyme)
                doist.turn(self if len(seen) == 3 else other)  # within a recur it is a wake-up like any other
                doist.extend([Recorder(chain, "guest", [], transient=True)])

    taker, other = Taker(), Endless(tock=WAIT)

    async def outside():
        await asyncio.sleep(0.02)
        slept = len(passes)
        for n in range(2):
            doist.turn(taker)
            assert len(seen) == n + 1 and other.steps == n + 2 and chain[-1] == ("guest", "exit")
        assert len(passes) == slept
        doist.turn(taker)
        await asyncio.sleep(0.02)
        assert len(seen) == 4

    go(doist, [taker, other, Endless(tock=5.0)], 0.1, outside())


def test_a_turn_sets_the_alarm_for_what_is_due_earlier_now_and_never_raises():
    died = []
    doist = waking(fault=lambda doer, ex: died.append(str(ex)))
    log = []

    class Host(doing.Doer):
        essential = True

        def recur(self, tock=0.0):
            yield ASAP
            yield WAIT
            doist.extend([Endless(tock=0.01)])
            yield WAIT
            raise OSError("heart")

    host = Host()

    async def outside():
        await asyncio.sleep(0.01)
        doist.turn(host)
        await asyncio.sleep(0.1)
        log.append(doist.doers[-1].steps)
        doist.turn(host)

    with pytest.raises(OSError, match="heart"):
        go(doist, [host], None, outside())
    assert log[0] > 5 and died == []


def test_a_wake_up_during_the_doers_own_step_is_not_lost():
    doist = waking()
    steps = []

    class Selfish(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            for n in range(5):
                doist.wake(self)
                steps.append(n)
                yield WAIT
            return True

    go(doist, [Selfish()])
    assert steps == [0, 1, 2, 3, 4]


def test_a_wake_up_of_a_doer_that_has_ended_does_not_spin():
    doist = waking()
    ended, waiter = Recorder([], "gone"), Endless(tock=WAIT)
    recurs = 0
    recur = doist.recur

    def counted(deeds=None):
        nonlocal recurs
        recurs += 1
        recur(deeds)

    doist.recur = counted

    async def waker():
        await asyncio.sleep(0.05)
        doist.wake(ended)

    go(doist, [ended, waiter], 0.2, waker())
    assert recurs < 10


def test_an_idle_doist_runs_when_something_is_due_and_never_else():
    doist, doers, recurs = waking(), [Endless(tock=WAIT), Endless(tock=0.25)], []
    recur = doist.recur
    doist.recur = lambda deeds=None: recurs.append(recur(deeds))
    go(doist, doers, 1.1)
    assert (doers[0].steps, doers[1].steps) == (1, 5)
    assert len(recurs) <= doers[1].steps + 2


def test_a_late_doer_is_not_run_in_a_burst():
    doist = waking()
    regular = Endless(tock=0.05)

    async def block():
        await asyncio.sleep(0.06)
        CLOCK.burn(0.5)  # the whole loop hangs for ten periods

    go(doist, [regular], 0.12, block())
    assert regular.steps == 5  # at 0, 0.05, 0.56, 0.61 and 0.66


def test_a_doer_that_raises_is_reported_and_removed_and_the_others_go_on():
    died = []
    doist = waking(fault=lambda doer, ex: died.append((doer, str(ex))))

    class Bad(doing.Doer):
        def recur(self, tock=0.0):
            yield ASAP
            raise ValueError("bad")

    bad, good = Bad(), Endless(tock=0.01)
    go(doist, [bad, good], 0.2)
    assert died == [(bad, "bad")]
    assert good.steps > 5
    assert bad not in doist.doers


@pytest.mark.parametrize("garbage", ["soon", -1.0, float("nan"), object()])
def test_a_doer_that_yields_garbage_hurts_only_itself(garbage):
    died = []
    doist = waking(fault=lambda doer, ex: died.append(ex))
    good = Endless(tock=0.01)
    go(doist, [Endless(tock=garbage), good], 0.1)
    assert len(died) == 1 and isinstance(died[0], (ValueError, TypeError))
    assert good.steps > 3


def test_the_death_of_an_essential_doer_ends_the_doist_and_closes_the_rest_in_reverse():
    log = []
    doist = waking(fault=lambda doer, ex: None)

    class Vital(doing.Doer):
        essential = True

        def recur(self, tock=0.0):
            yield ASAP
            raise OSError("heart")

    with pytest.raises(OSError, match="heart"):
        go(doist, [Recorder(log, "a", [WAIT]), Recorder(log, "b", [WAIT]), Vital()])
    assert [entry for entry in log if entry[1] == "cease"] == [("b", "cease"), ("a", "cease")]


def test_one_that_raises_while_it_is_closed_does_not_keep_the_others_open():
    died, log = [], []
    doist = waking(fault=lambda doer, ex: died.append(str(ex)))

    class Clumsy(doing.Doer):
        def recur(self, tock=0.0):
            try:
                while True:
                    yield WAIT
            finally:
                raise RuntimeError("clumsy exit")

    go(doist, [Recorder(log, "a", [WAIT]), Clumsy()], 0.05)
    assert ("a", "exit") in log
    assert died == ["clumsy exit"]


def test_doers_come_and_go_at_run_time():
    log = []
    doist = waking()
    stays = Endless(tock=WAIT)
    guest = Recorder(log, "guest", [WAIT])
    brief = Recorder(log, "brief", [ASAP], transient=True)

    async def visit():
        await asyncio.sleep(0.02)
        doist.extend([guest, brief])
        doist.wake()
        await asyncio.sleep(0.02)
        doist.remove([guest])

    go(doist, [stays], 0.05, visit())
    assert ("guest", "cease") in log
    assert ("brief", "exit") in log and ("brief", "cease") not in log
    assert brief not in doist.doers


def test_doers_added_before_the_start_are_entered_once():
    log = []
    doist = waking(doers=[Recorder(log, "a", [ASAP])])
    doist.extend([Recorder(log, "b", [ASAP])])
    go(doist, None)
    assert sorted(entry for entry in log if entry[1] in ("enter", "exit")) == [
        ("a", "enter"),
        ("a", "exit"),
        ("b", "enter"),
        ("b", "exit"),
    ]
