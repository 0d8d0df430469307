"""A hio Doist that sleeps until its next retyme or a wake-up, instead of polling.

`WakingDoist` keeps hio's own life cycle (enter, recur, exit; `extend` and `remove` at run time; deeds are hio's triples
`(dog, retyme, doer)`), but its tyme follows a real clock, and between two recurs it sleeps until the earliest retyme or
until somebody calls `wake(doer)`. What a Doer yields means:

    0.0 or None   again after the Doist's own tock (1/32 s), exactly hio's cadence: unmodified Doers stay cheap
    tock > 0      again `tock` seconds after its last retyme; a tock that is already over is not run twice in a burst
    ASAP          again at the next recur (a tiny positive tock: a plain Doist reads it the same way)
    WAIT          not before `wake(doer)`

Attributes that a Doer may carry:

    background = True   it gives way while other Doers are runnable, but for at most `PATIENCE` seconds
    essential = True    its death ends the Doist; that of another Doer is reported and only removes that Doer
    transient = True    it leaves `.doers` when it is done (a Doist keeps finished Doers otherwise, as hio does)

A Doer nested in a DoDoer is scheduled by that DoDoer, which polls: wake-ups reach only the Doist's own Doers.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from hio.base import doing, tyming

WAIT = math.inf
"""Yielded by a Doer that wants to run only when it is woken."""

ASAP = 2.0**-20
"""Yielded by a Doer that wants to run at the next recur (about a microsecond)."""

PATIENCE = 0.25
"""Seconds that a runnable background Doer gives way at most: later it gets one step, however busy the others are."""

SHORT = 0.004 if sys.platform == "emscripten" else 0.0
"""Seconds. Browsers clamp nested timers to 4 ms, so that shorter waits pass through the event loop instead."""

SLACK = 0.001
"""Seconds that a deed may be late because an alarm that is set already rings for it."""

MARKER = (None, None, None)
"""hio's mark in a deque of deeds: once through."""

FaultHandler = Callable[[Any, BaseException], None]


class WakingDoist(doing.Doist):
    """hio's Doist in real tyme that sleeps when nothing is due.

    Attributes:
        active: the Doer that runs right now, else None
        share (float): seconds of work after which the event loop gets a turn, so that messages come in
    """

    deeds: deque[Any]

    def __init__(
        self,
        *,
        name: str = "worker",
        clock: Callable[[], float] = time.perf_counter,
        share: float = 0.008,
        fault: FaultHandler | None = None,
        **kwa: Any,
    ) -> None:
        """Parameters:

        clock: monotonic, in seconds
        share: see above
        fault: called with (doer, exception) when a Doer raises, also while it is closed
        """
        super().__init__(name=name, real=True, **kwa)
        self.active: Any = None
        self.share = share
        self._clock = clock
        self._origin = clock() - self.tyme
        self._fault = fault
        self._woken: set[Any] = set()
        self._sleeper: asyncio.Future[None] | None = None
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = math.inf
        self._turning = False

    def now(self) -> float:
        """Real tyme in seconds; `tyme` itself stands still within one recur, as in hio."""
        return self._clock() - self._origin

    def rebase(self) -> None:
        """Go on from the tyme at hand by the clock as it stands now: that of a kept interpreter's host began at another time."""
        self._origin = self._clock() - self.tyme

    async def ado(self, doers: Any = None, limit: float | None = None, tyme: float | None = None, *, temp: Any = None):
        """hio's `Doist.ado`, sleeping until something is due or `wake` is called.

        Doers that were added by `extend` before are not entered again (with `doers` given they are left out, as in hio).
        Returns when no deed is left, at `limit` seconds of tyme, or on KeyboardInterrupt; raises what an essential
        Doer raised. Every remaining Doer is closed in reverse order of entry before it returns or raises.
        """
        temp = temp or (self.temp if self.temp else temp)
        self.done = False
        if doers is not None:
            self.doers = list(doers)
            self.deeds = deque()
        if limit is not None:
            self.limit = abs(float(limit))
        if tyme is not None:
            self.tyme = tyme
        self.rebase()

        try:
            entered = {id(doer) for _, _, doer in self.deeds}
            self.deeds.extend(self.enter([doer for doer in self.doers if id(doer) not in entered], temp=temp))
            tymer = tyming.Tymer(tymth=self.tymen(), duration=self.limit)
            turn = self._clock()
            while True:
                try:
                    self.recur()
                    if not self.deeds:
                        self.done = True
                        break
                    if self.limit and tymer.expired:
                        break
                    idle = self.idle()
                    if self.limit:
                        idle = min(idle, max(0.0, tymer.duration - tymer.elapsed))
                    if idle > 0.0:
                        await self._rest(idle)
                    elif self._clock() - turn < self.share:
                        continue
                    else:
                        await asyncio.sleep(0)
                    turn = self._clock()
                except KeyboardInterrupt:
                    break
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm, self._alarm_at = None, math.inf
            self.exit()

    def wake(self, doer: Any = None) -> None:
        """Make `doer` due now and end the sleep. Cheap, may be called at any time, also by the Doer that runs."""
        if doer is not None:
            self._woken.add(doer)
        if self._sleeper is not None and not self._sleeper.done() and not self._turning:
            self._sleeper.set_result(None)

    def turn(self, doer: Any) -> None:
        """Like `wake(doer)`, but a Doist that sleeps runs its next recur right here, and mostly sleeps on.

        For what comes from outside, as a message does: to end the sleep first would take two turns of the event loop,
        longer than most answers. Never raises: what an essential Doer raises ends `ado`, as always.
        """
        sleeper = self._sleeper
        if sleeper is None or sleeper.done() or self._turning:
            self.wake(doer)
            return
        self._woken.add(doer)
        self._turning = True
        try:
            self.recur()
        except BaseException as ex:  # `ado` is where it belongs, whatever it is
            sleeper.set_exception(ex)
        finally:
            self._turning = False
        # The alarm was set for the earliest deed of before; it is only of use if none is due earlier now.
        if not sleeper.done() and (not self.deeds or self._clock() + self.idle() < self._alarm_at - SLACK):
            sleeper.set_result(None)

    def idle(self) -> float:
        """Seconds until the next deed is due: 0.0 when one is, inf when all of them wait to be woken."""
        if self._woken:
            return 0.0
        due = min((retyme for dog, retyme, _ in self.deeds if dog), default=math.inf)
        return max(0.0, due - self.now())

    def extend(self, doers: Any) -> None:
        """Add Doers as hio does; they run before the deeds that are merely due, and end the sleep."""
        doers = list(doers)
        super().extend(doers)
        for doer in doers:
            self.wake(doer)

    def recur(self, deeds: deque[Any] | None = None) -> None:
        """One pass over the deeds; tyme is the clock's at its start.

        First those that were woken or are new, and those that these woke (an inbox and the request it took in); then
        the due ones in turn, until `share` seconds are used up: the next pass goes on with the rest. At most one
        background deed comes last. So a click waits for few steps of others, however many of them are runnable.
        """
        if deeds is None:
            deeds = self.deeds
        self.tyme = max(self.tyme, self.now())
        end = self._clock() + self.share
        for _ in range(2):
            if self._woken:
                woken, self._woken = self._woken, set()
                self._pass(deeds, woken)
        self._pass(deeds, (), end)
        self._step_background(deeds)

    def _pass(self, deeds: deque[Any], woken: Any, end: float = math.inf) -> None:
        """Run the foreground deeds that are in `woken`, or without such those that are due, up to the time `end`."""
        deeds.append(MARKER)
        while deeds:
            dog, retyme, doer = deeds.popleft()
            if not dog:
                return
            background = getattr(doer, "background", False)
            if doer in woken:
                retyme = min(retyme, self.tyme)
            elif woken:
                background = True
            if retyme > self.tyme or background:
                deeds.append((dog, retyme, doer))
                continue
            self._step(deeds, dog, retyme, doer)
            if self._clock() >= end:
                deeds.remove(MARKER)
                return

    def _step_background(self, deeds: deque[Any]) -> None:
        """Run the background deed that is due longest, unless a foreground deed is runnable and patience lasts."""
        chosen, oldest, busy = -1, math.inf, bool(self._woken)
        now = self.now()
        for index, (dog, retyme, doer) in enumerate(deeds):
            if not dog:
                continue
            if getattr(doer, "background", False):
                if retyme <= self.tyme and retyme < oldest:
                    chosen, oldest = index, retyme
            elif retyme <= now:
                busy = True
        if chosen < 0 or (busy and self.tyme - oldest < PATIENCE):
            return
        dog, retyme, doer = deeds[chosen]
        del deeds[chosen]
        self._step(deeds, dog, retyme, doer)

    def _step(self, deeds: deque[Any], dog: Generator[Any, Any, Any], retyme: float, doer: Any) -> None:
        """Send tyme to one dog, then put it back with its new retyme, or note that it is done or dead."""
        self.active = doer
        try:
            tock = dog.send(self.tyme)
            tock = float(tock) if tock else self.tock
            if math.isnan(tock) or tock < 0.0:
                dog.close()
                raise ValueError(f"a Doer must yield seconds or None, not {tock!r}")
        except StopIteration as ex:
            self._mark(doer, ex.value)
            self._drop(doer)
        except Exception as ex:
            self._drop(doer, force=True)
            if getattr(doer, "essential", False):
                raise
            self._report(doer, ex)
        else:
            retyme += tock
            deeds.append((dog, retyme if retyme > self.tyme else self.tyme + tock, doer))
        finally:
            self.active = None

    def exit(self, deeds: deque[Any] | None = None) -> None:
        """Close deeds in reverse order as hio does; one that raises meanwhile does not keep the others open."""
        if deeds is None:
            deeds = self.deeds
        while deeds:
            dog, _, doer = deeds.pop()
            if not dog:
                continue
            try:
                done = dog.close()
            except Exception as ex:
                self._report(doer, ex)
            else:
                self._mark(doer, done)

    def await_(self, awaitable: Awaitable[Any]) -> Generator[float, float, Any]:
        """Wait for an asyncio awaitable or a JavaScript promise the hio way: `value = yield from doist.await_(x)`.

        Only for a Doer of this Doist (not one nested in a DoDoer). When the Doer is closed meanwhile, the awaitable is
        cancelled. Raises what the awaitable raises; its cancellation by somebody else becomes a RuntimeError, because
        a CancelledError is no Exception and would end the Doist.
        """
        doer = self.active
        future = asyncio.ensure_future(awaitable)
        future.add_done_callback(lambda _: self.wake(doer))
        try:
            while not future.done():
                yield WAIT
        finally:
            if not future.done():
                future.cancel()
        if future.cancelled():
            raise RuntimeError("what this Doer waited for was cancelled")
        return future.result()

    async def _rest(self, seconds: float) -> None:
        """Sleep until `wake` or about `seconds`. One timer at most is pending, an earlier one just ends the sleep."""
        if seconds < SHORT:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        self._sleeper = loop.create_future()
        at = self._clock() + seconds
        if seconds < math.inf and at < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            # Browsers cut the fraction of a millisecond off: rounding up keeps the alarm from ringing just too early.
            self._alarm = loop.call_later(math.ceil(seconds * 1000) / 1000 if SHORT else seconds, self._ring)
            self._alarm_at = at
        try:
            await self._sleeper
        finally:
            self._sleeper = None

    def _ring(self) -> None:
        self._alarm, self._alarm_at = None, math.inf
        self.wake()

    def _report(self, doer: Any, ex: BaseException) -> None:
        if self._fault is None:
            raise ex
        self._fault(doer, ex)

    def _drop(self, doer: Any, force: bool = False) -> None:
        if (force or getattr(doer, "transient", False)) and doer in self.doers:
            self.doers.remove(doer)

    @staticmethod
    def _mark(doer: Any, value: Any) -> None:
        """Note a Doer's done state, also that of a bound generator method, as hio does."""
        if value is None:
            return
        try:
            doer.done = value
        except AttributeError:
            doer.__func__.done = value
