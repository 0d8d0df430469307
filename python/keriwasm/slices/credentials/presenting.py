"""Presentations: a credential with everything that proves it, as one CESR stream; and the verification of such a stream.

The stream has what keripy sends to a verifier, in an order in which nothing has to wait: key event logs of the issuer's
delegators, of the issuer and of the holder, then the registry's and the credential's transaction events, the credentials it
refers to, and the credential.

A presentation is verified in a database of its own, so that what a stranger sends changes nothing; then it is compared with
what this wallet has seen before. A schema is no CESR message: it must be known here, or be given besides.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from keriwasm.slices.credentials import schemas
from keriwasm.slices.credentials.feeding import feed
from keriwasm.slices.credentials.lookup import found
from keriwasm.slices.credentials.lookup import state as state_of
from keriwasm.slices.wallet.vault import Vault

__all__ = ["MOST", "check", "export", "receive"]

MOST = 8 << 20
"""Bytes of a presentation."""
CREDENTIALS_MOST = 200


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
    for said in _edges(creder):
        source = reger.creds.get(keys=said)
        if source is not None:
            _export(vault, source, out, sent)
    _, prefixer, seqner, saider = reger.cloneCred(creder.said)
    out += signing.serialize(creder, prefixer, seqner, saider)


def _edges(creder: Any) -> Iterable[str]:
    blocks = creder.edge if isinstance(creder.edge, list) else [creder.edge or {}]
    for block in blocks:
        for name, node in block.items():
            if name not in ("d", "o") and isinstance(node, dict) and isinstance(node.get("n"), str):
                yield node["n"]


class _Place:
    """keripy's readers over one database, fresh or the wallet's; `seen` collects what they were given as credentials."""

    def __init__(self, db: Any, reger: Any) -> None:
        from keri.core import eventing, parsing
        from keri.vdr import eventing as televenting
        from keri.vdr import verifying

        self.db, self.reger = db, reger
        self.seen: dict[str, Any] = {}
        seen = self.seen

        class Verifier(verifying.Verifier):
            """Notes each credential before it is judged."""

            def processCredential(self, creder: Any, *args: Any, **kwa: Any) -> None:
                if len(seen) < CREDENTIALS_MOST:
                    seen[creder.said] = creder
                super().processCredential(creder, *args, **kwa)

        self.kvy = eventing.Kevery(db=db, lax=False, local=False)
        self.tvy = televenting.Tevery(reger=reger, db=db, local=False, lax=True)
        hby = SimpleNamespace(db=db, kvy=self.kvy, inited=True, name="presented", temp=True)
        self.vry = Verifier(hby=hby, reger=reger)
        self.parser = parsing.Parser(framed=True, kvy=self.kvy, tvy=self.tvy, vry=self.vry)

    def take(self, data: bytes) -> None:
        feed(self.parser, data)
        for _ in range(3):
            self.kvy.processEscrows()
            self.tvy.processEscrows()
            self.vry.processEscrows()


@contextmanager
def _fresh(vault: Vault, extra: Iterable[Any]) -> Generator[_Place, None, None]:
    """A database of its own, with the schemas that are known here."""
    from keri.db import basing
    from keri.vdr import viring

    db = basing.Baser(name="presented", temp=True, reopen=True)
    reger = viring.Reger(name="presented", db=db, temp=True, reopen=True)
    try:
        known = schemas.stored(vault.hby.db) if vault.exists and not vault.locked else []
        for schemer in (*known, *extra):
            db.schema.pin(schemer.said, schemer)
        yield _Place(db, reger)
    finally:
        reger.close(clear=True)
        db.close(clear=True)


def check(vault: Vault, data: bytes, extra: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """What is found of each credential in a stream: [{said, valid, state, checks: [{name, ok, detail}], …}].

    valid: every check holds, and it is issued. extra: Schemers that go along. An empty list: there is no credential in it.
    """
    with _fresh(vault, extra) as place:
        place.take(data)
        return [_report(vault, place, creder) for creder in place.seen.values()]


def _report(vault: Vault, place: _Place, creder: Any) -> dict[str, Any]:
    checks: list[dict[str, Any]] = []

    def note(name: str, ok: bool, detail: str) -> bool:
        checks.append({"name": name, "ok": ok, "detail": detail})
        return ok

    note("Content", True, f"Its digest is its SAID, {creder.said}.")
    schemer = place.db.schema.get(creder.schema)
    fits = schemer is not None and _fits(schemer, creder)
    if schemer is None:
        note("Schema", False, f"The schema {creder.schema} is not known here: add it, or give it along.")
    else:
        name = schemas.title(schemer.sed)
        note("Schema", fits, f"It {'fits' if fits else 'does not fit'} the schema “{name}”.")
    kever = found(place.kvy.kevers, creder.issuer)
    if kever is None:
        note("Issuer", False, "The issuer’s key event log is not in the file, or does not verify.")
    else:
        note("Issuer", True, f"The log of {creder.issuer} verifies up to event {kever.sner.num}.")
    tever = found(place.reger.tevers, creder.regi)
    own = tever is not None and tever.pre == creder.issuer
    if tever is None:
        note("Registry", False, "The registry is not in the file, or the issuer’s log does not anchor it.")
    else:
        note("Registry", own, "The issuer’s log anchors it." if own else "It belongs to another identifier than the issuer.")
    state = tever.vcState(creder.said) if tever is not None else None
    if state is None:
        note("Issuance", False, "No event that issues it is anchored in the issuer’s log.")
    else:
        note("Issuance", True, f"Issued in that registry, last event {state.dt}.")
    revoked = state is not None and state.et in ("rev", "brv")
    if state is not None:
        note("State", not revoked, f"Revoked on {state.dt[:10]}." if revoked else "Issued, not revoked.")
    saved = place.reger.saved.get(keys=creder.said) is not None
    if list(_edges(creder)):
        note("Chain", saved or not fits, "What it refers to verifies." if saved else "What it refers to is missing or refused.")
    for name, ok, detail in _compared(vault, place, creder, kever, revoked):
        note(name, ok, detail)
    holder = creder.attrib.get("i") if isinstance(creder.attrib, dict) else None
    return {
        "said": creder.said,
        "schema": {"said": creder.schema, "title": schemas.title(schemer.sed) if schemer is not None else ""},
        "issuer": creder.issuer,
        "holder": holder,
        "registry": creder.regi,
        "state": "unknown" if state is None else "revoked" if revoked else "issued",
        "attributes": creder.attrib if isinstance(creder.attrib, dict) else {},
        "sad": creder.sad,
        "checks": checks,
        "valid": saved and all(each["ok"] for each in checks),
        "authentic": saved and all(each["ok"] for each in checks if each["name"] != "State"),
    }


def _fits(schemer: Any, creder: Any) -> bool:
    from keri import kering

    try:
        return bool(schemer.verify(creder.raw))
    except kering.ValidationError:
        return False


def _compared(vault: Vault, place: _Place, creder: Any, kever: Any, revoked: bool) -> Iterable[tuple[str, bool, str]]:
    """What the wallet knew before: another log of the same issuer is duplicity, a newer state outweighs the file's."""
    if not vault.exists or vault.locked or kever is None:
        return
    db = vault.hby.db
    known = found(db.kevers, creder.issuer)
    if known is not None:
        sn = min(known.sner.num, kever.sner.num)
        ours, theirs = (each.getKeLast(_sn_key(creder.issuer, sn)) for each in (db, place.db))
        if bytes(ours) != bytes(theirs):
            yield "First seen", False, f"Duplicity: this wallet has seen another event {sn} of the issuer than the file has."
        elif known.sner.num > kever.sner.num:
            yield "First seen", True, f"The file is older than what this wallet knows: {known.sner.num - kever.sner.num} events."
        else:
            yield "First seen", True, "It agrees with the issuer’s log as this wallet has seen it."
    here = state_of(vault.rgy.reger, creder)
    if here is not None and here.et in ("rev", "brv") and not revoked:
        yield "State here", False, f"This wallet knows that it was revoked on {here.dt[:10]}."


def _sn_key(pre: str, sn: int) -> bytes:
    from keri.db import dbing

    return dbing.snKey(pre, sn)


def receive(vault: Vault, data: bytes) -> None:
    """Take a stream into the wallet's own databases; inside of `vault.change()`, after `check` found it good."""
    _Place(vault.hby.db, vault.rgy.reger).take(data)
