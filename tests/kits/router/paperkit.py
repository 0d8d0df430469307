"""Doors and workers made of paper: what the router's commands do to them, and what it must never do (`Broken`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

START = 1_760_000_000_000.0
ALWAYS = ("server-timing", "x-worker", "cache-control", "vary", "x-content-type-options")


class Broken(AssertionError):
    """The router did what it must never do."""


def must(condition: Any, *words: Any) -> None:
    """Raise Broken unless the condition holds."""
    if not condition:
        raise Broken(" ".join(str(word) for word in words))


@dataclass
class Asked:
    """A request as its door remembers it."""

    id: str
    door: str
    at: float
    until: float
    head: bool
    parent: str | None = None
    answer: dict[str, Any] | None = None
    answered_at: float | None = None
    pieces: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    streaming: bool = False
    ended: bool = False
    cancelled: bool = False

    @property
    def status(self) -> int | None:
        return None if self.answer is None else self.answer["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.answer is None else self.answer["headers"]

    @property
    def waiting(self) -> bool:
        """Whether the door may still expect the one answer."""
        return self.answer is None and not self.cancelled

    def text(self) -> str:
        """What the router itself wrote, with [id] where a worker's body stands."""
        return "".join(piece.get("text", f"[{piece.get('source')}]") for piece in self.pieces)

    def json(self) -> Any:
        """The answer's body, if the router wrote it all."""
        return json.loads(self.text())


@dataclass
class Paper:
    """One generation of a worker."""

    id: str
    generation: int
    state: str = "booting"  # booting, up, hung
    beat: float | None = None
    work: dict[str, dict[str, Any]] = field(default_factory=dict)
    streams: set[str] = field(default_factory=set)
    cancels: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    draining: bool = False


class Papers:
    """Doors, workers and the clock: each `do_X` does what the command X says."""

    def __init__(self) -> None:
        self.now = START
        self.papers: dict[str, Paper] = {}
        self.generations: dict[str, int] = {}
        self.asked: dict[str, Asked] = {}
        self.live: dict[str, Asked] = {}
        self.bodies: set[str] = set()
        self.replies: set[str] = set()
        self.wake: float | None = None
        self.status: dict[str, Any] = {}
        self.logs: list[tuple[str, str]] = []
        self.dispatched: list[dict[str, Any]] = []
        self.dones: list[tuple[str, dict[str, Any]]] = []
        self.fetched = 0  # times that the postponed wheels were asked for
        self.keep = True  # remember answered requests

    def do_spawn(self, worker, generation, slices):
        must(worker not in self.papers, worker, "is spawned while it lives")
        must(generation == self.generations.get(worker, 0) + 1, worker, "skips a generation:", generation)
        self.generations[worker] = generation
        self.papers[worker] = Paper(worker, generation)

    def do_kill(self, worker, generation):
        paper = self.papers.pop(worker, None)
        must(paper is not None and paper.generation == generation, worker, generation, "is killed but does not live")
        for record in list(self.live.values()):
            if record.door == f"worker:{worker}":
                record.cancelled = True
                del self.live[record.id]

    def do_dispatch(
        self, worker, id, source, method, path, query, headers, deadline, parent, priority, context, faults, navigated, quiet, again
    ):
        paper = self.papers.get(worker)
        must(paper is not None and paper.state != "booting", id, "is dispatched to", worker, "that is not there")
        must(not paper.draining, id, "is dispatched to", worker, "that drains")
        must(id not in paper.work, id, "is dispatched twice to", worker)
        must(source is None or source in self.bodies, "the body of", id, "was forgotten before its dispatch")
        must(deadline >= self.now, id, "is dispatched after its deadline")
        message = {
            "id": id,
            "method": method,
            "path": path,
            "query": query,
            "headers": headers,
            "deadline": deadline,
            "at": self.now,
        }
        paper.work[id] = {
            **message,
            "source": source,
            "parent": parent,
            "priority": priority,
            "context": context,
            "faults": faults,
            "navigated": navigated,
            "quiet": quiet,
            "again": again,
            "worker": worker,
        }
        self.dispatched.append(paper.work[id])

    def do_send(self, worker, message):
        must(message["v"] == 1, "a message without version")
        paper = self.papers.get(worker)
        if message["type"] == "pool:done":
            self.dones.append((worker, message))
            return
        must(paper is not None, message["type"], "is sent to", worker, "that does not live")
        paper.messages.append(message)
        if message["type"] == "http:cancel":
            must(message["id"] not in paper.cancels, message["id"], "is cancelled twice")
            must(message["id"] in paper.work, worker, "is told to cancel", message["id"], "that it does not have")
            paper.cancels.append(message["id"])
        elif message["type"] == "worker:drain":
            paper.draining = True

    def do_reply(self, door, id, status, headers, pieces, stream, more):
        record = self.asked.get(id)
        if record is None or record.door != door:
            return  # garbage was refused
        must(not record.cancelled, id, "is answered after its cancel")
        must(record.answer is None, id, "is answered twice")
        must(not (stream and more), id, "is a stream and a join")
        must(100 <= status <= 599, id, "has the status", status)
        for name in ALWAYS:
            must(name in headers, id, "lacks the header", name)
        for name, value in headers.items():
            must(
                name == name.lower() and isinstance(value, str) and "\n" not in value,
                id,
                "has a bad header",
                name,
                value,
            )
        record.answer = {"status": status, "headers": headers}
        record.answered_at = self.now
        record.more = more
        record.streaming = stream
        self.take(record, pieces)
        if not more and not stream:
            self.live.pop(id, None)
        if not self.keep:
            self.asked.pop(id, None)

    def do_piece(self, door, id, pieces, more):
        record = self.asked.get(id) or self.live.get(id)
        must(record is not None and record.more, id, "gets a piece that nobody waits for")
        must(not record.cancelled, id, "gets a piece after its cancel")
        record.more = more
        self.take(record, pieces)
        if not more:
            self.live.pop(id, None)

    def take(self, record: Asked, pieces):
        for piece in pieces:
            must("text" in piece or piece["source"] in self.replies, "the reply", piece, "is not there")
        record.pieces.extend(pieces)

    def do_end(self, door, id, error):
        record = self.asked.get(id) or self.live.get(id)
        must(record is not None and record.streaming, id, "is ended but does not stream")
        record.streaming = False
        record.ended = True
        self.live.pop(id, None)

    def do_forget(self, ids):
        for id in ids:
            self.bodies.discard(id)
            self.replies.discard(id)
            self.live.pop(id, None) if id in self.live and self.live[id].ended else None

    def do_wake(self, at):
        must(at >= self.now, "an alarm in the past")
        self.wake = at

    def do_fetch_postponed(self):
        self.fetched += 1

    def do_status(self, status):
        must(status["size"] >= 1 and status["ready"] <= len(status["workers"]), "a wrong status", status)
        self.status = status

    def do_fail(self, reason: str) -> None:
        raise Broken(reason)

    def do_log(self, level, text):
        must(level in ("info", "warn", "error"), level)
        self.logs.append((level, text))
        must("the router failed" not in text, text)
