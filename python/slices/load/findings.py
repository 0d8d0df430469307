"""What a run found, in plain words: scaling, peers, overhead, noise, the page. Pure functions over points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from .contenders import OWN, PAGE, title
from .operations import OPERATIONS

__all__ = ["findings"]

NOISY = 1.25
"""Fastest window by slowest, above which a point is called noisy."""

GOOD_SCALING = 0.9
"""Efficiency from which scaling is called good."""

JANK_MS = 100
"""A delay of the page's own clock that a person takes for a hang (the answer to a click is due by then)."""

SETTLING = (
    "This was measured while the browser still did the work of a first visit (keeping the app, making its memory snapshot): "
    "the rates may be half of what they are. Run it again when the page has stood idle for a minute."
)

Finding = dict[str, str]


def findings(run: dict[str, Any]) -> list[Finding]:
    """`[{kind: ok | info | warn, text}]` about an ended run, the most telling first.

    run: `points`, `ratios`, `skipped`, `jank` and `environment` of `Study.as_json`.
    """
    points, cores = run["points"], run["environment"]["cores"]
    parts = (_scaling(points, cores), _peers(run["ratios"]), _overhead(points), _noise(points), _page(run["jank"]))
    if run.get("settling"):
        parts = ([_told("warn", SETTLING)], *parts)
    missing = dict.fromkeys(f"Not measured: {_named(each)}: {each['reason']}." for each in run["skipped"])
    return [each for part in parts for each in part] + [_told("warn", text) for text in missing]


def _told(kind: str, text: str) -> Finding:
    return {"kind": kind, "text": text}


def _named(entry: dict[str, Any]) -> str:
    by = entry["contender"]
    return OPERATIONS[entry["operation"]].title + ("" if by in (OWN, PAGE) else f" by {title(by)}")


def _scaling(points: Sequence[dict[str, Any]], cores: int) -> Iterator[Finding]:
    own = [each for each in points if each["contender"] == OWN and each["operation"] != "control"]
    most = max((each["workers"] for each in own), default=1)
    least = {each["operation"]: min(o["workers"] for o in own if o["operation"] == each["operation"]) for each in own}
    swept = [each for each in own if each["workers"] == most > least[each["operation"]] and each["speedup"]]
    if not swept:
        return
    typical = median(each["speedup"] for each in swept)
    good = median(each["efficiency"] for each in swept) >= GOOD_SCALING
    operations = f"{len(swept)} operations" if len(swept) > 1 else "one operation"
    yield _told(
        "ok" if good else "info",
        f"{most} workers give {typical:.1f}x on {cores} core{'s' if cores != 1 else ''} (median of {operations}).",
    )
    if len(swept) > 2:
        ordered = sorted(swept, key=lambda each: each["speedup"])
        best, worst = ordered[-1], ordered[0]
        yield _told(
            "info",
            f"Scales best: {_named(best)}, {best['speedup']:.2f}x; worst: {_named(worst)}, {worst['speedup']:.2f}x.",
        )
    if most > cores:
        yield _told("info", f"There are more workers than cores: beyond {cores} they share, they cannot add.")


def _peers(ratios: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    best: dict[str, dict[str, Any]] = {}
    for each in ratios:
        held = best.get(each["operation"])
        if held is None or each["ratio"] < held["ratio"]:
            best[each["operation"]] = each
    if not best:
        return
    ordered = sorted(best.values(), key=lambda each: each["ratio"])
    ahead = sum(each["ratio"] >= 1 for each in ordered)
    yield _told(
        "ok" if ahead == len(ordered) else "info",
        f"In one worker we are at or above the fastest peer in {ahead} of {len(ordered)} operations.",
    )
    low, high = ordered[0], ordered[-1]
    if low["ratio"] < 1:
        name, peer = OPERATIONS[low["operation"]].title, title(low["contender"])
        yield _told("info", f"Furthest behind: {name}, {low['ratio']:.2f} of {peer}’s rate.")
    if high["ratio"] >= 1:
        name, peer = OPERATIONS[high["operation"]].title, title(high["contender"])
        yield _told("info", f"Furthest ahead: {name}, {high['ratio']:.2f} times {peer}, the fastest peer there.")


def _overhead(points: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    control = [each for each in points if each["operation"] == "control" and each["contender"] == OWN]
    control = [each for each in control if each["ops_per_s"]]
    if control:
        least = min(control, key=lambda each: each["workers"])
        one_us = least["workers"] / least["ops_per_s"] * 1e6
        yield _told(
            "info", f"The method itself costs {one_us:.2g} µs a run, as the control (an empty operation) shows."
        )


def _noise(points: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    def spread(each: dict[str, Any]) -> float:
        return each["high_ops_per_s"] / each["low_ops_per_s"] if each["low_ops_per_s"] else 1.0

    noisy = sorted((each for each in points if spread(each) > NOISY), key=spread)
    if noisy:
        worst = noisy[-1]
        yield _told(
            "warn",
            f"{len(noisy)} of {len(points)} points are noisy: their windows differ by more than a quarter (most: "
            f"{_named(worst)} on {worst['workers']}, {spread(worst):.1f}x). Other work used the machine, or the windows "
            "are short: run it again, or longer.",
        )


def _page(jank: dict[str, Any] | None) -> Iterator[Finding]:
    if not jank or not jank["samples"]:
        yield _told("info", "The page’s own delays were not measured: its load page was not open, or hidden.")
        return
    late = f"its clock was late by {jank['max_ms']:.0f} ms at most, by {jank['p95_ms']:.0f} ms in the worst of 20"
    if jank["max_ms"] < JANK_MS:
        yield _told("ok", f"The page stayed responsive: {late}.")
    else:
        yield _told("warn", f"The page was held up at least once: {late}.")
