"""Presentations: a credential with everything that proves it, as one CESR stream; and the verification of such a stream.

The stream has what keripy sends to a verifier, in an order in which nothing has to wait: key event logs of the issuer's
delegators, of the issuer and of the holder, then the registry's and the credential's transaction events, the credentials it
refers to, and the credential.

A presentation is judged in a database of its own (judging.py), so that what a stranger sends changes nothing; then it is
compared with what this wallet has seen before. A schema is no CESR message: it must be known here, or be given besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keriwasm.slices.credentials import judging, schemas
from keriwasm.slices.credentials.feeding import finished
from keriwasm.slices.credentials.judging import MOST
from keriwasm.slices.credentials.lookup import found
from keriwasm.slices.wallet.vault import Vault

__all__ = ["MOST", "check", "compared", "export", "receive"]

def export(vault: Vault, creder: Any) -> bytes:
    """The presentation of a credential that the wallet has saved."""
    out = bytearray()
    _export(vault, creder, out, set())
    return bytes(out)


def _export(vault: Vault, creder: Any, out: bytearray, sent: set[str]) -> None:
    from keri.app import signing

    db, reger = vault.hby.db, vault.rgy.reger
    if creder.said in sent:
        return
    sent.add(creder.said)
    holder = creder.attrib.get("i") if isinstance(creder.attrib, dict) else None
    for pre in (creder.issuer, holder):
        if pre is None or pre in sent or pre not in db.kevers:
            continue
        sent.add(pre)
        for message in db.cloneDelegation(db.kevers[pre]):
            out += message
        for message in db.clonePreIter(pre=pre.encode()):
            out += message
    if creder.regi not in sent:
        sent.add(creder.regi)
        for message in reger.clonePreIter(pre=creder.regi):
            out += message
    for message in reger.clonePreIter(pre=creder.said):
        out += message
    for said in judging.edges(creder):
        source = reger.creds.get(keys=said)
        if source is not None:
            _export(vault, source, out, sent)
    _, prefixer, seqner, saider = reger.cloneCred(creder.said)
    out += signing.serialize(creder, prefixer, seqner, saider)


def check(vault: Vault, data: bytes, extra: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """What is found of each credential in a stream: [{said, valid, state, checks: [{name, ok, detail}], …}].

    valid: every check holds, and it is issued. extra: Schemers that go along. An empty list: there is no credential in it.
    """
    known = schemas.stored(vault.hby.db) if vault.exists and not vault.locked else []
    return compared(vault, finished(judging.judge(data, [*known, *extra])))


def compared(vault: Vault, judged: dict[str, Any]) -> list[dict[str, Any]]:
    """The reports of a judgement, with what the wallet knew before, if it is open, and what follows: `valid`, `authentic`."""
    reports = []
    for given in judged["credentials"]:
        report = {name: value for name, value in given.items() if name != "saved"}
        known = _compared(vault, report, judged["logs"].get(report["issuer"]))
        report["checks"] = checks = [
            *given["checks"],
            *({"name": name, "ok": ok, "detail": detail} for name, ok, detail in known),
        ]
        report["valid"] = given["saved"] and all(each["ok"] for each in checks)
        report["authentic"] = given["saved"] and all(each["ok"] for each in checks if each["name"] != "State")
        reports.append(report)
    return reports


def _compared(vault: Vault, report: dict[str, Any], log: list[str] | None) -> Iterable[tuple[str, bool, str]]:
    """Another log of the same issuer is duplicity, a newer state outweighs the file's."""
    if not vault.exists or vault.locked or not log:
        return
    db = vault.hby.db
    known = found(db.kevers, report["issuer"])
    theirs = len(log) - 1
    if known is not None:
        sn = min(known.sner.num, theirs)
        if bytes(db.getKeLast(_sn_key(report["issuer"], sn))).decode() != log[sn]:
            yield "First seen", False, f"Duplicity: this wallet has seen another event {sn} of the issuer than the file has."
        elif known.sner.num > theirs:
            yield "First seen", True, f"The file is older than what this wallet knows: {known.sner.num - theirs} events."
        else:
            yield "First seen", True, "It agrees with the issuer’s log as this wallet has seen it."
    tever = found(vault.rgy.reger.tevers, report["registry"])
    here = tever.vcState(report["said"]) if tever is not None else None
    if here is not None and here.et in ("rev", "brv") and report["state"] != "revoked":
        yield "State here", False, f"This wallet knows that it was revoked on {here.dt[:10]}."


def _sn_key(pre: str, sn: int) -> bytes:
    from keri.db import dbing

    return dbing.snKey(pre, sn)


def receive(vault: Vault, data: bytes) -> None:
    """Take a stream into the wallet's own databases; inside of `vault.change()`, after `check` found it good."""
    judging.Place(vault.hby.db, vault.rgy.reger).take(data)
