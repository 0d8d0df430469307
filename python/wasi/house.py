"""One request at a time: the router's policy in front of one worker, in one interpreter, run until the answer is whole.

The policy (router/policy) and the worker (keriwasm/worker) are the page's own, so that what is refused, said and stamped is the same. What
differs is the host: there is no other thread, no second worker and no time between two requests. A wasi:http host makes an instance
for each request or keeps one; both do, for nothing is kept here. What would hang a worker hangs its instance: the host bounds the time of
one, and the slices bound the size of what they take.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from keriwasm import PROTOCOL
from keriwasm.web.app import make_app
from keriwasm.worker.settings import Settings
from keriwasm.worker.worker import Worker

from router.policy.router import Router
from wasi.left_out import LeftOut

__all__ = ["Answer", "House"]

DOOR = "edge"
FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")


class Answer(NamedTuple):
    """A whole one."""

    status: int
    headers: dict[str, str]
    body: bytes


class Ended(RuntimeError):
    """The worker of this instance has died of its work."""


class Host:
    """`keriwasm.runtime.context.Host` for a worker whose router is beside it."""

    def __init__(self) -> None:
        self.posted: list[tuple[dict[str, Any], bytes]] = []

    def post(self, message: dict[str, Any], body: bytes | None = None) -> None:
        self.posted.append((message, body or b""))

    def now(self) -> float:
        return time.time() * 1000

    def heap_bytes(self) -> int:
        return 0

    def crash(self, reason: str) -> None:
        raise Ended(reason)


class House:
    """Policy and worker, assembled once (when the component is built) and asked often.

    Attributes:
        log: called with (level, text) for what the router or a worker has to report
    """

    def __init__(self, manifest: Mapping[str, Any], slices: Mapping[str, str], shell: str, base: str = "/") -> None:
        """manifest: pyscript.toml's; slices: name -> module of those that are served, all of them stateless"""
        self.log = lambda level, text: print(f"{level}: {text}", file=sys.stderr, flush=True)
        self._numbers = itertools.count(1)
        self._bodies: dict[str, bytes] = {}
        self._replies: dict[str, bytes] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._seeded = False
        self.host = Host()
        self.worker = Worker(self.host, Settings("edge", 1, dict(slices), base=base, pool=dict(manifest["pool"])))
        self.worker.app = make_app(self.worker)
        self.worker.app.add_middleware(LeftOut())
        self.worker.doist.doers[:] = [self.worker.inbox]  # no heart beats for a router that is in the same thread, nothing is kept
        self.worker.doist.deeds.extend(self.worker.doist.enter(self.worker.doist.doers))
        self.router = Router()
        config = {
            "name": manifest["name"], "pool": manifest["pool"],
            "slices": {name: {"module": module, "workers": "all"} for name, module in slices.items()},
        }  # fmt: skip
        self._feed("init", config=config, workers=1, cores=1, faults=False, base=base, shell=shell, warm=True, secure=True)
        for route in everywhere(self.router.state.table.root):
            route.where = "all"  # there is one worker, and it never holds keys: no second one is started for what strangers made

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Answer a request. target: path and query as they stand in the request; headers: lower-case names."""
        if not self._seeded:  # what a build's snapshot keeps is the same in every instance
            self._seeded = True
            random.seed()
            self.worker.doist.rebase()
        # Nothing slept and nobody was silent since the request before, or since the build: no time passes here between two.
        self.router.dispatcher.wake_at = None
        self.router.state.pool.grace(self.host.now())
        path, _, query = target.partition("?")
        id = f"{DOOR}/{next(self._numbers)}"
        if body:
            self._bodies[id] = body
        self._feed("request", id=id, door=DOOR, method=method, path=path, query=query, headers=dict(headers), body_bytes=len(body),
                   parent=None, priority=None, deadline=None, **seen(headers))  # fmt: skip
        answer = self._answers
        while not (id in answer and not answer[id]["more"]):
            self._turn()
        made = answer.pop(id)
        return Answer(made["status"], made["headers"], b"".join(made["pieces"]))

    # -- private ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """One turn of the worker's scheduler, then what it posted and the time that has passed, to the router."""
        doist = self.worker.doist
        idle = doist.idle()
        if idle == float("inf"):
            raise Ended("nobody works at a request that has no answer")
        if idle > 0:
            time.sleep(idle)
        doist.recur()
        posted, self.host.posted = self.host.posted, []
        for message, body in posted:
            self._told(message, body)
        self._feed("tick")

    def _told(self, message: dict[str, Any], body: bytes) -> None:
        kind = message["type"]
        if kind == "http:reply":
            self._replies[message["id"]] = body
            if message["stream"]:
                raise Ended("a stream was begun by a slice that shall have none")
            self._feed("reply", worker="w1", generation=1, id=message["id"], status=message["status"], headers=message["headers"],
                       stream=False, timings=message["timings"], body_bytes=len(body))  # fmt: skip
        elif kind == "http:cancelled":
            self._feed("cancelled", worker="w1", generation=1, id=message["id"])
        elif kind == "http:request":  # a worker asks its pool: that is itself
            id = message["id"]
            if body:
                self._bodies[id] = body
            fields = {name: message.get(name) for name in ("method", "path", "query", "headers", "parent", "priority", "deadline")}
            self._feed("request", id=id, door="worker:w1", generation=1, body_bytes=len(body), **fields)
        elif kind == "http:cancel":
            self._feed("cancel", id=message["id"], door="worker:w1", reason=message["reason"])
        elif kind == "worker:fault":
            self.log("error", f"fault {message['fault']}: {message['error']['traceback']}")
        else:
            self.log("warn", f"{kind} has no meaning here")

    def _feed(self, type: str, **fields: Any) -> None:
        for command in self.router.handle({**fields, "type": type, "now": self.host.now()}):
            do = getattr(self, "_do_" + command["do"], None)
            if do is not None:
                do(command)

    def _do_spawn(self, command: dict[str, Any]) -> None:
        if command["worker"] != "w1" or command["generation"] != 1:
            raise Ended("the router gave the worker of this instance up")
        self._feed("ready", worker="w1", generation=1, slices=self.worker.slices, boot_ms=0, heap_bytes=0, python=sys.version.split()[0])

    def _do_dispatch(self, command: dict[str, Any]) -> None:
        body = self._bodies.get(command["source"] or "", b"")
        names = ("id", "method", "path", "query", "headers", "deadline", "parent", "priority", "context", "navigated", "quiet")
        self.worker.inbox.push({"v": PROTOCOL, "type": "http:request", **{name: command[name] for name in names}}, body)

    def _do_send(self, command: dict[str, Any]) -> None:
        self.worker.inbox.push(command["message"], b"")

    def _do_reply(self, command: dict[str, Any]) -> None:
        if command["door"] == DOOR:
            self._answers[command["id"]] = {**command, "pieces": list(map(self._bytes, command["pieces"]))}
            return
        message = {"v": PROTOCOL, "type": "http:reply", "id": command["id"], "status": command["status"], "headers": command["headers"]}
        self.worker.inbox.push(message, b"".join(map(self._bytes, command["pieces"])))

    def _do_piece(self, command: dict[str, Any]) -> None:
        made = self._answers[command["id"]]
        made["pieces"] += map(self._bytes, command["pieces"])
        made["more"] = command["more"]

    def _do_forget(self, command: dict[str, Any]) -> None:
        for id in command["ids"]:
            self._bodies.pop(id, None)
            self._replies.pop(id, None)

    def _do_log(self, command: dict[str, Any]) -> None:
        self.log(command["level"], command["text"])

    def _do_fail(self, command: dict[str, Any]) -> None:
        raise Ended(command["reason"])

    def _bytes(self, piece: dict[str, Any]) -> bytes:
        return piece["text"].encode() if "text" in piece else self._replies[piece["source"]]


def everywhere(node: Any) -> Iterator[Any]:
    """All routes of a table."""
    yield from node.routes.values()
    for below in (*node.literal.values(), *((node.param,) if node.param is not None else ())):
        yield from everywhere(below)


def seen(headers: Mapping[str, str]) -> dict[str, Any]:
    """What a browser says of where a request comes from. A program says nothing, and may ask: nothing is kept here, and no cookie."""
    return {
        "origin": "foreign" if headers.get("sec-fetch-site") in ("cross-site", "same-site") else "own",
        "navigated": False,  # no form of ours carries a token here: none is drawn, for there is nothing that one could change
        "framed": headers.get("sec-fetch-dest") in FRAMES,
    }


def problem(status: int, title: str, detail: str) -> Answer:
    """What is said where the house itself is broken."""
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()
    return Answer(status, {"content-type": "application/problem+json", "cache-control": "no-store"}, body)
