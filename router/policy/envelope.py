"""Shapes of what goes in and out: events are checked here once, so that the policy never meets a wrong type.

Times are epoch milliseconds as floats, durations are milliseconds. Every ``read_*`` gives a clean value or a default;
nothing raises for what a door or a worker may send.
"""

MAX_ID = 200  # characters
MAX_PATH = 4096
MAX_QUERY = 65536
MAX_HEADERS = 100
MAX_HEADER_VALUE = 16384
FAR = 1e15  # epoch ms beyond any clock; larger numbers are garbage

# What [pool] in pyscript.toml says, with the meaning of each: the router knows no other values.
NUMBERS = (
    "max_workers", "window", "max_queue", "max_queue_bytes", "max_body_bytes", "max_depth", "heartbeat_ms", "busy_ms", "hang_ms",
    "boot_timeout_ms", "cancel_grace_ms", "stop_grace_ms", "deadline_ms", "max_deadline_ms", "aging_ms", "backoff_ms",
    "max_backoff_ms", "max_boot_failures", "lent_ms", "max_heap_bytes", "max_held_heap_bytes", "snapshot_idle_ms",
)  # fmt: skip
COUNTS = ("max_queue", "window", "max_depth", "max_workers", "max_boot_failures")


def number(value, default=None, low=-FAR, high=FAR):
    """A finite number within [low, high], else ``default``. Booleans are no numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    if not (low <= value <= high):  # also false for NaN
        return default
    return value


def whole(value, default=None, low=-FAR, high=FAR):
    """An integer within [low, high], else ``default``; 3.0 counts as 3 because JavaScript knows one number type."""
    value = number(value, None, low, high)
    if value is None or int(value) != value:
        return default
    return int(value)


def text(value, default=None, limit=MAX_ID):
    """A non-empty string of at most ``limit`` characters, else ``default``."""
    if isinstance(value, str) and 0 < len(value) <= limit:
        return value
    return default


def read_config(given) -> tuple:
    """``(pool numbers, complaints)`` from the ``pool`` table of the manifest: each number is there, and one."""
    if not isinstance(given, dict):
        return {}, ["[pool] is not a table"]
    pool = {}
    complaints = []
    for key in NUMBERS:  # the host's own settings live in the same table
        value = number(given.get(key), None, 1)
        if value is None:
            what = "is not a number from 1 upward" if key in given else "is missing"
            complaints.append("[pool] %s %s" % (key, what))
        else:
            pool[key] = int(value) if key in COUNTS else value
    return pool, complaints


def read_slices(given) -> tuple:
    """``({name: "all"|"one"}, complaints)`` from the ``slices`` table."""
    slices = {}
    complaints = []
    if not isinstance(given, dict):
        return slices, ["[slices] is not a table; no slice is served"]
    for name in sorted(given):
        table = given[name]
        where = table.get("workers", "all") if isinstance(table, dict) else "all"
        if where not in ("all", "one"):
            complaints.append('slice %s: workers must be "all" or "one"; "one" is used' % name)
            where = "one"
        slices[name] = where
    return slices, complaints


def withheld(given) -> dict:
    """Slices of the app that the host does not run, and why: a server says so of what is for one person's own device."""
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name in given if isinstance(name, str) and isinstance(given[name], str)}


NAMES = {}  # header names seen -> lower case, or None if it is no name; bounded: the same few come with every request


def header_name(name):
    """``name`` in lower case, or None if it cannot be a header name (RFC 9110 token; rarer punctuation is refused)."""
    if name in NAMES:
        return NAMES[name]
    good = None
    if isinstance(name, str) and 0 < len(name) <= MAX_ID:
        good = name.lower()
        for ch in good:
            if not ("a" <= ch <= "z" or "0" <= ch <= "9" or ch in "-_."):
                good = None
                break
    if len(NAMES) < 256:
        NAMES[name] = good
    return good


def read_headers(given) -> dict:
    """Request or reply headers: lower-case names to strings; what cannot be a header is left out."""
    headers = {}
    if not isinstance(given, dict):
        return headers
    for key in given:
        value = given[key]
        name = header_name(key)
        if name is None or len(headers) >= MAX_HEADERS:
            continue
        if not isinstance(value, str):
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                continue
            value = str(value)
        if len(value) > MAX_HEADER_VALUE or "\n" in value or "\r" in value or "\x00" in value:
            continue
        headers[name] = value
    return headers


def read_timings(given) -> dict:
    """``{run, render, commit}`` in ms; a missing one stays away."""
    timings = {}
    if isinstance(given, dict):
        for key in ("run", "render", "commit"):
            value = number(given.get(key), None, 0, 1e9)
            if value is not None:
                timings[key] = value
    return timings


def read_error(given) -> dict:
    """``{type, message, traceback}`` of a worker's fault, bounded."""
    if not isinstance(given, dict):
        given = {"message": given}
    out = {}
    for key, default, limit in (("type", "Error", 100), ("message", "", 1000), ("traceback", "", 8000)):
        value = given.get(key)
        out[key] = value[:limit] if isinstance(value, str) and value else default
    return out
