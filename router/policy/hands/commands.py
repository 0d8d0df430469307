"""What a door wants beside an answer: an end of what it asked, another size of the pool, a fault on purpose."""

import json

from router.policy.envelope import number, text, whole
from router.policy.http import answers
from router.policy.pool.worker import BOOTING
from router.policy.protocol import message
from router.policy.text import clip

FAULTS = ("hang", "crash", "throw", "slow")


class Commands:
    """Takes a door's commands."""

    def __init__(self, state, delivery):
        self.state = state
        self.delivery = delivery

    def on_cancel(self, event: dict):
        """A door does not want an answer any more."""
        task = self.state.tasks.live.get(event.get("id")) if isinstance(event.get("id"), str) else None
        if task is None or task.fan is not None or task.door != event.get("door"):
            return  # it crossed the answer on its way
        self.state.counts["cancelled"] += 1
        self.delivery.drop(task, clip(event.get("reason") or "cancelled", 200))

    def on_door_closed(self, event: dict):
        """A page or service worker is gone with all it asked for."""
        for task in self.state.tasks.by_door(event.get("door")):
            self.state.counts["cancelled"] += 1
            self.delivery.drop(task, "its door closed")

    def on_resize(self, event: dict):
        """Change the number of workers."""
        if self.state.fixed:
            self.done(event, "whoever runs this server has set the number of workers")
            return
        most = self.state.numbers["max_workers"]
        size = whole(event.get("workers"), None, 1, most)
        if size is None:
            self.done(event, "workers must be a whole number from 1 to %d" % most)
            return
        self.state.pool.resize(size, self.state.now)
        self.done(event, None)

    def on_inject(self, event: dict):
        """Break a worker on purpose. What would break the asking request itself waits until that is answered."""
        worker = self.state.pool.get(event.get("worker"))
        kind = event.get("kind")
        if not self.state.faults:
            self.done(event, "faults are not enabled")
        elif worker is None or not worker.alive() or worker.state == BOOTING:
            self.done(event, "no worker %s serves" % clip(event.get("worker"), 40))
        elif kind not in FAULTS:
            self.done(event, "kind must be one of " + ", ".join(FAULTS))
        else:
            self.done(event, None)
            fault = message("worker:inject", kind=kind, ms=number(event.get("ms"), 0, 0, 600000))
            command = {"do": "send", "worker": worker.id, "message": fault}
            parent = event.get("parent")
            if isinstance(parent, str) and parent in worker.running:
                worker.running[parent].afterwards.append(command)
            else:
                self.state.emit(command)

    def done(self, event: dict, error):
        """Answer a resize or an inject."""
        id = text(event.get("id"))
        door = text(event.get("door"), "")
        if id is None or not door:
            if error:
                self.state.log("warn", "a pool command was refused: " + error)
            return
        report = self.state.report()
        if door.startswith("worker:"):
            done = message("pool:done", id=id, ok=error is None, error=error, pool=report)
            self.state.emit({"do": "send", "worker": door[len("worker:") :], "message": done})
            return
        body = json.dumps({"ok": error is None, "error": error, "pool": report})
        headers = answers.stamp({"content-type": "application/json"}, [], {}, 0)
        self.state.emit(answers.reply(door, id, 200 if error is None else 422, headers, [{"text": body}]))
