"""What follows whenever time has passed: deadlines, supervision, and work for whoever is free."""

from router.policy.envelope import number
from router.policy.http.problems import hopeless, problem
from router.policy.tasks import JOINING, RUNNING, in_order
from router.policy.text import seconds


class Dispatcher:
    """Moves the clock, and runs after every event."""

    def __init__(self, state, delivery):
        self.state = state
        self.delivery = delivery
        self.wake_at = None  # the alarm that the host has set
        self.dispatches = 0

    def advance(self, now):
        """Move the clock; it never goes back. A wake that came far too late means that we slept, not the workers."""
        state = self.state
        now = number(now, None, 0)
        if now is None or now <= state.now:
            return
        if state.pool is not None and self.wake_at is not None:
            late = max(1000, state.numbers["busy_ms"])
            if now - max(self.wake_at, state.now) > late:
                state.log("warn", "the router slept for %s; the workers get a new grace" % seconds(now - state.now))
                state.pool.grace(now)
        state.now = now

    def on_tick(self, event: dict):
        """The alarm has rung, even if it rang early: it is set again."""
        self.wake_at = None

    def settle(self):
        """What follows whenever time has passed or anything has changed."""
        state = self.state
        pool = state.pool
        if pool is None:
            return
        self.expire()
        if pool.changed or (pool.check_at is not None and pool.check_at <= state.now):
            pool.check(state.now)
        self.pump()
        state.gate.settle(state.now)
        busy = len([worker for worker in pool.workers if worker.own or worker.kids]) > 0
        answered = state.counts["handled"] > 0
        pool.consider(answered or not busy, state.now)
        if pool.changed or (pool.tell_at is not None and pool.tell_at <= state.now):
            pool.tell(state.now)
        whole = pool.state() == "ready"
        state.snapshot.consider(whole, busy or len(state.queue) > 0, state.now)
        state.postponed.consider(pool.ready_count() > 0, answered, whole, state.now)
        self.plan_wake()

    def expire(self):
        """Answer what is overdue."""
        while True:
            task = self.state.tasks.overdue(self.state.now)
            if task is None:
                return
            self.state.counts["timeouts"] += 1
            try:
                self.time_out(task)
            except Exception as error:
                self.delivery.failed_task(error, task)

    def time_out(self, task):
        """504 with the worker and the time spent, or 503 if nobody was there to ask."""
        if task.state == JOINING:
            for part in in_order(task.fan_out.tasks.values()):
                self.time_out(part)
            return
        state = self.state
        spent = state.now - task.received_at
        if task.state == RUNNING:
            worker = task.worker
            worker.failed += 1
            task.made_by(worker.id)
            detail = "Worker %s had not answered when the deadline passed: %s after the request came, %s of it in the queue."
            detail %= (worker.id, seconds(spent), seconds(task.dispatched_at - task.received_at))
            fault = state.new_fault()
            given = problem(504, detail, task.path, fault, worker=worker.id, spent_ms=int(spent))
            line = "%s 504 %s %s on %s after %s" % (fault, task.method, task.path, worker.id, seconds(spent))
            state.log("warn", line)
        elif state.pool.serves(task.slice, task.route.where):
            detail = "No worker was free for this request before its deadline: it waited for %s." % seconds(spent)
            given = problem(504, detail, task.path, spent_ms=int(spent))
        else:
            detail = "No worker was ready before the deadline: the pool is %s; the request waited for %s."
            detail %= (state.pool.state(), seconds(spent))
            given = problem(503, detail, task.path, retry_after=5, spent_ms=int(spent))
        self.delivery.answer_problem(task, given)

    def pump(self):
        """Dispatch whatever has a worker now, and answer what will never have one."""
        state = self.state
        if not len(state.queue):
            return
        pool = state.pool
        blocked = set()
        while True:
            task, worker = state.queue.next(pool.workers, state.numbers["window"], state.now, blocked)
            if task is None:
                break
            try:
                self.dispatch(task, worker)
            except Exception as error:
                self.delivery.failed_task(error, task)
        for task in state.queue.hopeless_tasks(pool):
            pool.lend(task.route.where, state.now, False)  # a wallet may have been opened since the task came
            if not pool.hopeful(task.slice, task.route.where):
                self.delivery.answer_problem(task, hopeless(task, pool))

    def dispatch(self, task, worker):
        """Give a task to a worker."""
        state = self.state
        self.dispatches += 1
        task.state = RUNNING
        task.worker = worker
        task.dispatched_at = state.now
        worker.last_dispatch = self.dispatches
        worker.running[task.id] = task
        worker.book(task)
        state.emit(
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
                "context": {"pool": state.report()} if task.route.report else {},
                "faults": state.faults,
                "navigated": task.navigated,
                "quiet": task.quiet,
                "again": not task.route.changes,
            }
        )

    def plan_wake(self):
        """Ask for the next tick; only an earlier alarm than the one that is set needs a command."""
        state = self.state
        at = state.tasks.next_deadline()
        for when in (state.pool.check_at, state.pool.tell_at, state.pool.open_at, state.gate.next_at()):
            if when is not None and (at is None or when < at):
                at = when
        if at is None:
            self.wake_at = None
            return
        at = max(at, state.now)
        if self.wake_at is None or self.wake_at <= state.now or at < self.wake_at:
            self.wake_at = at
            state.emit({"do": "wake", "at": at})
