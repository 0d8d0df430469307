"""Whose request it is, and what is refused for that: the second wall. The first is the doors' (``barred`` in router/doors/door.js).

A door says of each request whether it is a navigation, whether it was made inside of another page, and whether a page of this
app made it (``origin``: own, foreign, unknown). What a door does not say is taken for the worst. Workers' requests are own.
"""

from router.policy.http.problems import problem
from router.policy.text import percent_decode

SAFE = ("GET", "HEAD")
ORIGINS = ("own", "foreign", "unknown")

FRAMED = "It was asked for inside of another page. Open it in a tab of its own."
FOREIGN = "Another site sent this. Nothing was done. If you meant to, do it in this app."
UNKNOWN = "The browser does not say that a page of this app sent this. Nothing was done. Do it in the app, with scripts allowed."
GUARDED = "This is given to pages of this app only. Open the page that offers it, and take it there."


def read(task, event: dict, from_worker: bool):
    """Note on the task what its door saw."""
    if from_worker:
        return
    origin = event.get("origin")
    task.origin = origin if origin in ORIGINS else "unknown"
    task.navigated = event.get("navigated") is not False
    task.framed = event.get("framed") is True
    # A page that was opened from elsewhere, and what it asks for by itself then, is not used by its owner.
    task.quiet = task.origin != "own" or "x-opening" in task.headers


def barred(task, route):
    """The 403 that keeps the task out, or None. ``route`` is None where nothing is at the address."""
    if task.framed:
        task.mode = "fragment" if task.mode == "page" else task.mode  # no app inside of a frame
        return problem(403, FRAMED, task.path)
    if task.origin == "own":
        return None
    if task.method not in SAFE:
        return problem(403, FOREIGN if task.origin == "foreign" else UNKNOWN, task.path)
    if (route is not None and route.guarded) or "download" in names(task.query):
        return problem(403, GUARDED, task.path)
    return None


def names(query: str) -> list:
    """The names of a query's fields, as a slice reads them."""
    return [percent_decode(pair.split("=", 1)[0].replace("+", " ")) for pair in query.split("&")]
