"""What workers tell of themselves, and what becomes of their work when they are lost."""

from router.policy.envelope import read_error, text
from router.policy.http.problems import problem
from router.policy.pool.worker import BOOTING
from router.policy.tasks import DONE, QUEUED, STREAMING, in_order
from router.policy.text import clip


class Listener:
    """Hears the workers."""

    def __init__(self, state, delivery):
        self.state = state
        self.delivery = delivery

    def on_worker(self, event: dict):
        """What a worker tells of itself; an old generation is not heard."""
        pool = self.state.pool
        now = self.state.now
        kind = event["type"]
        worker = pool.current(event)
        if worker is None:
            return
        if kind == "progress":
            before = (worker.stage, worker.done)
            pool.on_progress(worker, event)
            if before != (worker.stage, worker.done):
                pool.heard(worker, now)
            return
        if worker.state != BOOTING or kind == "ready":
            pool.heard(worker, now)
        if kind == "ready":
            pool.on_ready(worker, event, now)
        elif kind == "heartbeat":
            pool.on_heartbeat(worker, event, now)
        elif kind == "cancelled":
            self.delivery.let_go(worker, text(event.get("id")))
        elif kind == "drained":
            pool.on_drained(worker, now)
        elif kind == "want":
            self.state.postponed.on_want()
        elif kind == "end":
            self.delivery.on_end(worker, event)
        else:
            self.on_fault(worker, event)

    def on_fault(self, worker, event: dict):
        """A worker tells of an error that no request's answer carries; a fatal one is its end."""
        error = read_error(event.get("error"))
        cause = "%s: %s" % (error["type"], error["message"])
        fatal = event.get("fatal") is True
        fault = self.state.new_fault()
        line = "%s %s %s (%s)" % (fault, worker.id, "crashed" if fatal else "reports a fault", cause)
        if error["traceback"]:
            line += "\n" + error["traceback"]
        self.state.log("error", line)
        if fatal:
            self.state.pool.end(worker, "it crashed (%s; fault %s)" % (cause, fault), self.state.now, True)
        else:
            worker.last_error = clip(cause, 500)

    def on_lost(self, worker, running: list, closing: list, cause: str):
        """A worker is gone: what it asked for is dropped, what it had is tried again or answered."""
        state = self.state
        state.gate.worker_lost(worker.id, state.now)
        for task in running:
            task.afterwards = []  # faults for a worker that is no more
        for task in closing:
            state.tasks.closing.pop(task.id, None)
            task.state = DONE
            state.forget(task.id)
        for task in state.tasks.by_door("worker:" + worker.id):
            self.delivery.drop(task, "its worker was lost")
        for task in running:
            if task.state == DONE:
                continue
            for child in in_order(task.children.values()):
                self.delivery.drop(child, "its parent was lost")
            if task.state == STREAMING:
                worker.failed += 1
                self.delivery.end_stream(task, "worker %s was lost: %s" % (worker.id, cause))
                self.delivery.finish(task)
            elif self.may_repeat(task):
                task.losses += 1
                state.counts["retried"] += 1
                # it may be what killed the worker: at most one suspect goes to a worker, so that it takes no innocent
                # ones along again
                task.heavy = True
                task.state = QUEUED
                state.queue.put(task)
            else:
                worker.failed += 1
                task.made_by(worker.id)
                if task.losses:
                    detail = "Two workers were lost while they ran this request; the last was %s: %s." % (worker.id, cause)
                else:
                    detail = "Worker %s was lost while it ran this request: %s." % (worker.id, cause)
                    if not task.route.again:
                        detail += " It may or may not have taken effect."
                given = problem(502, detail, task.path, state.new_fault(), worker=worker.id)
                self.delivery.answer_problem(task, given)

    def may_repeat(self, task) -> bool:
        """True if a task whose worker died goes to another: once, where its route allows it."""
        if not task.route.again or task.losses or self.state.now >= task.deadline:
            return False
        return self.state.pool.hopeful(task.slice, task.route.where)

    def close_streams(self, worker):
        """A draining worker kept streams open for too long: end them for it."""
        for task in in_order(worker.running.values()):
            if task.state == STREAMING:
                self.delivery.end_stream(task, "worker %s was retired" % worker.id)
                self.delivery.drop(task, "its worker was retired")
