"""A house with a gateway made of paper: what must never happen at the gate fails there and then, in whatever test runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from routerkit import SLICES, House, must

SITE = "http://wan.example:5642"


class Gatehouse(House):
    """Attributes:

    gateway: generation of the one that runs, 0 for none
    opened: origins that it was told; outside: id -> gateway:fetch that it has
    sent: ids that wait for their answer; answers: id -> outside:answer
    network: what pages were told last
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        self.gateway = 0
        self.starts = 0
        self.opened: list[str] = []
        self.outside: dict[str, dict[str, Any]] = {}
        self.called_back: list[str] = []
        self.sent: set[str] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.network: dict[str, Any] = {}
        self.number = 0
        secure = more.pop("secure", False)
        super().__init__(*args, slices={**SLICES, "network": "one"}, **more)
        self.router.state.gate.secure = secure

    # -- events ---------------------------------------------------------------------------------------------------------

    def consent(self, enabled: bool = True, worker: str = "w1", **more: Any) -> None:
        """What the slice tells; origins as a dict."""
        origins = more.pop("origins", {SITE: True})
        self.from_worker(worker, "outside_consent", enabled=enabled, origins=origins, last=None, **more)

    def send(self, url: str = f"{SITE}/oobi", worker: str = "w1", body: int = 0, within: float = 10_000, **more: Any) -> str:
        """A worker asks for something; returns the id."""
        self.number += 1
        id = f"{worker}.{self.papers[worker].generation}:{self.number}"
        self.sent.add(id)
        if body:
            self.bodies.add(id)
        parts = urlsplit(url)
        address = {
            "origin": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", "scheme": parts.scheme, "login": "@" in parts.netloc,
            "own": False, "loopback": parts.hostname in ("localhost", "127.0.0.1"), "local": parts.hostname == "localhost",
        }  # fmt: skip
        fields = {
            "method": "POST" if body else "GET", "url": url, "headers": [["accept", "*/*"]], "body_bytes": body, "limit": 1 << 20,
            "deadline": self.now + within, "who": "ledger", "reason": "to resolve the OOBI you pasted", "address": address,
        }  # fmt: skip
        self.from_worker(worker, "outside_send", id=id, **{**fields, **more})
        return id

    def come(self, id: str, status: int = 200, kind: str = "", body: int = 10, generation: int | None = None) -> None:
        """The gateway answers."""
        if body:
            self.replies.add(id)
        self.outside.pop(id, None)
        given = {"id": id, "status": status, "kind": kind, "headers": [["content-type", "application/json"]], "body_bytes": body}
        self.feed("gateway_answer", generation=self.gateway if generation is None else generation, **given)

    def news(self, worker: str = "w1") -> list[dict[str, Any]]:
        """All that the slice was told."""
        return [one for message in self.papers[worker].messages if message["type"] == "outside:news" for one in message["news"]]

    def kind(self, id: str) -> str | None:
        """Why it has no answer, "" if it has one; None while it waits."""
        return self.answers[id]["kind"] if id in self.answers else None

    # -- commands -------------------------------------------------------------------------------------------------------

    def do_network(self, network: dict[str, Any]) -> None:
        self.network = network

    def do_gateway_start(self, generation: int) -> None:
        must(not self.gateway, "two gateways")
        self.gateway = generation
        self.starts += 1

    def do_gateway_stop(self) -> None:
        self.gateway = 0
        self.outside.clear()

    def do_gateway_send(self, message: dict[str, Any], source: str | None) -> None:
        must(self.gateway and message["v"] == 1, "no gateway", message)
        must(source is None or message.get("id") == source, "another's body", source)
        if message["type"] == "gateway:open":
            self.opened = message["origins"]
        elif message["type"] == "gateway:cancel":
            must(message["id"] in self.outside, "it does not have that", message)
            self.called_back.append(message["id"])
            del self.outside[message["id"]]
        else:
            must(message["id"] not in self.outside, "fetched twice", message)
            must(any(message["url"].startswith(f"{origin}/") for origin in self.opened), "not allowed", message)
            self.outside[message["id"]] = message

    def do_outside_answer(self, worker: str, message: dict[str, Any], source: str | None) -> None:
        must(source is None or source in self.replies, "an answer's body is gone", source)
        must(message["id"] in self.sent and worker in self.papers, "an answer to nobody, or a second one", message)
        must((message["status"] == 599) == (message["kind"] not in ("", "type")), "a status that is none", message)
        must(bool(message["problem"]) == bool(message["kind"]), "no words", message)
        self.sent.discard(message["id"])
        self.answers[message["id"]] = message
