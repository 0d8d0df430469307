"""Runs made ready for the templates. Pure functions over what `Study.as_json` gives."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from slices.load import settings
from slices.load.contenders import CONTENDERS, OWN, PAGE, title
from slices.load.operations import GROUPS, OPERATIONS, listing

from . import charts

__all__ = ["compare", "form", "live", "peers", "run", "summary"]

SAME = 0.1
"""Two rates that differ by less than this share are called alike."""


CELLS = (
    ("workers", "Workers"), ("ops_per_s", "ops/s"), ("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"),
    ("max_ms", "max ms"), ("speedup", "Speed-up"), ("efficiency", "Efficiency"), ("mb_per_s", "MB/s"),
    ("batch", "Batch"), ("ops", "Runs"),
)  # fmt: skip
"""Columns of numbers in the table of points."""


def peers() -> list[dict[str, Any]]:
    """The contenders beside us: `[{name, title, version, about, operations}]`."""
    return [
        {"name": each.name, "title": each.title, "version": each.version, "about": each.about,
         "operations": list(each.operations)}
        for each in CONTENDERS.values()
    ]  # fmt: skip


def summary(run: dict[str, Any]) -> dict[str, Any]:
    """One line of the history."""
    asked = run["settings"]
    preset = settings.PRESETS.get(asked.get("preset") or "", ("",))[0]
    return {
        "id": run["id"],
        "state": run["state"],
        "created_ms": run["created_ms"],
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run["created_ms"] / 1000)),
        "seconds": run["seconds"],
        "what": preset or f"{len(asked['operations'])} operation{'s' if len(asked['operations']) != 1 else ''}",
        "workers": settings.counts_text(asked["workers"]),
        "points": len(run["points"]),
        "finding": run["findings"][0]["text"] if run["findings"] else "",
    }


def form(asked: settings.Settings, pool: int, past: Sequence[dict[str, Any]], study: Any, trouble: str | None) -> dict:
    """What pages/load/index.html needs."""
    groups = {group: [each for each in listing() if each["group"] == group] for group in GROUPS}
    return {
        "groups": groups,
        "peers": peers(),
        "asked": asked.as_json(),
        "workers_text": settings.counts_text(asked.workers),
        "about_seconds": settings.about_seconds(asked),
        "pool": pool,
        "presets": [(name, *settings.PRESETS[name]) for name in settings.PRESETS],
        "history": [summary(each) for each in past],
        "running": run(study.as_json()) if study is not None and study.state == "running" else None,
        "trouble": trouble,
    }


def shown(name: str, value: float | None) -> str:
    """A number of the table for people; the cell's data-value, the CSV and the JSON have it in full."""
    if value is None:
        return "–"
    if name.endswith("_ms"):
        return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:,.1f}"
    if isinstance(value, int) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def live(run: dict[str, Any]) -> dict[str, Any]:
    """What fragments/load/live.html needs: progress and the gauges."""
    now, gauge = run["now"], run["gauge"]
    return {
        "run": run,
        "now": _named(now) if now else None,
        "gauge": {**gauge, "name": _named(gauge)} if gauge else None,
        "left": max(0.0, run["about_seconds"] - run["seconds"]),
        "recent": [{**each, "title": _named(each)} for each in run["points"][-5:][::-1]],
    }


def run(run: dict[str, Any]) -> dict[str, Any]:
    """What fragments/load/run.html needs: live while it goes on, charts, table and findings once it has ended."""
    points = run["points"]
    cores = run["environment"].get("cores", 1)
    named = [
        {
            **each,
            "title": OPERATIONS[each["operation"]].title,
            "by": title(each["contender"]),
            "cells": [(each[name], shown(name, each[name])) for name, _ in CELLS],
        }
        for each in points
    ]
    return {
        **live(run),
        "points": named,
        "heads": [head for _, head in CELLS],
        "cores": cores,
        "ratio_rows": [
            {**each, "title": OPERATIONS[each["operation"]].title, "by": title(each["contender"])}
            for each in run["ratios"]
        ],
        "scaling": charts.scaling(points, cores),
        "latencies": charts.latencies(points),
        "side_by_side": charts.side_by_side(points),
        "when": summary(run)["when"],
    }


def compare(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """`{a, b, points: [{operation, contender, workers, title, a, b, ratio}], alike}`: rates of the points both have."""
    other = {_key(each): each for each in second["points"]}
    points = []
    for each in first["points"]:
        match = other.get(_key(each))
        if match is None or not each["ops_per_s"]:
            continue
        ratio = round(match["ops_per_s"] / each["ops_per_s"], 3)
        points.append({
            "operation": each["operation"], "contender": each["contender"], "workers": each["workers"],
            "title": OPERATIONS[each["operation"]].title, "by": title(each["contender"]),
            "a": each["ops_per_s"], "b": match["ops_per_s"], "ratio": ratio,
        })  # fmt: skip
    alike = sum(abs(each["ratio"] - 1) <= SAME for each in points)
    return {
        "a": summary(first),
        "b": summary(second),
        "points": points,
        "alike": alike,
        "same_percent": round(SAME * 100),
    }


def _key(point: dict[str, Any]) -> tuple[str, str, int]:
    return point["operation"], point["contender"], point["workers"]


def _named(at: dict[str, Any]) -> str:
    name = OPERATIONS[at["operation"]].title
    if at["contender"] == OWN:
        return f"{name}, {at['workers']} worker{'s' if at['workers'] != 1 else ''}"
    return f"{name}, {title(at['contender'])}" if at["contender"] != PAGE else name
