"""Counts and moments in words, the same everywhere: never "1 events", never a raw ISO 8601 time."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """"1 event", "1,204 events"; `many` where that is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(stamp: str) -> str:
    """"2026-11-29 23:15 UTC" of an ISO 8601 time as keripy writes it (always UTC); another text stays as it is."""
    day, mark, time = stamp.partition("T")
    if not mark or not time.endswith("+00:00") or len(day) != 10:
        return stamp
    return f"{day} {time[:5]} UTC"
