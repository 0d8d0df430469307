"""Verify messages by keripy's Kevery over a Baser that is thrown away, and tell for each what became of it and why.

The Checker is pure: what it knows of earlier events comes with its input, what it finds leaves as records. So it runs on
any worker, several of them at once, and whoever owns the ledger appends the records without verifying them again.

keripy is the judge of every acceptance. Around it stand only

* the order: an event that must wait (for its predecessor, for signatures, witnesses, a delegator's seal) is held here as
  the whole message it came in, and tried again when what it waits for has come. keripy's own escrows would write its
  signatures, unverified, beside those of accepted events.
* strictness: every signature that is attached must verify, once per key (signing.py).
* reasons: what is wrong is looked for before keripy is asked, so that it can be told in words.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from slices.foreign import kevers
from slices.ledger.checks import conflicts, endorsing, signing
from slices.ledger.checks import records as logs
from slices.ledger.checks.reading import Message, Refused, in_words, read, spelled
from slices.ledger.checks.records import Record
from slices.ledger.checks.room import Entry, Held, Key, Room
from slices.ledger.checks.sealing import Seals

__all__ = ["Checker", "Held", "check"]

INCEPTIONS = ("icp", "dip")
ROTATIONS = ("rot", "drt")


class Checker:
    """Verifies messages on top of a Baser of its own.

    Attributes:
        records, late: events that were accepted, signatures and receipts of events that had been before
    """

    def __init__(self, db: Any) -> None:
        self.db = db
        self.kevery = kevers.kevery(db=db, lax=True, local=False, cloned=False, direct=False)
        self.records: list[Record] = []
        self.late: list[Record] = []
        self.touched: set[str] = set()
        self.room = Room()
        self.seals = Seals(db)
        self._apart: list[Entry] = []

    def load(self, known: dict[str, Any]) -> None:
        """Take over what is already accepted of an AID: the dict that records.context made."""
        for record in known["records"]:
            if not self.knows(record["aid"], record["said"]):
                logs.write(self.db, record, known["state"]["dt"])
        logs.pin(self.db, known["state"])

    def run(self, messages: Iterable[tuple[bytes, int, str]]) -> Generator[None, None, list[dict[str, Any]]]:
        """Verdicts in the order of the messages (raw, bytes of the body, claimed type); yields after each one."""
        entries = []
        for number, (raw, body, ilk) in enumerate(messages):
            entry = Entry()
            entry.number = number
            entries.append(entry)
            try:
                entry.message = read(raw, body, ilk)
            except Refused as ex:
                entry.verdict = {"verdict": "rejected", "code": ex.code, "reason": ex.reason}
            else:
                self.take(entry)
            yield
        return [entry.verdict for entry in entries]

    def states(self) -> dict[str, dict[str, Any]]:
        """The key states of the AIDs whose logs have grown."""
        return {aid: self.db.kevers[aid].state()._asdict() for aid in sorted(self.touched)}

    def extra(self) -> list[dict[str, Any]]:
        """Receipts that came attached to an event and are not kept with it: verdicts with `came_with`, `raw` and `body`."""
        return [
            {**entry.verdict, "came_with": entry.came_with, **endorsing.packed(entry.message)}
            for entry in self._apart
            if entry.verdict["verdict"] in ("escrowed", "rejected")
        ]

    def take(self, entry: Entry) -> None:
        """Try a message, then all those that waited for what it brought."""
        queue = deque([entry])
        while queue:
            each = queue.popleft()
            if not each.open:
                continue
            assert each.message is not None
            self.room.leave(each)
            serder = each.message.serder
            head = {"aid": serder.pre, "sn": each.message.sn, "said": serder.said, "ilk": serder.ilk}
            try:
                verdict = endorsing.receipt(self, each, queue) if serder.ilk == "rct" else self._event(each, queue)
                each.verdict = {**head, **verdict, "remarks": each.message.remarks}
            except Refused as ex:
                each.verdict = {**head, "verdict": "rejected", "code": ex.code, "reason": ex.reason}
            except Held as ex:
                each.verdict = {**head, "verdict": "escrowed", "code": ex.code, "reason": ex.reason, "waits": ex.waits}
                if ex.at is not None:
                    each.verdict["at"] = ex.at
                self.room.put(each, *ex.keys)
                if serder.ilk != "rct":
                    self._told(each)
            self.kevery.cues.clear()

    def knows(self, aid: str, said: str) -> bool:
        """Whether this event is accepted."""
        from keri.db.dbing import dgKey

        return self.db.getVal(self.db.fons.sdb, dgKey(aid.encode(), said.encode())) is not None

    def keep(self, aid: str, sn: int, said: str, **found: list[str]) -> None:
        """Verified signatures and receipts (sigs, wigs, rcts, vrcs: qb64) of an accepted event: those that are new."""
        from keri.db.dbing import dgKey

        key = dgKey(aid.encode(), said.encode())
        gets = {"sigs": self.db.getSigs, "wigs": self.db.getWigs, "rcts": self.db.getRcts, "vrcs": self.db.getVrcs}
        more: Record = {"aid": aid, "sn": sn, "said": said}
        for name, get in gets.items():
            known = {bytes(each).decode() for each in get(key)}
            more[name] = [each for each in dict.fromkeys(found.get(name, ())) if each not in known]
        if any(more[name] for name in gets):
            self.late.append(more)
            logs.add_signatures(self.db, more)

    def accept(self, message: Message) -> None:
        """Take this one event, on top of what is loaded. Raises Refused or Held."""
        self._event(Entry(message), deque())

    @contextmanager
    def elsewhere(self) -> Iterator[Checker]:
        """Another Checker, which knows nothing yet, over a Baser of its own."""
        with scratch() as db:
            yield Checker(db)

    # -- private ----------------------------------------------------------------------------------------------------

    def _told(self, entry: Entry) -> None:
        """Receipts of an event that waits say so."""
        serder = entry.message.serder
        for receipt in self.room.at(("said", serder.pre, serder.said)):
            reason = f"its event {entry.message.sn} still waits: {entry.verdict['reason']}"
            receipt.verdict = {**receipt.verdict, "code": "receipt", "reason": reason}

    def _event(self, entry: Entry, queue: deque[Entry]) -> dict[str, Any]:
        message = entry.message
        assert message is not None
        serder = message.serder
        aid, sn, said, ilk = serder.pre, message.sn, serder.said, serder.ilk
        held: Key = ("held", aid, said)
        kever = self.kever(aid)
        if kever is None and ilk not in INCEPTIONS:
            reason = "its identifier's inception (event 0) is not known yet"
            raise Held("order", reason, aid, held, ("event", aid, sn - 1), ("event", aid, 0))
        if kever is not None:
            if self.knows(aid, said):
                return self._again(entry, queue)
            if sn > kever.sn + 1:
                reason = f"event {kever.sn + 1} is missing, it must come first"
                raise Held("order", reason, aid, held, ("event", aid, sn - 1))
            if not self._may_follow(kever, sn, ilk):
                raise conflicts.judged(self, message)
        partners = [each for each in self.room.at(held) if each.checked]
        entry.wits = self._check(message, kever, alone=not partners)
        entry.checked = True
        rcts = signing.by_others(message, serder.raw, entry.wits)
        sigers = signing.by_key(message.sigers, *(each.message.sigers for each in partners))
        groups = [signing.by_witnesses(each.message, serder.raw, entry.wits) for each in (entry, *partners)]
        wigers = signing.by_key(*groups, endorsing.offered(self, entry))
        try:
            self._judge(message, kever, sigers, wigers)
        except Held as ex:
            ex.keys += (held, ("place", aid, sn))
            raise
        self._accepted(message, sigers, wigers, rcts, entry.wits)
        endorsing.attached(self, entry, queue)
        self._release(message, queue)
        return {"verdict": "accepted", "delegator": self.db.kevers[aid].delpre or ""}

    def _accepted(
        self, message: Message, sigers: list[Any], wigers: list[Any], rcts: list[str], wits: list[str]
    ) -> None:
        """Write down what keripy has accepted."""
        from keri.db.dbing import dgKey

        serder = message.serder
        delegated = serder.ilk in ("dip", "drt")
        couple = self.db.getAes(dgKey(serder.preb, serder.saidb)) if delegated else None
        record: Record = {
            "aid": serder.pre,
            "sn": message.sn,
            "said": serder.said,
            "raw": bytes(serder.raw),
            "sigs": [each.qb64 for each in sigers],
            "wigs": [each.qb64 for each in wigers],
            "rcts": rcts,
            "vrcs": [],
            "wits": list(wits) if serder.ilk != "ixn" else [],
            "seal": bytes(couple).decode() if couple is not None else "",
        }
        logs.add_signatures(self.db, record)
        self.records.append(record)
        self.touched.add(serder.pre)

    def _release(self, message: Message, queue: deque[Entry]) -> None:
        """Those that waited for an event that is accepted now."""
        serder, sn = message.serder, message.sn
        aid, said = serder.pre, serder.said
        sealed = self.seals.note(aid, sn, said, serder.ked.get("a"))
        keys: list[Key] = [("event", aid, sn), ("held", aid, said), ("said", aid, said), ("place", aid, sn)]
        queue.extend(self.room.take(*keys, *(("seal", aid, *each) for each in sealed)))

    def kever(self, aid: str) -> Any:
        """None when nothing is accepted of it. (keripy's own `kevers.get` looks in memory only.)"""
        try:
            return self.db.kevers[aid]
        except KeyError:
            return None

    def _may_follow(self, kever: Any, sn: int, ilk: str) -> bool:
        """Whether keripy considers the event at all: the next one, or a rotation that recovers (supersedes)."""
        if ilk in INCEPTIONS:
            return False
        if sn == kever.sn + 1:
            return True
        if ilk == "rot":
            return kever.lastEst.s < sn <= kever.sn and kever.ilk == "ixn"
        return ilk == "drt" and kever.delegated and max(1, kever.lastEst.s) <= sn <= kever.sn

    def _check(self, message: Message, kever: Any, alone: bool = False) -> list[str]:
        """What keripy would pass over or tell less clearly. Returns the witnesses after this event. Raises Refused.

        alone: no other message brings signatures of this event, so a single one is verified by keripy, and only there.
        """
        serder = message.serder
        ilk = serder.ilk
        if kever is not None and kever.sn + 1 == message.sn and not kever.serder.compare(said=serder.prior):
            raise Refused(
                "chain",
                f"it does not follow event {kever.sn}: its prior digest is {serder.prior}, not {kever.serder.said}",
            )
        if kever is not None and not kever.transferable:
            raise Refused("order", "its identifier has ended: after a last event without next keys none may follow")
        verfers = kever.verfers if ilk == "ixn" else serder.verfers
        try:
            wits = list(serder.backs if ilk in INCEPTIONS else kever.deriveBacks(serder)[0])
        except Exception as ex:
            raise Refused("witnesses", f"its change of witnesses is not valid ({in_words(ex)})") from ex
        superseding = ilk == "drt" and message.sn == kever.lastEst.s
        signing.each_verifies(serder.raw, message.sigers, verfers, "signature", leave_one=alone and not superseding)
        signing.by_witnesses(message, serder.raw, wits)
        if superseding:
            raise conflicts.superseding(self, message)
        if ilk in ROTATIONS:
            conflicts.revealed(serder, kever.ndigers, kever.ntholder, kever.lastEst.s)
        return wits

    def _judge(self, message: Message, kever: Any, sigers: list[Any], wigers: list[Any]) -> None:
        """keripy's verdict. Raises Refused or Held."""
        from keri import kering
        from keri.core import coring

        serder = message.serder
        aid = serder.pre
        delegator = (serder.delpre if serder.ilk == "dip" else kever.delpre) if serder.ilk in ("dip", "drt") else ""
        anchor = self.seals.find(delegator, serder, message.delseqner) if delegator else None
        try:
            self.kevery.processEvent(
                serder=serder,
                sigers=list(sigers),
                wigers=list(wigers),
                delseqner=coring.Seqner(sn=anchor[0]) if anchor else None,
                delsaider=coring.Saider(qb64=anchor[1]) if anchor else None,
                eager=False,
                local=False,
            )
        except kering.MissingSignatureError as ex:
            tholder = serder.tholder if serder.ilk != "ixn" else kever.tholder
            want = spelled(tholder.sith)
            if tholder.satisfy(sorted({each.index for each in sigers})) and serder.ilk in ROTATIONS:
                want = f"{spelled(kever.ntholder.sith)} of the committed next keys"
            raise Held(
                "threshold", f"{len(sigers)} signature(s) verified, the threshold is {want}: more are needed", aid
            ) from ex
        except kering.MissingWitnessSignatureError as ex:
            need = serder.bn if serder.ilk != "ixn" else kever.toader.num
            raise Held("witnesses", f"{len(wigers)} of {need} needed witness signatures are there", aid) from ex
        except kering.MissingDelegationError as ex:
            if anchor is not None and serder.ilk == "drt" and message.sn <= kever.sn:  # it looks for an interaction's delegation
                raise conflicts.superseding(self, message) from ex
            known = delegator in self.db.kevers
            what = "no seal of it is in its delegator's log yet" if known else "its delegator's log is not known yet"
            key = ("seal", delegator, aid, serder.sner.numh, serder.said)
            raise Held("delegation", f"{what}: {delegator}", delegator, key) from ex
        except kering.LikelyDuplicitousError as ex:
            raise conflicts.judged(self, message) from ex
        except (
            Exception
        ) as ex:  # keripy raises ValidationError, but ValueError, IndexError and others on odd input as well
            if "No verified signatures" in str(ex):
                raise Refused("signature", f"its signature {signing.NOT_VERIFIED}") from ex
            if serder.ilk == "drt" and message.sn <= kever.sn:  # it looks for the delegation of what is superseded
                raise conflicts.superseding(self, message) from ex
            raise Refused("rules", in_words(ex)) from ex
        if not self.knows(aid, serder.said):
            raise Refused("rules", "keripy did not accept it, without a reason")

    def _again(self, entry: Entry, queue: deque[Entry]) -> dict[str, Any]:
        """An event that is accepted already: nothing changes, but verified signatures that are new are kept."""
        message = entry.message
        assert message is not None
        serder = message.serder
        verfers, entry.wits = self.at_event(serder)
        signing.each_verifies(serder.raw, message.sigers, verfers, "signature")
        wigers = signing.by_witnesses(message, serder.raw, entry.wits)
        self.keep(
            serder.pre, message.sn, serder.said,
            sigs=[each.qb64 for each in message.sigers], wigs=[each.qb64 for each in wigers],
            rcts=signing.by_others(message, serder.raw, entry.wits),
        )  # fmt: skip
        endorsing.attached(self, entry, queue)
        return {"verdict": "known"}

    def at_event(self, serder: Any) -> tuple[list[Any], list[str]]:
        """The keys that sign an accepted event, and its witnesses."""
        from keri.db.dbing import dgKey

        est = self.kevery.fetchEstEvent(serder.pre, serder.sn) if serder.ilk == "ixn" else serder
        if est is None:
            raise Refused("rules", "the event that gives its keys is not in the log")
        return est.verfers, [each.qb64 for each in self.db.wits.get(keys=dgKey(est.preb, est.saidb)) or ()]

    def apart(self, entry: Entry) -> None:
        """A receipt that came attached to an event waits as a message of its own."""
        self._apart.append(entry)


class scratch:
    """A context manager: keripy's Baser for a while, in memory (a directory below /tmp on CPython), then gone."""

    def __enter__(self) -> Any:
        from keri.db import basing

        self.db = basing.Baser(name="check", temp=True, reopen=True)
        return self.db

    def __exit__(self, *_: object) -> None:
        self.db.close(clear=True)


def check(unit: dict[str, Any]) -> Generator[None, None, dict[str, Any]]:
    """Verify {contexts, messages: [(raw, body, ilk)]}. Returns {verdicts, records, late, states, extra}. Raises FieldError
    for contexts that keripy cannot read."""
    from slices.foreign import units

    with scratch() as db:
        checker = Checker(db)
        for known in unit["contexts"]:
            with units.meant("contexts"):
                checker.load(known)
                checker.kever(known["state"]["i"])
            yield
        verdicts = yield from checker.run(tuple(each) for each in unit["messages"])
        return {
            "verdicts": verdicts,
            "records": checker.records,
            "late": checker.late,
            "states": checker.states(),
            "extra": checker.extra(),
        }
