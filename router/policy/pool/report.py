"""The router's own view of the pool: the snapshot, and the page of it for the time when no worker can render one."""

from router.policy.text import dumps, escape, seconds


def snapshot(pool, tasks, queue, counts: dict, started_at: float, now: float) -> dict:
    """The state of the pool as the contract has it, and some more; durations in ms."""
    waiting = len(queue)
    return {
        "state": pool.state(),
        "size": pool.target,
        "router": {
            "uptime_ms": int(now - started_at),
            "inflight": len(tasks.live),
            "queued": waiting,
            "handled": counts["handled"],
            "retried": counts["retried"],
            "timeouts": counts["timeouts"],
            "cancelled": counts["cancelled"],
            "refused": counts["refused"],
        },
        "workers": [worker.report(now) for worker in pool.workers],
    }


def as_html(given: dict) -> str:
    """The snapshot as a plain fragment that asks again every second, until a worker can render the real page."""
    out = [
        "<title>Pool · KeriWasm</title>\n",
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


def as_json(given: dict) -> str:
    """The snapshot as JSON text."""
    return dumps(given)
