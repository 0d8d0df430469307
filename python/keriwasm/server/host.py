"""The host of the policy: events in, commands carried out, as router/host/host.js does it in the page.

What is asked and answered is decided in `router/policy`. This file moves messages between doors and workers, keeps the bodies (the
policy knows them by the id of their request or dispatch), and owns the one timer. Times are epoch milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from keriwasm import PROTOCOL
from keriwasm.server.frames import Message
from keriwasm.server.processes import Processes
from router.policy.router import Router

LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "warn": logging.WARNING}

log = logging.getLogger("keriwasm")


class Door(Protocol):
    """Where requests come in (`door.Door`)."""

    def take(self, message: Message, body: bytes | None) -> None:
        """An http:reply, http:chunk or http:end for one of its requests."""


class Host:
    """Runs the policy.

    Attributes:
        doors: by name
        processes: the workers
        settled: set whenever the policy has told how the pool stands; status: how
    """

    def __init__(self, config: dict[str, Any], settings: dict[str, Any], environment: dict[str, str], terminal: bool = False) -> None:
        """config: pyscript.toml; settings: what every worker is told; environment: what its process gets beside ours; terminal: and
        whether it has our terminal."""
        self.config = config
        self.router = Router()
        self.doors: dict[str, Door] = {}
        self.status: dict[str, Any] = {"state": "booting", "size": 0, "ready": 0, "workers": []}
        self.settled = asyncio.Event()
        self.origin = time.time() * 1000 - time.monotonic() * 1000
        settings = {**settings, "pool": config["pool"], "origin": self.origin}
        init = {"settings": settings, "environment": environment, "now": self.now, "terminal": terminal}
        self.processes = Processes(init, self._told, self._lost)
        self._requests: dict[str, bytes | None] = {}
        self._replies: dict[str, bytes | str | None] = {}
        self._streams: dict[str, tuple[str, str, str]] = {}  # dispatch id -> (door, the door's id, worker)
        self._makers: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._perform: dict[str, Callable[[dict[str, Any]], None]] = {
            "spawn": self._do_spawn,
            "kill": self._do_kill,
            "dispatch": self._do_dispatch,
            "send": self._do_send,
            "reply": self._do_reply,
            "piece": self._do_piece,
            "end": self._do_end,
            "forget": self._do_forget,
            "wake": self._do_wake,
            "status": self._do_status,
            "fetch_postponed": self._do_fetch_postponed,
            "network": self._do_network,
            "outside_answer": self._do_outside_answer,
            "gateway_stop": self._do_gateway_stop,
            "fail": self._do_fail,
            "log": self._do_log,
        }

    def now(self) -> float:
        """Epoch milliseconds that never run back."""
        return self.origin + time.monotonic() * 1000

    def start(self, **init: Any) -> None:
        """Have the policy start the pool; see `Router.on_init` for what it is told. Raises RuntimeError with its reason."""
        self.feed({"type": "init", "config": self.config, "warm": True, **init})
        self.feed({"type": "snapshot", "state": "off", "reason": "a process needs no memory snapshot"})

    def stop(self) -> None:
        """No tick comes any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._perform["wake"] = lambda command: None

    def feed(self, event: dict[str, Any]) -> None:
        """An event in, its commands out."""
        for command in self.router.handle({**event, "now": self.now()}):
            perform = self._perform.get(command["do"])
            if perform is None:
                log.error("the policy commanded %s, which a server cannot do", command["do"])
            else:
                perform(command)

    # -- doors --------------------------------------------------------------------------------------------------------

    def accept(self, door: str, message: Message, body: bytes | None, body_bytes: int | None = None) -> None:
        """A request enters. body_bytes: how long it says that it is, where more was not read."""
        fields = {name: value for name, value in message.items() if name not in ("v", "type", "body")}
        id = f"{door}/{message['id']}"
        self._requests[id] = body
        size = len(body or b"") if body_bytes is None else body_bytes
        self.feed({**fields, "type": "request", "id": id, "door": door, "body_bytes": size})

    def cancel(self, door: str, id: str, reason: str) -> None:
        """Nobody waits for the answer any more."""
        self.feed({"type": "cancel", "id": f"{door}/{id}", "door": door, "reason": reason})

    def credit(self, door: str, id: str, n: int) -> None:
        """The reader of a stream allows `n` more chunks."""
        for source, (its_door, its_id, worker) in self._streams.items():
            if its_door == door and its_id == id:
                self.processes.post(worker, {"v": PROTOCOL, "type": "http:credit", "id": source, "n": n})

    def _to_door(self, door: str, message: Message, body: bytes | None = None) -> None:
        message = {"v": PROTOCOL, **message}
        if door.startswith("worker:"):
            self.processes.post(door.removeprefix("worker:"), message, body)
        elif door in self.doors:
            self.doors[door].take(message, body)

    # -- workers ------------------------------------------------------------------------------------------------------

    def _told(self, id: str, generation: int, message: Message, body: bytes | None) -> None:
        """What a worker says: some is the host's to do, all else the policy reads."""
        fields = {name: value for name, value in message.items() if name not in ("v", "type", "body")}
        kind, own = message["type"], {"worker": id, "generation": generation}
        size = len(body or b"")
        match kind:
            case "http:request":
                self.accept(f"worker:{id}", message, body)
            case "http:cancel":
                self.cancel(f"worker:{id}", message["id"], message["reason"])
            case "http:credit":
                self.credit(f"worker:{id}", message["id"], message["n"])
            case "http:reply":
                self._replies[message["id"]] = body
                if message.get("stream"):
                    self._makers[message["id"]] = id
                self.feed({**fields, **own, "type": "reply", "body_bytes": size})
            case "http:chunk":
                if reader := self._streams.get(message["id"]):
                    self._to_door(reader[0], {"type": "http:chunk", "id": reader[1]}, body)
            case "http:end":
                reader = self._streams.pop(message["id"], None)
                self._makers.pop(message["id"], None)
                if reader:
                    self._to_door(reader[0], {"type": "http:end", "id": reader[1], "error": message.get("error")})
                self.feed({**fields, **own, "type": "end"})
            case "pool:resize" | "pool:inject":
                self.feed({**fields, "type": kind.partition(":")[2], "door": f"worker:{id}"})
            case "outside:send":
                # Nothing leaves: the slice `network`, which alone could open the policy's gate, does not run on a server.
                self.feed({**fields, **own, "type": "outside_send", "body_bytes": size, "address": None})
            case "outside:cancel" | "outside:consent" | "outside:noted":
                self.feed({**fields, **own, "type": kind.replace(":", "_")})
            case _:
                self.feed({**fields, **own, "type": kind.partition(":")[2]})

    def _lost(self, id: str, generation: int, type: str, message: str) -> None:
        error = {"type": type, "message": message, "traceback": ""}
        self.feed({"type": "fault", "worker": id, "generation": generation, "fatal": True, "error": error})

    # -- what the policy commands -------------------------------------------------------------------------------------

    def _do_spawn(self, command: dict[str, Any]) -> None:
        id, generation = command["worker"], command["generation"]
        slices = {name: self.config["slices"][name] for name in command["slices"]}
        try:
            self.processes.spawn(id, generation, slices)
        except OSError as error:
            reason = str(error)
            asyncio.get_running_loop().call_soon(lambda: self._lost(id, generation, "OSError", f"no process could be started: {reason}"))

    def _do_kill(self, command: dict[str, Any]) -> None:
        self.processes.kill(command["worker"], command["generation"])

    def _do_dispatch(self, command: dict[str, Any]) -> None:
        fields = {name: value for name, value in command.items() if name not in ("do", "worker", "source")}
        body = self._requests.get(command.get("source") or "")
        self.processes.post(command["worker"], {"v": PROTOCOL, "type": "http:request", **fields}, body)

    def _do_send(self, command: dict[str, Any]) -> None:
        self.processes.post(command["worker"], {"v": PROTOCOL, **command["message"]})

    def _do_reply(self, command: dict[str, Any]) -> None:
        door, id = command["door"], command["id"]
        inner, stream = id[len(door) + 1 :], bool(command["stream"])
        if stream:
            self._streams[id] = (door, inner, self._makers.get(id, ""))
        message = {"type": "http:reply", "id": inner, "status": command["status"], "headers": command["headers"]}
        self._to_door(door, {**message, "stream": stream or bool(command.get("more"))}, self._join(command["pieces"]))

    def _do_piece(self, command: dict[str, Any]) -> None:
        door, inner = command["door"], command["id"][len(command["door"]) + 1 :]
        if body := self._join(command["pieces"]):
            self._to_door(door, {"type": "http:chunk", "id": inner}, body)
        if not command["more"]:
            self._to_door(door, {"type": "http:end", "id": inner, "error": None})

    def _do_end(self, command: dict[str, Any]) -> None:
        door, id = command["door"], command["id"]
        self._streams.pop(id, None)
        self._to_door(door, {"type": "http:end", "id": id[len(door) + 1 :], "error": command.get("error")})

    def _do_forget(self, command: dict[str, Any]) -> None:
        for id in command["ids"]:
            for kept in (self._requests, self._replies, self._streams, self._makers):
                kept.pop(id, None)

    def _do_wake(self, command: dict[str, Any]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay = max(0.0, command["at"] - self.now()) / 1000 + 0.0005  # a tick before its time would be the last one
        self._timer = asyncio.get_running_loop().call_later(delay, self.feed, {"type": "tick"})

    def _do_status(self, command: dict[str, Any]) -> None:
        self.status = command["status"]
        self.settled.set()

    def _do_fetch_postponed(self, command: dict[str, Any]) -> None:
        """Everything is installed: nothing comes late."""
        asyncio.get_running_loop().call_soon(self.feed, {"type": "postponed"})

    def _do_network(self, command: dict[str, Any]) -> None:
        """For the foot of the page; a server's says something else."""

    def _do_outside_answer(self, command: dict[str, Any]) -> None:
        source = command.get("source")
        self.processes.post(command["worker"], command["message"], self._join([{"source": source}] if source else []))

    def _do_gateway_stop(self, command: dict[str, Any]) -> None:
        """There is none to stop."""

    def _do_fail(self, command: dict[str, Any]) -> None:
        raise RuntimeError(command["reason"])  # at the very beginning: whoever starts us says it

    def _do_log(self, command: dict[str, Any]) -> None:
        log.log(LEVELS.get(command["level"], logging.INFO), "%s", command["text"])

    def _join(self, pieces: list[dict[str, str]]) -> bytes | None:
        """What the policy named (texts of its own, bodies of replies) as one body."""
        parts: list[bytes] = []
        for piece in pieces:
            part = piece["text"] if "text" in piece else self._replies.pop(piece["source"], None)
            parts.append(part.encode() if isinstance(part, str) else part or b"")
        return b"".join(parts) if parts else None
