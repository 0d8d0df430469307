"""From windows to points: medians, percentiles, speed-up and efficiency, ratios between contenders. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .contenders import OWN, PAGE
from .histogram import Histogram
from .operations import OPERATIONS

__all__ = ["COLUMNS", "Target", "Window", "as_csv", "finish", "point", "ratios"]


@dataclass(frozen=True)
class Window:
    """One window of one target: what each of its workers did."""

    shares: tuple[dict[str, Any], ...]

    @property
    def ops(self) -> int:
        """Runs of all workers."""
        return sum(share["ops"] for share in self.shares)

    @property
    def rate(self) -> float:
        """Runs per second: the sum of the workers' own rates, each over its own wall time from the common start."""
        return sum(share["ops"] / share["wall_ns"] * 1e9 for share in self.shares if share["wall_ns"] > 0)

    @property
    def seconds(self) -> float:
        """Its length: the longest worker's."""
        return max(share["wall_ns"] for share in self.shares) / 1e9


@dataclass
class Target:
    """What is measured at one point: an operation by a contender on so many workers."""

    operation: str
    contender: str
    workers: int
    batch: int = 1
    windows: list[Window] = field(default_factory=list)


COLUMNS = (
    "operation", "contender", "workers", "ops", "seconds", "ops_per_s", "low_ops_per_s", "high_ops_per_s",
    "p50_ms", "p95_ms", "p99_ms", "max_ms", "speedup", "efficiency", "mb_per_s", "batch", "windows", "late_ms",
)  # fmt: skip
"""What a point holds, in the order of the CSV."""


def point(target: Target) -> dict[str, Any]:
    """The point of a measured target; `speedup` and `efficiency` are None until `finish`.

    With a batch above 1 the percentiles are those of batch means: a single run is shorter than the clock can tell.
    """
    rates = [window.rate for window in target.windows]
    merged = Histogram()
    for window in target.windows:
        for share in window.shares:
            merged.merge(Histogram.from_json(share["histogram"]))
    rate = median(rates)
    size = OPERATIONS[target.operation].bytes
    return {
        "operation": target.operation,
        "contender": target.contender,
        "workers": target.workers,
        "ops": sum(window.ops for window in target.windows),
        "seconds": round(sum(window.seconds for window in target.windows), 4),
        "ops_per_s": _three(rate),
        "low_ops_per_s": _three(min(rates)),
        "high_ops_per_s": _three(max(rates)),
        "p50_ms": _ms(merged.percentile(50)),
        "p95_ms": _ms(merged.percentile(95)),
        "p99_ms": _ms(merged.percentile(99)),
        "max_ms": _ms(merged.high),
        "speedup": None,
        "efficiency": None,
        "mb_per_s": _three(rate * size / 1e6) if size else None,
        "batch": target.batch,
        "windows": len(target.windows),
        "late_ms": round(max(share["late_ms"] for window in target.windows for share in window.shares), 1),
    }


def finish(points: Sequence[dict[str, Any]], cores: int) -> None:
    """Fill in speed-up (against the fewest workers of the same operation and contender, counted as ideal) and
    efficiency (speed-up by the workers that have a core of their own: 1 is ideal)."""
    for each in points:
        family = [
            other for other in points
            if (other["operation"], other["contender"]) == (each["operation"], each["contender"])
        ]  # fmt: skip
        base = min(family, key=lambda other: other["workers"])
        one = base["ops_per_s"] / min(base["workers"], cores)
        each["speedup"] = round(each["ops_per_s"] / one, 3) if one else None
        each["efficiency"] = round(each["speedup"] / min(each["workers"], cores), 3) if each["speedup"] else None


def ratios(points: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Us beside each peer, on one worker in the same run: `[{operation, contender, ratio, typical}]`.

    ratio: our rate by the peer's; typical: the time of its median run by that of ours, which other work on the machine
    disturbs far less (None where a run is too short for the clock). Above 1 we are faster.
    """
    points = list(points)
    own = {each["operation"]: each for each in points if each["contender"] == OWN and each["workers"] == 1}
    made = []
    for each in points:
        ours = own.get(each["operation"])
        if each["contender"] in (OWN, PAGE) or ours is None or not each["ops_per_s"]:
            continue
        typical = round(each["p50_ms"] / ours["p50_ms"], 3) if ours["p50_ms"] and each["p50_ms"] else None
        ratio = round(ours["ops_per_s"] / each["ops_per_s"], 3)
        made.append(
            {"operation": each["operation"], "contender": each["contender"], "ratio": ratio, "typical": typical}
        )
    return made


def as_csv(points: Iterable[dict[str, Any]]) -> str:
    """RFC 4180, one line for each point under the names of `COLUMNS`; what a point has not is empty."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in points:
        writer.writerow(["" if each[name] is None else each[name] for name in COLUMNS])
    return out.getvalue()


def _three(value: float) -> float:
    """Four significant digits: no measurement here knows more."""
    return float(f"{value:.4g}")


def _ms(nanoseconds: float) -> float:
    return float(f"{nanoseconds / 1e6:.4g}")
