# %% [markdown]
# # The pool
# This page runs Python in a pool of workers. A router, which is Python too (MicroPython), gives each request to one of them and replaces
# one that hangs. Here you see the worker from inside, then build a pool of your own.

# %%
import sys
import threading

import js

print("worker", js.self.name, "- Python", sys.version.split()[0], "on", sys.platform)
print("threads:", threading.active_count(), "- processors that the browser tells of:", js.navigator.hardwareConcurrency)

# %% [markdown]
# ## One thread, so everybody takes turns
# A cell that awaits lets others go on: here two tasks, each on its own time. (A cell that does not let go is what Stop is for.)

# %%
import asyncio


async def count(name, pause, times):
    for number in range(times):
        print(name, number)
        await asyncio.sleep(pause)


await asyncio.gather(count("quick", 0.01, 3), count("  slow", 0.02, 2))

# %% [markdown]
# ## A pool in forty lines
# Workers are Doers, as in this app. A job is a generator: each `yield` gives way. The supervisor looks at how long each has been at its job,
# and replaces one that is over its time; the job is told as lost, since nobody knows how far it came.

# %%
from collections import deque

from hio.base import doing


class Worker(doing.Doer):
    """Does one job after the other."""

    def __init__(self, name, jobs, **opts):
        super().__init__(**opts)
        self.name, self.jobs = name, jobs
        self.job = self.since = None

    def recur(self, tyme):
        if self.job is None and self.jobs:
            title, make = self.jobs.popleft()
            self.job, self.since = (title, make()), tyme
        if self.job:
            title, steps = self.job
            try:
                next(steps)
            except StopIteration as stop:
                print(f"{tyme:4.2f}  {self.name}: {title} = {stop.value}")
                self.job = None
        return False


class Supervisor(doing.DoDoer):
    """Replaces who takes too long."""

    def __init__(self, jobs, size=2, most=0.5, **opts):
        self.jobs, self.most, self.made = jobs, most, 0
        super().__init__(always=True, doers=[self.fresh() for _ in range(size)], **opts)

    def fresh(self):
        self.made += 1
        return Worker(f"w{self.made}", self.jobs)

    def recur(self, tyme, deeds=None):
        for worker in [each for each in self.doers if each.job and tyme - each.since > self.most]:
            print(f"{tyme:4.2f}  {worker.name}: {worker.job[0]} takes too long; replaced")
            self.remove([worker])
            self.extend([self.fresh()])
        super().recur(tyme, deeds)
        return not self.jobs and not any(each.job for each in self.doers)


# %%
def adding(numbers):
    total = 0
    for number in numbers:
        total += number
        yield
    return total


def hanging():
    while True:
        yield


jobs = deque([
    ("1 to 3", lambda: adding([1, 2, 3])), ("a loop without end", hanging),
    ("four twos", lambda: adding([2] * 4)), ("the last", lambda: adding([40, 2])),
])
supervisor = Supervisor(jobs)
doing.Doist(limit=5.0, tock=0.0625, real=False, doers=[supervisor]).do()
print("workers that were made:", supervisor.made)
