"""The pre-rotation links of a log as a drawing: keys of each establishment event, and what each had committed to before.

Gives coordinates; templates/macros/timeline.html draws them as SVG. Columns are establishment events from left to right:
on the left of each its keys, on its right the digests of the next keys; a line leads from a digest to the key that it hid.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MOST", "draw"]

MOST = 8
"""Columns: the latest establishment events."""
ROWS = 12
"""Keys or digests drawn per column; more are counted in words."""

COLUMN, ROW, TOP = 150, 20, 34
KEYS_AT, NEXT_AT = 24, 96
RADIUS = 6


def draw(told: list[dict[str, Any]]) -> dict[str, Any]:
    """{width, height, columns, lines, words} of establishment events as `timeline.establishments` gives them.

    columns: [{sn, type, x, keys: [{x, y}], next: [{x, y}], more: str}]; lines: [{x1, y1, x2, y2}]
    """
    columns: list[dict[str, Any]] = []
    lines: list[dict[str, int]] = []
    for number, each in enumerate(told):
        x = number * COLUMN
        keys, digests = each["keys"], each["next_digests"]
        hidden = max(0, len(keys) - ROWS), max(0, len(digests) - ROWS)
        columns.append(
            {
                "sn": each["sn"],
                "type": each["type"],
                "x": x,
                "keys": [_dot(x + KEYS_AT, row) for row in range(min(len(keys), ROWS))],
                "next": [_dot(x + NEXT_AT, row) for row in range(min(len(digests), ROWS))],
                "more": f"and {hidden[0]} + {hidden[1]} more" if any(hidden) else "",
            }
        )
        if number == 0:
            continue
        for link in each["reveals"]:
            if link["key"] < ROWS and link["next"] < ROWS:
                start, end = columns[number - 1]["next"][link["next"]], columns[number]["keys"][link["key"]]
                lines.append({"x1": start["x"] + RADIUS, "y1": start["y"], "x2": end["x"] - RADIUS, "y2": end["y"]})
    rows = max((max(len(each["keys"]), len(each["next"])) for each in columns), default=0)
    return {
        "width": max(1, len(columns)) * COLUMN - (COLUMN - NEXT_AT - 40),
        "height": TOP + rows * ROW + 16,
        "columns": columns,
        "lines": lines,
        "words": _words(told),
    }


def _dot(x: int, row: int) -> dict[str, int]:
    return {"x": x, "y": TOP + row * ROW + ROW // 2}


def _words(told: list[dict[str, Any]]) -> str:
    """The drawing for who does not see it."""
    parts = []
    for each in told:
        keys, digests = len(each["keys"]), len(each["next_digests"])
        part = f"event {each['sn']}: {keys} {'key' if keys == 1 else 'keys'}"
        if each["reveals"]:
            part += f", {len(each['reveals'])} of them promised by event {each['reveals'][0]['from']}"
        parts.append(f"{part}, promises {digests} next")
    return "; ".join(parts)
