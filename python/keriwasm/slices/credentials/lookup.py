"""Looking into keripy's `kevers` and `tevers`: dicts in memory over a database.

Their `in` and `[]` load what is stored; their `get` does not, and says None for everything that was not used since the
wallet was opened. So nothing here calls that.
"""

from __future__ import annotations

from typing import Any

__all__ = ["found", "state"]


def found(cache: Any, key: str | None) -> Any:
    """The Kever or Tever, from the database if need be; None when there is none."""
    return cache[key] if key and key in cache else None


def state(reger: Any, creder: Any) -> Any:
    """The last transaction event's record of a credential (et, s, dt, …); None when its registry knows none."""
    tever = found(reger.tevers, creder.regi)
    return None if tever is None else tever.vcState(creder.said)
