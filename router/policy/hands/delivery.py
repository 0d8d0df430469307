"""How a request is answered: by its worker's reply, by the join of a fan-out, or by a problem of our own."""

from router.policy.envelope import read_headers, read_timings, text, whole
from router.policy.fan_out import FanOut
from router.policy.http import answers
from router.policy.http.problems import problem
from router.policy.protocol import message
from router.policy.tasks import CANCELLING, DONE, JOINING, QUEUED, RUNNING, STREAMING, in_order
from router.policy.text import clip, describe


class Delivery:
    """Answers, and lets go: the floor under the other hands."""

    def __init__(self, state):
        self.state = state

    def on_reply(self, event: dict):
        """A worker's answer."""
        state = self.state
        worker = state.pool.current(event)
        id = text(event.get("id"))
        if worker is None or id is None:
            if id is not None and not state.tasks.known(id):
                state.forget(id)
            return
        state.pool.heard(worker, state.now)
        stream = event.get("stream") is True
        task = worker.running.get(id)
        if task is None or task.state != RUNNING:
            if not stream:
                self.let_go(worker, id)
                if not state.tasks.known(id):
                    state.forget(id)
            return
        worker.handled += 1
        task.workers = [worker.id] + [one for one in task.workers if one != worker.id]
        if not stream:  # the worker has nothing more of it
            worker.running.pop(id, None)
            worker.unbook(task)
        status = whole(event.get("status"), 0, 100, 599)
        if status >= 500:
            worker.failed += 1
        if not 200 <= status:
            self.answer_problem(task, self.bad_reply(worker, "status %s" % clip(event.get("status"), 40), task))
            return
        headers = answers.passed_on(read_headers(event.get("headers")))
        timings = read_timings(event.get("timings"))
        timings.setdefault("run", max(0, state.now - task.dispatched_at))
        queue_ms = max(0, task.dispatched_at - task.received_at)
        if task.fan is not None:
            self.part_reply(task, status, headers, timings, queue_ms, whole(event.get("body_bytes"), 0, 0), stream)
            return
        answers.stamp(headers, task.workers, timings, queue_ms)
        bare = stream or task.method == "HEAD" or status in (204, 304)
        pieces = [] if bare or event.get("body_bytes") == 0 else [{"source": id}]
        if task.mode == "page" and not bare and answers.is_html(headers) and not 300 <= status < 400:
            pieces = answers.wrapped(state.shell, headers, pieces)
        open_stream = stream and task.method != "HEAD"
        self.reply(task.door, task.id, status, headers, pieces, open_stream)
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
            detail = "Panel %s: %s." % (task.part, trouble)
            self.answer_problem(task, problem(shown, detail, task.path, worker=worker.id))
            return
        self.state.tasks.held.add(task.id)
        self.finish(task, True)
        self.join(fan)

    def bad_reply(self, worker, what: str, task) -> dict:
        """The problem of a reply that is none, logged."""
        fault = self.state.new_fault()
        line = "worker %s answered %s %s with %s" % (worker.id, task.method, task.path, what)
        self.state.log("error", "%s %s" % (fault, line))
        return problem(502, line[0].upper() + line[1:] + ".", task.path, fault, worker=worker.id)

    def join(self, fan: FanOut):
        """Send what a fan-out has ready; finish it when whole."""
        for command in fan.advance(self.state.shell):
            self.state.emit(command)
        if fan.whole():
            self.let_parts_go(fan)
            self.state.counts["handled"] += 1
            self.finish(fan.task)

    def let_parts_go(self, fan: FanOut):
        """The replies kept for a join are not needed any more."""
        for id in fan.sources():
            self.state.tasks.held.discard(id)
            self.state.forget(id)

    def reply(self, door: str, id: str, status: int, headers: dict, pieces: list, stream: bool = False):
        """Emit the one answer of a request."""
        self.state.counts["handled"] += 1
        self.state.emit(answers.reply(door, id, status, headers, pieces, stream))

    def reply_here(self, task, status: int, headers: dict, pieces: list):
        """Answer a task that was not let in: nothing of it is anywhere."""
        answers.stamp(headers, task.workers, {}, self.state.now - task.received_at)
        self.reply(task.door, task.id, status, headers, [] if task.method == "HEAD" else pieces)
        self.state.forget(task.id)

    def end_stream(self, task, error: str):
        """Break off the answer of a task that streams."""
        self.state.emit({"do": "end", "door": task.door, "id": task.id, "error": error})

    # --- problems -----------------------------------------------------------------------------------------------------

    def answer_problem(self, task, given: dict):
        """Answer a task with a problem, wherever it is, and let it go."""
        if task.state == DONE:
            return
        state = self.state
        running = task.worker if task.state == RUNNING else None
        if task.fan is None:
            queue_ms = (task.dispatched_at if task.dispatched_at is not None else state.now) - task.received_at
            timings = {"run": state.now - task.dispatched_at} if task.dispatched_at is not None else {}
            headers, pieces = answers.error_body(state.shell, task.mode, given, task.method, task.href())
            answers.stamp(headers, task.workers, timings, max(0, queue_ms))
            self.reply(task.door, task.id, given["status"], headers, [] if task.method == "HEAD" else pieces)
        else:
            task.fan.take_problem(task.part, given)
        if running is not None and running.running.get(task.id) is task:
            self.cancel_at(running, task, "deadline" if given["status"] == 504 else "it failed")
        else:
            self.finish(task)
        if task.fan is not None:
            self.join(task.fan)

    def refuse(self, task, given: dict):
        """Answer a task that was not let in with its problem."""
        self.state.counts["refused"] += 1
        headers, pieces = answers.error_body(self.state.shell, task.mode, given, task.method, task.href())
        self.reply_here(task, given["status"], headers, pieces)

    def refuse_raw(self, event: dict, status: int, detail: str, fault: str = "", retry_after=None):
        """Answer an event for which there is no task."""
        id = text(event.get("id"))
        door = text(event.get("door"))
        if id is None or door is None:
            return
        mode = "raw" if door.startswith("worker:") else answers.wish(read_headers(event.get("headers")))
        self.refuse_id(door, id, mode, problem(status, detail, "", fault, retry_after=retry_after))
        self.state.forget(id)

    def refuse_id(self, door: str, id: str, mode: str, given: dict):
        """Answer a door that asked under ``id``, for which there is no task, or another's."""
        headers, pieces = answers.error_body(self.state.shell, mode, given, "POST", "")
        self.reply(door, id, given["status"], answers.stamp(headers, [], {}, 0), pieces)

    def failed(self, error, event):
        """An error in here: logged, the request it came with is answered, the state stays."""
        fault = self.state.new_fault()
        kind = event.get("type") if isinstance(event, dict) else None
        self.state.log("error", "%s the router failed at %s: %s" % (fault, clip(kind, 40), describe(error)))
        if kind == "request":
            task = self.state.tasks.live.get(event.get("id")) if isinstance(event.get("id"), str) else None
            if task is not None and task.door == event.get("door"):
                self.failed_task(error, task, fault)
            elif task is None:
                self.refuse_raw(event, 500, "The router failed: %s." % type(error).__name__, fault)

    def failed_task(self, error, task, fault=None):
        """An error in here while we dealt with one task: that one is answered 500."""
        if fault is None:
            fault = self.state.new_fault()
            where = "%s %s" % (task.method, task.path)
            self.state.log("error", "%s the router failed at %s: %s" % (fault, where, describe(error)))
        self.answer_problem(task, problem(500, "The router failed: %s." % type(error).__name__, task.path, fault))

    # --- the ends of tasks --------------------------------------------------------------------------------------------

    def on_end(self, worker, event: dict):
        """A stream came to its end; the host has passed that on."""
        id = text(event.get("id"))
        task = worker.running.get(id)
        if task is not None and task.state == STREAMING:
            self.finish(task)
        elif task is None:
            self.let_go(worker, id)

    def finish(self, task, keep_body: bool = False):
        """Take an answered task out of everything; whatever it asked of others is dropped."""
        if task.state == DONE:
            return
        if task.state == QUEUED:
            self.state.queue.remove(task)
        elif task.worker is not None:
            task.worker.running.pop(task.id, None)
            task.worker.unbook(task)
        task.state = DONE
        if not keep_body:
            self.state.forget(task.id)
        self.detach(task)

    def detach(self, task):
        """Take a task out of the book, its family and its fan-out; the parent learns who worked for it."""
        self.state.tasks.remove(task)
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
        for command in task.afterwards:
            self.state.emit(command)
        task.afterwards = []

    def cancel_at(self, worker, task, reason: str):
        """Tell a worker to let go of a task that nobody waits for any more; it is watched until it does."""
        state = self.state
        worker.running.pop(task.id, None)
        task.state = CANCELLING
        task.kill_at = state.now + state.numbers["stop_grace_ms" if task.stopped else "cancel_grace_ms"]
        worker.closing[task.id] = task
        state.tasks.closing[task.id] = task
        state.emit({"do": "send", "worker": worker.id, "message": message("http:cancel", id=task.id, reason=reason)})
        self.detach(task)

    def let_go(self, worker, id):
        """A worker has let go of a task that it was told to cancel; one that it gave up unasked has failed."""
        task = worker.closing.pop(id, None)
        if task is not None:
            worker.unbook(task)
            task.state = DONE
            self.state.tasks.closing.pop(task.id, None)
            self.state.forget(task.id)
            return
        task = worker.running.get(id)
        if task is None:
            return
        if task.state == STREAMING:
            self.end_stream(task, "worker %s gave it up" % worker.id)
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
