"""Bodies of the errors that the router itself makes: RFC 9457 problem details as JSON, or a fragment that a person can
act on.
"""

from router.policy.text import clip, dumps, escape

TITLES = {
    400: "Bad request",
    403: "Not from this app",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Content too large",
    414: "Address too long",
    415: "Unsupported media type",
    422: "Unprocessable content",
    500: "The router failed",
    501: "Not on this server",
    502: "The worker was lost",
    503: "Not available now",
    504: "Deadline passed",
    508: "Loop detected",
}

ADVICE = {
    400: "Reload the page and try again.",
    403: "Nothing was given or changed. Open the app by its address, and do it there.",
    404: "Check the address, or go back to the start page.",
    405: "Use the form or the link that leads here.",
    409: "Try again.",
    413: "Send less at once, or split the file.",
    414: "Send the data in the body of a POST.",
    500: "Try again. The fault number finds the cause in the console.",
    501: "Use the page in your own browser for this.",
    502: "The worker is being replaced. Try again.",
    503: "Wait a moment, then try again.",
    504: "Try again with less work, or when the pool is less busy.",
    508: "This is a fault of the program: the fault number finds it in the console.",
}


def problem(status: int, detail: str, instance: str = "", fault: str = "", **extra) -> dict:
    """A problem object ``{type, title, status, detail, instance, fault, ...}``; empty members stay away."""
    out = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": clip(detail, 2000)}
    if instance:
        out["instance"] = clip(instance, 500)
    if fault:
        out["type"] = "urn:keriwasm:fault"
        out["fault"] = fault
    for key in extra:
        if extra[key] is not None:
            out[key] = extra[key]
    return out


def full(task, queue) -> dict:
    """503: the queue has reached its bound."""
    return problem(503, "The queue is full: %d requests wait for a worker." % len(queue), task.path, retry_after=1)


def hopeless(task, pool) -> dict:
    """503: nobody is there or will be."""
    detail = "No worker can serve the slice %s" % clip(task.slice, 60)
    if task.route.where in ("others", "keyless"):
        detail = "What others made is looked at by a worker that holds no keys, and none could be started"
    if pool.state() == "failed":
        detail = "The pool failed: no worker could start"
    for worker in [one for one in pool.workers if one.last_error][:1]:
        detail += "; %s said: %s" % (worker.id, worker.last_error)
    return problem(503, detail + ". Reloading the page starts it anew.", task.path, retry_after=30)


def as_json(given: dict) -> str:
    """The problem as JSON text."""
    return dumps(given)


def retry_link(href: str, target: str, words: str = "Try again") -> str:
    """A link that works with htmx (replaces ``target`` by the answer) and without. ``href`` is relative to the base."""
    safe = escape(href)
    return '<a role="button" class="retry" href="%s" hx-get="%s" hx-target="%s" hx-swap="outerHTML">%s</a>' % (
        safe,
        safe,
        escape(target),
        escape(words),
    )


def as_html(given: dict, method: str = "GET", href: str = "") -> str:
    """The problem as a fragment with ``role="alert"``: what happened, what to do, and for a GET a way to ask again.

    ``href`` is the address that failed, relative to the base. A POST is not offered again: its form is still in the
    page.
    """
    status = given["status"]
    heading = (status, escape(given["title"]))
    out = ['<section class="problem" role="alert" data-status="%d">\n<h2>%s</h2>\n' % heading]
    out.append("<p>%s</p>\n" % escape(given["detail"]))
    if status in ADVICE:
        out.append("<p>%s</p>\n" % escape(ADVICE[status]))
    if "fault" in given:
        out.append("<p>Fault <code>%s</code></p>\n" % escape(given["fault"]))
    out.append("<p>")
    if method in ("GET", "HEAD") and href and status not in (403, 404, 405, 414):
        out.append(retry_link(href, "closest .problem") + " ")
    elif status >= 500:
        out.append("Press the button of the form again. ")
    out.append('<a href="app/" hx-get="app/" hx-target="#main" hx-push-url="true">Start page</a></p>\n</section>\n')
    return "".join(out)


def as_panel(given: dict, name: str, href: str) -> str:
    """The problem in place of the panel ``name`` of a fan-out, with a link that asks for that panel alone."""
    safe = escape(name)
    out = ['<section class="panel error" id="panel-%s" role="alert" data-status="%d">\n' % (safe, given["status"])]
    out.append("<h2>%s</h2>\n<p>%s</p>\n" % (safe, escape(given["detail"])))
    if "fault" in given:
        out.append("<p>Fault <code>%s</code></p>\n" % escape(given["fault"]))
    out.append("<p>%s</p>\n</section>\n" % retry_link(href, "closest .panel"))
    return "".join(out)
