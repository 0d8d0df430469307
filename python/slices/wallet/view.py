"""What the pages and programs are told of the wallet and its identifiers: plain dicts, no secret in any of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from keriwasm.browser import quota

from slices.crypto import passwords
from slices.kels.thresholds import readable
from slices.vault import passcode
from slices.vault.vault import Vault, epoch_ms, wait_after
from slices.witnessing import collecting, places

__all__ = ["AUTOLOCKS", "identifier", "identifiers", "part", "tiers", "wallet"]

AT_ONCE = 50
"""Identifiers told between two yields: some ten milliseconds in a browser."""

AUTOLOCKS = {0: "never", 60: "1 minute", 300: "5 minutes", 900: "15 minutes", 3600: "1 hour", 14400: "4 hours"}
"""Seconds -> words, as the form offers them."""


def tiers() -> list[dict[str, Any]]:
    """keripy's tiers with what each costs here: [{name, memory_bytes, estimate_ms, about}]."""
    return [
        {
            "name": each.name,
            "memory_bytes": each.memory,
            "estimate_ms": passwords.estimate_ms(each.ops, each.memory),
            "about": each.about,
        }
        for each in passcode.TIERS.values()
    ]


def wallet(vault: Vault, most: int) -> Generator[float, float, dict[str, Any]]:
    """`GET /app/wallet`; `identifiers` are at most so many, the first of `count`.

    Locked, it tells the public facts only: no alias, no identifier."""
    storage = yield from quota.facts(vault.worker)
    first = None if vault.locked else (yield from part(vault, 0, most))
    shown: dict[str, Any] = {
        "exists": vault.exists,
        "locked": vault.locked,
        "name": vault.name,
        "identifiers": first["identifiers"] if first is not None else [],
        "count": first["total"] if first is not None else 0,
        "storage": storage,
        "reason": vault.reason,
        "trouble": vault.worker.disk.trouble,
        "leftover": vault.worker.disk.leftover,
    }
    if vault.exists:
        facts = vault.facts
        shown |= {
            "tier": facts.tier,
            "autolock_s": facts.autolock,
            "created_ms": facts.created,
            "failures": facts.failures,
            "retry_after_s": max(0, min(-(-(facts.until - epoch_ms()) // 1000), round(wait_after(facts.failures)))),
        }
    return shown


def identifiers(vault: Vault, aids: Iterable[str]) -> Generator[float, float, list[dict[str, Any]]]:
    """Those of the open wallet, in this order; in steps. What was deleted meanwhile is left out."""
    found = []
    for number, aid in enumerate(list(aids), start=1):
        own = vault.hby.habs
        if (alias := own.alias(aid)) is not None:
            found.append(_identifier(vault, own, aid, alias))
        if number % AT_ONCE == 0:
            yield
    return found


def part(vault: Vault, first: int, count: int, q: str = "") -> Generator[float, float, dict[str, Any]]:
    """Some of the open wallet's identifiers, by alias: {identifiers, total, found, from, next}.

    q: words that the alias or AID must have; found: how many do; next: where to go on, None at the end."""
    yield from places.ready(vault)
    own = yield from vault.own()
    fits = own.found(q) if q else [aid for _, aid in own.order[first : first + count]]
    found = len(fits) if q else len(own.order)
    shown = yield from identifiers(vault, fits[first : first + count] if q else fits)
    following = first + count if first + count < found else None
    return {"identifiers": shown, "total": len(own.order), "found": found, "from": first, "next": following}


def identifier(vault: Vault, hab: Any) -> dict[str, Any]:
    """The key state of one: {aid, alias, sn, digest, keys, threshold, next_digests, next_threshold, ...}.

    witnesses: [{aid, url, receipted}], receipts: of the latest event; url is "" where no address is known, or the ledger was not
    opened yet.
    """
    return _identifier(vault, vault.hby.habs, hab.pre, hab.name)


def _identifier(vault: Vault, own: Any, aid: str, alias: str) -> dict[str, Any]:
    state = own.state(aid)
    told: dict[str, Any] = {"witnesses": [], "receipts": 0}
    if state["b"]:  # only then a Hab is made: a list of a thousand needs none
        told = collecting.of(vault.worker).told(own[aid])
    return {
        "aid": aid,
        "alias": alias,
        "sn": int(state["s"], 16),
        "digest": state["d"],
        "keys": state["k"],
        "threshold": readable(state["kt"]),
        "next_digests": state["n"],
        "next_threshold": readable(state["nt"]) if state["n"] else None,
        "transferable": bool(state["n"]),
        "delegator": state["di"] or None,
        "algo": vault.hby.ks.prms.get(aid).algo,
        "witnesses": [{name: each[name] for name in ("aid", "url", "receipted")} for each in told["witnesses"]],
        "toad": int(state["bt"], 16),
        "receipts": told["receipts"],
    }
