"""What leaves the router: the client's wish, the headers of every answer, the pieces of its body."""

from router.policy.http.problems import as_html, as_json
from router.policy.text import escape, percent_encode, tenths

DROPPED = (
    "connection",
    "content-length",  # the body may be wrapped or joined; the door knows its true length
    "keep-alive",
    "proxy-connection",
    "server-timing",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-worker",
)
VARY = "Accept, HX-Request"


def accepts_json(headers: dict) -> bool:
    """True if the client names JSON and does not like HTML better."""
    accept = headers.get("accept", "")
    if "json" not in accept:
        return False
    best = {"json": 0.0, "html": 0.0}
    for part in accept.lower().split(","):
        fields = part.split(";")
        kind = fields[0].strip()
        quality = 1.0
        for field in fields[1:]:
            field = field.strip()
            if field.startswith("q="):
                try:
                    quality = float(field[2:])
                except ValueError:
                    quality = 0.0
        if kind == "application/json" or kind == "application/problem+json":
            best["json"] = max(best["json"], quality)
        elif kind == "text/html" or kind == "application/xhtml+xml":
            best["html"] = max(best["html"], quality)
    return best["json"] > 0 and best["json"] >= best["html"]


def wish(headers: dict) -> str:
    """``"json"``, ``"fragment"`` (htmx asked) or ``"page"``. A history restore of htmx sends no HX-Request: it gets
    the page.
    """
    if accepts_json(headers):
        return "json"
    return "fragment" if headers.get("hx-request", "").lower() == "true" else "page"


def stamp(headers: dict, workers: list, timings: dict, queue_ms: float) -> dict:
    """The headers that every answer carries, put over ``headers`` (which is changed and returned).

    ``workers`` are ids in the order in which they took part; timings in ms.
    """
    headers["server-timing"] = "queue;dur=%s, run;dur=%s, render;dur=%s, commit;dur=%s" % (
        tenths(queue_ms),
        tenths(timings.get("run", 0)),
        tenths(timings.get("render", 0)),
        tenths(timings.get("commit", 0)),
    )
    headers["x-worker"] = ",".join(workers) if workers else "router"
    headers["cache-control"] = "no-store"
    headers["x-content-type-options"] = "nosniff"
    if headers.get("vary", VARY) != VARY:
        vary = [VARY]
        for name in headers["vary"].split(","):
            name = name.strip()
            if name and name.lower() not in ("accept", "hx-request"):
                vary.append(name)
        headers["vary"] = ", ".join(vary)
    else:
        headers["vary"] = VARY
    return headers


def reply(door: str, id: str, status: int, headers: dict, pieces: list, stream: bool = False, more: bool = False) -> dict:
    """The command that answers a door; ``stream``: the worker's chunks follow, ``more``: the router's own pieces do."""
    return {
        "do": "reply",
        "door": door,
        "id": id,
        "status": status,
        "headers": headers,
        "pieces": pieces,
        "stream": stream,
        "more": more,
    }


def passed_on(headers: dict) -> dict:
    """A worker's reply headers without those that are the router's or the connection's to say."""
    return {name: headers[name] for name in headers if name not in DROPPED}


def is_html(headers: dict) -> bool:
    """True for text/html of any parameters."""
    return headers.get("content-type", "").lower().split(";")[0].strip() == "text/html"


def is_json(headers: dict) -> bool:
    """True for JSON, problem details included."""
    kind = headers.get("content-type", "").lower().split(";")[0].strip()
    return kind == "application/json" or kind.endswith("+json")


def wrapped(shell, headers: dict, pieces: list) -> list:
    """HTML pieces as a whole page."""
    return [{"text": shell.before(headers.get("x-title", ""))}] + pieces + [{"text": shell.after}]


def page(shell, mode: str, words: str, html: str) -> tuple:
    """``(headers, pieces)`` of HTML that the router wrote itself: a fragment with its title, or that as a whole page."""
    title = shell.titled(words)
    headers = {"content-type": "text/html; charset=utf-8", "x-title": percent_encode(title)}
    if mode == "page":
        return headers, wrapped(shell, headers, [{"text": html}])
    return headers, [{"text": "<title>%s</title>\n%s" % (escape(title), html)}]


def error_body(shell, mode: str, given: dict, method: str, href: str) -> tuple:
    """``(headers, pieces)`` of a problem in the shape that the client wished for."""
    if mode == "json" or mode == "raw":
        headers = {"content-type": "application/problem+json"}
        pieces = [{"text": as_json(given)}]
    else:
        headers, pieces = page(shell, mode, given["title"], as_html(given, method, href))
    if "retry_after" in given:
        headers["retry-after"] = str(given["retry_after"])
    if "allow" in given:
        headers["allow"] = ", ".join(given["allow"])
    return headers, pieces
