"""The pool's life: workers are started, listened to, replaced, drained. Only heartbeats and deadlines tell how they
are.

A worker is *busy* when its scheduler has not beaten for ``busy_ms`` and *hung* beyond ``hang_ms`` (or beyond what its
tasks may block). A hung or crashed one is killed and a new generation takes its place: at once, or later and later if
boots fail again and again.
"""

from router.policy.envelope import number, text, whole
from router.policy.pool.worker import BOOTING, BUSY, DEAD, DRAINING, FAILED, HUNG, READY, Worker, hand_over
from router.policy.protocol import message
from router.policy.text import clip, seconds

CRASH_WINDOW_MS = 30000  # a worker that dies more than CRASH_FREE times in it is replaced ever more slowly
CRASH_FREE = 4
FIRST_ANSWER_MS = 2000  # so long the rest of the pool leaves the processor to the first answer
STATUS_MS = 100  # progress alone is not told more often
STRAIN = 3  # so many times as long a silence counts while others boot


class Pool:
    """The workers and their target number.

    ``emit`` takes a command; ``lost(worker, running, closing, cause)`` is told of tasks whose worker is gone;
    ``close_streams(worker)`` ends the streams that a draining worker keeps; ``log(level, text)`` returns nothing.
    """

    def __init__(self, numbers: dict, slices: dict, first: int, emit, lost, close_streams, log):
        self.numbers = numbers
        self.slices = slices
        self.emit = emit
        self.lost = lost
        self.close_streams = close_streams
        self.log = log
        self.workers = []
        self.generations = {}
        self.target = 0
        self.lent_at = None  # when a pool of one last wanted its second worker, which is lent to it; see ``lend``
        self.opened = False  # True from when the first worker has answered, or is through with its boot badly
        self.open_at = None  # when that was waited for long enough
        self.first = first  # how many boot until then
        self.whole_once = False
        self.told = None  # the last status
        self.told_key = None
        self.told_at = None
        self.tell_at = None  # when progress that was not told has waited long enough
        self.changed = True  # something happened that may have to be told or checked
        self.check_at = None  # when ``check`` has to be called next; None if nothing is alive

    # --- size ---------------------------------------------------------------------------------------------------------

    def resize(self, size: int, now: float):
        """Grow or shrink to ``size`` workers. Failed ones that stay are given another chance."""
        self.target = size
        self.changed = True
        if size > 1:
            self.lent_at = None
        for index in range(1, size + 1):
            worker = self.get("w%d" % index)
            if worker is None:
                worker = Worker(index)
                self.workers.append(worker)
                self.workers.sort(key=lambda one: one.index)
                self.enlist(worker, now)
            elif worker.state == FAILED:
                worker.boot_failures = 0
                self.spawn(worker, now)
        for worker in list(self.workers):
            if worker.index > self.most():
                self.retire(worker, now)

    def most(self) -> int:
        """The number of workers there is to be, with the one that is lent."""
        return self.target if self.lent_at is None else max(self.target, 2)

    def lend(self, where: str, now: float, anew: bool):
        """A pool of one gets a second worker for what w1 must not see, for as long as that is wanted now and then.

        ``anew``: something new wants it, so one that would not boot is given another chance.
        """
        if self.target > 1 or where not in ("others", "keyless") or self.get("w1").stands(where):
            return
        self.lent_at = now
        self.changed = True
        worker = self.get("w2")
        if worker is None:
            worker = Worker(2)
            self.workers.append(worker)
            self.opened = True  # somebody waits for it: it does not wait for the first answer of the pool
            self.spawn(worker, now)
        elif worker.state == FAILED and anew:
            worker.boot_failures = 0
            self.spawn(worker, now)

    def take_back(self, now: float):
        """Let the lent worker go when nobody has wanted it for a while; what it still does is finished first."""
        if self.lent_at is None or now - self.lent_at < self.numbers["lent_ms"]:
            return
        self.lent_at = None
        for worker in list(self.workers):
            if worker.index > self.target:
                self.retire(worker, now)

    def retire(self, worker: Worker, now: float):
        """Let a worker go: one that serves finishes first."""
        if worker.state == DRAINING:
            return
        self.changed = True
        if worker.takes_work():
            worker.state = DRAINING
            worker.drain_at = now
            worker.idle_at = None
            self.emit({"do": "send", "worker": worker.id, "message": message("worker:drain")})
        else:
            if worker.alive():
                self.emit({"do": "kill", "worker": worker.id, "generation": worker.generation})
            self.workers.remove(worker)
            hand_over(worker, self.workers, self.target, self.slices)

    def enlist(self, worker: Worker, now: float):
        """Start a new worker, or let it wait until the first has answered.

        Half of the cores are for those that boot first, so that somebody answers soon, and the page, the router and what
        compiles beside them have the others; then all the rest at once. The whole pool is there no later for it.
        """
        booting = len([one for one in self.workers if one.state == BOOTING and one.generation])
        if self.opened or booting < self.first:
            self.spawn(worker, now)
        else:
            worker.state = BOOTING
            worker.stage = "waiting"
            worker.heard_at = now

    def consider(self, answered: bool, now: float):
        """Let the rest start once the first worker is there and nothing that it works at waits for its first answer."""
        if self.open_at is not None and (answered or now >= self.open_at):
            self.open(now)

    def open(self, now: float):
        """Those that waited for the first worker start."""
        self.open_at = None
        if self.opened:
            return
        self.opened = True
        for worker in self.workers:
            if worker.state == BOOTING and not worker.generation:
                self.spawn(worker, now)

    def spawn(self, worker: Worker, now: float):
        """Start the next generation of a worker."""
        generation = self.generations.get(worker.id, 0) + 1
        self.generations[worker.id] = generation
        self.changed = True
        worker.generation = generation
        worker.state = BOOTING
        worker.stage = worker.done = worker.total = None
        worker.spawned_at = worker.heard_at = now
        worker.beat_at = worker.spawn_at = worker.drain_at = worker.idle_at = None
        worker.boot_ms = worker.heap_bytes = None
        worker.silent = False
        worker.held = False
        worker.slices = [name for name in sorted(self.slices) if self.slices[name] == "all" or worker.one]
        if generation > 1:
            worker.restarts += 1
        self.emit({"do": "spawn", "worker": worker.id, "generation": generation, "slices": list(worker.slices)})

    # --- what workers tell --------------------------------------------------------------------------------------------

    def get(self, id):
        """The worker of that id, or None."""
        for worker in self.workers:
            if worker.id == id:
                return worker
        return None

    def current(self, event: dict):
        """The worker that ``event`` comes from, or None if its generation is gone (or was never there)."""
        worker = self.get(event.get("worker"))
        if worker is None or event.get("generation") != worker.generation or not worker.alive():
            return None
        return worker

    def heard(self, worker: Worker, now: float):
        """Its event loop shows life."""
        worker.heard_at = now
        worker.silent = False
        if worker.state == BUSY:
            worker.state = READY
            self.changed = True

    def on_progress(self, worker: Worker, event: dict):
        """A step of the boot."""
        self.changed = True
        worker.stage = text(event.get("stage"))
        worker.done = number(event.get("done"))
        worker.total = number(event.get("total"))

    def on_ready(self, worker: Worker, event: dict, now: float):
        """It serves from now on."""
        if worker.state != BOOTING:
            self.log("warn", "%s said ready while %s" % (worker.id, worker.state))
            return
        self.changed = True
        worker.state = READY
        worker.boot_failures = 0
        offered = event.get("slices")
        if isinstance(offered, list):
            missing = [name for name in worker.slices if name not in offered]
            if missing:
                self.log("warn", "%s lacks the slices %s" % (worker.id, ", ".join(missing)))
            worker.slices = [name for name in worker.slices if name in offered]
        worker.boot_ms = whole(int(number(event.get("boot_ms"), now - worker.spawned_at)))
        worker.heap_bytes = number(event.get("heap_bytes"))
        worker.python = text(event.get("python"), worker.python)
        worker.stage = worker.done = worker.total = None
        if not self.opened and self.open_at is None:
            self.open_at = now + FIRST_ANSWER_MS

    def on_heartbeat(self, worker: Worker, event: dict, now: float):
        """Its scheduler turns."""
        worker.beat_at = now
        worker.heap_bytes = number(event.get("heap_bytes"), worker.heap_bytes)
        worker.held = event.get("held") is True
        if worker.state == READY and worker.heap_bytes is not None:
            # The memory of WebAssembly only grows: a new generation is the one way to give it back. What is held is spared
            # for a while, not for ever: an interpreter that runs out of memory takes it along in the middle of some work.
            most = self.numbers["max_held_heap_bytes" if worker.held else "max_heap_bytes"]
            if worker.heap_bytes > most and self.ready_count() >= self.target:
                self.log("info", "%s is replaced: it has grown to %d MB" % (worker.id, int(worker.heap_bytes) // 1048576))
                self.retire(worker, now)

    def on_drained(self, worker: Worker, now: float):
        """It has nothing left and may go."""
        if worker.state != DRAINING:
            self.log("warn", "%s said drained while %s" % (worker.id, worker.state))
            return
        self.end(worker, "it was retired", now)

    # --- death --------------------------------------------------------------------------------------------------------

    def end(self, worker: Worker, cause: str, now: float, crashed: bool = False):
        """Kill what is left of a worker, hand its tasks back, and see to its replacement.

        ``crashed`` False is an orderly end: nothing is held against it.
        """
        self.changed = True
        booting = worker.state == BOOTING
        self.open(now)
        self.emit({"do": "kill", "worker": worker.id, "generation": worker.generation})
        running, closing = worker.clear()
        worker.state = DEAD
        worker.heap_bytes = None
        if crashed:
            worker.last_error = clip(cause, 500)
        if worker.index > self.most():
            self.workers.remove(worker)
        elif booting and crashed:
            worker.boot_failures += 1
            if worker.boot_failures >= self.numbers["max_boot_failures"]:
                worker.state = FAILED
                self.log(
                    "error", "%s failed to boot %d times and is given up: %s" % (worker.id, worker.boot_failures, cause)
                )
            else:
                worker.spawn_at = now + self.backoff(worker.boot_failures)
        else:
            worker.spawn_at = now
            if crashed:
                worker.deaths = [at for at in worker.deaths if now - at < CRASH_WINDOW_MS] + [now]
                if len(worker.deaths) > CRASH_FREE:
                    worker.spawn_at = now + self.backoff(len(worker.deaths) - CRASH_FREE)
                    worker.deaths = worker.deaths[-16:]
        hand_over(worker, self.workers, self.target, self.slices)
        self.lost(worker, running, closing, cause)

    def backoff(self, times: int) -> float:
        """The wait before the next start after ``times`` failures, doubling."""
        return min(self.numbers["max_backoff_ms"], self.numbers["backoff_ms"] * 2 ** min(times - 1, 20))

    # --- time ---------------------------------------------------------------------------------------------------------

    def grace(self, now: float):
        """The router itself slept (a laptop's lid): nobody's silence counts, everybody starts afresh."""
        self.changed = True
        for worker in self.workers:
            if worker.alive():
                worker.heard_at = now
                worker.silent = False
                if worker.state == BUSY:
                    worker.state = READY
                if worker.drain_at is not None:
                    worker.drain_at = now
                if worker.idle_at is not None:
                    worker.idle_at = now
                for task in worker.closing.values():
                    task.kill_at = now + self.numbers["cancel_grace_ms"]

    def check(self, now: float):
        """Look after everybody, and set ``check_at``."""
        self.take_back(now)
        for worker in list(self.workers):
            state = worker.state
            if state == DEAD:
                if worker.spawn_at is not None and worker.spawn_at <= now:
                    self.spawn(worker, now)
            elif state == BOOTING and worker.generation:
                silence = now - worker.heard_at
                if silence >= self.numbers["boot_timeout_ms"]:
                    cause = "no progress of its boot for %s (stage %s)" % (seconds(silence), worker.stage)
                    self.log("error", "%s: %s" % (worker.id, cause))
                    self.end(worker, cause, now, True)
            elif worker.alive():
                self.check_serving(worker, now)
        self.check_at = self.next_check(now)

    def check_serving(self, worker: Worker, now: float):
        """A worker that has work: silent, hung, deaf to a cancel, or done with draining."""
        numbers = self.numbers
        silence = now - worker.heard_at
        if silence >= worker.allowance(numbers["hang_ms"] * (STRAIN if self.strained(worker) else 1)):
            worker.state = HUNG
            self.tell(now)
            cause = "it hung: no sign of life for %s" % seconds(silence)
            self.log("error", "%s is replaced: %s" % (worker.id, cause))
            self.end(worker, cause, now, True)
            return
        if silence >= numbers["busy_ms"]:
            worker.silent = True
            if worker.state == READY:
                worker.state = BUSY
                self.changed = True
        for task in sorted(worker.closing.values(), key=lambda one: one.seq):
            if now < task.kill_at:
                continue
            if self.excused(worker, now):
                task.kill_at = now + numbers["cancel_grace_ms"]  # when it hears again, it gets time to react
            else:
                cause = "it did not let go of the cancelled %s %s" % (task.method, task.path)
                self.log("error", "%s is replaced: %s" % (worker.id, cause))
                self.end(worker, cause, now, True)
                return
        if worker.state == DRAINING:
            grace = numbers["cancel_grace_ms"]
            if now >= worker.drain_at + 2 * grace:
                self.close_streams(worker)
            if worker.running or worker.closing:
                worker.idle_at = None
            elif worker.idle_at is None:
                worker.idle_at = now
            elif now >= worker.idle_at + grace:
                self.end(worker, "it was retired", now)

    def strained(self, worker: Worker) -> bool:
        """True while others boot: on few cores that alone may keep a worker from its beats, and to kill it for that
        makes one more boot. What this does not see: a machine that is busy with something else."""
        return any([one.state == BOOTING and one.generation for one in self.workers if one is not worker])

    def excused(self, worker: Worker, now: float) -> bool:
        """True while a worker cannot hear a cancel because another task of it blocks within its allowance; a cancelled one
        counts only where more would be lost than time: its worker holds what a replacement would lose."""
        if not worker.silent:
            return False
        if self.strained(worker):
            return True
        blocking = list(worker.running.values()) + (list(worker.closing.values()) if worker.held else [])
        return any([now - worker.heard_at < task.may_block_ms for task in blocking])

    def next_check(self, now: float):
        """When somebody may have to be dealt with, or None if nothing is alive."""
        at = None
        interval = max(
            20, min(self.numbers["heartbeat_ms"], self.numbers["busy_ms"] / 2, self.numbers["cancel_grace_ms"] / 2)
        )
        for worker in self.workers:
            when = worker.spawn_at if worker.state == DEAD else (now + interval if worker.alive() else None)
            if when is not None and (at is None or when < at):
                at = when
        return at

    # --- what is told -------------------------------------------------------------------------------------------------

    def ready_count(self) -> int:
        """Workers that serve."""
        return len([worker for worker in self.workers if worker.takes_work()])

    def state(self) -> str:
        """``booting``, ``ready`` (whole), ``degraded`` or ``failed``."""
        staying = [worker for worker in self.workers if worker.index <= self.target]
        ready = len([worker for worker in staying if worker.takes_work()])
        if staying and ready == len(staying) == self.target:
            return "ready"
        if staying and len([worker for worker in staying if worker.state == FAILED]) == len(staying):
            return "failed"
        for worker in staying:
            if worker.state in (DEAD, HUNG, FAILED) or (
                worker.state == BOOTING and worker.restarts and worker.last_error
            ):
                return "degraded" if self.whole_once or ready else "booting"
        return "booting"

    def serves(self, slice: str, where: str) -> bool:
        """True if somebody who serves now offers ``slice``."""
        return any([worker.takes_work() and worker.offers(slice, where) for worker in self.workers])

    def hopeful(self, slice: str, where: str) -> bool:
        """True if somebody offers ``slice`` now or may after its boot."""
        for worker in self.workers:
            if worker.index > self.most() or worker.state == FAILED:
                continue
            if worker.state in (BOOTING, DEAD, DRAINING, HUNG):
                if worker.stands(where) and (worker.one or self.slices.get(slice) == "all"):
                    return True
            elif worker.offers(slice, where):
                return True
        return False

    def tell(self, now: float):
        """Tell the pages when the pool changed; mere progress not more often than every ``STATUS_MS``."""
        self.changed = False
        self.tell_at = None
        state = self.state()
        if state == "ready":
            self.whole_once = True
        ready = len([worker for worker in self.workers if worker.takes_work() and worker.index <= self.target])
        key = [state, self.target]
        steps = []
        for worker in self.workers:
            key.append((worker.id, worker.state, worker.stage))
            steps.append((worker.done, worker.total))
        if key == self.told_key and steps == self.told:
            return
        if key == self.told_key and self.told_at is not None and now - self.told_at < STATUS_MS:
            self.tell_at = self.told_at + STATUS_MS
            return
        self.told_key = key
        self.told = steps
        self.told_at = now
        workers = [
            {"id": one.id, "state": one.state, "stage": one.stage, "done": one.done, "total": one.total, "one": one.one}
            for one in self.workers
        ]
        for one, line in zip(self.workers, workers):
            if one.last_error and not one.takes_work():
                line["error"] = one.last_error  # the boot screen tells why it has to wait
        self.emit(
            {
                "do": "status",
                "status": {"state": state, "size": self.target, "ready": ready, "workers": workers},
            }
        )
