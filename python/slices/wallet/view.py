"""What the pages and programs are told of the wallet and its identifiers: plain dicts, no secret in any of them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from keriwasm.browser import quota

from slices.crypto import passwords
from slices.kels.thresholds import readable
from slices.vault import passcode
from slices.vault.vault import Vault, epoch_ms, wait_after
from slices.witnessing import collecting

__all__ = ["AUTOLOCKS", "identifier", "identifiers", "tiers", "wallet"]

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


def wallet(vault: Vault) -> Generator[float, float, dict[str, Any]]:
    """`GET /app/wallet`. Locked, it tells the public facts only: no alias, no identifier."""
    storage = yield from quota.facts(vault.worker)
    shown: dict[str, Any] = {
        "exists": vault.exists,
        "locked": vault.locked,
        "name": vault.name,
        "identifiers": [] if vault.locked else identifiers(vault),
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


def identifiers(vault: Vault) -> list[dict[str, Any]]:
    """The open wallet's identifiers, by alias."""
    habs = vault.hby.habs.values()
    return sorted((identifier(vault, hab) for hab in habs), key=lambda each: (each["alias"].casefold(), each["aid"]))


def identifier(vault: Vault, hab: Any) -> dict[str, Any]:
    """The key state of one: {aid, alias, sn, digest, keys, threshold, next_digests, next_threshold, ...}.

    witnesses: [{aid, url, receipted}], receipts: of the latest event; url is "" where no address is known, or the ledger was not
    opened yet.
    """
    kever = hab.kever
    told = collecting.of(vault.worker).told(hab)
    return {
        "aid": hab.pre,
        "alias": hab.name,
        "sn": kever.sner.num,
        "digest": kever.serder.said,
        "keys": [verfer.qb64 for verfer in kever.verfers],
        "threshold": readable(kever.tholder.sith),
        "next_digests": [diger.qb64 for diger in kever.ndigers],
        "next_threshold": readable(kever.ntholder.sith) if kever.ndigers else None,
        "transferable": bool(kever.transferable),
        "delegator": kever.delpre or None,
        "algo": hab.algo,
        "witnesses": [{name: each[name] for name in ("aid", "url", "receipted")} for each in told["witnesses"]],
        "toad": told["toad"],
        "receipts": told["receipts"],
    }
