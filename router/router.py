"""The router's policy: an event and the time go in, commands come out. No I/O, no clock of its own, nothing that raises.

A request is *accepted* into a task; the task waits in the queue, is dispatched to a worker, and gets exactly one final answer at or before
its deadline: the worker's reply or a problem of our own. Everything that a task leaves behind is gone when it is answered, except that a
worker that has to let go of it is watched until it does.

``handle_json`` is the door for the JavaScript host: one string in, one string out.
"""

import json

from router import answers, poolview, routes
from router.admission import Admission
from router.envelope import message, number, read_config, read_error, read_headers, read_slices, read_timings, text, whole
from router.fanout import FanOut
from router.pages import Shell
from router.problems import problem
from router.queueing import Queue
from router.supervision import Pool
from router.tasks import CANCELLING, DONE, JOINING, QUEUED, RUNNING, STREAMING, Tasks, in_order
from router.text import clip, describe, seconds
from router.workers import BOOTING

FAULTS = ("hang", "crash", "throw", "slow")


class Router(Admission):
    """The state machine. ``handle(event)`` returns the commands for the host, in the order in which they are to be done."""

    def __init__(self, table=None):
        self.table = routes.Table(routes.TABLE if table is None else table)
        self.out = []
        self.forgotten = []
        self.now = 0.0
        self.started_at = None
        self.numbers = read_config(None)[0]
        self.slices = {}
        self.faults = False
        self.version = ""
        self.shell = Shell(None, "./")
        self.tasks = Tasks()
        self.queue = Queue(self.numbers["max_queue"], self.numbers["max_queue_bytes"], self.numbers["aging_ms"])
        self.pool = None
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
            pass
        elif kind == "cancel":
            self.on_cancel(event)
        elif kind == "door_closed":
            self.on_door_closed(event)
        elif kind == "resize":
            self.on_resize(event)
        elif kind == "inject":
            self.on_inject(event)
        elif kind in ("progress", "ready", "heartbeat", "cancelled", "drained", "fault", "end"):
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
        self.numbers, complaints = read_config(config.get("pool"))
        self.slices, more = read_slices(config.get("slices"))
        self.faults = event.get("faults") is True
        self.version = text(event.get("version"), "")
        self.shell = Shell(event.get("shell"), text(event.get("base"), "/", 2000))
        for line in complaints + more + self.shell.complaints:
            self.log("warn", line)
        self.queue = Queue(self.numbers["max_queue"], self.numbers["max_queue_bytes"], self.numbers["aging_ms"])
        self.pool = Pool(self.numbers, self.slices, self.out_append, self.on_lost, self.close_streams, self.log)
        self.started_at = self.now
        most = self.numbers["max_workers"]
        size = whole(event.get("workers"), None, 1, most)
        if size is None:  # the machine's cores, at least 2, at most 8
            size = min(most, max(2, min(8, whole(event.get("cores"), 2, 1))))
            if event.get("workers") is not None:
                self.log("warn", "workers must be a number from 1 to %d; %d are started" % (most, size))
        self.pool.resize(size, self.now)

    def out_append(self, command: dict):
        """Emit a command."""
        self.out.append(command)

    def log(self, level: str, line: str):
        """Emit a line for the console."""
        self.out.append({"do": "log", "level": level, "text": line})

    # --- workers ------------------------------------------------------------------------------------------------------

    def on_worker(self, kind: str, event: dict):
        """What a worker tells of itself; an old generation is not heard."""
        worker = self.pool.current(event)
        if worker is None:
            return
        if kind == "progress":
            before = (worker.stage, worker.done)
            self.pool.on_progress(worker, event)
            if before != (worker.stage, worker.done):
                self.pool.heard(worker, self.now)
            return
        if worker.state != BOOTING or kind == "ready":
            self.pool.heard(worker, self.now)
        if kind == "ready":
            self.pool.on_ready(worker, event, self.now)
        elif kind == "heartbeat":
            self.pool.on_heartbeat(worker, event, self.now)
        elif kind == "cancelled":
            self.let_go(worker, event.get("id"))
        elif kind == "drained":
            self.pool.on_drained(worker, self.now)
        elif kind == "end":
            self.on_end(worker, event)
        else:
            self.on_fault(worker, event)

    def on_fault(self, worker, event: dict):
        """A worker tells of an error that no request's answer carries; a fatal one is its end."""
        error = read_error(event.get("error"))
        cause = "%s: %s" % (error["type"], error["message"])
        fatal = event.get("fatal") is True
        fault = self.new_fault()
        line = "%s %s %s (%s)" % (fault, worker.id, "crashed" if fatal else "reports a fault", cause)
        if error["traceback"]:
            line += "\n" + error["traceback"]
        self.log("error", line)
        if fatal:
            self.pool.end(worker, "it crashed (%s; fault %s)" % (cause, fault), self.now, True)
        else:
            worker.last_error = clip(cause, 500)

    def on_lost(self, worker, running: list, closing: list, cause: str):
        """A worker is gone: what it asked for is dropped, what it had is tried again or answered."""
        door = "worker:" + worker.id
        for task in closing:
            self.tasks.closing.pop(task.id, None)
            task.state = DONE
            self.forget(task.id)
        for task in self.tasks.by_door(door):
            self.drop(task, "its worker was lost")
        self.injections = [one for one in self.injections if one[1] != worker.id]
        for task in running:
            if task.state == DONE:
                continue
            for child in in_order(task.children.values()):
                self.drop(child, "its parent was lost")
            if task.state == STREAMING:
                worker.failed += 1
                self.out.append({"do": "end", "door": task.door, "id": task.id, "error": "worker %s was lost: %s" % (worker.id, cause)})
                self.finish(task)
                continue
            task.losses += 1
            if task.route.idempotent and task.losses < 2 and self.now < task.deadline and self.pool.hopeful(task.slice, task.route.where):
                self.counts["retried"] += 1
                # it may be what killed the worker: at most one suspect goes to a worker, so that it takes no innocent ones along again
                task.heavy = True
                task.worker = None
                task.state = QUEUED
                task.queued_at = self.now
                self.queue.put(task)
                continue
            worker.failed += 1
            task.made_by(worker.id)
            if task.losses > 1:
                detail = "Two workers were lost while they ran this request; the last was %s: %s." % (worker.id, cause)
            elif not task.route.idempotent:
                detail = "Worker %s was lost while it ran this request: %s. It may or may not have taken effect." % (worker.id, cause)
            else:
                detail = "Worker %s was lost while it ran this request: %s." % (worker.id, cause)
            self.answer_problem(task, problem(502, detail, task.path, self.new_fault(), worker=worker.id))

    def close_streams(self, worker):
        """A draining worker kept streams open for too long: end them for it."""
        for task in in_order(worker.running.values()):
            if task.state == STREAMING:
                self.out.append({"do": "end", "door": task.door, "id": task.id, "error": "worker %s was retired" % worker.id})
                self.drop(task, "its worker was retired")

    # --- replies ------------------------------------------------------------------------------------------------------

    def on_reply(self, event: dict):
        """A worker's answer."""
        worker = self.pool.current(event)
        id = text(event.get("id"))
        if worker is None or id is None:
            if id is not None and not self.tasks.known(id):
                self.forget(id)
            return
        self.pool.heard(worker, self.now)
        stream = event.get("stream") is True
        task = worker.running.get(id)
        if task is None or task.state != RUNNING:
            if not stream:
                self.let_go(worker, id)
                if not self.tasks.known(id):
                    self.forget(id)
            return
        worker.handled += 1
        task.made_by(worker.id)
        status = whole(event.get("status"), 0, 100, 599)
        if status >= 500:
            worker.failed += 1
        if not 200 <= status:
            self.answer_problem(task, self.bad_reply(worker, "status %s" % clip(event.get("status"), 40), task))
            return
        headers = answers.passed_on(read_headers(event.get("headers")))
        timings = read_timings(event.get("timings"))
        timings.setdefault("run", max(0, self.now - task.dispatched_at))
        queue_ms = max(0, task.dispatched_at - task.received_at)
        if task.fan is not None:
            self.part_reply(task, status, headers, timings, queue_ms, whole(event.get("body_bytes"), 0, 0), stream)
            return
        answers.stamp(headers, task.workers, timings, queue_ms)
        pieces = [] if stream or task.method == "HEAD" or status in (204, 304) else [{"source": id}]
        if task.mode == "page" and pieces and answers.is_html(headers) and not 300 <= status < 400:
            pieces = answers.wrapped(self.shell, headers, pieces)
        open_stream = stream and task.method != "HEAD"
        self.reply(task, status, headers, pieces, open_stream)
        if open_stream:
            task.state = STREAMING
            worker.book(task)
        elif stream:
            self.drop(task, "only its head was asked for")
        else:
            self.finish(task)

    def part_reply(self, task, status, headers, timings, queue_ms, body_bytes, stream):
        """A part of a fan-out was answered."""
        worker = task.worker
        if stream:
            self.answer_problem(task, self.bad_reply(worker, "a stream, where a panel was asked for", task))
            return
        fan = task.fan
        trouble = fan.take_reply(task.part, task.id, status, headers, timings, queue_ms, body_bytes)
        if trouble:
            shown = status if status >= 400 else 502
            self.answer_problem(task, problem(shown, "Panel %s: %s." % (task.part, trouble), task.path, worker=worker.id))
            return
        self.tasks.held.add(task.id)
        self.finish(task, True)
        self.join(fan)

    def bad_reply(self, worker, what: str, task) -> dict:
        """The problem of a reply that is none, logged."""
        fault = self.new_fault()
        line = "worker %s answered %s %s with %s" % (worker.id, task.method, task.path, what)
        self.log("error", "%s %s" % (fault, line))
        return problem(502, line[0].upper() + line[1:] + ".", task.path, fault, worker=worker.id)

    def join(self, fan: FanOut):
        """Send what a fan-out has ready; finish it when whole."""
        self.out.extend(fan.advance(self.shell))
        if fan.whole():
            task = fan.task
            self.let_parts_go(fan)
            self.counts["handled"] += 1
            self.finish(task)

    def let_parts_go(self, fan: FanOut):
        """The replies kept for a join are not needed any more."""
        for id in fan.sources():
            self.tasks.held.discard(id)
            self.forget(id)

    def on_end(self, worker, event: dict):
        """A stream came to its end; the host has passed that on."""
        task = worker.running.get(event.get("id"))
        if task is not None and task.state == STREAMING:
            self.finish(task)
        elif task is None:
            self.let_go(worker, event.get("id"))

    def reply(self, task, status: int, headers: dict, pieces: list, stream: bool = False):
        """Emit the one answer of a task."""
        self.counts["handled"] += 1
        self.out.append(
            {
                "do": "reply",
                "door": task.door,
                "id": task.id,
                "status": status,
                "headers": headers,
                "pieces": pieces,
                "stream": stream,
                "more": False,
            }
        )

    def answer_problem(self, task, given: dict):
        """Answer a task with a problem, wherever it is, and let it go."""
        if task.state == DONE:
            return
        running = task.worker if task.state == RUNNING else None
        if task.fan is not None:
            fan = task.fan
            fan.take_problem(task.part, given)
            self.release(task, running, "deadline" if given["status"] == 504 else "it failed")
            self.join(fan)
            return
        queue_ms = (task.dispatched_at if task.dispatched_at is not None else self.now) - task.received_at
        timings = {"run": self.now - task.dispatched_at} if task.dispatched_at is not None else {}
        headers, pieces = answers.error_body(self.shell, task.mode, given, task.method, task.href())
        answers.stamp(headers, task.workers, timings, max(0, queue_ms))
        self.reply(task, given["status"], headers, [] if task.method == "HEAD" else pieces)
        self.release(task, running, "deadline" if given["status"] == 504 else "it failed")

    def release(self, task, worker, reason: str):
        """Finish a task; a worker that still has it is told to stop."""
        if worker is not None and worker.running.get(task.id) is task:
            self.cancel_at(worker, task, reason)
        else:
            self.finish(task)

    # --- the ends of tasks --------------------------------------------------------------------------------------------

    def finish(self, task, keep_body: bool = False):
        """Take an answered task out of everything; whatever it asked of others is dropped."""
        if task.state == DONE:
            return
        if task.state == QUEUED:
            self.queue.remove(task)
        elif task.worker is not None:
            task.worker.running.pop(task.id, None)
            task.worker.unbook(task)
        task.state = DONE
        if not keep_body:
            self.forget(task.id)
        self.detach(task)

    def detach(self, task):
        """Take a task out of the book, its family and its fan-out; the parent learns who worked for it."""
        self.tasks.remove(task)
        for child in in_order(task.children.values()):
            self.drop(child, "its parent ended")
        parent = task.parent
        if parent is not None and parent.children.pop(task.id, None) is not None:
            for id in task.workers:
                parent.made_by(id)
            if parent.worker is not None:
                parent.worker.book(parent)
        if task.fan is not None:
            task.fan.tasks.pop(task.part, None)
            for id in task.workers:
                task.fan.task.made_by(id)
        if self.injections:
            self.release_injections(task)

    def cancel_at(self, worker, task, reason: str):
        """Tell a worker to let go of a task that nobody waits for any more; it is watched until it does."""
        worker.running.pop(task.id, None)
        task.state = CANCELLING
        task.kill_at = self.now + self.numbers["cancel_grace_ms"]
        worker.closing[task.id] = task
        self.tasks.closing[task.id] = task
        self.out.append({"do": "send", "worker": worker.id, "message": message("http:cancel", id=task.id, reason=reason)})
        self.detach(task)

    def let_go(self, worker, id):
        """A worker has let go of a task that it was told to cancel; one that it gave up unasked has failed."""
        task = worker.closing.pop(id, None) if isinstance(id, str) else None
        if task is not None:
            worker.unbook(task)
            task.state = DONE
            self.tasks.closing.pop(task.id, None)
            self.forget(task.id)
            return
        task = worker.running.get(id) if isinstance(id, str) else None
        if task is None or task.state == DONE:
            return
        if task.state == STREAMING:
            self.out.append({"do": "end", "door": task.door, "id": task.id, "error": "worker %s gave it up" % worker.id})
            self.finish(task)
            return
        worker.running.pop(task.id, None)
        worker.unbook(task)
        self.answer_problem(task, self.bad_reply(worker, "no answer: it gave the request up", task))

    def drop(self, task, reason: str):
        """End a task without an answer: its door does not want one any more."""
        if task.state == DONE or task.state == CANCELLING:
            return
        if task.state == JOINING:
            for part in in_order(task.fan_out.tasks.values()):
                self.drop(part, reason)
            self.let_parts_go(task.fan_out)
        worker = task.worker
        if worker is not None and worker.running.get(task.id) is task:
            self.cancel_at(worker, task, reason)
        else:
            self.finish(task)

    def forget(self, id: str):
        """Let the host drop the bodies stored under ``id``."""
        if id not in self.forgotten:
            self.forgotten.append(id)

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

    def settle(self):
        """What follows whenever time has passed or anything has changed."""
        if self.pool is None:
            return
        self.expire()
        self.pool.check(self.now)
        self.pump()
        later = self.pool.tell(self.now)
        self.plan_wake(later)

    def expire(self):
        """Answer what is overdue."""
        while True:
            task = self.tasks.overdue(self.now)
            if task is None:
                return
            self.counts["timeouts"] += 1
            try:
                self.time_out(task)
            except Exception as error:
                self.failed_task(error, task)

    def time_out(self, task):
        """504 with the worker and the time spent, or 503 if nobody was there to ask."""
        if task.state == JOINING:
            fan = task.fan_out
            for part in in_order(fan.tasks.values()):
                self.time_out(part)
            return
        spent = self.now - task.received_at
        if task.state == RUNNING:
            worker = task.worker
            worker.failed += 1
            task.made_by(worker.id)
            detail = "Worker %s had not answered when the deadline passed: %s after the request came, of which %s in the queue." % (
                worker.id,
                seconds(spent),
                seconds(task.dispatched_at - task.received_at),
            )
            given = problem(504, detail, task.path, self.new_fault(), worker=worker.id, spent_ms=int(spent))
            self.log("warn", "%s 504 %s %s on %s after %s" % (given["fault"], task.method, task.path, worker.id, seconds(spent)))
        elif not self.no_one_yet(task):
            detail = "No worker was free for this request before its deadline: it waited for %s." % seconds(spent)
            given = problem(504, detail, task.path, spent_ms=int(spent))
        else:
            detail = "No worker was ready before the deadline: the pool is %s; the request waited for %s." % (
                self.pool.state(),
                seconds(spent),
            )
            given = problem(503, detail, task.path, retry_after=5, spent_ms=int(spent))
        self.answer_problem(task, given)

    def pump(self):
        """Dispatch whatever has a worker now."""
        if not len(self.queue):
            return
        blocked = set()
        while True:
            task, worker = self.queue.next(self.pool.workers, self.numbers["window"], self.now, blocked)
            if task is None:
                break
            try:
                self.dispatch(task, worker)
            except Exception as error:
                self.failed_task(error, task)
        for key in sorted(blocked):
            if not self.pool.hopeful(key[3], key[4]):
                for task in list(self.queue.lanes.get(key, [])):
                    self.answer_problem(task, self.hopeless(task))

    def dispatch(self, task, worker):
        """Give a task to a worker."""
        self.dispatches += 1
        task.state = RUNNING
        task.worker = worker
        task.dispatched_at = self.now
        worker.last_dispatch = self.dispatches
        worker.running[task.id] = task
        worker.book(task)
        self.out.append(
            {
                "do": "dispatch",
                "worker": worker.id,
                "id": task.id,
                "source": task.source,
                "method": "GET" if task.method == "HEAD" else task.method,
                "path": task.path,
                "query": task.query,
                "headers": task.headers,
                "deadline": task.deadline,
                "parent": task.parent.id if task.parent is not None else None,
                "priority": task.priority,
                "context": {"pool": self.snapshot()} if task.route.snapshot else {},
                "faults": self.faults,
            }
        )

    def plan_wake(self, later):
        """Ask for the next tick; only an earlier alarm than the one that is set needs a command."""
        at = self.tasks.next_deadline()
        for when in (self.pool.next_check(self.now), later):
            if when is not None and (at is None or when < at):
                at = when
        if at is None:
            self.wake_at = None
            return
        at = max(at, self.now)
        if self.wake_at is None or self.wake_at <= self.now or at < self.wake_at:
            self.wake_at = at
            self.out.append({"do": "wake", "at": at})

    def no_one_yet(self, task) -> bool:
        """True if no worker that serves now offers what the task wants."""
        for worker in self.pool.workers:
            if worker.takes_work() and worker.offers(task.slice, task.route.where):
                return False
        return True

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
        return poolview.snapshot(self.pool, self.tasks, self.queue, self.counts, self.started_at, self.now)


ROUTER = Router()


def handle_json(given: str) -> str:
    """JSON of one event (or an array of events) in, JSON of the commands out. Never raises."""
    try:
        events = json.loads(given)
    except (ValueError, TypeError) as error:
        return json.dumps([{"do": "log", "level": "error", "text": "an event that is no JSON was ignored: %s" % clip(error, 200)}])
    out = []
    for event in events if isinstance(events, list) else [events]:
        out.extend(ROUTER.handle(event))
    return json.dumps(out)
