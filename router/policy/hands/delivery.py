"""How a request is answered: by its worker's reply, by the join of a fan-out, or by a problem of our own."""

from router.policy.envelope import read_headers, read_timings, text, whole
from router.policy.fan_out import FanOut
from router.policy.http import answers
from router.policy.http.problems import problem
from router.policy.protocol import message
from router.policy.tasks import CANCELLING, DONE, JOINING, QUEUED, RUNNING, STREAMING, in_order
from router.policy.text import clip


class Delivery:
    """The part of the router that answers and lets go; ``Router`` supplies the rest."""

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
        timings.setdefault("run", max(0, self.now - task.dispatched_at))
        queue_ms = max(0, task.dispatched_at - task.received_at)
        if task.fan is not None:
            self.part_reply(task, status, headers, timings, queue_ms, whole(event.get("body_bytes"), 0, 0), stream)
            return
        answers.stamp(headers, task.workers, timings, queue_ms)
        bare = stream or task.method == "HEAD" or status in (204, 304)
        pieces = [] if bare or event.get("body_bytes") == 0 else [{"source": id}]
        if task.mode == "page" and not bare and answers.is_html(headers) and not 300 <= status < 400:
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
            self.answer_problem(
                task, problem(shown, "Panel %s: %s." % (task.part, trouble), task.path, worker=worker.id)
            )
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
        id = text(event.get("id"))
        task = worker.running.get(id)
        if task is not None and task.state == STREAMING:
            self.finish(task)
        elif task is None:
            self.let_go(worker, id)

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

    # --- the ends of tasks -----------------------------------------------------------------------------------------

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
        task.kill_at = self.now + self.numbers["stop_grace_ms" if task.stopped else "cancel_grace_ms"]
        worker.closing[task.id] = task
        self.tasks.closing[task.id] = task
        self.out.append(
            {"do": "send", "worker": worker.id, "message": message("http:cancel", id=task.id, reason=reason)}
        )
        self.detach(task)

    def let_go(self, worker, id):
        """A worker has let go of a task that it was told to cancel; one that it gave up unasked has failed."""
        task = worker.closing.pop(id, None)
        if task is not None:
            worker.unbook(task)
            task.state = DONE
            self.tasks.closing.pop(task.id, None)
            self.forget(task.id)
            return
        task = worker.running.get(id)
        if task is None:
            return
        if task.state == STREAMING:
            self.out.append(
                {"do": "end", "door": task.door, "id": task.id, "error": "worker %s gave it up" % worker.id}
            )
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
