"""One pool worker as the router knows it."""

from router.policy.tasks import BACKGROUND, CANCELLING, RUNNING, STREAMING

BOOTING = "booting"
READY = "ready"
BUSY = "busy"  # its scheduler has not beaten for busy_ms, within its allowance
HUNG = "hung"  # beyond its allowance: it is about to be killed
DRAINING = "draining"  # finishes its work, takes none
DEAD = "dead"  # gone; waits for its replacement
FAILED = "failed"  # would not boot; given up


class Worker:
    """The place ``w<index>`` in the pool; its generations come and go, the place stays.

    ``running`` are the tasks it has, ``closing`` those it was told to cancel. ``own`` and ``kids`` count what works at
    the moment: open streams (but heavy ones) and parents that wait for their children cost nothing.
    """

    def __init__(self, index: int):
        self.index = index
        self.id = "w%d" % index
        self.one = index == 1  # pinned slices, and what goes to one worker, are here (see hand_over)
        self.generation = 0
        self.state = DEAD
        self.slices = []
        self.stage = None
        self.done = None
        self.total = None
        self.running = {}
        self.closing = {}
        self.own = 0
        self.own_background = 0
        self.kids = 0
        self.kids_background = 0
        self.heavies = 0
        self.silent = False
        self.last_dispatch = 0
        self.heard_at = None  # when its event loop last showed life
        self.beat_at = None  # its last heartbeat
        self.spawned_at = None
        self.spawn_at = None  # when DEAD: when the next generation starts
        self.drain_at = None
        self.idle_at = None  # when DRAINING: since when it has nothing left
        self.boot_ms = None
        self.heap_bytes = None
        self.held = False  # it holds what a replacement would lose (an unlocked wallet)
        self.python = None
        self.handled = 0
        self.failed = 0
        self.restarts = 0
        self.boot_failures = 0
        self.deaths = []  # times of its last deaths
        self.last_error = None

    def takes_work(self) -> bool:
        """True if tasks may be sent to it."""
        return self.state == READY or self.state == BUSY

    def alive(self) -> bool:
        """True if a generation of it exists."""
        return self.generation > 0 and self.state in (BOOTING, READY, BUSY, HUNG, DRAINING)

    def offers(self, slice: str, where: str = "all") -> bool:
        """True if it serves ``slice`` to a route of this ``where``; pinned slices and their keys are on the one alone."""
        return slice in self.slices and self.stands(where)

    def stands(self, where: str) -> bool:
        """True if a route of this ``where`` may be answered at this place in the pool, as things are now."""
        if self.one:
            return where in ("all", "one") or (where == "keyless" and not self.held)
        return where != "one"

    def book(self, task):
        """Count what ``task`` costs at this moment; call it whenever that may have changed."""
        want = (task.state == RUNNING and not task.children) or (task.state == CANCELLING and task.counted)
        want = want or (task.state == STREAMING and task.route.heavy)  # it tells how far it is while it works
        if want == task.counted:
            return
        task.counted = want
        self.count(task, 1 if want else -1)

    def unbook(self, task):
        """Count ``task`` out for good."""
        if task.counted:
            task.counted = False
            self.count(task, -1)

    def count(self, task, step: int):
        """Add ``step`` to the counters that ``task`` belongs to."""
        if task.child:
            self.kids += step
            if task.priority == BACKGROUND:
                self.kids_background += step
        else:
            self.own += step
            if task.priority == BACKGROUND:
                self.own_background += step
        if task.heavy:
            self.heavies += step

    def clear(self):
        """Its generation is gone: nothing runs there. Returns (running, closing) tasks, oldest first."""
        order = []
        for book in (self.running, self.closing):
            tasks = sorted(book.values(), key=lambda task: task.seq)
            for task in tasks:
                task.counted = False
                task.worker = None
            order.append(tasks)
        self.running = {}
        self.closing = {}
        self.own = self.own_background = self.kids = self.kids_background = self.heavies = 0
        self.silent = False
        return order

    def allowance(self, hang_ms: float) -> float:
        """How long it may stay silent: some operations block for long and are no hang."""
        longest = hang_ms
        for book in (self.running, self.closing):
            for task in book.values():
                if task.may_block_ms > longest:
                    longest = task.may_block_ms
        return longest

    def report(self, now: float) -> dict:
        """Its line in the pool's report; durations in ms."""
        return {
            "id": self.id,
            "slices": list(self.slices),
            "state": self.state,
            "generation": self.generation,
            "queue": len(self.running) + len(self.closing),
            "handled": self.handled,
            "failed": self.failed,
            "boot_ms": self.boot_ms,
            "heap_bytes": self.heap_bytes,
            "last_heartbeat_ms": None if self.beat_at is None else int(now - self.beat_at),
            "restarts": self.restarts,
            "python": self.python,
            "last_error": self.last_error,
            "stage": self.stage,
        }


def hand_over(worker: Worker, workers: list, target: int, slices: dict):
    """``worker`` has died. If it was the one, and no slice is pinned, a worker that serves is the one from now on.

    What it held is gone either way, and nobody waits for a boot. Pinned slices are not on the others.
    """
    if not worker.one or "one" in slices.values():
        return
    serving = [other for other in workers if other.takes_work() and other.index <= target]
    staying = serving or [other for other in workers if other is worker] or workers
    if staying:
        worker.one = False
        staying[0].one = True
