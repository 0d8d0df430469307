"""The gate: which requests to other servers leave, when, and how each ends.

Nothing leaves before the user has turned the network on and allowed the server by its origin; both are told by the slice
`network`, which keeps them (``outside:consent``). A request to an origin that nobody was asked about yet is refused, and becomes a
question; it is never sent later by itself. What may leave is handed to the gateway worker, at most PER_ORIGIN at a time to one
origin, and is answered by its deadline: by the gateway, or here if that is silent. The gateway is started for the first request
that may leave, ended when the network is turned off, and started anew when it was lost.

A browser that is offline may reach its own machine all the same: what was tried in vain then is told as "offline". Whether there is a
line, that is the network on and the browser online, is told to the slice (``outside:line``), which sends what waits for it.

What left and what was asked is told to the slice (``outside:news``), and once more to its next generation until it says that it
has it (``outside:noted``).
"""

from router.policy.envelope import number, text, whole
from router.policy.outside.sent import Sent
from router.policy.outside.words import NONE_CAME, explain
from router.policy.protocol import message
from router.policy.text import clip, seconds

EVENTS = ("outside_send", "outside_cancel", "outside_consent", "outside_noted", "gateway_answer", "gateway_lost", "line")

PER_ORIGIN = 6  # what a browser has of connections to one server by HTTP/1.1
AT_ONCE = 64
WAITING = 512
QUESTIONS = 50
ORIGINS = 1000
NEWS = 500
GRACE_MS = 1000  # past a deadline: the gateway itself ends a request at it


class Gate:
    """``emit`` takes a command; ``forget(id)`` lets the host drop the bodies of a request; ``log(level, text)``."""

    def __init__(self, emit, forget, log, secure: bool):
        self.emit = emit
        self.forget = forget
        self.log = log
        self.secure = secure  # the page came by https
        self.now = 0.0
        self.enabled = False
        self.online = True  # as the page says
        self.origins = {}  # origin -> True allowed, False refused, None: asked about
        self.keeper = None  # id of the worker that told so
        self.waiting = []
        self.running = {}
        self.generation = 0
        self.alive = False
        self.proven = False  # this generation of the gateway has answered something
        self.news = []
        self.count = 0
        self.last = None  # when the last request left
        self.told = None

    # --- events -------------------------------------------------------------------------------------------------------

    def take(self, event: dict, worker, now: float):
        """One of EVENTS; ``worker`` is the one that said it, None if that is gone or it was the gateway."""
        self.now = now
        kind = event["type"]
        if kind == "line":
            self.online = event.get("online") is not False
            self.tell_line()
        elif kind == "gateway_answer":
            self.on_answer(event)
        elif kind == "gateway_lost":
            if event.get("generation") == self.generation:
                self.lost(clip(event.get("reason") or "no reason is known", 200))
        elif worker is None:
            if kind == "outside_send":
                self.forget(text(event.get("id"), ""))
        elif kind == "outside_send":
            self.on_send(event, worker)
        elif kind == "outside_cancel":
            self.on_cancel(text(event.get("id"), ""), worker)
        elif not worker.offers("network", "one"):
            self.log("warn", "%s said what only the slice network may say; it was ignored" % worker.id)
        elif kind == "outside_consent":
            self.on_consent(event, worker)
        else:
            noted = whole(event.get("n"), 0, 0)
            self.news = [one for one in self.news if one["n"] > noted]

    def on_send(self, event: dict, worker):
        """A worker wants something of another server."""
        sent = Sent(event, self.now, self.secure)
        sent.worker = worker.id
        if not sent.id or sent.id in self.running or self.waits(sent.id):
            self.log("warn", "a request to the outside without an id of its own was ignored")
            return
        if sent.trouble is not None:
            self.refuse(sent, sent.trouble[0], sent.trouble[1])
        elif not self.enabled:
            self.refuse(sent, "off")
        elif self.origins.get(sent.origin) is False:
            self.refuse(sent, "refused")
        elif self.origins.get(sent.origin) is None:
            self.refuse(sent, self.ask(sent))
        elif len(self.waiting) >= WAITING:
            self.refuse(sent, "full")
        else:
            self.waiting.append(sent)
            self.pump()

    def ask(self, sent) -> str:
        """An origin that the user has not judged becomes a question, once."""
        if sent.origin not in self.origins:
            if len(self.questions()) >= QUESTIONS or len(self.origins) >= ORIGINS:
                return "many"
            self.origins[sent.origin] = None
            asked = {"origin": sent.origin, "who": sent.who, "reason": sent.reason, "when": int(self.now)}
            self.tell_keeper({"asked": asked})
            self.tell_pages()
        return "ask"

    def on_cancel(self, id: str, worker):
        """Whoever asked wants no answer any more, and has told itself so."""
        for sent in list(self.waiting):
            if sent.id == id and sent.worker == worker.id:
                self.waiting.remove(sent)
                self.forget(id)
        sent = self.running.get(id)
        if sent is not None and sent.worker == worker.id:
            self.call_back(sent)
            self.end(sent, "cancelled")

    def worker_lost(self, worker_id: str, now: float):
        """Nobody waits for what it asked; what it had not noted waits for the next one that tells of consent."""
        self.now = now
        if self.keeper == worker_id:
            self.keeper = None
        for sent in [one for one in self.waiting if one.worker == worker_id]:
            self.waiting.remove(sent)
            self.forget(sent.id)
        for sent in [one for one in self.in_order() if one.worker == worker_id]:
            sent.worker = ""
            self.call_back(sent)
            self.end(sent, "cancelled")

    def on_consent(self, event: dict, worker):
        """What the user allows, whole. It holds for what is under way as well."""
        origins = event.get("origins")
        known = {}
        for origin in origins if isinstance(origins, dict) else {}:
            said = origins[origin]
            if len(known) < ORIGINS and (said is True or said is False or said is None):
                known[origin] = said
        self.origins = known
        self.enabled = event.get("enabled") is True
        self.keeper = worker.id
        self.last = number(event.get("last"), self.last, 0)
        for sent in list(self.waiting):
            if not self.allowed(sent):
                self.waiting.remove(sent)
                self.refuse(sent, "refused" if self.enabled else "off")
        for sent in self.in_order():
            if not self.allowed(sent):
                self.call_back(sent)
                self.end(sent, "revoked" if self.enabled else "stopped")
        if self.alive and not self.enabled:
            self.alive = False
            self.emit({"do": "gateway_stop"})
        elif self.alive:
            self.open_to()
        if self.news:
            self.post_news(self.news)
        self.tell_line()
        self.tell_pages()

    def on_answer(self, event: dict):
        """The gateway is through with a request, or brings what is not wanted any more."""
        id = text(event.get("id"), "")
        sent = self.running.get(id)
        if sent is None or event.get("generation") != self.generation:
            self.forget(id)
            return
        self.proven = True
        kind = text(event.get("kind"), "", 40)
        status = whole(event.get("status"), NONE_CAME, 100, 599)
        if kind == "unreachable" and not self.online:
            kind = "offline"
        elif kind == "unreachable" and sent.local:
            kind = "local"
        if not kind and status in (NONE_CAME, 406):  # ours alone; and what says that this is another KERI
            kind = "type" if status == 406 else "status"
        headers = event.get("headers")
        self.end(sent, kind, status, headers if isinstance(headers, list) else [], whole(event.get("body_bytes"), 0, 0))

    # --- after every event --------------------------------------------------------------------------------------------

    def settle(self, now: float):
        """End what is overdue, send what has room now."""
        self.now = now
        for sent in [one for one in self.waiting if one.deadline <= now]:
            self.waiting.remove(sent)
            self.refuse(sent, "queued")
        if [one for one in self.running.values() if one.deadline + GRACE_MS <= now]:
            self.lost("it did not answer in time")
        self.pump()

    def next_at(self):
        """When ``settle`` has to be called next; None if nothing is under way."""
        times = [sent.deadline for sent in self.waiting]
        times += [sent.deadline + GRACE_MS for sent in self.running.values()]
        return min(times) if times else None

    def pump(self):
        """Hand on what has room, first come first served for each origin."""
        busy = {}
        for sent in self.running.values():
            busy[sent.origin] = busy.get(sent.origin, 0) + 1
        for sent in list(self.waiting):
            if len(self.running) >= AT_ONCE:
                return
            if busy.get(sent.origin, 0) < PER_ORIGIN:
                busy[sent.origin] = busy.get(sent.origin, 0) + 1
                self.waiting.remove(sent)
                self.send(sent)

    # --- the gateway --------------------------------------------------------------------------------------------------

    def send(self, sent):
        """Hand it to the gateway, which is started if it is not there."""
        if not self.alive:
            self.alive = True
            self.proven = False
            self.generation += 1
            self.emit({"do": "gateway_start", "generation": self.generation})
            self.open_to()
        sent.left_at = self.last = self.now
        self.running[sent.id] = sent
        fetch = message(
            "gateway:fetch",
            id=sent.id,
            method=sent.method,
            url=sent.url,
            headers=sent.headers,
            deadline=sent.deadline,
            limit=sent.limit,
        )
        self.emit({"do": "gateway_send", "source": sent.id, "message": fetch})
        self.tell_pages()

    def open_to(self):
        """Tell the gateway what is allowed: it looks again, by itself."""
        allowed = [origin for origin in sorted(self.origins) if self.origins[origin] is True]
        self.emit({"do": "gateway_send", "source": None, "message": message("gateway:open", origins=allowed)})

    def call_back(self, sent):
        """Have the gateway end a request."""
        if self.alive:
            self.emit({"do": "gateway_send", "source": None, "message": message("gateway:cancel", id=sent.id)})

    def lost(self, reason: str):
        """The gateway is gone, or is no good: what it had is answered, and the next request starts another. One that never answered
        anything takes those along that wait, so that they do not start it once for each; offline its script may not have come."""
        kind = "gateway" if self.proven or self.online else "offline"
        self.log("error", "the gateway was lost: %s" % reason)
        self.alive = False
        self.emit({"do": "gateway_stop"})
        for sent in self.in_order():
            self.end(sent, "late" if sent.deadline <= self.now else kind, why=reason)
        if not self.proven:
            for sent in self.waiting:
                self.refuse(sent, kind, reason)
            self.waiting = []

    # --- how it ends --------------------------------------------------------------------------------------------------

    def refuse(self, sent, kind: str, why: str = ""):
        """The answer of what never left."""
        self.answer(sent, kind, NONE_CAME, [], None, why)

    def end(self, sent, kind: str, status: int = NONE_CAME, headers=(), body_bytes: int = 0, why: str = ""):
        """The answer of what left; it is written down."""
        self.running.pop(sent.id, None)
        left = {
            "when": int(sent.left_at),
            "who": sent.who,
            "reason": sent.reason,
            "method": sent.method,
            "url": clip(sent.url, 500),
            "origin": sent.origin,
            "bytes": sent.bytes + body_bytes,
            "status": status,
            "ms": int(self.now - sent.left_at),
            "kind": kind,
        }
        self.tell_keeper({"left": left})
        self.answer(sent, kind, status, headers, sent.id if body_bytes else None, why)

    def answer(self, sent, kind: str, status: int, headers, source, why: str):
        """Give it to whoever asked."""
        words = explain(kind, sent.origin, sent.limit, status, why or seconds(max(0, sent.deadline - sent.received_at)))
        if status != NONE_CAME and kind not in ("", "type"):
            status, headers, source = NONE_CAME, [], None
        given = message("outside:answer", id=sent.id, status=status, headers=list(headers), problem=words, kind=kind)
        if sent.worker:
            self.emit({"do": "outside_answer", "worker": sent.worker, "message": given, "source": source})
        self.forget(sent.id)

    # --- who is told --------------------------------------------------------------------------------------------------

    def tell_keeper(self, one: dict):
        """News for the slice; the oldest that nobody took goes when there are too many."""
        self.count += 1
        one["n"] = self.count
        self.news.append(one)
        if len(self.news) > NEWS:
            self.news = self.news[-NEWS:]
            self.log("warn", "nobody keeps the log of the network: its oldest entries are dropped")
        self.post_news([one])

    def post_news(self, news: list):
        """To the worker that has the slice; nobody has to be there."""
        if self.keeper is not None:
            self.emit({"do": "send", "worker": self.keeper, "message": message("outside:news", news=list(news))})

    def tell_line(self):
        """Also where nothing has changed but what is allowed: what waits may leave now."""
        if self.keeper is not None:
            told = message("outside:line", open=self.enabled and self.online)
            self.emit({"do": "send", "worker": self.keeper, "message": told})

    def tell_pages(self):
        """For the line at the foot of every page, which must be true at any moment."""
        allowed = len([origin for origin in self.origins if self.origins[origin] is True])
        last = None if self.last is None else int(self.last)
        told = {"enabled": self.enabled, "allowed": allowed, "asked": len(self.questions()), "last": last}
        if told != self.told:
            self.told = told
            self.emit({"do": "network", "network": told})

    # --- small ones ---------------------------------------------------------------------------------------------------

    def allowed(self, sent) -> bool:
        return self.enabled and self.origins.get(sent.origin) is True

    def questions(self) -> list:
        return [origin for origin in self.origins if self.origins[origin] is None]

    def waits(self, id: str) -> bool:
        return len([sent for sent in self.waiting if sent.id == id]) > 0

    def in_order(self) -> list:
        """What is under way, as it left. A dict of MicroPython has no order."""
        return sorted(self.running.values(), key=lambda sent: (sent.left_at, sent.id))
