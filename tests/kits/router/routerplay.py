"""Random play with a house: what doors, workers and the weather may do, drawn from any source of randomness.

Used by the hypothesis machine (test_router_machine.py) and by the comparison of the two interpreters (tests/wasm).
"""

from __future__ import annotations

from typing import Any

from routerkit import HTML, JSON, House

PATHS = (
    ("POST", "/app/crypto/hash"),
    ("POST", "/app/crypto/hash"),
    ("GET", "/app/crypto"),
    ("GET", "/app/"),
    ("GET", "/app/"),
    ("GET", "/app/pool"),
    ("HEAD", "/app/pool"),
    ("GET", "/app/pool/events"),
    ("GET", "/app/pool/events"),
    ("HEAD", "/app/pool/events"),
    ("POST", "/app/pool/size"),
    ("POST", "/app/faults/w1"),
    ("POST", "/app/crypto/argon2id"),
    ("POST", "/app/crypto/hash-many"),
    ("POST", "/app/crypto/hash-many"),
    ("POST", "/app/pq/sig/SLH_DSA_PURE_SHA2_128S/sign"),
    ("POST", "/app/pq/kem/ML-KEM-768/encaps"),
    ("GET", "/app/wallet/panel"),
    ("GET", "/app/nothing"),
    ("PUT", "/app/crypto/hash"),
    ("OPTIONS", "/app/pool"),
)
HEADERS = (
    {},
    {"hx-request": "true"},
    {"accept": "application/json"},
    {"accept": "text/html", "hx-history-restore-request": "true"},
)
REPLIES = (
    {},
    {},
    {},
    {"headers": JSON},
    {"headers": HTML, "status": 422},
    {"status": 500},
    {"status": 99},
    {"headers": {"content-type": "text/plain"}, "body": 0},
)
DOORS = ("page-1", "page-1", "page-2", "sw-1")


class Play:
    """One house and the moves that may be made in it.

    `pick(low, high)` draws a whole number within both bounds; everything random comes through it.
    """

    def __init__(self, house: House, pick) -> None:
        self.house = house
        self.pick = pick

    def one(self, options: Any) -> Any:
        """One of several."""
        options = list(options)
        return options[self.pick(0, len(options) - 1)]

    def worker(self, *states: str) -> Any:
        """One of the workers in these states, or None."""
        found = [self.house.papers[id] for id in sorted(self.house.papers) if self.house.papers[id].state in states]
        return self.one(found) if found else None

    def work(self, hung: bool = False) -> Any:
        """`(paper, id)` of a request that a worker has, or None."""
        states = ("up", "hung") if hung else ("up",)
        found = [
            (paper, id)
            for _, paper in sorted(self.house.papers.items())
            if paper.state in states
            for id in sorted(paper.work)
        ]
        return self.one(found) if found else None

    # -- moves ----------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        method, path = self.one(PATHS)
        within = self.one((None, None, 0, 40, 700, 5000, 60_000))
        more = {"headers": self.one(HEADERS), "size": self.one((0, 0, 50, 70_000)), "door": self.one(DOORS)}
        self.house.ask(path, method, within=within, priority=self.one((None, "click", "background")), **more)

    def flood(self) -> None:
        for _ in range(self.pick(5, 25)):
            self.house.ask(*self.one((("/app/crypto/hash", "POST"), ("/app/", "GET"), ("/app/pool/events", "GET"))))

    def ask_child(self) -> None:
        found = self.work()
        if found and found[1] not in found[0].cancels:
            method, path = self.one(PATHS)
            priority = self.one((None, "click", "background"))
            for _ in range(self.pick(1, 4)):
                if found[1] in found[0].work and found[1] not in found[0].cancels:
                    self.house.ask_child(
                        found[0].id, found[1], path, method=method, priority=priority, size=self.one((0, 10))
                    )

    def ask_orphan(self) -> None:
        worker = self.worker("up")
        if worker:
            self.house.ask_child(worker.id, None)

    def reply(self) -> None:
        found = self.work()
        if found and found[1] not in found[0].streams:
            paper, id = found
            if id in paper.cancels:
                paper.cancels.remove(id)  # the reply crossed the cancel: it confirms it
            self.house.reply(paper.id, id, **self.one(REPLIES))

    def serve(self) -> None:
        for _ in range(self.pick(1, 8)):
            self.reply()

    def stream(self) -> None:
        found = self.work()
        if found and found[1] not in found[0].streams and found[1] not in found[0].cancels:
            self.house.reply(found[0].id, found[1], stream=True, body=0)

    def end(self) -> None:
        found = self.work()
        if found and found[1] in found[0].streams and found[1] not in found[0].cancels:
            self.house.end(found[0].id, found[1])

    def let_go(self) -> None:
        paper = self.worker("up")
        if paper and paper.cancels:
            self.house.let_go(paper.id, self.one(sorted(paper.cancels)))

    def give_up(self) -> None:
        found = self.work()
        if found:
            self.house.let_go(found[0].id, found[1])

    def cancel(self) -> None:
        waiting = [id for id in sorted(self.house.live) if not self.house.live[id].cancelled]
        if waiting:
            id = self.one(waiting)
            self.house.cancel(id)

    def close_door(self) -> None:
        self.house.close_door(self.one(DOORS))

    def ready(self) -> None:
        paper = self.worker("booting")
        if paper:
            self.house.ready(paper.id)

    def progress(self) -> None:
        paper = self.worker("booting")
        if paper:
            self.house.from_worker(paper.id, "progress", stage="fetch", done=self.pick(0, 9), total=9)

    def crash(self) -> None:
        paper = self.worker("booting", "up", "hung")
        if paper:
            self.house.crash(paper.id)

    def throw(self) -> None:
        paper = self.worker("up")
        if paper:
            self.house.from_worker(paper.id, "fault", error={"type": "E", "message": "m"}, fatal=False)

    def hang(self) -> None:
        paper = self.worker("up")
        if paper:
            self.house.hang(paper.id)

    def recover(self) -> None:
        paper = self.worker("hung")
        if paper:
            paper.state = "up"
            self.house.heartbeat(paper.id)

    def drained(self) -> None:
        found = [paper for _, paper in sorted(self.house.papers.items()) if paper.draining and paper.state == "up"]
        if found:
            paper = self.one(found)
            if not paper.work or self.pick(0, 9) == 0:  # now and then a worker goes although it still has something
                self.house.drained(paper.id)

    def resize(self) -> None:
        self.house.feed("resize", id="r", door=self.one(("page-1", "worker:w1")), workers=self.pick(1, 5))

    def inject(self) -> None:
        found = self.work()
        parent = found[1] if found and self.pick(0, 1) else None
        target = self.one(("w1", "w2", "w3"))
        self.house.feed("inject", id="i", door="worker:w1", worker=target, kind="slow", ms=5, parent=parent)

    def wait(self) -> None:
        self.house.advance(self.one((0, 1, 30, 300, 1000, 3000, 8000)))

    def long_wait(self) -> None:
        self.house.advance(self.one((30_000, 100_000)))

    def sleep(self) -> None:
        self.house.sleep(self.one((900, 5000, 100_000, 5_000_000)))
        self.house.feed("tick")

    def clock_back(self) -> None:
        self.house.feed("tick")
        self.house.raw({"type": "tick", "now": self.house.now - self.pick(1, 10_000_000)})

    def stale(self) -> None:
        """Events of generations and requests that are long over."""
        house = self.house
        worker = self.one(("w1", "w2", "w9", "w99"))
        generation = self.one((0, 1, house.generations.get(worker, 1) - 1))
        if generation == house.generations.get(worker):
            return
        id = self.one([*sorted(house.asked)[-20:], "nobody"])
        kind = self.one(("reply", "ready", "heartbeat", "cancelled", "drained", "end", "fault", "progress"))
        fields = {"status": 200, "headers": {}, "stream": False, "body_bytes": 1, "error": {}, "fatal": True}
        house.feed(kind, worker=worker, generation=generation, id=id, **fields)

    def stray(self) -> None:
        """A living worker answers what it never had."""
        house = self.house
        paper = self.worker("up")
        if paper is None:
            return
        id = self.one([*sorted(house.asked)[-20:], "nobody"])
        if id in paper.work:
            return
        kind = self.one(("reply", "end", "cancelled"))
        house.from_worker(paper.id, kind, id=id, status=200, headers={}, stream=False, body_bytes=1)

    def garbage(self) -> None:
        house = self.house
        value = self.one((None, 7, "x", [], {}, {"now": "x"}, {"type": []}, {"type": "request", "id": [], "door": {}}))
        house.raw(value)
        junk = self.one((None, 1e300, -1, "", [], {}, True, "é" * 10))
        kind = self.one(
            ("request", "reply", "end", "cancel", "cancelled", "resize", "inject", "heartbeat", "progress", "what")
        )
        names = (
            "id",
            "door",
            "worker",
            "method",
            "path",
            "headers",
            "deadline",
            "parent",
            "status",
            "generation",
            "workers",
        )
        event = dict.fromkeys(names, junk)
        event.update(type=kind, now=house.now)
        if kind == "request" and isinstance(junk, str) and junk:
            return  # that would be a request
        if kind == "resize":
            event["workers"] = self.one((0, None, "x", 99))
        house.raw(event)

    def twice(self) -> None:
        """A request comes again with an id that lives."""
        house = self.house
        live = [id for id in sorted(house.live) if house.live[id].waiting]
        if live:
            record = house.live[self.one(live)]
            door = self.one((record.door, "page-9"))
            if door.startswith("worker:"):
                return
            house.feed("request", id=record.id, door=door, method="GET", path="/app/crypto", headers={}, body_bytes=0)


MOVES = (
    ("ask", 12),
    ("flood", 1),
    ("ask_child", 5),
    ("ask_orphan", 1),
    ("reply", 8),
    ("serve", 6),
    ("stream", 2),
    ("end", 1),
    ("let_go", 3),
    ("give_up", 1),
    ("cancel", 2),
    ("close_door", 1),
    ("ready", 6),
    ("progress", 1),
    ("crash", 1),
    ("throw", 1),
    ("hang", 1),
    ("recover", 1),
    ("drained", 2),
    ("resize", 1),
    ("inject", 1),
    ("wait", 8),
    ("long_wait", 1),
    ("sleep", 1),
    ("clock_back", 1),
    ("stale", 1),
    ("stray", 1),
    ("garbage", 1),
    ("twice", 1),
)
DECK = [name for name, weight in MOVES for _ in range(weight)]
SMALL = {
    "window": 2,
    "max_queue": 8,
    "max_depth": 3,
    "max_body_bytes": 60_000,
    "max_queue_bytes": 200,
    "max_workers": 5,
}
