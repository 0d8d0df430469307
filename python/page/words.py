"""What the page says: words and small decisions, apart from the DOM.

Runs on MicroPython on the page's main thread (acts.py and others import it) and on CPython in the tests, hence no
typing module, no dataclasses, no datetime. Times are milliseconds, sizes bytes, moments epoch milliseconds.
"""

# How long the g of "g x" waits for its second key.
CHORD_MS = 1500

THEMES = ("auto", "light", "dark")

STAGES = {
    "fetch": "fetching",
    "start": "starting Python",
    "install": "unpacking packages",
    "import": "importing modules",
    "ready": "ready",
}


def size(count):
    """Bytes for people in binary units: 512 B, 1.5 KiB, 12.0 MiB."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KiB"
    return f"{count / (1024 * 1024):.1f} MiB"


ONE_FILE = "Only one file can be taken here. Nothing was chosen."


def folder(name):
    """Why a dropped folder is not taken."""
    return f"“{name}” is a folder: drop the files that are in it. Nothing was chosen."


def too_large(count, total, most):
    """Why files that were chosen cannot be sent, or ""."""
    if total <= most:
        return ""
    what = "This file is" if count == 1 else "These files together are"
    return f"{what} larger than {size(most)}, which is the most that can be taken. Nothing was chosen."


def milliseconds(ms):
    """A duration for people: 0.2 ms, 21 ms, 3.4 s."""
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1000:
        return f"{round(ms)} ms"
    return f"{ms / 1000:.1f} s"


def ago(then_ms, now_ms):
    """How long since a moment: just now, 3 s ago, 2 min ago, 5 h ago, 3 days ago. A moment in the future is now."""
    seconds = int((now_ms - then_ms) / 1000)
    if seconds < 2:
        return "just now"
    if seconds < 60:
        return f"{seconds} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 86400:
        return f"{seconds // 3600} h ago"
    days = seconds // 86400
    return "1 day ago" if days == 1 else f"{days} days ago"


def server_timing(header):
    """Durations by name of a Server-Timing header; an entry without a readable dur is left out.

    >>> server_timing('queue;dur=0.2, run;desc="a, b";dur=1.2')
    {'queue': 0.2, 'run': 1.2}
    """
    timings = {}
    for entry in _split(header or "", ","):
        parts = _split(entry, ";")
        name = parts[0].strip()
        for part in parts[1:]:
            key, _, value = part.partition("=")
            if key.strip() == "dur":
                try:
                    timings[name] = float(value.strip().strip('"'))
                except ValueError:
                    pass  # RFC-wise a client ignores what it cannot read; the others still count
    return timings


def _split(text, separator):
    """Split outside of double quotes."""
    parts, start, quoted = [], 0, False
    for index in range(len(text)):
        letter = text[index]
        if letter == '"':
            quoted = not quoted
        elif letter == separator and not quoted:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def timing_line(timings, workers, total=None):
    """The line under an answer: "2.1 ms in w3 (queued 0.2, run 1.2, render 0.7)".

    timings: ms by name (queue, run, render, commit, perhaps total); workers: the X-Worker header or a list;
    total: ms measured by the page, else the header's own total, else the sum of the parts. Empty when nothing is known.
    """
    if isinstance(workers, str):
        workers = [each.strip() for each in workers.split(",") if each.strip()]
    if total is None:
        total = timings.get("total")
    if total is None and timings:
        total = sum(timings.values())
    if total is None:
        return ""
    line = milliseconds(total)
    if workers:
        line += " in " + _and(workers)
    words = (("queue", "queued"), ("run", "run"), ("render", "render"), ("commit", "commit"))
    parts = [f"{word} {_bare(timings[name])}" for name, word in words if name in timings]
    if parts:
        line += f" ({', '.join(parts)})"
    return line


def _bare(ms):
    """Milliseconds without the unit, which the line has named already; from a second on with its own."""
    if ms >= 1000:
        return milliseconds(ms)
    return f"{ms:.1f}" if ms < 100 else str(round(ms))


def _and(names):
    names = list(names)
    if len(names) > 4:
        return f"{len(names)} workers"
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def chip(state, ready, size_):
    """Words and kind of the header's pool chip: ("4/4", "ok"). Kinds: ok, warn, bad, plain."""
    if state == "failed":
        return "stopped", "bad"
    if not size_:
        return "starting", "plain"
    text = f"{ready}/{size_}"
    if state == "ready" or state == "follower":
        return text, "ok"
    return text, "warn" if state == "degraded" else "plain"


def boot(status):
    """What the boot screen shows of a status: a dict of percent (None: unknown), text, trouble, workers.

    status: {state, size, ready, workers: [{id, state, stage, done, total, error}], bytes: {done, total}}; missing keys are
    unknown. workers: [(id, words, kind)], kinds as in the style sheet. Half of the bar is bytes, half is workers:
    fetching and starting each take about half of the time of a first visit.
    """
    workers = status.get("workers") or []
    expected = status.get("size") or len(workers)
    fetched = status.get("bytes") or {}
    shares = [share(worker) for worker in workers]
    work = sum(shares) / expected if expected else None
    done, total = fetched.get("done") or 0, fetched.get("total") or 0
    percent = None
    if total:
        percent = 50 * min(1, done / total) + 50 * (work or 0)
    elif work is not None:
        percent = 100 * work
    ready = status.get("ready") or 0
    if expected and ready >= expected:
        text = "The worker is ready." if expected == 1 else f"All {expected} workers are ready."
    elif ready:
        text = f"{ready} of {expected} workers ready; the page can be used."
    elif expected:
        text = f"Starting {expected} worker" + ("" if expected == 1 else "s")
    else:
        text = "Loading the runtime"
    if total and done < total:
        text += f" · {size(done)} of {size(total)}"
    elif done:
        text += f" · {size(done)} loaded"
    return {
        "percent": percent,
        "text": text,
        "trouble": trouble(workers),
        "workers": [tile(worker) for worker in workers],
    }


def trouble(workers):
    """Why a worker does not start, the first one's reason; "" when all is well."""
    for worker in workers:
        if worker.get("error"):
            return f"{worker.get('id') or 'A worker'} did not start and tries again: {worker['error']}"
    return ""


def share(worker):
    """How far one worker is, 0 to 1: the stages in order, each with what it reports of itself."""
    if worker.get("state") in ("ready", "busy"):
        return 1
    order = ("fetch", "start", "install", "import")
    stage = worker.get("stage")
    if stage not in order:
        return 0
    total = worker.get("total") or 0
    inside = min(1, (worker.get("done") or 0) / total) if total else 0
    return (order.index(stage) + inside) / len(order)


def tile(worker):
    """(id, words, kind) of one worker; MicroPython has no star in a tuple."""
    text, kind = worker_words(worker)
    return worker.get("id") or "?", text, kind


def worker_words(worker):
    """(words, kind) of one worker on the boot screen."""
    state = worker.get("state") or "booting"
    if state in ("ready", "busy"):
        return "ready", "ok"
    if state == "dead":
        return "tries again soon", "bad"
    if state in ("hung", "failed"):
        return state, "bad"
    stage = worker.get("stage")
    words = STAGES.get(stage, "waiting")
    done, total = worker.get("done") or 0, worker.get("total") or 0
    if stage == "fetch" and total:
        words += f" {round(100 * min(1, done / total))} %"
    elif stage in ("install", "import") and total:
        words += f" {done}/{total}"
    return words, "plain"


def banner(state, reason):
    """(text, kind, offer a reload?) of the banner for a connection state; ("", "", False) hides it."""
    reason = (reason or "").strip()
    tail = f" ({reason})" if reason else ""
    if state == "restarting":
        return f"The runtime is starting anew{tail}. Running requests are answered or repeated.", "warn", False
    if state == "failed":
        return f"The runtime stopped{tail}. Load the page again to go on.", "bad", True
    if state == "update":
        return f"A new version is here{tail}. Reload when it suits you: all open tabs of the app go with it.", "info", True
    if state == "given-up":
        return (
            f"The newest version of this app did not start here{tail}. You are on the version before it; your wallet and data are "
            "as they were. It is tried again when the server has another one.",
            "warn",
            False,
        )
    if state == "takeover":
        return f"{reason} Requests under way are answered or repeated.", "warn", False
    if state == "robbed":
        return reason, "info", False
    if state == "retired":
        return "The app runs in another tab now; this browser cannot share it between tabs.", "warn", False
    if state == "offline":
        return "You are offline. This page goes on working.", "info", False
    return "", "", False


def browser_note(missing, offered, refused="", private=False):
    """What this browser lacks and what that costs, for the footer; "" when nothing is missing or it only starts.

    missing: what the door says of the service worker ("" once it answers); offered: whether the browser has any; refused: why
    the browser gave no lock (it blocks this site's data); private: all that is stored here is gone with the window.
    """
    if refused:
        return (
            f"This browser blocks site data for this address ({refused.strip().rstrip('.')}): nothing is kept here, neither the app "
            "nor a wallet, and each tab runs workers of its own. To keep them, allow site data for this address in the "
            "browser's settings and load the page again."
        )
    if private:
        return (
            "This is a private window: nothing is kept. The app, a wallet and all else that is stored here are gone when the last "
            "private window is closed. Use an ordinary window to keep a wallet, or make a backup before you close this one."
        )
    if not offered:
        return (
            "This browser offers no service worker here (a private window, or an insecure connection): reloads of inner "
            "pages, downloads and reconnecting live views need one."
        )
    missing = (missing or "").strip()
    if not missing or missing.endswith("starting"):
        return ""
    return missing


def role_note(role, ignored):
    """What a tab without a pool of its own says in the footer; "" for the one that runs it.

    ignored: the address asks for a size of the pool or for fault injection, which only the tab that runs it can have.
    """
    if role != "follower":
        return ""
    note = "This tab works through the Python workers of another tab of this app."
    if ignored:
        note += " What its address says of workers and faults has no effect here."
    return note


def offline_note(report):
    """(words, label of a button or "") about the kept app.

    report: {state, done, total, size, reason, name, usage, quota, trouble} of keriwasm:offline; sizes in bytes.
    """
    state = report.get("state")
    if report.get("trouble"):
        return report["trouble"], ""
    if state == "keeping":
        return f"Keeping the app for offline use: {size(report.get('done') or 0)} of {size(report.get('total') or 0)}", ""
    if state == "kept":
        whole = report.get("size")
        return "Works offline: " + (f"the whole app ({size(whole)}) is" if whole else "the app is") + " kept in this browser.", ""
    if state == "ask":
        return "Not kept for offline use, because this browser saves data.", "Keep it"
    if state == "dev":
        return "A development server: nothing is kept for offline use.", ""
    if state == "off":
        return "This browser cannot keep the app for offline use here.", ""
    if state == "failed":
        if report.get("name") == "QuotaExceededError":
            used, allowed = report.get("usage"), report.get("quota")
            room = f" ({size(used)} of {size(allowed)} are used)" if used is not None and allowed is not None else ""
            return f"Not kept for offline use: the browser gives this site no more room{room}. Free some space.", "Try again"
        return f"Not kept for offline use: {report.get('reason') or 'unknown reason'}.", "Try again"
    return "", ""


def release_size(files, bytes_):
    """What the number of a version is made of."""
    return f"Over {files} files of {size(bytes_)} together, as they are kept in this browser."


def ask_first(on):
    """The switch was moved."""
    return "A new version waits until you take it." if on else "A new version is taken over when no page of the app is open."


def persistence(granted):
    """What a request for persistent storage came to."""
    if granted:
        return "Granted: the browser will not clear this site's data by itself."
    return (
        "Not granted: the browser may clear this site's data when space runs short. Installing the app, or a bookmark, "
        "often changes its mind. Keep a backup."
    )


def network(told):
    """For the foot of the page, of the router's {enabled, allowed, asked, last}: (words, when the last request left or None).
    The words are "" where nothing can leave."""
    if not told or not told.get("enabled"):
        return "", None
    allowed, asked = told.get("allowed") or 0, told.get("asked") or 0
    text = "1 server allowed" if allowed == 1 else f"{allowed or 'No'} servers allowed"
    if asked:
        text += ", 1 waits for your answer" if asked == 1 else f", {asked} wait for your answer"
    return text, told.get("last")


def next_theme(choice):
    """The theme after this one in the button's round."""
    return THEMES[(THEMES.index(choice) + 1) % len(THEMES)] if choice in THEMES else THEMES[0]


class Chord:
    """Reads single keys and the pairs "g x". press() returns an action name, ("go", path) or None."""

    def __init__(self, places=None):
        self.places = places or {}
        self.since = None

    def press(self, key, now_ms):
        """key: KeyboardEvent.key; now_ms: any steady milliseconds."""
        waiting = self.since is not None and now_ms - self.since < CHORD_MS
        self.since = None
        if waiting and key in self.places:
            return ("go", self.places[key])
        if key == "g":
            self.since = now_ms
            return None
        return {"?": "help", "/": "focus", "Escape": "cancel", "t": "theme"}.get(key)


def current_place(path, base, parents):
    """Which nav link a location belongs to: its href relative to the base, or None.

    path: location.pathname; base: path of the base URL, ending in "/"; parents: see acts.start.
    """
    rest = path[len(base) :] if path.startswith(base) else path.lstrip("/")
    if rest in ("", "app", "app/", "index.html"):
        return "app/"
    parts = rest.split("/")
    if parts[0] != "app" or len(parts) < 2:
        return None
    return "app/" + parents.get(parts[1], parts[1])


def with_line(text, line, on):
    """A text area's text with a line, or without it; what else a person wrote there stays."""
    lines = [each for each in text.split("\n") if each.strip() and each.strip() != line]
    if on:
        lines.append(line)
    return "\n".join(lines)
