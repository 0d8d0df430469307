"""Keys that are derived from a salt, stretched one after the other: with a count of how far it is, giving way between them.

keripy derives all keys of an event in one go (`SaltyCreator.create`): 64 of them and 64 promised ones hold the worker for half a
minute, in which nothing is shown and a cancel would cost the worker. So their seeds are stretched beforehand, a key at a time,
and keripy finds them at hand when it asks: by the same call, for the same salt, path and tier. What was not foreseen it
stretches itself, as always. The seeds live in this module for as long as one act takes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Plan", "ahead", "at_hand", "inception", "rotation"]

SIZE = 32
"""Bytes of an Ed25519 seed."""

Seeds = dict[tuple[bytes, str, str, int], bytes]


@dataclass
class Plan:
    """Which seeds an act will want, and how many of them are there (`done` of `total`)."""

    salt: str = field(repr=False)
    tier: str
    paths: list[str]
    done: int = 0

    @property
    def total(self) -> int:
        return len(self.paths)


class Open(Protocol):
    """The vault: it shows what is being made, and is locked or not."""

    making: Plan | None

    @property
    def hby(self) -> Any: ...


def inception(hby: Any, alias: str, keys: int, following: int) -> Plan:
    """For `hby.makeHab(alias, algo="salty", icount=keys, ncount=following)`."""
    paths = [f"{alias}{0:x}{at:x}" for at in range(keys)]
    paths += [f"{alias}{1:x}{keys + at:x}" for at in range(following)]
    return Plan(hby.mgr.salt, hby.mgr.tier, paths)


def rotation(hby: Any, pre: str, following: int) -> Plan | None:
    """For `hab.rotate(ncount=following)`; None when the identifier's keys come from no salt."""
    parameters, place = hby.mgr.ks.prms.get(pre), hby.mgr.ks.sits.get(pre)
    if parameters is None or place is None or parameters.algo != "salty":
        return None
    salt = hby.mgr.decrypter.decrypt(qb64=parameters.salt).qb64
    stem = parameters.stem or f"{parameters.pidx:x}"
    turn, first = place.nxt.ridx + 1, place.nxt.kidx + len(place.nxt.pubs)
    return Plan(salt, parameters.tier, [f"{stem}{turn:x}{first + at:x}" for at in range(following)])


def ahead(vault: Open, plan: Plan) -> Generator[float, float, Seeds]:
    """Stretch what the plan names, a key at a time; the vault shows how far it is. A lock meanwhile ends it after the key at hand (423)."""
    from keri import core

    salter = core.Salter(qb64=plan.salt, tier=plan.tier)
    seeds: Seeds = {}
    vault.making = plan
    try:
        for path in plan.paths:
            seeds[salter.raw, path, plan.tier, SIZE] = salter.stretch(size=SIZE, path=path, tier=plan.tier)
            plan.done += 1
            yield 0.001
            vault.hby  # noqa: B018 (raises when it was locked meanwhile; what somebody waits for is use)
    finally:
        vault.making = None
    return seeds


@contextmanager
def at_hand(seeds: Seeds | None) -> Iterator[None]:
    """keripy's stretching finds these seeds while the context lasts, which must not give way."""
    if not seeds:
        yield
        return
    from keri.core import signing

    original = signing.Salter.stretch

    def stretch(self: Any, *, size: int = SIZE, path: str = "", tier: str | None = None, temp: bool = False) -> bytes:
        known = None if temp else seeds.get((self.raw, path, tier if tier is not None else self.tier, size))
        return known if known is not None else original(self, size=size, path=path, tier=tier, temp=temp)

    signing.Salter.stretch = stretch
    try:
        yield
    finally:
        signing.Salter.stretch = original
