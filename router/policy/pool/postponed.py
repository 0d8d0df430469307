"""When that is fetched which no first click needs, and what became of it: the wheels of [postponed] in pyscript.toml; on a warm
start, all wheels and the library, out of the pack.
"""

from router.policy.envelope import text
from router.policy.text import clip

PATIENCE_MS = 15000  # nobody asks for anything, or the first answer takes its time
AGAIN_MS = 5000


class Postponed:
    """They come after the first answer, or when a worker wants them for it, or ``PATIENCE_MS`` after the first worker could
    give one: until then the line and the processor are for what the first click needs. On a warm start nothing needs them
    soon, and they wait for the whole pool as well.

    ``state`` is ``waiting``, ``fetching``, ``here`` or ``failed``, which is tried again after ``AGAIN_MS``; ``reason``
    says why.
    """

    def __init__(self, warm: bool, emit, log):
        self.emit = emit
        self.log = log
        self.warm = warm
        self.state = "waiting"
        self.reason = None
        self.since = None

    def on_fetched(self, event: dict, now: float):
        """What came of a fetch."""
        reason = text(event.get("reason"))
        self.state = "failed" if reason else "here"
        self.reason = clip(reason, 300) if reason else None
        self.since = now
        if reason:
            self.log("warn", "the postponed wheels: %s" % self.reason)

    def on_want(self):
        """A worker waits for them. That they are here already means that the pack was found damaged after all."""
        if self.state != "fetching":
            self.fetch()

    def fetch(self):
        """Have the host bring them."""
        self.state = "fetching"
        self.emit({"do": "fetch_postponed"})

    def consider(self, serving: bool, answered: bool, whole: bool, now: float):
        """Fetch them when it is time."""
        if self.state in ("fetching", "here") or not serving:
            return
        if self.since is None:
            self.since = now
        failed = self.state == "failed"
        soon = whole if self.warm else answered
        if now - self.since >= (AGAIN_MS if failed else PATIENCE_MS) or (soon and not failed):
            self.fetch()

    def report(self) -> dict:
        """Its part of the pool's state."""
        return {"state": self.state, "reason": self.reason}
