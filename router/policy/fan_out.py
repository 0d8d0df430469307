"""A request that several slices answer together: named parts, joined in the order of the route table.

A whole page is sent as its parts come, in order, as soon as the first good one is there. For htmx and JSON the parts
are gathered, because their readers wait for the end anyway and then the headers can tell the whole story.
"""

from router.policy.http import answers
from router.policy.http.problems import as_json, as_panel
from router.policy.text import clip, dumps, escape, percent_decode, percent_encode

MARGIN_MS = 250  # parts have to end that much before the request does,
MARGIN_SHARE = 0.1  # or this share of its time, if that is less


def parts_deadline(deadline: float, now: float) -> float:
    """When parts count as late, so that the joined answer is still in time."""
    return deadline - min(MARGIN_MS, max(0, deadline - now) * MARGIN_SHARE)


class FanOut:
    """The parts of one request and what has come of them.

    ``names`` in order; ``results`` maps a name to a piece (``{"text"}`` or ``{"source"}``) once it is there,
    ``failures`` to its problem.
    """

    def __init__(self, task, names: list, paths: dict):
        self.task = task
        self.names = names
        self.paths = paths
        self.tasks = {}  # name -> Task, while it runs
        self.results = {}
        self.failures = {}
        self.timings = {}
        self.queue_ms = 0
        self.titles = {}
        self.sent = 0  # parts already sent
        self.begun = False  # the head of the answer is out

    def sources(self) -> list:
        """Ids of the replies that are kept for the join."""
        return sorted([piece["source"] for piece in self.results.values() if "source" in piece])

    def take_reply(
        self, name: str, id: str, status: int, headers: dict, timings: dict, queue_ms: float, body_bytes: int
    ) -> str:
        """A part's reply. Returns why it cannot be used, or an empty string."""
        json = self.task.mode == "json"
        if status >= 400 and not (json and answers.is_json(headers) and body_bytes):
            return "the slice answered with status %d" % status
        if not body_bytes:
            return "the slice answered with an empty body (status %d)" % status
        if not (answers.is_json(headers) if json else answers.is_html(headers)):
            return "the slice answered with the type %s" % (headers.get("content-type") or "(none)")
        if status >= 400:
            self.failures[name] = {"status": status}
        self.results[name] = {"source": id}
        if headers.get("x-title"):
            self.titles[name] = headers["x-title"]
        for key in timings:
            self.timings[key] = max(self.timings.get(key, 0), timings[key])
        self.queue_ms = max(self.queue_ms, queue_ms)
        return ""

    def take_problem(self, name: str, given: dict):
        """A part failed or is late: its problem stands in its place."""
        self.failures[name] = given
        if self.task.mode == "json":
            self.results[name] = {"text": as_json(given)}
        else:
            self.results[name] = {"text": as_panel(given, name, self.paths[name][1:])}

    def whole(self) -> bool:
        """True if nothing is missing any more."""
        return len(self.results) == len(self.names)

    def status(self) -> int:
        """200 unless every part failed; then the first one's status."""
        if self.whole() and len(self.failures) == len(self.names):
            return self.failures[self.names[0]]["status"]
        return 200

    def advance(self, shell) -> list:
        """Commands that the parts so far allow; the last one closes the answer."""
        task = self.task
        whole = self.whole()
        if not self.begun:
            if not whole and (task.mode != "page" or not self.good_start() or task.method == "HEAD"):
                return []
            return [self.head(shell, whole)]
        pieces = self.coming()
        if whole:
            pieces.append({"text": shell.after})
        if not pieces:
            return []
        return [{"do": "piece", "door": task.door, "id": task.id, "pieces": pieces, "more": not whole}]

    def good_start(self) -> bool:
        """True if a part that did not fail is next to be sent (or stands behind only failed ones)."""
        for name in self.names:
            if name not in self.results:
                return False
            if name not in self.failures:
                return True
        return False

    def coming(self) -> list:
        """The pieces that are next in order."""
        pieces = []
        while self.sent < len(self.names) and self.names[self.sent] in self.results:
            name = self.names[self.sent]
            if self.task.mode == "json":
                pieces.append({"text": ("," if self.sent else "") + dumps(name) + ":"})
            pieces.append(self.results[name])
            self.sent += 1
        return pieces

    def head(self, shell, whole: bool) -> dict:
        """The reply command: everything if all is there, else the beginning of a page."""
        task = self.task
        self.begun = True
        headers = {"content-type": "application/json" if task.mode == "json" else "text/html; charset=utf-8"}
        titles = [self.titles[name] for name in self.names if name in self.titles]
        title = titles[0] if titles else percent_encode(task.route.title)
        pieces = self.coming()
        if task.mode == "json":
            pieces = [{"text": '{"parts":{'}] + pieces + [{"text": "}}"}]
        else:
            headers["x-title"] = title
            if task.mode == "page":
                pieces = [{"text": shell.before(title)}] + pieces
                if whole:
                    pieces.append({"text": shell.after})
            else:
                pieces = [{"text": "<title>%s</title>\n" % title_html(title)}] + pieces
        for part in self.tasks.values():
            if part.worker is not None:
                task.made_by(part.worker.id)
        answers.stamp(headers, sorted(task.workers), self.timings, self.queue_ms)
        if task.method == "HEAD":
            pieces = []
        return answers.reply(task.door, task.id, self.status(), headers, pieces, more=not whole)


def title_html(title: str) -> str:
    """A percent-encoded title as HTML."""
    return escape(clip(percent_decode(title), 300))
