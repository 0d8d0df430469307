"""The router's policy: an event and the time go in, commands come out. No I/O, no clock of its own, nothing that
raises.

A request is *accepted* into a task; the task waits in the queue, is dispatched to a worker, and gets exactly one final
answer at or before its deadline: the worker's reply or a problem of our own. Everything that a task leaves behind is
gone when it is answered, except that a worker that has to let go of it is watched until it does.

``handle_json`` is the door for the JavaScript host: one string in, one string out.
"""

import json

from router.policy.envelope import (
    number,
    read_config,
    read_slices,
    text,
    whole,
)
from router.policy.hands.admission import Admission
from router.policy.hands.delivery import Delivery
from router.policy.hands.dispatching import Dispatching
from router.policy.hands.listening import Listening
from router.policy.http import answers
from router.policy.http.problems import problem
from router.policy.http.shell import Shell
from router.policy.pool import report as poolview
from router.policy.pool.pool import Pool
from router.policy.pool.postponed import Later
from router.policy.pool.snapshot import Image
from router.policy.pool.worker import BOOTING
from router.policy.protocol import TOLD, message
from router.policy.queueing import Queue
from router.policy.routes import gather
from router.policy.routing import Table
from router.policy.tasks import DONE, Tasks
from router.policy.text import clip, describe, seconds

FAULTS = ("hang", "crash", "throw", "slow")


class Router(Admission, Delivery, Dispatching, Listening):
    """The state machine. ``handle(event)`` returns the commands for the host, in the order in which they are to be
    done.
    """

    def __init__(self, table=None):
        self.table = Table(table or [])
        self.gathers = table is None
        self.out = []
        self.forgotten = []
        self.now = 0.0
        self.started_at = None
        self.numbers = {}
        self.slices = {}
        self.faults = False
        self.version = ""
        self.shell = Shell(None, "./")
        self.tasks = Tasks()
        self.queue = None
        self.pool = None
        self.image = None
        self.later = None
        self.wake_at = None
        self.fault_count = 0
        self.dispatches = 0
        self.injections = []  # faults that wait for the request that asked for them: (task id, worker, kind, ms)
        self.counts = {"handled": 0, "retried": 0, "timeouts": 0, "cancelled": 0, "refused": 0}

    # --- events -------------------------------------------------------------------------------------------------------

    def handle(self, event) -> list:
        """Take one event; returns the commands that follow from it. Never raises."""
        self.out = []
        self.forgotten = []
        try:
            self.take(event)
        except Exception as error:
            self.failed(error, event)
        try:
            self.settle()
        except Exception as error:
            self.failed(error, None)
        out = self.out
        self.out = []
        if self.forgotten:
            out.append({"do": "forget", "ids": self.forgotten})
            self.forgotten = []
        return out

    def take(self, event):
        """Find who deals with the event."""
        if not isinstance(event, dict):
            self.log("warn", "an event that is no object was ignored")
            return
        self.advance(event.get("now"))
        kind = event.get("event", event.get("type"))
        if self.pool is None:
            if kind == "init":
                self.on_init(event)
            elif kind == "request":
                self.refuse_raw(event, 503, "The router has not started yet.", retry_after=1)
            elif kind != "tick":
                self.log("warn", "%s before init was ignored" % clip(kind, 40))
            return
        if kind == "request":
            self.on_request(event)
        elif kind == "reply":
            self.on_reply(event)
        elif kind == "tick":
            self.wake_at = None  # the alarm has rung, even if it rang early: it is set again
        elif kind == "cancel":
            self.on_cancel(event)
        elif kind == "door_closed":
            self.on_door_closed(event)
        elif kind == "resize":
            self.on_resize(event)
        elif kind == "inject":
            self.on_inject(event)
        elif kind == "snapshot":
            self.image.on_image(event)
        elif kind == "postponed":
            self.later.on_later(event, self.now)
        elif kind in TOLD:
            self.on_worker(kind, event)
        else:
            self.log("warn", "an unknown event %s was ignored" % clip(kind, 40))

    def advance(self, now):
        """Move the clock; it never goes back. A wake that came far too late means that we slept, not the workers."""
        now = number(now, None, 0)
        if now is None or now <= self.now:
            return
        if self.pool is not None and self.wake_at is not None:
            late = max(1000, self.numbers["busy_ms"])
            if now - max(self.wake_at, self.now) > late:
                self.log("warn", "the router slept for %s; the workers get a new grace" % seconds(now - self.now))
                self.pool.grace(now)
        self.now = now

    def on_init(self, event: dict):
        """Configure and start the pool."""
        config = event.get("config")
        config = config if isinstance(config, dict) else {}
        self.numbers, missing = read_config(config.get("pool"))
        if missing:
            self.out.append({"do": "fail", "reason": "pyscript.toml: " + "; ".join(missing)})
            return
        self.slices, complaints = read_slices(config.get("slices"))
        self.faults = event.get("faults") is True
        self.version = text(event.get("version"), "")
        self.shell = Shell(event.get("shell"), text(event.get("base"), "/", 2000))
        if self.gathers and self.slices:
            complaints += gather(config["slices"], self.table.add)
        for line in complaints + self.shell.complaints:
            self.log("warn", line)
        self.queue = Queue(self.numbers["max_queue"], self.numbers["max_queue_bytes"], self.numbers["aging_ms"])
        self.pool = Pool(self.numbers, self.slices, self.out_append, self.on_lost, self.close_streams, self.log)
        self.image = Image(self.numbers["image_idle_ms"], self.out_append, self.log)
        self.started_at = self.now
        most = self.numbers["max_workers"]
        size = event.get("workers")
        if isinstance(size, str) and len(size) < 4 and size.isdigit():  # ?workers=4 comes as it stands in the address
            size = int(size)
        size = whole(size, None, 1, most)
        if size is None:  # the machine's cores, at least 2, at most 8
            size = min(most, max(2, min(8, whole(event.get("cores"), 2, 1))))
            if event.get("workers") is not None:
                self.log("warn", "workers must be a number from 1 to %d; %d are started" % (most, size))
        warm = event.get("warm") is True
        self.pool.first = max(1, whole(event.get("cores"), 2, 1) // 2)
        self.pool.opened = False
        self.later = Later(warm, self.out_append, self.log)
        self.pool.resize(size, self.now)

    def out_append(self, command: dict):
        """Emit a command."""
        self.out.append(command)

    def log(self, level: str, line: str):
        """Emit a line for the console."""
        self.out.append({"do": "log", "level": level, "text": line})

    # --- workers ------------------------------------------------------------------------------------------------------

    # --- replies ------------------------------------------------------------------------------------------------------

    # --- the ends of tasks --------------------------------------------------------------------------------------------

    # --- doors --------------------------------------------------------------------------------------------------------

    def on_cancel(self, event: dict):
        """A door does not want an answer any more."""
        task = self.tasks.live.get(event.get("id")) if isinstance(event.get("id"), str) else None
        if task is None or task.fan is not None or task.door != event.get("door"):
            return  # it crossed the answer on its way
        self.counts["cancelled"] += 1
        self.drop(task, clip(event.get("reason") or "cancelled", 200))

    def on_door_closed(self, event: dict):
        """A page or service worker is gone with all it asked for."""
        for task in self.tasks.by_door(event.get("door")):
            self.counts["cancelled"] += 1
            self.drop(task, "its door closed")

    def on_resize(self, event: dict):
        """Change the number of workers."""
        size = whole(event.get("workers"), None, 1, self.numbers["max_workers"])
        if size is None:
            self.pool_done(event, "workers must be a whole number from 1 to %d" % self.numbers["max_workers"])
            return
        self.pool.resize(size, self.now)
        self.pool_done(event, None)

    def on_inject(self, event: dict):
        """Break a worker on purpose. What would break the asking request itself waits until that is answered."""
        worker = self.pool.get(event.get("worker"))
        kind = event.get("kind")
        if not self.faults:
            self.pool_done(event, "faults are not enabled")
        elif worker is None or not worker.alive() or worker.state == BOOTING:
            self.pool_done(event, "no worker %s serves" % clip(event.get("worker"), 40))
        elif kind not in FAULTS:
            self.pool_done(event, "kind must be one of " + ", ".join(FAULTS))
        else:
            ms = number(event.get("ms"), 0, 0, 600000)
            self.pool_done(event, None)
            parent = event.get("parent")
            if isinstance(parent, str) and parent in worker.running:
                self.injections.append((parent, worker.id, kind, ms))
            else:
                self.inject(worker.id, kind, ms)

    def inject(self, worker_id: str, kind: str, ms: float):
        """Send a fault to a worker."""
        self.out.append({"do": "send", "worker": worker_id, "message": message("worker:inject", kind=kind, ms=ms)})

    def release_injections(self, task):
        """Send the faults that waited for ``task``."""
        waiting = self.injections
        self.injections = [one for one in waiting if one[0] != task.id]
        for id, worker_id, kind, ms in waiting:
            if id == task.id:
                self.inject(worker_id, kind, ms)

    def pool_done(self, event: dict, error):
        """Answer a resize or an inject."""
        id = text(event.get("id"))
        door = text(event.get("door"), "")
        if id is None or not door:
            if error:
                self.log("warn", "a pool command was refused: " + error)
            return
        shot = self.snapshot()
        if door.startswith("worker:"):
            done = message("pool:done", id=id, ok=error is None, error=error, pool=shot)
            self.out.append({"do": "send", "worker": door[len("worker:") :], "message": done})
            return
        body = json.dumps({"ok": error is None, "error": error, "pool": shot})
        headers = answers.stamp({"content-type": "application/json"}, [], {}, 0)
        self.out.append(
            {
                "do": "reply",
                "door": door,
                "id": id,
                "status": 200 if error is None else 422,
                "headers": headers,
                "pieces": [{"text": body}],
                "stream": False,
                "more": False,
            }
        )

    # --- after every event --------------------------------------------------------------------------------------------

    # --- faults of our own --------------------------------------------------------------------------------------------

    def new_fault(self) -> str:
        """A fault id that the console can be searched for: ``f-<count>-<time in hex>``."""
        self.fault_count += 1
        return "f-%d-%x" % (self.fault_count, int(self.now) % 0x100000000)

    def failed(self, error, event):
        """An error in here: logged, the request it came with is answered, the state stays."""
        fault = self.new_fault()
        kind = event.get("event", event.get("type")) if isinstance(event, dict) else None
        self.log("error", "%s the router failed at %s: %s" % (fault, clip(kind, 40), describe(error)))
        if kind == "request":
            task = self.tasks.live.get(event.get("id")) if isinstance(event.get("id"), str) else None
            if task is not None and task.door == event.get("door"):
                self.failed_task(error, task, fault)
            elif task is None:
                self.refuse_raw(event, 500, "The router failed: %s." % type(error).__name__, fault)

    def failed_task(self, error, task, fault=None):
        """An error in here while we dealt with one task: that one is answered 500."""
        if fault is None:
            fault = self.new_fault()
            self.log("error", "%s the router failed at %s %s: %s" % (fault, task.method, task.path, describe(error)))
        if task.state != DONE:
            self.answer_problem(task, problem(500, "The router failed: %s." % type(error).__name__, task.path, fault))

    def snapshot(self) -> dict:
        """The state of the pool."""
        shot = poolview.snapshot(self.pool, self.tasks, self.queue, self.counts, self.started_at, self.now)
        shot["image"] = self.image.report()
        shot["later"] = self.later.report()
        return shot


ROUTER = Router()


def handle_json(given: str) -> str:
    """JSON of one event (or an array of events) in, JSON of the commands out. Never raises."""
    try:
        events = json.loads(given)
    except (ValueError, TypeError) as error:
        return json.dumps(
            [{"do": "log", "level": "error", "text": "an event that is no JSON was ignored: %s" % clip(error, 200)}]
        )
    out = []
    for event in events if isinstance(events, list) else [events]:
        out.extend(ROUTER.handle(event))
    return json.dumps(out)
