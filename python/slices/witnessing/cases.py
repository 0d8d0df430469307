"""What is remembered of an identifier while its wallet is open: nothing that the database could say."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from .reasons import Reason

__all__ = ["Case"]


@dataclass
class Case:
    """One identifier. seen: SAID of the latest event when it was last looked at; complete: events before this number lack nothing;
    codes: of the round to come, witness to `code#time`."""

    seen: str = ""
    complete: int = 0
    tries: int = 0
    due: float | None = None
    asked: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    fresh: dict[int, set[str]] = field(default_factory=dict)
    round: Generator[float, float, None] | None = None
