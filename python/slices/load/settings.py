"""What a run is asked to do: its fields with their bounds, presets, the link that asks for the same again, its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from keriwasm.data.words import counted
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from .contenders import CONTENDERS, offered
from .operations import OPERATIONS

__all__ = ["PRESETS", "REPEATS", "Settings", "about_seconds", "link", "preset", "read", "sweep"]

REPEATS = 3
"""Windows of each point; the median of their rates is the point's rate."""

WORKERS_MOST = 16
SECONDS_LEAST, SECONDS_MOST = 0.1, 60.0
BATCH_MOST = 1_000_000
PAYLOAD_MOST = 1 << 20

WINDOW_COST = 0.09
"""Seconds that a window takes beside its length: messages, the common start (see studying.LEAD)."""

PREPARE_COST = 0.35
"""Seconds that preparing one operation takes in one contender, about."""


@dataclass(frozen=True)
class Settings:
    """One run's settings.

    Attributes:
        operations: names; workers: counts to sweep, ascending; peers: contenders beside our own
        seconds: measured time of each point, over all its windows; batch: runs per sample, 0 for automatic
        payload_bytes: length of the messages that are signed, verified, sealed, opened
    """

    operations: tuple[str, ...]
    workers: tuple[int, ...]
    seconds: float = 3.0
    batch: int = 0
    payload_bytes: int = 128
    peers: tuple[str, ...] = ()
    preset: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain data, lists for tuples."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


QUICK = (
    "control",
    "ed25519-sign",
    "ed25519-verify",
    "xchacha-1k",
    "blake3-200",
    "blake3-1m",
    "ml-kem-768-encaps",
    "ml-dsa-65-sign",
)
TOO_LONG = ("argon2id-moderate", "argon2id-sensitive")

PRESETS = {
    "quick": ("Quick look", "Eight operations beside their peers, in under half a minute."),
    "full": ("Full study", "Everything but the two large Argon2id tiers; takes a quarter of an hour and more."),
}


def sweep(pool: int) -> tuple[int, ...]:
    """Worker counts for a pool: 1, 2, 4, … and the whole pool."""
    counts = {1, pool}
    step = 2
    while step < pool:
        counts.add(step)
        step *= 2
    return tuple(sorted(counts))


def preset(name: str, pool: int) -> Settings:
    """The settings of a preset on a pool of that size. Raises KeyError."""
    peers = tuple(CONTENDERS)
    if name == "quick":
        return Settings(QUICK, tuple(sorted({1, pool})), 0.36, peers=peers, preset=name)
    if name == "full":
        operations = tuple(each for each in OPERATIONS if each not in TOO_LONG)
        return Settings(operations, sweep(pool), 3.0, peers=peers, preset=name)
    raise KeyError(name)


def read(fields: Fields, pool: int) -> Settings:
    """Settings from a request; what is not given comes from `preset`, or from the defaults. Raises FieldError."""
    name = fields.choice("preset", [*PRESETS, ""], default="")
    base = preset(name or "quick", pool)
    operations = fields.several("operations", default=None)
    if operations is None:
        if not name:
            raise FieldError("operations", "is missing: name at least one, or a preset")
    else:
        if not operations:
            raise FieldError("operations", "is empty: choose at least one")
        for each in operations:
            if each not in OPERATIONS:
                raise FieldError("operations", f"there is no operation {each[:60]!r}; GET app/load lists them")
        base = replace(base, operations=tuple(dict.fromkeys(operations)), peers=(), preset="")
    peers = fields.several("peers", default=None)
    if peers is not None:
        for each in peers:
            if each not in CONTENDERS:
                raise FieldError("peers", f"there is no contender {each[:60]!r}: {', '.join(CONTENDERS)}")
        base = replace(base, peers=tuple(dict.fromkeys(peers)))
    default_seconds = base.seconds if name else 3.0
    return replace(
        base,
        workers=_workers(fields, pool, base.workers if name else sweep(pool)),
        seconds=fields.number("seconds", SECONDS_LEAST, SECONDS_MOST, default=default_seconds),
        batch=fields.integer("batch", 0, BATCH_MOST, default=0),
        payload_bytes=fields.integer("payload_bytes", 0, PAYLOAD_MOST, default=base.payload_bytes),
    )


def _workers(fields: Fields, pool: int, default: tuple[int, ...]) -> tuple[int, ...]:
    given = fields.several("workers", default=None)
    if not given:
        return default
    counts = []
    for each in given:
        if not (each.isascii() and each.isdigit() and 1 <= int(each) <= WORKERS_MOST):
            raise FieldError(
                "workers", f"must be whole numbers from 1 to {WORKERS_MOST}, such as 1,2,4; not {each[:20]!r}"
            )
        if int(each) > pool:
            raise FieldError(
                "workers", f"the pool has {counted(pool, 'worker')}: enlarge it on the pool page before asking for {each}"
            )
        counts.append(int(each))
    return tuple(sorted(set(counts)))


def link(settings: Settings) -> str:
    """The address, relative to the base, whose form is filled with just these settings."""
    query: list[tuple[str, Any]] = [
        ("operations", ",".join(settings.operations)),
        ("workers", ",".join(map(str, settings.workers))),
        ("seconds", f"{settings.seconds:g}"),
        ("batch", settings.batch),
        ("payload_bytes", settings.payload_bytes),
        ("peers", ",".join(settings.peers)),
    ]
    return f"app/load?{urlencode(query, safe=',')}"


def about_seconds(settings: Settings) -> float:
    """About how long the run takes; long operations take longer, for a window ends with the run that it is in."""
    total = 0.0
    for name in settings.operations:
        own = 1 if OPERATIONS[name].page else len(settings.workers)
        peers = offered(name, settings.peers)
        total += (own + len(peers)) * (settings.seconds + REPEATS * WINDOW_COST) + (1 + len(peers)) * PREPARE_COST
    return total


def counts_text(counts: Sequence[int]) -> str:
    """Worker counts as the form's field has them."""
    return ",".join(map(str, counts))
