"""A house around the router for its tests: a clock that stands still until it is moved, doors, and workers made of paper.

`House.feed` gives the router one event and does what its commands say, as router/host/host.js would. Whatever the router must never do
fails there and then (`Broken`), in whatever test runs.
"""

from __future__ import annotations

import json
from typing import Any

from paperkit import Asked, Papers, must
from tablekit import POOL
from tablekit import SLICES as CONFIGURED

from router.policy.router import Router
from router.policy.state import State

SLICES = {"home": "all", "crypto": "all", "pq": "all", "pool": "all", "faults": "all", "wallet": "one"}
SHELL = (
    '<!doctype html><html><head><base href="./"><title>KeriWasm</title></head><body><main id="main" hx-history-elt tabindex="-1">'
    "<!-- main:start -->boot screen<!-- main:end --></main></body></html>"
)
HTML = {"content-type": "text/html; charset=utf-8", "x-title": "A%20title"}
JSON = {"content-type": "application/json"}
EPSILON = 1.0  # ms between a deadline and the tick that sees it


class House(Papers):
    """Router, doors, workers and the clock."""

    def __init__(
        self, workers: Any = 2, *, slices=None, pool=None, faults=True, boot=True, table=None, shell=SHELL, base="/sub/",
        warm=False, name: Any = "KeriWasm"
    ):
        super().__init__()
        self.router = Router() if table is None else Router(table)
        self.trace: list[dict[str, Any]] = []
        self.commands: list[list[dict[str, Any]]] = []
        self.count = 0
        names = SLICES if slices is None else slices
        config = {
            "name": name,
            "pool": {**POOL, **(pool or {})},
            "slices": {name: {**CONFIGURED.get(name, {}), "workers": where} for name, where in names.items()},
        }
        self.feed("init", config=config, workers=workers, faults=faults, base=base, shell=shell, warm=warm)
        if boot:
            for id in sorted(self.papers):  # the others wait until the first are through
                self.ready(id)
            for id in sorted(self.papers):
                if self.state.pool.get(id).state == "booting":
                    self.ready(id)

    @property
    def state(self) -> State:
        """What the router remembers."""
        return self.router.state

    # -- events ---------------------------------------------------------------------------------------------------------

    def feed(self, type: str, **fields: Any) -> list[dict[str, Any]]:
        """One event now; its commands are done and returned."""
        return self.raw({**fields, "type": type, "now": self.now})

    def raw(self, event: Any) -> list[dict[str, Any]]:
        """Any event, garbage too."""
        self.trace.append(event)
        commands = self.router.handle(event)
        json.dumps(commands, allow_nan=False)  # the host's JSON.parse must read it
        self.commands.append(commands)
        for command in commands:
            getattr(self, "do_" + command["do"])(**{key: value for key, value in command.items() if key != "do"})
        self.check()
        return commands

    def advance(self, ms: float) -> None:
        """Let time pass as it does: alarms ring, healthy workers beat."""
        until = self.now + ms
        while True:
            times = [paper.beat for paper in self.papers.values() if paper.beat is not None]
            if self.wake is not None:
                times.append(self.wake)
            at = min(times, default=until)
            if at > until:
                break
            self.now = max(self.now, at)
            if self.wake is not None and self.wake <= self.now:
                self.wake = None
                self.feed("tick")
            for id in sorted(self.papers):
                paper = self.papers.get(id)
                if paper is not None and paper.beat is not None and paper.beat <= self.now:
                    self.heartbeat(id)
            if not times:
                break
        self.now = until

    def sleep(self, ms: float) -> None:
        """The laptop's lid: the clock goes on and nobody does anything."""
        self.now += ms
        for paper in self.papers.values():
            if paper.beat is not None:
                paper.beat = self.now + 1

    # -- doors ----------------------------------------------------------------------------------------------------------

    def ask(
        self,
        path="/app/crypto/hash",
        method="POST",
        *,
        door="page-1",
        headers=None,
        size=0,
        within=None,
        id=None,
        **more,
    ):
        """A request by a door; returns its record."""
        self.count += 1
        id = id or f"{door}/{self.count}"
        if size:
            self.bodies.add(id)
        record = Asked(
            id,
            door,
            self.now,
            self.now + self.allowed(path, method, within, size),
            method == "HEAD",
            more.get("parent"),
        )
        self.asked[id] = self.live[id] = record
        fields = {
            "deadline": None if within is None else self.now + within,
            "parent": None,
            "priority": None,
            "query": "",
            # what a door says of its own page's requests
            "origin": "own",
            "navigated": False,
            "framed": False,
        }
        self.feed(
            "request",
            id=id,
            door=door,
            method=method,
            path=path,
            headers=headers or {},
            body_bytes=size,
            **{**fields, **more},
        )
        return record

    def allowed(self, path: str, method: str, within: float | None, size: int) -> float:
        """How many ms the router has for it."""
        numbers = self.state.numbers
        route, params, _ = self.state.table.match(method, path)
        if within is None and route is not None:
            within = route.cost(params, size)[2]
        return min(numbers["deadline_ms"] if within is None else within, numbers["max_deadline_ms"])

    def serves(self, record: Asked) -> bool:
        """Whether the worker that asked for this is still at the request it asks for."""
        paper = self.papers.get(record.door.removeprefix("worker:"))
        return paper is not None and record.parent in paper.work and record.parent not in paper.cancels

    def cancel(self, id: str, reason: str = "aborted") -> None:
        """The door loses interest."""
        record = self.asked[id]
        record.cancelled = True
        self.live.pop(id, None)
        self.feed("cancel", id=id, door=record.door, reason=reason)

    def close_door(self, door: str) -> None:
        """A page is gone."""
        for record in list(self.live.values()):
            if record.door == door:
                record.cancelled = True
                del self.live[record.id]
        self.feed("door_closed", door=door)

    def ask_child(self, worker: str, parent: str | None, path="/app/crypto/hash", **more):
        """A worker asks the pool."""
        record = self.ask(
            path,
            door=f"worker:{worker}",
            headers=more.pop("headers", {"accept": "application/json"}),
            parent=parent,
            **more,
        )
        return record

    # -- workers --------------------------------------------------------------------------------------------------------

    def from_worker(self, worker: str, type: str, **fields: Any) -> list[dict[str, Any]]:
        """An event of a worker's present generation."""
        return self.feed(type, worker=worker, generation=self.papers[worker].generation, **fields)

    def ready(self, id: str, **fields: Any) -> None:
        """A boot succeeds."""
        paper = self.papers[id]
        paper.state = "up"
        paper.beat = self.now + 250
        self.from_worker(id, "ready", **{"boot_ms": 1700, "heap_bytes": 1 << 25, "python": "3.14.2", **fields})

    def heartbeat(self, id: str, **more: Any) -> None:
        """A scheduler turns."""
        paper = self.papers[id]
        paper.beat = self.now + 250
        self.from_worker(
            id, "heartbeat", tyme=1.5, inflight=sorted(paper.work), heap_bytes=1 << 25, handled=1, failed=0, **more
        )

    def reply(
        self, worker: str, id: str, status: int = 200, headers=None, stream=False, body=100, timings=None
    ) -> list[dict[str, Any]]:
        """A worker answers."""
        paper = self.papers[worker]
        if stream:
            paper.streams.add(id)
        else:
            paper.work.pop(id, None)
            paper.streams.discard(id)
        if body:
            self.replies.add(id)
        return self.from_worker(
            worker,
            "reply",
            id=id,
            status=status,
            headers=HTML if headers is None else headers,
            stream=stream,
            body_bytes=body,
            timings={"run": 2.0, "render": 0.5, "commit": 0} if timings is None else timings,
        )

    def end(self, worker: str, id: str) -> None:
        """A stream comes to its end; the host passes that on."""
        paper = self.papers[worker]
        paper.work.pop(id, None)
        paper.streams.discard(id)
        record = self.asked.get(id)
        if record is not None and record.streaming:
            record.streaming = False
            record.ended = True
        self.from_worker(worker, "end", id=id, error=None)

    def let_go(self, worker: str, id: str) -> None:
        """A worker confirms a cancel."""
        paper = self.papers[worker]
        paper.work.pop(id, None)
        paper.streams.discard(id)
        if id in paper.cancels:
            paper.cancels.remove(id)
        self.from_worker(worker, "cancelled", id=id)

    def crash(self, worker: str, message: str = "boom") -> None:
        """A worker dies and says so."""
        self.from_worker(
            worker, "fault", error={"type": "RuntimeError", "message": message, "traceback": "…"}, fatal=True
        )

    def hang(self, worker: str) -> None:
        """A worker says nothing any more."""
        self.papers[worker].state = "hung"
        self.papers[worker].beat = None

    def drained(self, worker: str) -> None:
        """A worker has nothing left."""
        self.from_worker(worker, "drained")

    def holder(self, id: str) -> str | None:
        """The worker that has the request."""
        for paper in self.papers.values():
            if id in paper.work:
                return paper.id
        return None

    def serve(self, *, status=200, headers=None, rounds=50) -> int:
        """All work that lies with healthy workers is answered; returns how much."""
        served = 0
        for _ in range(rounds):
            todo = [
                (paper.id, id)
                for paper in sorted(self.papers.values(), key=lambda one: one.id)
                if paper.state == "up"
                for id in paper.work
                if id not in paper.streams
            ]
            if not todo:
                break
            for worker, id in todo:
                paper = self.papers.get(worker)
                if paper is None or id not in paper.work:
                    continue
                served += 1
                if id in paper.cancels:
                    self.let_go(worker, id)
                else:
                    wants_json = paper.work[id]["headers"].get("accept") == "application/json"
                    self.reply(worker, id, status, headers or (JSON if wants_json else HTML))
        return served

    # -- what must hold -------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Invariants after every event."""
        state = self.state
        if state.pool is None:
            return
        for record in list(self.live.values()):
            if record.parent is not None and not self.serves(record):
                record.cancelled = True  # the request that asked is over: nobody waits for its child
                del self.live[record.id]
                continue
            if record.waiting:
                must(
                    self.now <= record.until + EPSILON,
                    record.id,
                    "has no answer",
                    self.now - record.until,
                    "ms after its deadline",
                )
            if record.more:
                must(self.now <= record.until + EPSILON, record.id, "is still being joined after its deadline")
        queue = state.queue
        again = sum(1 for lane in queue.lanes.values() for task in lane if task.losses)
        must(queue.doors <= queue.bound + again, "the queue has passed its bound:", queue.doors)
        must(queue.kids <= 4 * queue.bound + again, "the queue of children has passed its bound:", queue.kids)
        must(sum(len(lane) for lane in queue.lanes.values()) == len(queue), "the queue has lost count")
        window = state.numbers["window"]
        burdened = serving = 0
        for worker in state.pool.workers:
            active = [task for task in worker.running.values() if task.state == "running" and not task.children]
            active += [task for task in worker.running.values() if task.state == "streaming" and task.route.heavy]
            active += [task for task in worker.closing.values() if task.counted]
            own = [task for task in active if not task.child]
            must(worker.own == len(own) and worker.kids == len(active) - len(own), worker.id, "has lost count")
            # a parent whose children are done works on, whoever has taken its place in the window meanwhile
            fresh = [task for task in active if not task.asked_others]
            for kind in (True, False):
                count = sum(1 for task in fresh if task.child is kind)
                must(count <= window, worker.id, "has more than its window:", count)
            must(worker.heavies == sum(task.heavy for task in active), worker.id, "has lost count of its heavy ones")
            must(sum(task.heavy for task in fresh) <= 1, worker.id, "has more than one heavy one")
            young = [task for task in own if task.priority == "background"]
            must(worker.own_background == len(young), worker.id, "has lost count of its background")
            if worker.takes_work():
                serving += 1
                burdened += worker.heavies
            paper = self.papers.get(worker.id)
            must((paper is not None) == worker.alive(), worker.id, "lives and is dead")
            for id in worker.running:
                must(id in state.tasks.live, id, "runs but is not in the book")
        self.burdened, self.serving = burdened, serving

    def settle(self, ms: float = 0) -> None:
        """Everything comes to its end: workers answer, boots succeed, deadlines pass; nothing may be left."""
        self.feed("resize", id="settle", door="page-0", workers=2)
        longest = self.state.numbers["max_deadline_ms"]
        for _ in range(12):
            for id, paper in sorted(self.papers.items()):
                if paper.state == "booting":
                    self.ready(id)
            self.serve()
            for id, paper in sorted(self.papers.items()):
                for stream in sorted(paper.streams):
                    if self.papers.get(id) is paper and stream in paper.work:
                        self.let_go(id, stream) if stream in paper.cancels else self.end(id, stream)
            for id, paper in sorted(self.papers.items()):
                if paper.draining and not paper.work:
                    self.drained(id)
            self.advance(longest / 4)
        self.empty()

    def empty(self) -> None:
        """Nothing is kept of requests that are over."""
        state = self.state
        must(not state.tasks.live, "still in the book:", sorted(state.tasks.live))
        must(not state.tasks.closing, "still closing:", sorted(state.tasks.closing))
        must(not state.tasks.held, "still held:", state.tasks.held)
        must(not state.queue.lanes and not len(state.queue) and not state.queue.bytes, "the queue is not empty")
        must(len(state.tasks.alarms) <= 64, "alarms are left:", len(state.tasks.alarms))
        for worker in state.pool.workers:
            must(
                not worker.running and not worker.closing and not worker.own and not worker.kids,
                worker.id,
                "is not idle",
            )
        must(not self.bodies, "bodies are not forgotten:", sorted(self.bodies))
        must(not self.replies, "replies are not forgotten:", sorted(self.replies))
        waiting = [record.id for record in self.live.values() if record.waiting or record.more]
        must(not waiting, "nobody answered:", waiting)


def state(house: House, worker: str) -> str:
    """A worker's state, as pages are told."""
    return next(one["state"] for one in house.status["workers"] if one["id"] == worker)


def report(house: House) -> dict[str, Any]:
    """The pool's report, as a program gets it."""
    asked = house.ask("/app/pool", "GET", headers={"accept": "application/json"})
    assert asked.status == 200
    return asked.json()
