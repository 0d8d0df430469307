"""A log-linear histogram of durations, as HdrHistogram's: every value is counted, none further off than one part in 128.

PyPI's ``hdrhistogram`` needs a C extension for which there is no wasm wheel; this is the part of it that is needed here.
Values are whole nanoseconds. Up to 256 ns each has a bucket of its own; above, every power of two is cut into 128.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["PRECISION", "Histogram", "bucket", "middle"]

PRECISION = 7
"""Bits of a value that a bucket keeps: a bucket is at most 1/128 of its values wide."""

_EXACT = 1 << (PRECISION + 1)


def bucket(value: int) -> int:
    """The number of the bucket that a value of nanoseconds (0 or more) falls into; buckets ascend as values do."""
    if value < _EXACT:
        return max(0, value)
    shift = value.bit_length() - PRECISION - 1
    return (shift << PRECISION) + (value >> shift)


def middle(number: int) -> float:
    """The middle of a bucket's values, in nanoseconds."""
    if number < _EXACT:
        return float(number)
    shift = (number >> PRECISION) - 1
    low = (number - (shift << PRECISION)) << shift
    return low + ((1 << shift) - 1) / 2


class Histogram:
    """Counts by bucket. The largest and the smallest value are kept as they were.

    Attributes:
        count: values recorded; low, high: the smallest and the largest of them in nanoseconds, 0 when there are none
    """

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.count = 0
        self.low = 0
        self.high = 0

    def record(self, values: Iterable[int]) -> None:
        """Take in durations of whole nanoseconds; a clock that steps back counts as 0."""
        counts = self.counts
        for value in values:
            number = bucket(value)
            counts[number] = counts.get(number, 0) + 1
            self.low = value if not self.count else min(self.low, value)
            self.high = max(self.high, value)
            self.count += 1

    def merge(self, other: Histogram) -> None:
        """Add another histogram's counts."""
        if not other.count:
            return
        for number, times in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + times
        self.low = other.low if not self.count else min(self.low, other.low)
        self.high = max(self.high, other.high)
        self.count += other.count

    def percentile(self, percent: float) -> float:
        """The smallest duration (ns) that at least `percent` of the values do not exceed. 0.0 when there are none."""
        if not self.count:
            return 0.0
        wanted = max(1, -(-self.count * percent // 100))
        seen = 0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if seen >= wanted:
                return min(max(middle(number), self.low), self.high)
        return float(self.high)

    def as_json(self) -> dict[str, object]:
        """`{low, high, counts: [[bucket, times], …]}`, the way it travels between workers."""
        return {"low": self.low, "high": self.high, "counts": sorted(self.counts.items())}

    @classmethod
    def from_json(cls, sent: Mapping[str, object]) -> Histogram:
        """The histogram that `as_json` (here or in workers/lab/peers.js) described. Raises KeyError, TypeError, ValueError."""
        made = cls()
        for number, times in sent["counts"]:  # type: ignore[attr-defined]
            number, times = int(number), int(times)
            if number < 0 or times < 0:
                raise ValueError("a bucket or a count is negative")
            made.counts[number] = made.counts.get(number, 0) + times
            made.count += times
        made.low, made.high = int(sent["low"]), int(sent["high"])  # type: ignore[call-overload]
        return made
