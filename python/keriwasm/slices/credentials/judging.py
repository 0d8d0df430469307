"""The judgement of a presentation: pure, in a database of its own, and without a wallet.

What is given is a stranger's: nothing of it is believed. What comes out is plain data (JSON), which a worker that holds
keys can compare with what its wallet has seen (see presenting.py) without touching the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from keriwasm.slices.credentials import schemas
from keriwasm.slices.credentials.feeding import finished, steps
from keriwasm.slices.credentials.lookup import found

__all__ = ["CREDENTIALS_MOST", "MOST", "Place", "edges", "judge"]

MOST = 8 << 20
"""Bytes of a presentation."""
CREDENTIALS_MOST = 200


class Place:
    """keripy's readers over one database, fresh or the wallet's; `seen` collects what they were given as credentials.

    told: called with a credential's SAID before a schema is run over it.
    """

    def __init__(self, db: Any, reger: Any, told: Callable[[str], None] = str) -> None:
        from keri.core import eventing, parsing
        from keri.vdr import eventing as televenting
        from keri.vdr import verifying

        self.db, self.reger, self.told = db, reger, told
        self.seen: dict[str, Any] = {}
        seen = self.seen

        class Verifier(verifying.Verifier):
            """Notes each credential before it is judged."""

            def processCredential(self, creder: Any, *args: Any, **kwa: Any) -> None:
                if len(seen) < CREDENTIALS_MOST:
                    seen[creder.said] = creder
                told(creder.said)  # keripy looks for the registry and the issuance, and then runs the schema
                super().processCredential(creder, *args, **kwa)

        self.kvy = eventing.Kevery(db=db, lax=False, local=False)
        self.tvy = televenting.Tevery(reger=reger, db=db, local=False, lax=True)
        hby = SimpleNamespace(db=db, kvy=self.kvy, inited=True, name="presented", temp=True)
        self.vry = Verifier(hby=hby, reger=reger)
        self.parser = parsing.Parser(framed=True, kvy=self.kvy, tvy=self.tvy, vry=self.vry)

    def take(self, data: bytes) -> None:
        """All of a stream at once."""
        finished(self.steps(data))

    def steps(self, data: bytes) -> Generator[None, None, None]:
        """As `take`; yields between messages."""
        yield from steps(self.parser, data)
        for _ in range(3):
            self.kvy.processEscrows()
            yield
            self.tvy.processEscrows()
            yield
            self.vry.processEscrows()
            yield


@contextmanager
def _fresh(known: Iterable[Any], told: Callable[[str], None]) -> Generator[Place, None, None]:
    """A database of its own, with these schemas."""
    from keri.db import basing
    from keri.vdr import viring

    db = basing.Baser(name="presented", temp=True, reopen=True)
    reger = viring.Reger(name="presented", db=db, temp=True, reopen=True)
    try:
        for schemer in known:
            db.schema.pin(schemer.said, schemer)
        yield Place(db, reger, told)
    finally:
        reger.close(clear=True)
        db.close(clear=True)


def judge(
    data: bytes, known: Iterable[Any], told: Callable[[str], None] = str
) -> Generator[None, None, dict[str, Any]]:
    """What is found of each credential in a stream: {credentials: [{said, state, saved, checks: …, …}], logs}.

    known: keripy's Schemers that may be needed. told: see Place. Yields between pieces of work.
    logs: AID -> the SAIDs of its events, 0 and on, of every log that verifies.
    A credential is good when it is `saved` and every check is ok; whoever has a wallet may know more, and adds checks.
    """
    with _fresh(known, told) as place:
        yield from place.steps(data)
        credentials = []
        for creder in place.seen.values():
            credentials.append(_report(place, creder))
            yield
        return {"credentials": credentials, "logs": {pre: _saids(place.db, pre) for pre in _pres(place.db)}}


def _pres(db: Any) -> Iterable[str]:
    return [pre for (pre,), _ in db.states.getItemIter()]


def _saids(db: Any, pre: str) -> list[str]:
    """By sequence number, the SAID of the event that counts there: of several, as after a recovery, the last."""
    return [bytes(said).decode() for said in _lasts(db, pre)]


def _lasts(db: Any, pre: str) -> Iterable[Any]:
    from keri.db import dbing

    for sn in range(db.kevers[pre].sner.num + 1):
        yield db.getKeLast(dbing.snKey(pre, sn))


def _report(place: Place, creder: Any) -> dict[str, Any]:
    checks: list[dict[str, Any]] = []

    def note(name: str, ok: bool, detail: str) -> bool:
        checks.append({"name": name, "ok": ok, "detail": detail})
        return ok

    note("Content", True, f"Its digest is its SAID, {creder.said}.")
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
    # Last, because a schema is a program of a kind: nobody's is run over what no issuer is known to have issued.
    schemer = place.db.schema.get(creder.schema)
    place.told(creder.said)
    fits = schemer is not None and own and state is not None and _fits(schemer, creder)
    if schemer is None:
        note("Schema", False, f"The schema {creder.schema} is not known here: add it, or give it along.")
    elif not own or state is None:
        note("Schema", False, f"“{schemas.title(schemer.sed)}”: not looked at, as nothing proves that it was issued.")
    else:
        note("Schema", fits, f"It {'fits' if fits else 'does not fit'} the schema “{schemas.title(schemer.sed)}”.")
    if state is not None:
        note("State", not revoked, f"Revoked on {state.dt[:10]}." if revoked else "Issued, not revoked.")
    saved = place.reger.saved.get(keys=creder.said) is not None
    if list(edges(creder)):
        note("Chain", saved or not fits, "What it refers to verifies." if saved else "What it refers to is missing or refused.")
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
        "saved": saved,
    }


def _fits(schemer: Any, creder: Any) -> bool:
    from keri import kering

    try:
        return bool(schemer.verify(creder.raw))
    except kering.ValidationError:
        return False


def edges(creder: Any) -> Iterable[str]:
    blocks = creder.edge if isinstance(creder.edge, list) else [creder.edge or {}]
    for block in blocks:
        for name, node in block.items():
            if name not in ("d", "o") and isinstance(node, dict) and isinstance(node.get("n"), str):
                yield node["n"]
