"""The router's own report of the pool, and the page of it for the time when no worker can render one."""

from router.policy.text import escape, seconds


def of(state) -> dict:
    """How the pool stands, as the contract has it, and some more; durations in ms."""
    router = {"uptime_ms": int(state.now - state.started_at), "inflight": len(state.tasks.live), "queued": len(state.queue)}
    router.update(state.counts)
    return {
        "state": state.pool.state(),
        "size": state.pool.target,
        "router": router,
        "workers": [worker.report(state.now) for worker in state.pool.workers],
        "snapshot": state.snapshot.report(),
        "postponed": state.postponed.report(),
    }


def as_html(given: dict) -> str:
    """The report as a plain fragment that asks again every second, until a worker can render the real page."""
    out = [
        '<section class="panel" id="panel-pool" hx-get="app/pool" hx-trigger="load delay:1s" hx-target="#main">\n',
        "<h1>Pool</h1>\n",
    ]
    out.append('<p role="status">The pool is %s: no worker can render this page yet. ' % escape(given["state"]))
    out.append("The router has run for %s.</p>\n" % escape(seconds(given["router"]["uptime_ms"])))
    out.append(
        '<table>\n<thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Generation</th>'
    )
    out.append('<th scope="col">Stage</th><th scope="col">Last error</th></tr></thead>\n<tbody>\n')
    for worker in given["workers"]:
        cells = (worker["id"], worker["state"], worker["generation"], worker["stage"] or "", worker["last_error"] or "")
        out.append("<tr>%s</tr>\n" % "".join(["<td>%s</td>" % escape(cell) for cell in cells]))
    out.append(
        '</tbody>\n</table>\n<p><a role="button" href="app/pool" hx-get="app/pool" hx-target="#main">'
        "Look again</a></p>\n"
    )
    out.append("</section>\n")
    return "".join(out)
