"""Verification of what a backup holds, in temporary directories, before anything of the wallet is touched.

Nothing is believed for standing in the file: every own key event log is replayed into a fresh keripy Kevery, every registry
into a fresh Tevery, and the outcome is compared with the state that the backup's databases claim; every private key must
give the public key that it is stored for; every event and credential must have the SAID that it is stored under.

What this does not catch: that the backup is older than the wallet was. A restored wallet that signs on from an old event
forks its log for everybody who saw the newer ones.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slices.backup.dump import Dump, write_stores
from slices.backup.format import BadFile
from slices.credentials.feeding import feed
from slices.credentials.lookup import found, state
from slices.crypto import passwords
from slices.vault import owned, vault
from slices.vault import passcode as passcodes
from slices.vault.facts import Facts, FactStore

__all__ = ["Opened", "opened", "verify"]

EVENTS_AT_ONCE = 20
"""Events between two yields: some 50 ms of work in a browser."""


class Opened:
    """A backup's content in temporary directories, opened by keripy.

    Attributes:
        rooms: room -> directory
        facts: of the wallet; hby, rgy: keripy's Habery and Regery over it
    """

    def __init__(self, dump: Dump, place: Path) -> None:
        """Raises BadFile when there is no wallet in it or keripy cannot open it."""
        from keri import core
        from keri.app import configing, keeping
        from keri.vdr import credentialing, viring

        self.rooms = {"wallet": place / "wallet", "ledger": place / "ledger"}
        self.hby: Any = None
        self.rgy: Any = None
        self.store = FactStore(self.rooms["wallet"])
        self.cf = configing.Configer(name=vault.NAME, temp=True, reopen=True)
        write_stores(dump.stores, self.rooms)
        try:
            facts = self.store.read()
            signer = core.Signer(qb64=dump.seed, transferable=False)
            head = str(self.rooms["wallet"])
            if facts is None or not (self.rooms["wallet"] / "keri" / "ks" / vault.NAME).exists():
                raise BadFile("holds no wallet")
            if not sound(facts):
                raise BadFile("holds a wallet whose name, tier or salt is none")
            self.facts: Facts = facts
            keeper = keeping.Keeper(name=vault.NAME, headDirPath=head, reopen=True)
            if keeper.gbls.get("aeid") != signer.verfer.qb64:
                keeper.close()
                raise BadFile("holds a key store that its own seed does not open")
            self.hby = owned.habery(
                name=vault.NAME, ks=keeper, cf=self.cf, headDirPath=head, seed=dump.seed, aeid=signer.verfer.qb64
            )
            reger = viring.Reger(name=vault.NAME, db=self.hby.db, headDirPath=head, reopen=True)
            self.rgy = credentialing.Regery(hby=self.hby, name=vault.NAME, reger=reger)
        except BadFile:
            self.close()
            raise
        except Exception as ex:
            # keripy has no one class of errors for a database that it does not understand: lmdb, kering, ValueError,
            # KeyError and AttributeError were all seen. Whatever it is, this content is no wallet, and nothing is lost.
            self.close()
            raise BadFile(f"holds databases that keripy cannot open ({type(ex).__name__})") from ex

    def close(self) -> None:
        """Close what is open; again: nothing happens."""
        rgy, hby, self.rgy, self.hby = self.rgy, self.hby, None, None
        if rgy is not None:
            rgy.close()
        if hby is not None:
            hby.close()
        self.cf.close(clear=True)
        self.store.close()


def sound(facts: Facts) -> bool:
    """Whether these facts are such as a wallet writes: an unlock computes with them."""
    whole = (facts.created, facts.failures, facts.until, facts.autolock, facts.opened)
    texts = (facts.name, facts.tier, facts.salt)
    if any(type(each) is not int for each in whole) or any(type(each) is not str for each in texts):
        return False
    return facts.tier in passcodes.TIERS and len(facts.salt_bytes) == passwords.SALT_LENGTH and 0 <= facts.autolock <= 86400


@contextmanager
def opened(dump: Dump) -> Generator[Opened, None, None]:
    """The content in a temporary directory, which lmdb for the browser never persists; gone at the end."""
    place = Path(tempfile.mkdtemp(prefix="keriwasm-backup-"))
    try:
        held = Opened(dump, place)
        try:
            yield held
        finally:
            held.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def verify(held: Opened) -> Generator[float, float, dict[str, Any]]:
    """Verify all of it; gives {name, identifiers: [{alias, aid, sn}], registries, credentials, events, known}.

    Raises BadFile. Yields between pieces of work.
    """
    try:
        return (yield from _verify(held))
    except BadFile:
        raise
    except Exception as ex:  # as above: what keripy raises over bad content has no common class
        raise BadFile(f"holds records that keripy cannot read ({type(ex).__name__})") from ex


def _verify(held: Opened) -> Generator[float, float, dict[str, Any]]:
    from keri.core import eventing
    from keri.db import basing
    from keri.vdr import eventing as televenting
    from keri.vdr import viring

    hby, reger = held.hby, held.rgy.reger
    events = yield from _saids(hby.db)
    yield from _keys(hby)
    fresh = basing.Baser(name="backup", temp=True, reopen=True)
    registries = viring.Reger(name="backup", db=fresh, temp=True, reopen=True)
    try:
        kevery = eventing.Kevery(db=fresh, lax=False, local=False)
        for (pre,), _ in list(hby.db.states.getItemIter()):
            yield from _replay(hby.db.clonePreIter(pre=pre.encode()), kvy=kevery)
        for _ in range(4):  # a delegate's event waits for its delegator's, which may come later
            kevery.processEscrows()
        for count, (_, pre) in enumerate(hby.habs.order, start=1):
            _same("the identifier", pre, {**hby.habs.state(pre), "dt": ""}, _key_state(found(kevery.kevers, pre)))
            if count % EVENTS_AT_ONCE == 0:
                yield
        tevery = televenting.Tevery(reger=registries, db=fresh, local=False, lax=True)
        issued = [(said, reger.creds.get(keys=said)) for (said,), _ in list(reger.saved.getItemIter())]
        for regk in list(_registries(reger)):
            yield from _replay(reger.clonePreIter(pre=regk), tvy=tevery)
        for said, creder in issued:
            _credential(said, creder)
            yield from _replay(reger.clonePreIter(pre=said), tvy=tevery)
        tevery.processEscrows()
        for said, creder in issued:
            _same("the credential", said, _et(reger, creder), _et(registries, creder))
    finally:
        registries.close(clear=True)
        fresh.close(clear=True)
    yield
    identifiers = []
    for count, aid in enumerate(sorted(hby.habs.names), start=1):
        state = hby.habs.state(aid)
        identifiers.append({"alias": hby.habs.names[aid], "aid": aid, "sn": int(state["s"], 16), "digest": state["d"]})
        if count % (5 * EVENTS_AT_ONCE) == 0:
            yield
    known = yield from _ledger(held)
    return {
        "name": held.facts.name,
        "identifiers": identifiers,
        "registries": len(list(_registries(reger))),
        "credentials": len(issued),
        "events": events,
        "known": known,
    }


def _registries(reger: Any) -> Generator[str, None, None]:
    for (regk,), _ in list(reger.states.getItemIter()):
        yield regk


def _et(reger: Any, creder: Any) -> Any:
    found = state(reger, creder)
    return found and (found.et, found.s)


def _key_state(kever: Any) -> dict[str, Any] | None:
    """All of a key state but when it was seen."""
    return kever and {**asdict(kever.state()), "dt": ""}


def _same(what: str, name: str, kept: Any, made: Any) -> None:
    if not made:
        raise BadFile(f"holds {what} {name} with a log that does not verify")
    if kept != made:
        raise BadFile(f"holds {what} {name} with a state that its log does not give")


def _replay(messages: Any, **into: Any) -> Generator[float, float, None]:
    from keri.core import parsing

    parser = parsing.Parser(framed=True, **into)
    for count, message in enumerate(messages, start=1):
        if feed(parser, bytes(message)):
            raise BadFile("holds an event that is incomplete")
        if count % EVENTS_AT_ONCE == 0:
            yield


def _saids(db: Any) -> Generator[float, float, int]:
    """Every event is what its key says; gives their number. Raises BadFile."""
    from keri.core import serdering

    count = 0
    for key, raw in db.getTopItemIter(db.evts):
        count += 1
        if serdering.SerderKERI(raw=bytes(raw), verify=True).saidb != bytes(key).rpartition(b".")[2]:
            raise BadFile("holds an event under a name that is not its own")
        if count % (5 * EVENTS_AT_ONCE) == 0:
            yield
    return count


def _keys(hby: Any) -> Generator[float, float, None]:
    """Every private key opens and belongs to its public key; every identifier has those that it signs with now."""
    held = set()
    for count, ((public,), signer) in enumerate(hby.ks.pris.getItemIter(decrypter=hby.mgr.decrypter), start=1):
        if signer.verfer.qb64 != public:
            raise BadFile(f"holds a private key that does not belong to {public}")
        held.add(public)
        if count % EVENTS_AT_ONCE == 0:
            yield
    while not hby.habs.whole:
        hby.habs.gather()
        yield
    for count, (_, aid) in enumerate(hby.habs.order, start=1):
        if count % EVENTS_AT_ONCE == 0:
            yield
        if hby.db.habs.get(keys=(aid,)).mid:  # a group's members hold the keys, and not all of them are here
            continue
        missing = [key for key in hby.habs.state(aid)["k"] if key not in held]
        if missing:
            raise BadFile(f"does not hold the private key of {missing[0]}, with which {hby.habs.names[aid]} signs")


def _credential(said: str, creder: Any) -> None:
    from keri.core import serdering

    if creder is None or serdering.SerderACDC(raw=creder.raw, verify=True).said != said:
        raise BadFile(f"holds a credential that is not {said}")


def _ledger(held: Opened) -> Generator[float, float, int]:
    """Every event of the ledger is what its key says; gives the number of identifiers in it."""
    from keri.db import basing

    known = 0
    head = held.rooms["ledger"]
    for place in sorted((head / "keri" / "db").glob("*")):
        db = basing.Baser(name=place.name, headDirPath=str(head), reopen=True)
        try:
            yield from _saids(db)
            known += sum(1 for _ in db.states.getItemIter())
        finally:
            db.close()
    return known
