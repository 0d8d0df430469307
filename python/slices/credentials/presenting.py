"""Presentations: a credential with everything that proves it, as one CESR stream; and the verification of such a stream.

The stream has what keripy sends to a verifier, in an order in which nothing has to wait: key event logs of the issuer's
delegators, of the issuer and of the holder, then the registry's and the credential's transaction events, the credentials it
refers to, and the credential.

A presentation is judged in a database of its own (judging.py), so that what a stranger sends changes nothing; then it is
compared with what this wallet has seen before. A schema is no CESR message: it must be known here, or be given besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keriwasm.data.words import counted
from keriwasm.web.form.errors import FieldError

from slices.credentials import chains, judging, schemas
from slices.credentials.feeding import finished
from slices.credentials.lookup import cleanse, found, state_in
from slices.credentials.reporting import anchors, later
from slices.foreign.streams import read
from slices.vault.vault import Vault

__all__ = ["MOST", "check", "compared", "export", "receive"]

MOST = judging.MOST


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
    for said in chains.saids(creder.edge):
        source = reger.creds.get(keys=said)
        if source is not None:
            _export(vault, source, out, sent)
    _, prefixer, seqner, saider = reger.cloneCred(creder.said)
    out += signing.serialize(creder, prefixer, seqner, saider)


def check(vault: Vault, data: bytes, extra: Iterable[Any] = (), logs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is found of a stream: {results: [{said, valid, state, checks: [{name, ok, detail}], …}], remarks, order}.

    valid: every check holds, and it is issued. extra: Schemers that go along. logs: see `compared`. Raises FieldError for
    what holds nothing that can be judged.
    """
    known = schemas.stored(vault.hby.db) if vault.exists and not vault.locked else []
    return compared(vault, finished(judging.judge(data, [*known, *extra])), logs)


def compared(
    vault: Vault, judged: dict[str, Any], logs: Mapping[str, Any] | None = None, field: str = "file"
) -> dict[str, Any]:
    """A judgement with what was known before, and what follows: `valid`, `authentic`. Raises FieldError as `check`.

    logs: what knows them, in words -> keripy's Baser of other places with key event logs, as the ledger is. field: what the
    stream was sent as.
    """
    if judged["refused"]:
        raise FieldError(field, judged["refused"])
    known = dict(logs or {})
    if vault.exists and not vault.locked:
        known["this wallet"] = vault.hby.db
    issuers = {each["issuer"] for each in judged["credentials"] if each["saved"]}
    newer = {
        (who, aid): anchors(db, aid, len(judged["logs"][aid])) for who, db in known.items() for aid in issuers if aid in judged["logs"]
    }
    reports = [_compared(vault, each, judged["logs"], known, newer) for each in judged["credentials"]]
    _passed_on({each["said"]: each for each in reports}, reports)
    return {"results": reports, "remarks": judged["remarks"], "order": judged["order"]}


def _compared(
    vault: Vault,
    given: dict[str, Any],
    judged: dict[str, list[str]],
    known: dict[str, Any],
    newer: dict[tuple[str, str], dict[str, list[tuple[int, int]]]],
) -> dict[str, Any]:
    """The report of one credential, after a look at what is known here. newer: what known logs anchor beyond the file's."""
    report = {name: value for name, value in given.items() if name not in ("saved", "stands_on", "number")}
    report["checks"] = checks = list(given["checks"])
    for who, db in known.items():
        checks += ({"name": name, "ok": ok, "detail": detail} for name, ok, detail in _seen(who, db, given, judged))
    revoked = _revoked_here(vault, given)
    told = [f"This wallet knows that it was revoked on {revoked[:10]}."] if revoked else []
    sealed = ((who, newer.get((who, given["issuer"]), {})) for who in known)
    told = told or [words for who, more in sealed if (words := _anchored_here(who, more, given))][:1]
    if told and given["state"] != "revoked":
        checks.append({"name": "State here", "ok": False, "detail": told[0]})
        report["state"] = "revoked"
    report["valid"] = given["saved"] and all(each["ok"] for each in checks)
    report["authentic"] = given["saved"] and all(each["ok"] for each in checks if each["name"] != "State")
    return report


def _seen(who: str, db: Any, given: dict[str, Any], judged: dict[str, list[str]]) -> Iterable[tuple[str, bool, str]]:
    """Another log of the issuer, or of who delegated to it, is duplicity; a newer one may tell of a revocation."""
    for aid in given["stands_on"]:
        log, kever = judged.get(aid), found(db.kevers, aid)
        if not log or kever is None:
            continue
        whose = "the issuer" if aid == given["issuer"] else f"the issuer’s delegator {aid}"
        theirs, ours = len(log) - 1, kever.sner.num
        sn = min(ours, theirs)
        if bytes(db.getKeLast(_sn_key(aid, sn))).decode() != log[sn]:
            yield "First seen", False, f"Duplicity: {who} has seen another event {sn} of {whose} than the file has."
            continue
        if ours <= theirs:
            yield "First seen", True, f"It agrees with the log of {whose} as {who} has seen it."
            continue
        yield "First seen", True, f"The file is older than what {who} knows of {whose}: {counted(ours - theirs, 'event')}."


def _anchored_here(who: str, newer: dict[str, list[tuple[int, int]]], given: dict[str, Any]) -> str:
    """Words for a revocation that a newer log of the issuer anchors; "" when there is none."""
    at = later(newer, given["said"], 0) if given["saved"] else 0
    return f"{who[0].upper()}{who[1:]} knows event {at} of the issuer’s log, which anchors that it was revoked." if at else ""


def _revoked_here(vault: Vault, given: dict[str, Any]) -> str:
    """When the open wallet's own copy of the registry says that it was revoked; "" when it does not."""
    if not vault.exists or vault.locked or not given["saved"]:
        return ""
    here = state_in(vault.rgy.reger, given["registry"], given["said"])
    return here.dt if here is not None and here.et in ("rev", "brv") else ""


def _passed_on(by_said: dict[str, dict[str, Any]], reports: list[dict[str, Any]]) -> None:
    """What stands on something that is no longer good here is not good either, over any number of steps."""
    for _ in reports:
        changed = False
        for report in reports:
            bad = next((said for said in report["edges"] if said in by_said and not by_said[said]["valid"]), "")
            if bad and report["authentic"]:
                words = f"What it refers to, {bad}, is not valid as far as is known here."
                report["checks"].append({"name": "Chain here", "ok": False, "detail": words})
                report["valid"] = report["authentic"] = False
                changed = True
        if not changed:
            return


def _sn_key(pre: str, sn: int) -> bytes:
    from keri.db import dbing

    return dbing.snKey(pre, sn)


def receive(vault: Vault, data: bytes, checked: Mapping[str, Any]) -> None:
    """Take the messages that `check` has accepted into the wallet's own databases, and no others; inside of `vault.change()`."""
    for each in checked["results"]:
        cleanse(vault.rgy.reger, each["registry"], each["said"])
    place = judging.Place(vault.hby.db, vault.rgy.reger)
    messages = {each.number: each.raw for each in read(data).messages}
    for number in checked["order"]:
        place.take(messages[number])
    place.settle()
