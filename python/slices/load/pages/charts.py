"""Geometry of the charts: from points to coordinates. templates/macros/charts.html draws them as SVG.

Not pygal: its SVG carries a <style> and a <script>, and the page's Content-Security-Policy refuses both. Here every
colour is a class of static/css/load.css, so that dark mode and printing need nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from slices.load.contenders import OWN, PAGE, title
from slices.load.operations import OPERATIONS

__all__ = ["latencies", "log_ticks", "scaling", "side_by_side"]

WIDTH, HEIGHT = 260, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 10, 10, 24

ROW = 22
"""Height of a bar's line in the log charts."""

LABELS = 210
"""Width that the names take in the log charts; SPAN is that of the scale."""
SPAN = 430
NUMBERS = 90


def scaling(points: Sequence[dict[str, Any]], cores: int) -> list[dict[str, Any]]:
    """One small chart for each operation of ours that was swept: speed-up over workers with the ideal line."""
    charts = []
    for name in dict.fromkeys(each["operation"] for each in points if each["contender"] == OWN):
        swept = sorted(
            (each for each in points if each["operation"] == name and each["contender"] == OWN), key=_workers
        )
        if len(swept) < 2:
            continue
        most_workers = swept[-1]["workers"]
        top = max(1.0, min(most_workers, cores), *(each["speedup"] or 0 for each in swept)) * 1.08
        plot_w, plot_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

        def x(workers: float, most: int = most_workers, width: int = plot_w) -> float:
            return round(LEFT + width * (workers - 1) / max(1, most - 1), 1)

        def y(value: float, top: float = top, height: int = plot_h) -> float:
            return round(TOP + height * (1 - value / top), 1)

        bends = sorted({1, min(cores, most_workers), most_workers})
        charts.append({
            "title": OPERATIONS[name].title,
            "dots": [{"x": x(each["workers"]), "y": y(each["speedup"] or 0), "point": each} for each in swept],
            "line": " ".join(f"{x(each['workers'])},{y(each['speedup'] or 0)}" for each in swept),
            "ideal": " ".join(f"{x(workers)},{y(min(workers, cores))}" for workers in bends),
            "x_ticks": [{"x": x(each["workers"]), "text": str(each["workers"])} for each in swept],
            "y_ticks": [{"y": y(value), "text": f"{value:g}x"} for value in _linear_ticks(top)],
            "last": swept[-1],
        })  # fmt: skip
    return charts


def latencies(points: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Percentiles on one worker, p50 to p99 as a bar with p95 marked, on a log scale of milliseconds."""
    shown = [each for each in points if each["contender"] in (OWN, PAGE) and each["operation"] != "control"]
    least = {
        each["operation"]: min(w["workers"] for w in shown if w["operation"] == each["operation"]) for each in shown
    }
    shown = [each for each in shown if each["workers"] == least[each["operation"]] and each["p50_ms"]]
    if not shown:
        return None
    scale = _Log(min(each["p50_ms"] for each in shown), max(each["p99_ms"] for each in shown))
    rows = [{
        "y": ROW * at,
        "name": OPERATIONS[each["operation"]].title,
        "from": scale.x(each["p50_ms"]),
        "middle": scale.x(each["p95_ms"]),
        "to": scale.x(each["p99_ms"]),
        "text": f"{_short(each['p50_ms'])} / {_short(each['p99_ms'])}",
        "point": each,
    } for at, each in enumerate(shown)]  # fmt: skip
    return {"rows": rows, "ticks": scale.ticks(" ms"), "height": ROW * len(rows), "width": LABELS + SPAN + NUMBERS}


def side_by_side(points: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Every operation on one worker, each contender a bar below the other, on a log scale of runs per second."""
    least = {
        each["operation"]: min(w["workers"] for w in points if w["operation"] == each["operation"]) for each in points
    }
    shown = [each for each in points if each["workers"] == least[each["operation"]] and each["ops_per_s"]]
    if not shown:
        return None
    scale = _Log(min(each["ops_per_s"] for each in shown), max(each["ops_per_s"] for each in shown))
    rows: list[dict[str, Any]] = []
    at = 0
    for name in dict.fromkeys(each["operation"] for each in shown):
        for index, each in enumerate(each for each in shown if each["operation"] == name):
            rows.append({
                "y": at,
                "name": OPERATIONS[name].title if index == 0 else "",
                "contender": each["contender"],
                "by": title(each["contender"]),
                "to": scale.x(each["ops_per_s"]),
                "text": _rate(each["ops_per_s"]),
                "point": each,
            })  # fmt: skip
            at += 16
        at += 8
    return {
        "rows": rows,
        "ticks": scale.ticks(""),
        "height": at,
        "width": LABELS + SPAN + NUMBERS,
        "contenders": [(name, title(name)) for name in dict.fromkeys(row["contender"] for row in rows)],
    }


class _Log:
    """A logarithmic scale from `low` to `high`, widened to whole powers of ten."""

    def __init__(self, low: float, high: float) -> None:
        self.first = math.floor(math.log10(max(low, 1e-9)))
        self.last = max(self.first + 1, math.ceil(math.log10(max(high, 1e-9))))

    def x(self, value: float) -> float:
        """Where a value lies, in SVG units from the scale's left."""
        share = (math.log10(max(value, 1e-9)) - self.first) / (self.last - self.first)
        return round(LABELS + SPAN * min(1.0, max(0.0, share)), 1)

    def ticks(self, unit: str) -> list[dict[str, Any]]:
        """Lines at the powers of ten."""
        return [{"x": self.x(10.0**power), "text": _power(power) + unit} for power in range(self.first, self.last + 1)]


def log_ticks(low: float, high: float) -> list[dict[str, Any]]:
    """The ticks of a scale that holds `low` and `high`."""
    return _Log(low, high).ticks("")


def _power(power: int) -> str:
    return _rate(10.0**power) if power >= 0 else f"{10.0**power:.{-power}f}"


def _rate(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _short(ms: float) -> str:
    return f"{ms * 1000:.3g} µs" if ms < 1 else f"{ms:.3g} ms" if ms < 1000 else f"{ms / 1000:.3g} s"


def _linear_ticks(top: float) -> list[float]:
    step = 1 if top < 5 else 2 if top < 10 else 4
    return [float(value) for value in range(0, int(top) + 1, step)]


def _workers(point: dict[str, Any]) -> int:
    return point["workers"]
