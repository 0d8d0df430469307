"""Who is next, and where to: bounded lanes of waiting tasks and the choice of a worker for each.

Tasks of one priority, slice and weight wait in one lane. What keeps a lane's first task from a worker keeps all of the
lane, so that one look at the first is enough and nobody waits behind a task that needs another worker.
"""

from collections import namedtuple

from router.policy.tasks import BACKGROUND, in_order

PARENT_PENALTY = 1  # a child rather runs beside its parent's worker than on it
AVOID_PENALTY = 1000  # a fault request rather does not run on the worker it is aimed at
PARKED = 8  # windows of parents that wait for their children, and of open streams, that a worker may hold beside its work
PARKED_STREAMS = 4  # a new stream wants that to be fewer: streams alone must never fill a worker
HEAVY_WEIGHT = 4  # a task that does not yield delays its neighbours more than one that does

Lane = namedtuple("Lane", ("priority", "child", "heavy", "slice", "where", "stream", "target"))


class Queue:
    """Waiting tasks.

    ``put`` refuses beyond ``bound`` tasks from doors, beyond four times as many from workers, and beyond ``max_bytes``
    of bodies. The last quarter of the bound is kept for clicks. Tasks that come back from a dead worker are let in
    beyond the bound: they were accepted, and the windows of the workers limit how many there can be.
    """

    def __init__(self, bound: int, max_bytes: float, aging_ms: float):
        self.bound = bound
        self.max_bytes = max_bytes
        self.aging_ms = aging_ms
        self.lanes = {}  # Lane -> [task, ...] oldest first
        self.doors = 0
        self.kids = 0
        self.bytes = 0

    def __len__(self) -> int:
        return self.doors + self.kids

    def room(self, count: int, size: int, priority: str, child: bool) -> bool:
        """True if ``count`` more tasks with ``size`` bytes of body may wait."""
        if self.bytes + size > self.max_bytes and size:
            return False
        if child:
            return self.kids + count <= 4 * self.bound
        bound = self.bound if priority != BACKGROUND else max(1, self.bound * 3 // 4)
        return self.doors + count <= bound

    def put(self, task):
        """Let the task wait; the caller has asked ``room``."""
        lane = self.lanes.setdefault(lane_of(task), [])
        if lane and lane[-1].seq > task.seq:  # a retried task goes back to its place
            at = 0
            while lane[at].seq < task.seq:
                at += 1
            lane.insert(at, task)
        else:
            lane.append(task)
        self.book(task, 1)

    def remove(self, task):
        """Take a waiting task out."""
        lane = lane_of(task)
        self.lanes[lane].remove(task)
        if not self.lanes[lane]:
            del self.lanes[lane]
        self.book(task, -1)

    def book(self, task, step: int):
        """Count a task in or out."""
        if task.child:
            self.kids += step
        else:
            self.doors += step
        self.bytes += step * task.body_bytes

    def rank(self, task, now: float) -> tuple:
        """Clicks before background, short before heavy; after ``aging_ms`` of waiting only the order of arrival."""
        aged = now - task.queued_at >= self.aging_ms
        return (
            1 if task.priority == BACKGROUND and not aged else 0,
            1 if task.heavy and not aged else 0,
            task.seq,
        )

    def next(self, workers, window: int, now: float, blocked) -> tuple:
        """``(task, worker)`` to dispatch now, taken out of its lane, or ``(None, None)``.

        ``blocked`` is a set of lanes that found no worker in this round; the caller keeps it for the round, as placing
        a task only ever takes room away.
        """
        heads = []
        for key in self.lanes:
            if key not in blocked:
                heads.append((self.rank(self.lanes[key][0], now), key))
        heads.sort(key=lambda entry: entry[0])
        for _, key in heads:
            task = self.lanes[key][0]
            aged = now - task.queued_at >= self.aging_ms
            worker = choose(workers, task, window, aged)
            if worker is not None:
                self.remove(task)
                return task, worker
            blocked.add(key)
        return None, None

    def hopeless_tasks(self, pool) -> list:
        """What waits though no worker of ``pool`` serves it or will, oldest first."""
        found = []
        for lane in self.lanes:
            if not pool.hopeful(lane.slice, lane.where):
                found.extend(self.lanes[lane])
        return in_order(found)


def lane_of(task) -> Lane:
    """The lane a task waits in."""
    route = task.route
    return Lane(task.priority, task.child, task.heavy, task.slice, route.where, route.stream, task.target)


def choose(workers, task, window: int, aged: bool):
    """The least loaded worker that may take ``task`` now, or None.

    Worker-made tasks have a window of their own, so that parents that fill the first one cannot keep their children
    out. Background takes half a window until it has aged. A heavy task wants a worker without another, and with three
    workers or more one of them stays free of heavy ones. A task that is not heavy waits rather than sit behind a heavy
    one: whichever worker is free first takes it.
    """
    up = 0
    burdened = 0
    for worker in workers:
        if worker.takes_work():
            up += 1
            if worker.heavies:
                burdened += 1
    if task.heavy and up >= 3 and burdened >= up - 1:
        return None
    child = task.child
    limit = window
    parked = window * (PARKED_STREAMS if task.route.stream else PARKED)
    half = max(1, window // 2) if task.priority == BACKGROUND and not aged else None
    avoid = task.params.get("worker") if task.route.faults else None
    elder = task.parent if task.fan is None else task.fan.task.parent
    best = None
    best_score = None
    for worker in workers:
        if (
            not worker.takes_work()
            or worker.silent
            or worker.heavies
            or not worker.offers(task.slice, task.route.where)
            or (task.target is not None and task.target != worker.id)
            # it may be about to be replaced for what it does not let go of: what cannot be tried again waits for that
            or (worker.closing and not task.route.again and not task.child)
        ):
            continue
        own = worker.kids if child else worker.own
        if own >= limit:
            continue
        if not child and len(worker.running) - worker.own - worker.kids >= parked:
            continue
        if half is not None and (worker.kids_background if child else worker.own_background) >= half:
            continue
        load = worker.own + worker.kids + HEAVY_WEIGHT * worker.heavies
        if elder is not None and elder.worker is worker:
            load += PARENT_PENALTY
        if avoid == worker.id:
            load += AVOID_PENALTY
        score = (load, worker.last_dispatch)
        if best is None or score < best_score:
            best = worker
            best_score = score
    return best
