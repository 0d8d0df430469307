"""The router's report on the pool, made ready for people: pure functions, no clock and no I/O of their own."""

from __future__ import annotations

from typing import Any

STEADY_MS = 3000
"""A heartbeat younger than this is "steady"; the exact age would repaint the page each second for nothing."""

SAME_MS = 2000
"""Two readings of the router's start that are no further apart are one start."""

KINDS = ("hang", "crash", "throw", "slow")

# state -> (kind for the style sheet, icon of templates/macros/ui.html)
STATES = {
    "booting": ("plain", "boot"),
    "ready": ("ok", "ok"),
    "busy": ("info", "busy"),
    "hung": ("bad", "hung"),
    "draining": ("warn", "drain"),
    "dead": ("bad", "dead"),
    "failed": ("bad", "dead"),
}


def view(report: dict[str, Any], now_ms: float, started: int | None = None) -> dict[str, Any]:
    """What the templates need of `GET /app/pool`'s JSON.

    Parameters:
        report: `{state, router: {uptime_ms, inflight, handled}, workers: [...]}`; missing numbers become 0, other
            missing values None, because a worker that boots has neither heartbeat nor heap
        now_ms: epoch milliseconds of the moment that the report's durations count from
        started: the router's start as an earlier view of it had it; kept while the new one is as good as the same,
            because it is a difference of two clocks that are read milliseconds apart

    Returns `{pool: {state, router: {started, inflight, queued}, handled, workers, snapshot, postponed, postponed_reason},
    ready, troubles}`. Moments are epoch ms, to the second.
    """
    router = report.get("router") or {}
    now_started = _moment(router.get("uptime_ms"), now_ms)
    if started is None or now_started is None or abs(now_started - started) > SAME_MS:
        started = now_started
    workers = [line(worker, now_ms) for worker in report.get("workers") or []]
    return {
        "pool": {
            "state": report.get("state") or "booting",
            "router": {
                "started": started,
                "inflight": router.get("inflight") or 0,
                "queued": router.get("queued") or 0,
            },
            # Not the router's own count: looking at the pool is itself a request, and the page would count its looks.
            "handled": sum(worker["handled"] for worker in workers),
            "workers": workers,
            "snapshot": snapshot(report.get("snapshot") or {}),
            "postponed": postponed(report),
            "postponed_reason": (report.get("postponed") or {}).get("reason"),
        },
        "ready": sum(worker["state"] in ("ready", "busy") for worker in workers),
        "troubles": troubles(report),
    }


POSTPONED = {
    "waiting": "keripy is fetched after the first answer.",
    "fetching": "keripy is being fetched.",
    "failed": "keripy could not be fetched; it is tried again every few seconds.",
}
"""Router's word for the postponed wheels (router/policy/pool/postponed.py), while they are not there -> sentence for people."""

UNREAD = "The library and the wheels could not be read; it is tried again every few seconds."
"""The same of workers that started from the memory snapshot, which holds keripy: they want them seldom, and wait for them."""

SNAPSHOTS = {
    "used": ("ok", "Workers started from the kept memory snapshot."),
    "none": ("plain", "A plain start: no memory snapshot of this version is kept yet. One is made when the pool is idle."),
    "making": ("info", "A spare worker is making a memory snapshot for the next visit."),
    "kept": ("ok", "A plain start; the next one is from the memory snapshot that is kept now."),
    "refused": ("warn", "The kept memory snapshot was refused. Another one is made when the pool is idle."),
    "failed": ("warn", "A plain start, and no memory snapshot could be made."),
    "off": ("plain", "A plain start: no memory snapshot can be kept here."),
}
"""Router's word for the memory snapshot (router/policy/pool/snapshot.py) -> kind for the style sheet, sentence for people."""


def postponed(report: dict[str, Any]) -> str | None:
    """What is to be said of what comes after the first answer."""
    state = (report.get("postponed") or {}).get("state") or ""
    if (report.get("snapshot") or {}).get("state") == "used":
        return UNREAD if state == "failed" else None
    return POSTPONED.get(state)


def snapshot(told: dict[str, Any]) -> dict[str, Any]:
    """`{state, kind, text, reason, bytes, ms}` of the memory snapshot; state None while the router does not know yet."""
    unknown = ("plain", "A plain start: a memory snapshot is made for the next visits once the app is kept.")
    kind, text = SNAPSHOTS.get(told.get("state") or "", unknown)
    return {"state": told.get("state"), "kind": kind, "text": text} | {key: told.get(key) for key in ("reason", "bytes", "ms")}


def line(worker: dict[str, Any], now_ms: float) -> dict[str, Any]:
    """One worker's line: its report with kind and symbol of its state and with moments instead of durations."""
    state = worker.get("state") or "booting"
    kind, symbol = STATES.get(state, ("plain", "info"))
    beat = worker.get("last_heartbeat_ms")
    return {
        "id": worker["id"],
        "state": state,
        "kind": kind,
        "symbol": symbol,
        "stage": worker.get("stage"),
        "slices": worker.get("slices") or [],
        "generation": worker.get("generation") or 0,
        "queue": worker.get("queue") or 0,
        "handled": worker.get("handled") or 0,
        "failed": worker.get("failed") or 0,
        "boot_ms": worker.get("boot_ms"),
        "heap_bytes": worker.get("heap_bytes"),
        "beating": beat is not None and beat < STEADY_MS,
        "heartbeat": _moment(beat, now_ms),
    }


def troubles(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What went wrong last in each worker that had trouble, be it a death or a fault: `[{worker, cause, restarts}]`."""
    return [
        {"worker": worker["id"], "cause": worker["last_error"], "restarts": worker.get("restarts") or 0}
        for worker in report.get("workers") or []
        if worker.get("last_error")
    ]


def _moment(ms_ago: float | None, now_ms: float) -> int | None:
    """When something was that happened `ms_ago`, in epoch ms, to the second."""
    return None if ms_ago is None else round((now_ms - ms_ago) / 1000) * 1000
