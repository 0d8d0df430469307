"""What the router has to answer: one ``Task`` per request, and the book of all that live."""

import heapq

QUEUED = "queued"  # waits for a worker
RUNNING = "running"  # a worker has it
STREAMING = "streaming"  # answered; its chunks still flow
JOINING = "joining"  # a fan-out that waits for its parts
CANCELLING = "cancelling"  # answered or dropped, but its worker has not yet let go of it
DONE = "done"

CLICK = "click"
BACKGROUND = "background"


class Task:
    """One request on its way.

    ``deadline`` is absolute; ``heavy`` and ``may_block_ms`` say what it may do to its worker; ``parent`` is the task of
    the worker that asked, ``target`` the id of the only worker that may take it, ``fan`` the fan-out this is a part of;
    ``children`` maps ids of live child tasks. ``mode`` is "json", "fragment", "page" or "raw" (for a worker or a fan-out:
    the answer goes as it is). ``origin``, ``navigated``, ``framed`` are what the door saw (origins.py).
    """

    def __init__(self, id, door, method, path, query, headers, now):
        self.id = id
        self.door = door
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.received_at = now
        self.queued_at = now
        self.dispatched_at = None
        self.origin = "own"  # whose request it is: own, foreign, unknown
        self.navigated = False
        self.framed = False
        self.quiet = False  # it does not count as use of what it reads
        self.body_bytes = 0
        self.source = None
        self.deadline = None
        self.priority = CLICK
        self.mode = "fragment"
        self.route = None
        self.params = {}
        self.slice = None
        self.heavy = False
        self.may_block_ms = 0
        self.target = None  # the one worker that may have it, when a worker asked for that
        self.parent = None
        self.child = False  # it serves a worker's request: it has a parent, or is a part of a fan-out that has one
        self.depth = 0
        self.children = {}
        self.asked_others = False
        self.afterwards = []  # commands that wait until it is answered
        self.fan_out = None
        self.fan = None
        self.part = None
        self.state = QUEUED
        self.worker = None
        self.counted = False
        self.losses = 0  # workers that died under it
        self.workers = []  # ids of the workers that made the answer
        self.seq = 0
        self.stopped = False  # a run that was stopped: its worker has a shorter grace
        self.kill_at = None  # when CANCELLING: its worker's grace ends

    def href(self) -> str:
        """The address relative to the base, as a link wants it."""
        path = self.path[1:] if self.path.startswith("/") else self.path
        return path + ("?" + self.query if self.query else "")

    def made_by(self, worker_id: str):
        """Note a worker that took part in the answer."""
        if worker_id not in self.workers:
            self.workers.append(worker_id)


class Tasks:
    """All live tasks by id, and their deadlines in order."""

    def __init__(self):
        self.live = {}
        self.closing = {}  # id -> Task that is CANCELLING on a worker
        self.held = set()  # ids of parts whose reply waits for the join
        self.alarms = []  # heap of (deadline, seq, id); entries of finished tasks are skipped
        self.seq = 0

    def number(self, task: Task):
        """Give the task its place in the order of arrival."""
        self.seq += 1
        task.seq = self.seq

    def add(self, task: Task):
        """Take a task in and watch its deadline."""
        self.number(task)
        self.live[task.id] = task
        heapq.heappush(self.alarms, (task.deadline, task.seq, task.id))
        if len(self.alarms) > 64 + 2 * len(self.live):
            # quick answers leave their alarms behind until the deadline; a heap of live ones is made before they pile
            # up
            self.alarms = [entry for entry in self.alarms if self.holds(entry)]
            heapq.heapify(self.alarms)

    def holds(self, entry) -> bool:
        """True if the alarm belongs to a task that still has to be answered."""
        task = self.live.get(entry[2])
        return task is not None and task.seq == entry[1] and task.state != STREAMING

    def remove(self, task: Task):
        """Let a finished task go."""
        if self.live.get(task.id) is task:
            del self.live[task.id]

    def known(self, id: str) -> bool:
        """True while ``id`` means a request somewhere."""
        return id in self.live or id in self.closing or id in self.held

    def overdue(self, now: float):
        """The next task whose deadline has passed, or None. Its alarm is gone afterwards."""
        while self.alarms and self.alarms[0][0] <= now:
            entry = heapq.heappop(self.alarms)
            if self.holds(entry):
                return self.live[entry[2]]
        return None

    def next_deadline(self):
        """When ``overdue`` has to be asked next, or None."""
        while self.alarms and not self.holds(self.alarms[0]):
            heapq.heappop(self.alarms)
        return self.alarms[0][0] if self.alarms else None

    def by_door(self, door: str) -> list:
        """Live tasks that came by ``door``, oldest first."""
        return in_order([task for task in self.live.values() if task.door == door and task.fan is None])


def in_order(tasks) -> list:
    """Tasks by order of arrival: dicts keep no order on MicroPython."""
    return sorted(tasks, key=lambda task: task.seq)
