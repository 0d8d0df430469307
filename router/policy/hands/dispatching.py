"""What follows whenever time has passed: deadlines, supervision, and work for whoever is free."""

from router.policy.http.problems import problem
from router.policy.tasks import JOINING, RUNNING, in_order
from router.policy.text import seconds


class Dispatching:
    """The part of the router that runs after every event; ``Router`` supplies the rest."""

    def settle(self):
        """What follows whenever time has passed or anything has changed."""
        if self.pool is None:
            return
        pool = self.pool
        self.expire()
        if pool.changed or (pool.check_at is not None and pool.check_at <= self.now):
            pool.check(self.now)
        self.pump()
        busy = len([worker for worker in pool.workers if worker.own or worker.kids]) > 0
        pool.consider(self.counts["handled"] > 0 or not busy, self.now)
        if pool.changed or (pool.tell_at is not None and pool.tell_at <= self.now):
            pool.tell(self.now)
        whole = pool.state() == "ready"
        self.image.consider(whole, busy or len(self.queue) > 0, self.now)
        self.later.consider(pool.ready_count() > 0, self.counts["handled"] > 0, whole, self.now)
        self.plan_wake()

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
            detail = (
                "Worker %s had not answered when the deadline passed: %s after the request came, %s of it in the queue."
                % (
                    worker.id,
                    seconds(spent),
                    seconds(task.dispatched_at - task.received_at),
                )
            )
            given = problem(504, detail, task.path, self.new_fault(), worker=worker.id, spent_ms=int(spent))
            self.log(
                "warn",
                "%s 504 %s %s on %s after %s" % (given["fault"], task.method, task.path, worker.id, seconds(spent)),
            )
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

    def no_one_yet(self, task) -> bool:
        """True if no worker that serves now offers what the task wants."""
        for worker in self.pool.workers:
            if worker.takes_work() and worker.offers(task.slice, task.route.where):
                return False
        return True

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
            for task in list(self.queue.lanes.get(key, [])):
                if not self.pool.hopeful(key[3], key[4]):
                    self.lend(task, False)  # a wallet may have been opened since the task came
                if not self.pool.hopeful(key[3], key[4]):
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
                "context": {"pool": self.snapshot()} if task.route.report else {},
                "faults": self.faults,
                "navigated": task.navigated,
                "quiet": task.quiet,
            }
        )

    def plan_wake(self):
        """Ask for the next tick; only an earlier alarm than the one that is set needs a command."""
        at = self.tasks.next_deadline()
        for when in (self.pool.check_at, self.pool.tell_at, self.pool.open_at):
            if when is not None and (at is None or when < at):
                at = when
        if at is None:
            self.wake_at = None
            return
        at = max(at, self.now)
        if self.wake_at is None or self.wake_at <= self.now or at < self.wake_at:
            self.wake_at = at
            self.out.append({"do": "wake", "at": at})
