"""Looking into keripy's `kevers` and `tevers`: dicts in memory over a database.

Their `in` and `[]` load what is stored; their `get` does not, and says None for everything that was not used since the
wallet was opened. So nothing here calls that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["cleanse", "found", "registry_of", "state", "state_in"]


def found(cache: Any, key: str | None) -> Any:
    """The Kever or Tever, from the database if need be; None when there is none."""
    return cache[key] if key and key in cache else None


def state(reger: Any, creder: Any) -> Any:
    """The last transaction event's record of a credential (et, s, dt, …); None when its registry knows none."""
    return state_in(reger, creder.regi, creder.said)


def state_in(reger: Any, regi: str, said: str) -> Any:
    """As `state`, of a credential that need not be here.

    keripy keeps a credential's events by the credential alone: where another registry, a stranger's, has spoken of it, what
    counts is what its own one says. (What comes in today is chosen by that already, see transactions.py.)
    """
    tever = found(reger.tevers, regi)
    told = tever.vcState(said) if tever is not None else None
    if told is None:
        return None
    own = [each for each in _events(reger, said) if registry_of(each) == regi]
    if not own:
        return None
    last = own[-1]
    told.et, told.s, told.dt = last["t"], last["s"], last["dt"]
    return told


def cleanse(reger: Any, regi: str, said: str) -> None:
    """Take out what other registries have said of a credential: it stands where its own one's next event belongs.

    Nothing of the kind comes in any more; a wallet of before may hold it. Inside of `vault.change()`.
    """
    from keri.core import serdering
    from keri.db import dbing

    for _, number, digest in list(reger.getTelItemPreIter(said.encode())):
        key = dbing.dgKey(said, bytes(digest))
        if registry_of(serdering.SerderKERI(raw=bytes(reger.getTvt(key)), verify=False).sad) != regi:
            reger.delTel(dbing.snKey(said, number))
            reger.delTvt(key)
            reger.delAnc(key)


def registry_of(sad: dict[str, Any]) -> str:
    """The registry that a transaction event of good shape belongs to."""
    return sad["ri"] if "ri" in sad else sad["ra"]["i"] if "ra" in sad else sad["i"]


def _events(reger: Any, said: str) -> Iterator[dict[str, Any]]:
    from keri.core import serdering
    from keri.db import dbing

    for _, _, digest in reger.getTelItemPreIter(said.encode()):
        yield serdering.SerderKERI(raw=bytes(reger.getTvt(dbing.dgKey(said, bytes(digest)))), verify=False).sad
