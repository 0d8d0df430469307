"""The memory snapshot that workers start from: what became of it, and when a spare worker makes one for the next visit."""

from router.policy.envelope import number, text
from router.policy.text import clip

STATES = ("none", "used", "refused", "off")  # what the host says at the start
MADE = ("kept", "failed")  # what it says after it was told to make one


class Snapshot:
    """``state`` is ``none`` (a plain boot: nothing is kept yet), ``used``, ``refused`` (damaged; a plain boot),
    ``off`` (this browser keeps none), then ``making``, and ``kept`` (for the next visit) or ``failed``; ``reason`` says
    why where that is no good news.
    """

    def __init__(self, idle_ms: float, emit, log):
        self.idle_ms = idle_ms
        self.emit = emit
        self.log = log
        self.state = None  # the host has not said yet
        self.reason = None
        self.bytes = None
        self.ms = None
        self.quiet_since = None
        self.asked = False

    def on_told(self, event: dict):
        """What the host found, or made."""
        state = event.get("state")
        if state not in STATES and state not in MADE:
            self.log("warn", "a snapshot that is %s was ignored" % clip(state, 40))
            return
        if state == "used" and self.state in ("refused",) + MADE:
            return  # a worker that started with it before it was refused
        if state in ("refused", "failed") and state != self.state:
            self.log("warn", "memory snapshot %s: %s" % (state, clip(event.get("reason"), 300)))
        self.state = state
        reason = text(event.get("reason"))
        self.reason = clip(reason, 300) if reason else None
        self.bytes = number(event.get("bytes"), None, 0)
        self.ms = number(event.get("ms"), None, 0)

    def consider(self, whole: bool, busy: bool, now: float):
        """Make one when the pool has been whole and idle for ``idle_ms``; once per life of the router."""
        if self.asked or self.state not in ("none", "refused"):
            return
        if busy or not whole:
            self.quiet_since = None
        elif self.quiet_since is None:
            self.quiet_since = now
        elif now - self.quiet_since >= self.idle_ms:
            self.asked = True
            self.state = "making"
            self.emit({"do": "make_snapshot"})

    def report(self) -> dict:
        """Its part of the pool's state."""
        return {"state": self.state, "reason": self.reason, "bytes": self.bytes, "ms": self.ms}
