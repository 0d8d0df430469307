"""What workers tell of themselves, and what becomes of their work when they are lost."""

from router.policy.envelope import read_error, text
from router.policy.http.problems import problem
from router.policy.pool.worker import BOOTING
from router.policy.tasks import DONE, QUEUED, STREAMING, in_order
from router.policy.text import clip


class Listening:
    """The part of the router that hears the workers; ``Router`` supplies the rest."""

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
            self.let_go(worker, text(event.get("id")))
        elif kind == "drained":
            self.pool.on_drained(worker, self.now)
        elif kind == "want":
            self.later.on_want()
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
        self.injections = [one for one in self.injections if one[1] != worker.id]
        door = "worker:" + worker.id
        for task in closing:
            self.tasks.closing.pop(task.id, None)
            task.state = DONE
            self.forget(task.id)
        for task in self.tasks.by_door(door):
            self.drop(task, "its worker was lost")
        for task in running:
            if task.state == DONE:
                continue
            for child in in_order(task.children.values()):
                self.drop(child, "its parent was lost")
            if task.state == STREAMING:
                worker.failed += 1
                self.out.append(
                    {
                        "do": "end",
                        "door": task.door,
                        "id": task.id,
                        "error": "worker %s was lost: %s" % (worker.id, cause),
                    }
                )
                self.finish(task)
                continue
            task.losses += 1
            if (
                task.route.again
                and task.losses < 2
                and self.now < task.deadline
                and self.pool.hopeful(task.slice, task.route.where)
            ):
                self.counts["retried"] += 1
                # it may be what killed the worker: at most one suspect goes to a worker, so that it takes no innocent
                # ones along again
                task.heavy = True
                task.state = QUEUED
                self.queue.put(task)
                continue
            worker.failed += 1
            task.made_by(worker.id)
            if task.losses > 1:
                detail = "Two workers were lost while they ran this request; the last was %s: %s." % (worker.id, cause)
            elif not task.route.again:
                detail = "Worker %s was lost while it ran this request: %s. It may or may not have taken effect." % (
                    worker.id,
                    cause,
                )
            else:
                detail = "Worker %s was lost while it ran this request: %s." % (worker.id, cause)
            self.answer_problem(task, problem(502, detail, task.path, self.new_fault(), worker=worker.id))

    def close_streams(self, worker):
        """A draining worker kept streams open for too long: end them for it."""
        for task in in_order(worker.running.values()):
            if task.state == STREAMING:
                self.out.append(
                    {"do": "end", "door": task.door, "id": task.id, "error": "worker %s was retired" % worker.id}
                )
                self.drop(task, "its worker was retired")
