"""What the pages and programs are told of schemas, registries and credentials: plain dicts."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from slices.credentials import schemas
from slices.credentials.issuing import name_of
from slices.credentials.lookup import registry_of
from slices.credentials.lookup import state as state_of
from slices.vault.vault import Vault

__all__ = ["credential", "credentials", "detail", "presented", "registries", "registry", "schema"]
__all__ += ["timeline"]

READ_AT_ONCE = 10
"""Credentials told between two yields."""
HUES = 8
"""Colours of cards, classes hue-0 to hue-7 of the style sheet."""


def schema(schemer: Any, used: int = 0) -> dict[str, Any]:
    """{said, title, description, attributes: [names], used: number of credentials}."""
    return {
        "said": schemer.said,
        "title": schemas.title(schemer.sed),
        "description": str(schemer.sed.get("description") or "")[:500],
        "attributes": [each.label for each in schemas.attributes(schemer.sed)],
        "used": used,
    }


def _party(aid: str | None, own: Any) -> dict[str, Any] | None:
    return None if aid is None else {"aid": aid, "alias": (own.alias(aid) if own is not None else None) or ""}


def credential(vault: Vault, creder: Any) -> dict[str, Any]:
    """One credential as its card shows it: {said, title, schema, issuer, holder, registry, state, issued, changed, …}.

    state: issued, revoked or unknown; issued, changed: ISO 8601 times; roles: of issued and held.
    """
    reger, own = vault.rgy.reger, vault.hby.habs
    schemer = vault.hby.db.schema.get(creder.schema)
    state = state_of(reger, creder)
    given = creder.attrib if isinstance(creder.attrib, dict) else {}
    holder = given.get("i")
    return {
        "said": creder.said,
        "title": schemas.title(schemer.sed) if schemer is not None else "Credential",
        "schema": creder.schema,
        "issuer": _party(creder.issuer, own),
        "holder": _party(holder, own),
        "registry": creder.regi,
        "state": "unknown" if state is None else "revoked" if state.et in ("rev", "brv") else "issued",
        "issued": str(given.get("dt", "")),
        "changed": state.dt if state is not None else "",
        "roles": [role for role, aid in (("issued", creder.issuer), ("held", holder)) if aid in own],
        "revocable": creder.regi in vault.rgy.regs,
        "hue": hue(creder.schema),
        "attributes": _labelled(given, schemer),
    }


def _labelled(given: dict[str, Any], schemer: Any) -> dict[str, Any]:
    """Name -> {label, value} of what the issuer filled in."""
    labels = {each.name: each.label for each in schemas.attributes(schemer.sed)} if schemer is not None else {}
    return {
        name: {"label": labels.get(name, name), "value": value} for name, value in given.items() if name not in schemas.OWN
    }


def hue(said: str) -> int:
    """Which of the cards' colours a schema has."""
    return sum(said.encode()) % HUES


def presented(vault: Vault, report: dict[str, Any]) -> dict[str, Any]:
    """The card of a credential that presenting.check reports on, which the wallet need not hold."""
    open = vault.exists and not vault.locked
    own = vault.hby.habs if open else None
    said = report["schema"]["said"]
    schemer = vault.hby.db.schema.get(said) if open and report["schema"]["title"] else None
    changed = next((each["detail"] for each in report["checks"] if each["name"] in ("State", "State here") and not each["ok"]), "")
    day = re.search(r"[Rr]evoked on ([0-9-]{10})", changed)
    dated = report["attributes"].get("dt")
    return {
        "title": report["schema"]["title"] or "Credential",
        "issuer": _party(report["issuer"] or None, own),
        "holder": _party(report["holder"], own),
        "state": report["state"],
        "issued": dated if isinstance(dated, str) else "",
        "changed": day[1] if day else "",
        "hue": hue(said),
        "attributes": _labelled(report["attributes"], schemer),
    }


def credentials(vault: Vault, saids: Iterable[str]) -> Generator[float, float, list[dict[str, Any]]]:
    """Those of the open wallet, in this order; in steps. What is gone by now is left out."""
    found = []
    for number, said in enumerate(list(saids), start=1):
        creder = vault.rgy.reger.creds.get(keys=said)
        if creder is not None:
            found.append(credential(vault, creder))
        if number % READ_AT_ONCE == 0:
            yield 0.0
    return found


def detail(vault: Vault, creder: Any) -> dict[str, Any]:
    """A credential with its raw JSON and its own transaction events."""
    return {
        **credential(vault, creder),
        "sad": creder.sad,
        "bytes": len(creder.raw),
        "events": events(vault, creder.said, creder.issuer, creder.regi),
    }


def registry(made: Any, counts: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """{regk, name, issuer, issued, revoked}; counts: as Shelf.counts gives them."""
    return {
        "regk": made.regk,
        "name": name_of(made.name),
        "issuer": {"aid": made.hab.pre, "alias": made.hab.name},
        "issued": counts.get((made.regk, "issued"), 0) + counts.get((made.regk, "unknown"), 0),
        "revoked": counts.get((made.regk, "revoked"), 0),
    }


def registries(vault: Vault, counts: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """All of the wallet's own registries, by name."""
    return sorted((registry(each, counts) for each in vault.rgy.regs.values()), key=lambda each: each["name"].lower())


EVENTS = {"vcp": "registry", "iss": "issued", "bis": "issued", "rev": "revoked", "brv": "revoked", "vrt": "backers"}


def events(vault: Vault, pre: str, issuer: str, registry: str = "") -> list[dict[str, Any]]:
    """The transaction event log of a registry, or of a credential as its registry tells it:
    [{kind, sn, said, when, anchor: {aid, sn, said}, credential, sad, …}]."""
    from keri.core import coring, serdering
    from keri.db import dbing

    reger = vault.rgy.reger
    told = []
    for _, _, dig in reger.getTelItemPreIter(pre.encode()):
        key = dbing.dgKey(pre, bytes(dig))
        serder = serdering.SerderKERI(raw=bytes(reger.getTvt(key)))
        if registry and registry_of(serder.sad) != registry:
            continue
        couple = reger.getAnc(key)
        anchor = None
        if couple is not None:
            rest = bytearray(couple)
            seqner = coring.Seqner(qb64b=rest, strip=True)
            anchor = {"aid": issuer, "sn": seqner.sn, "said": coring.Saider(qb64b=rest, strip=True).qb64}
        told.append(
            {
                "kind": EVENTS.get(serder.ilk, serder.ilk),
                "type": serder.ilk,
                "sn": int(serder.sad["s"], 16),
                "said": serder.said,
                "when": str(serder.sad.get("dt") or ""),
                "anchor": anchor,
                "credential": None,
                "sad": serder.sad,
            }
        )
    return told


def timeline(vault: Vault, made: Any, saids: Iterable[str], first: int, count: int) -> Generator[float, float, dict[str, Any]]:
    """{events, from, next, log}: a part of the events of a registry and of its credentials (`saids`), in the order in which the
    issuer's log anchors them; log: how many there are. In steps: each is only looked up, and those of the part are read."""
    from keri.core import coring
    from keri.db import dbing

    places: list[tuple[int, int, str, str]] = []
    for number, pre in enumerate((made.regk, *saids), start=1):
        reger = vault.rgy.reger
        for at, (_, _, dig) in enumerate(list(reger.getTelItemPreIter(pre.encode()))):
            couple = reger.getAnc(dbing.dgKey(pre, bytes(dig)))
            sn = coring.Seqner(qb64b=bytearray(couple), strip=True).sn if couple is not None else -1
            places.append((sn, at, pre, bytes(dig).decode()))
        if number % READ_AT_ONCE == 0:
            yield 0.0
    places.sort()
    told: list[dict[str, Any]] = []
    for number, (_, _, pre, dig) in enumerate(places[first : first + count], start=1):
        about, issuer = None, made.hab.pre
        if pre != made.regk:
            creder = vault.rgy.reger.creds.get(keys=pre)
            shown = credential(vault, creder)
            about, issuer = {name: shown[name] for name in ("said", "title", "holder")}, creder.issuer
        told += [{**each, "credential": about} for each in events(vault, pre, issuer, made.regk if about else "") if each["said"] == dig]
        if number % READ_AT_ONCE == 0:
            yield 0.0
    return {"events": told, "from": first, "next": first + count if first + count < len(places) else None, "log": len(places)}
