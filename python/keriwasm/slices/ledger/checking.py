"""Verify messages by keripy's Kevery over a Baser that is thrown away, and tell for each what became of it and why.

The Checker is pure: what it knows of earlier events comes with its input, what it finds leaves as records. So it runs on
any worker, several of them at once, and whoever owns the ledger appends the records without verifying them again.

keripy is the judge of every acceptance. Around it stand only

* the order: an event that must wait (for its predecessor, for signatures, witnesses, a delegator's seal) is held here as
  the whole message it came in, and tried again when what it waits for has come. keripy's own escrows would write its
  signatures, unverified, beside those of accepted events.
* strictness: every signature that is attached must verify, once per key. keripy passes over surplus signatures that do not
  verify, and counts one key's signature twice when it comes in two codes.
* reasons: what is wrong is looked for before keripy is asked, so that it can be told in words.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from typing import Any

from keriwasm.slices.ledger import records as logs
from keriwasm.slices.ledger.reading import EVENTS, Message, Refused, _words, read
from keriwasm.slices.ledger.records import Record

__all__ = ["Checker", "Held", "check"]

NOT_VERIFIED = "does not verify: the event or the signature was changed, or another key signed"
INCEPTIONS = ("icp", "dip")
ROTATIONS = ("rot", "drt")


class Held(Exception):
    """An event that waits. `code`: order, threshold, witnesses, delegation or receipt; `waits`: the AID it waits for."""

    def __init__(self, code: str, reason: str, waits: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.waits = waits


class Entry:
    """One message on its way: itself when it could be read, and what became of it."""

    def __init__(self) -> None:
        self.message: Message | None = None
        self.handed_over = False  # a receipt whose signatures its waiting event has
        self.verdict: dict[str, Any] = {}

    @property
    def open(self) -> bool:
        return self.verdict.get("verdict") in (None, "escrowed")


class Checker:
    """Verifies messages on top of a Baser of its own."""

    def __init__(self, db: Any) -> None:
        from keri.core import eventing

        self.db = db
        self.kevery = eventing.Kevery(db=db, lax=True, local=False, cloned=False, direct=False)
        self.records: list[Record] = []
        self.late: list[Record] = []
        self.touched: set[str] = set()
        self._waiting: dict[str, list[Entry]] = {}

    def load(self, known: dict[str, Any]) -> None:
        """Take over what is already accepted of an AID: the dict that records.context made."""
        for record in known["records"]:
            logs.write(self.db, record, known["state"]["dt"])
        logs.pin(self.db, known["state"])

    def run(self, messages: Iterable[tuple[bytes, int, str]]) -> Generator[None, None, list[dict[str, Any]]]:
        """Verdicts in the order of the messages (raw, bytes of the body, claimed type); yields after each one."""
        entries = []
        for raw, body, ilk in messages:
            entry = Entry()
            entries.append(entry)
            try:
                entry.message = read(raw, body, ilk)
            except Refused as ex:
                entry.verdict = {"verdict": "rejected", "code": ex.code, "reason": ex.reason}
            else:
                self._take(entry)
            yield
        return [entry.verdict for entry in entries]

    def states(self) -> dict[str, dict[str, Any]]:
        """The key states of the AIDs whose logs have grown."""
        return {aid: self.db.kevers[aid].state()._asdict() for aid in sorted(self.touched)}

    # -- private ----------------------------------------------------------------------------------------------------

    def _take(self, entry: Entry) -> None:
        """Try a message, then all those that waited for what it brought."""
        queue = deque([entry])
        while queue:
            each = queue.popleft()
            if not each.open:
                continue
            assert each.message is not None
            serder = each.message.serder
            head = {"aid": serder.pre, "sn": serder.sn, "said": serder.said, "ilk": serder.ilk}
            try:
                verdict = self._receipt(each) if serder.ilk == "rct" else self._event(each, queue)
                each.verdict = {**head, **verdict, "remarks": each.message.remarks}
            except Refused as ex:
                each.verdict = {**head, "verdict": "rejected", "code": ex.code, "reason": ex.reason}
            except Held as ex:
                each.verdict = {**head, "verdict": "escrowed", "code": ex.code, "reason": ex.reason, "waits": ex.waits}
                waiting = self._waiting.setdefault(ex.waits, [])
                if each not in waiting:
                    waiting.append(each)
                if serder.ilk != "rct":  # its receipts may have come before it
                    queue.extend(other for other in self._receipts(serder) if not other.handed_over)
            if each.verdict["verdict"] == "accepted":
                queue.extend(self._waiting.pop(serder.pre, ()))
            self.kevery.cues.clear()

    def _event(self, entry: Entry, queue: deque[Entry]) -> dict[str, Any]:
        message = entry.message
        assert message is not None
        serder = message.serder
        aid, sn, said, ilk = serder.pre, serder.sn, serder.said, serder.ilk
        kever = self._kever(aid)
        if kever is None and ilk not in INCEPTIONS:
            raise Held("order", "its identifier's inception (event 0) is not known yet", aid)
        if kever is not None:
            if self.db.fons.get(keys=(aid, said)) is not None:
                return self._again(message)
            if sn > kever.sn + 1:
                raise Held("order", f"event {kever.sn + 1} is missing, it must come first", aid)
            if not self._may_follow(kever, serder):
                raise self._conflict(message, kever)
        partners = self._partners(entry)
        wits = self._check(message, kever, alone=not partners)
        sigers = _by_key(message.sigers, *(each.message.sigers for each in partners))
        wigers = _by_key(message.wigers, *(each.message.wigers for each in partners))
        self._judge(message, kever, sigers, wigers, wits)
        for partner in partners:  # what waited with it has come in with it
            queue.append(partner)
        kever = self.db.kevers[aid]
        seal = ""
        if ilk in ("dip", "drt"):
            from keri.db.dbing import dgKey

            couple = self.db.getAes(dgKey(serder.preb, serder.saidb))
            seal = bytes(couple).decode() if couple is not None else ""
        self.records.append(
            {
                "aid": aid,
                "sn": sn,
                "said": said,
                "raw": bytes(serder.raw),
                "sigs": [each.qb64 for each in sigers],
                "wigs": [each.qb64 for each in wigers],
                "wits": list(wits) if ilk != "ixn" else [],
                "seal": seal,
            }
        )
        self.touched.add(aid)
        return {"verdict": "accepted", "delegator": kever.delpre or ""}

    def _kever(self, aid: str) -> Any:
        """None when nothing is accepted of it. (keripy's own `kevers.get` looks in memory only.)"""
        try:
            return self.db.kevers[aid]
        except KeyError:
            return None

    def _may_follow(self, kever: Any, serder: Any) -> bool:
        """Whether keripy considers the event at all: the next one, or a rotation that recovers (supersedes)."""
        sn, ilk = serder.sn, serder.ilk
        if ilk in INCEPTIONS:
            return False
        if sn == kever.sn + 1:
            return True
        if ilk == "rot":
            return kever.lastEst.s < sn <= kever.sn and kever.ilk == "ixn"
        return ilk == "drt" and kever.lastEst.s <= sn <= kever.sn

    def _check(self, message: Message, kever: Any, alone: bool = False) -> list[str]:
        """What keripy would pass over or tell less clearly. Returns the witnesses after this event. Raises Refused.

        alone: no other message brings signatures of this event, so a single one is verified by keripy, and only there.
        """
        serder = message.serder
        ilk = serder.ilk
        if kever is not None and kever.sn + 1 == serder.sn and not kever.serder.compare(said=serder.prior):
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
            raise Refused("witnesses", f"its change of witnesses is not valid ({_words(ex)})") from ex
        _each_verifies(serder.raw, message.sigers, verfers, "signature", leave_one=alone)
        self._promote(message, wits)
        if message.wigers:
            from keri.core import coring

            try:
                werfers = [coring.Verfer(qb64=each) for each in wits]
            except Exception as ex:
                raise Refused("witnesses", f"a witness of it is no public key ({_words(ex)})") from ex
            _each_verifies(serder.raw, message.wigers, werfers, "witness signature")
        if ilk in ROTATIONS:
            self._revealed(kever, serder)
        return wits

    def _revealed(self, kever: Any, serder: Any) -> None:
        """Refuse a rotation that even with all signatures could not show the keys that were committed to."""
        from keri.core import coring

        if not kever.ndigers:
            raise Refused("pre-rotation", "no next keys were committed to, so there can be no rotation")
        shown = {coring.Diger(ser=key.qb64b, code=each.code).qb64 for key in serder.verfers for each in kever.ndigers}
        found = [index for index, each in enumerate(kever.ndigers) if each.qb64 in shown]
        if not kever.ntholder.satisfy(indices=found):
            raise Refused(
                "pre-rotation",
                f"its keys are not those that event {kever.lastEst.s} committed to: {len(found)} of {len(kever.ndigers)} "
                "next key digests are met",
            )

    def _judge(self, message: Message, kever: Any, sigers: list[Any], wigers: list[Any], wits: list[str]) -> None:
        """keripy's verdict. Raises Refused or Held."""
        from keri import kering

        serder = message.serder
        aid = serder.pre
        try:
            self.kevery.processEvent(
                serder=serder,
                sigers=list(sigers),
                wigers=list(wigers),
                delseqner=message.delseqner,
                delsaider=message.delsaider,
                eager=True,
                local=False,
            )
        except kering.MissingSignatureError as ex:
            tholder = serder.tholder if serder.ilk != "ixn" else kever.tholder
            want = tholder.sith if isinstance(tholder.sith, str) else str(tholder.sith)
            if tholder.satisfy(sorted({each.index for each in sigers})) and serder.ilk in ROTATIONS:
                want = f"{kever.ntholder.sith} of the committed next keys"
            raise Held(
                "threshold", f"{len(sigers)} signature(s) verified, the threshold is {want}: more are needed", aid
            ) from ex
        except kering.MissingWitnessSignatureError as ex:
            need = serder.bn if serder.ilk != "ixn" else kever.toader.num
            raise Held("witnesses", f"{len(wigers)} of {need} needed witness signatures are there", aid) from ex
        except kering.MissingDelegationError as ex:
            delegator = serder.delpre if serder.ilk == "dip" else kever.delpre
            known = delegator in self.db.kevers
            what = "no seal of it is in its delegator's log yet" if known else "its delegator's log is not known yet"
            raise Held("delegation", f"{what}: {delegator}", delegator) from ex
        except kering.LikelyDuplicitousError as ex:
            raise self._conflict(message, kever) from ex
        except (
            Exception
        ) as ex:  # keripy raises ValidationError, but ValueError, IndexError and others on odd input as well
            if "No verified signatures" in str(ex):
                raise Refused("signature", f"its signature {NOT_VERIFIED}") from ex
            raise Refused("rules", _words(ex)) from ex
        if self.db.fons.get(keys=(aid, serder.said)) is None:
            raise Refused("rules", "keripy did not accept it, without a reason")

    def _again(self, message: Message) -> dict[str, Any]:
        """An event that is accepted already: nothing changes, but verified signatures that are new are kept."""
        serder = message.serder
        est = self.kevery.fetchEstEvent(serder.pre, serder.sn) if serder.ilk == "ixn" else serder
        if est is None:
            return {"verdict": "known"}
        from keri.core import coring
        from keri.db.dbing import dgKey

        wits = [each.qb64 for each in self.db.wits.get(keys=dgKey(est.preb, est.saidb)) or ()]
        _each_verifies(serder.raw, message.sigers, est.verfers, "signature")
        self._promote(message, wits)
        _each_verifies(serder.raw, message.wigers, [coring.Verfer(qb64=each) for each in wits], "witness signature")
        self._keep(serder.pre, serder.sn, serder.said, message.sigers, message.wigers)
        return {"verdict": "known"}

    def _receipts(self, serder: Any) -> list[Entry]:
        """Receipts of an event that wait."""
        waiting = self._waiting.get(serder.pre, ())
        return [
            each for each in waiting if each.message.serder.ilk == "rct" and each.message.serder.said == serder.said
        ]

    def _receipt(self, receipt: Entry) -> dict[str, Any]:
        """Witness signatures that come as a message of their own, for an event that is or will be known."""
        message = receipt.message
        assert message is not None
        serder = message.serder
        aid, sn, said = serder.pre, serder.sn, serder.said
        from keri.core import coring, serdering
        from keri.db.dbing import dgKey

        accepted = self.db.fons.get(keys=(aid, said)) is not None
        waiting = [
            each
            for each in self._waiting.get(aid, ())
            if each.verdict.get("said") == said and each.message.serder.ilk != "rct"
        ]
        if not accepted and not waiting:
            raise Held("receipt", f"it is a receipt of event {sn}, which is not known yet", aid)
        if accepted:
            raw = bytes(self.db.getEvt(dgKey(aid.encode(), said.encode())))
            event = serdering.SerderKERI(raw=raw)
            est = self.kevery.fetchEstEvent(aid, sn) if event.ilk == "ixn" else event
            wits = [each.qb64 for each in self.db.wits.get(keys=dgKey(est.preb, est.saidb)) or ()] if est else []
        else:
            event = waiting[0].message.serder
            kever = self._kever(aid)
            wits = self._check(waiting[0].message, kever)
        self._promote(message, wits, raw=event.raw)
        if not message.wigers:
            raise Refused("receipt", "no signature of it is by a witness of that event; other receipts are not kept")
        _each_verifies(event.raw, message.wigers, [coring.Verfer(qb64=each) for each in wits], "witness signature")
        if accepted:
            self._keep(aid, sn, said, [], message.wigers)
            return {"verdict": "known"}
        entry = waiting[0]
        receipt.handed_over = True
        entry.message.wigers = _union(entry.message.wigers, message.wigers)
        self._waiting[aid].remove(entry)
        self._take(entry)
        if entry.open:
            raise Held("receipt", f"its event {sn} still waits: {entry.verdict['reason']}", aid)
        return {"verdict": "known"}

    def _promote(self, message: Message, wits: list[str], raw: bytes | None = None) -> None:
        """Receipts by witnesses (key and signature) become indexed witness signatures, as keripy does it."""
        from keri.core import indexing

        for cigar in message.cigars:
            if cigar.verfer.qb64 in wits:
                message.wigers.append(indexing.Siger(raw=cigar.raw, index=wits.index(cigar.verfer.qb64)))
            else:
                message.remarks.append(f"a receipt by {cigar.verfer.qb64}, no witness of it, is not kept")
        message.cigars = []
        message.wigers = _union(message.wigers)

    def _keep(self, aid: str, sn: int, said: str, sigers: list[Any], wigers: list[Any]) -> None:
        from keri.db.dbing import dgKey

        key = dgKey(aid.encode(), said.encode())
        sigs = {bytes(each).decode() for each in self.db.getSigs(key)}
        wigs = {bytes(each).decode() for each in self.db.getWigs(key)}
        more = {
            "aid": aid,
            "sn": sn,
            "said": said,
            "sigs": [each.qb64 for each in sigers if each.qb64 not in sigs],
            "wigs": [each.qb64 for each in wigers if each.qb64 not in wigs],
        }
        if more["sigs"] or more["wigs"]:
            self.late.append(more)
            logs.add_signatures(self.db, more)

    def _partners(self, entry: Entry) -> list[Entry]:
        """Other messages of the same event that wait: each brings some of the signatures."""
        said = entry.message.serder.said
        return [
            each
            for each in self._waiting.get(entry.message.serder.pre, ())
            if each is not entry
            and each.open
            and each.message.serder.said == said
            and each.message.serder.ilk in EVENTS
        ]

    def _conflict(self, message: Message, kever: Any) -> Refused:
        """Another event stands at this number: look whether this one is as well signed as that one."""
        serder = message.serder
        aid, sn = serder.pre, serder.sn
        whole = list(logs.kept(self.db, aid))
        accepted = next((each for each in logs.branch(whole) if each["sn"] == sn), None)
        there = f"event {sn} with SAID {accepted['said']}" if accepted else f"event {sn}"
        if accepted is not None and b'"t":"ixn"' not in accepted["raw"][:200] and serder.ilk == "ixn":
            return Refused(
                "superseded", f"{there}, a rotation, has taken this place; a rotation overrules an interaction"
            )
        try:
            with scratch() as db:
                other = Checker(db)
                if sn > 0:
                    before = [each for each in logs.branch(whole) if each["sn"] < sn]
                    state = logs.state_at(before, sn - 1)
                    if state is None:
                        return Refused("conflict", f"{there} was accepted before, first seen wins")
                    other.load({"records": before, "state": state})
                entry = Entry()
                entry.message = message
                other._event(entry, deque())
        except (Refused, Held) as ex:
            return Refused("conflict", f"{there} was accepted before, and this one is not fully signed: {ex.reason}")
        return Refused(
            "duplicity",
            f"{there} was accepted before, first seen wins; but this one is validly signed as well: the controller of this "
            "identifier, or somebody with its keys, has made two different histories",
        )


class scratch:
    """A context manager: keripy's Baser for a while, in memory (a directory below /tmp on CPython), then gone."""

    def __enter__(self) -> Any:
        from keri.db import basing

        self.db = basing.Baser(name="check", temp=True, reopen=True)
        return self.db

    def __exit__(self, *_: object) -> None:
        self.db.close(clear=True)


def check(unit: dict[str, Any]) -> Generator[None, None, dict[str, Any]]:
    """Verify {contexts, messages: [(raw, body, ilk)]}. Returns {verdicts, records, late, states}."""
    with scratch() as db:
        checker = Checker(db)
        for known in unit["contexts"]:
            checker.load(known)
            yield
        verdicts = yield from checker.run(tuple(each) for each in unit["messages"])
        return {
            "verdicts": verdicts,
            "records": checker.records,
            "late": checker.late,
            "states": checker.states(),
        }


def _each_verifies(raw: bytes, sigers: list[Any], verfers: list[Any], what: str, leave_one: bool = False) -> None:
    """Every signature must be by the key that it names, and no key may sign twice. Raises Refused.

    leave_one: a single signature is not verified here, since keripy refuses an event without any that verifies.
    """
    seen: set[int] = set()
    for number, siger in enumerate(sigers, start=1):
        which = f"{what} {number} of {len(sigers)}" if len(sigers) > 1 else f"its {what}"
        if siger.index >= len(verfers):
            raise Refused("signature", f"{which} names key {siger.index}, but there are {len(verfers)}")
        if siger.index in seen:
            raise Refused("signature", f"{which} is the second one by key {siger.index}: a key counts once")
        seen.add(siger.index)
        if siger.code not in _codes(verfers[siger.index].code):
            raise Refused(
                "signature", f"{which} is marked as one of another kind ({siger.code}) than the key that it names"
            )
        if not (leave_one and len(sigers) == 1) and not verfers[siger.index].verify(siger.raw, raw):
            raise Refused("signature", f"{which} {NOT_VERIFIED}")


def _codes(key: str) -> tuple[str, ...]:
    """Codes of indexed signatures that a key of this code makes; keripy verifies without looking at the signature's."""
    from keri.core.coring import MtrDex
    from keri.core.indexing import IdrDex

    if key in (MtrDex.Ed25519, MtrDex.Ed25519N):
        return IdrDex.Ed25519_Sig, IdrDex.Ed25519_Crt_Sig, IdrDex.Ed25519_Big_Sig, IdrDex.Ed25519_Big_Crt_Sig
    if key in (MtrDex.ECDSA_256k1, MtrDex.ECDSA_256k1N):
        return (
            IdrDex.ECDSA_256k1_Sig, IdrDex.ECDSA_256k1_Crt_Sig, IdrDex.ECDSA_256k1_Big_Sig, IdrDex.ECDSA_256k1_Big_Crt_Sig
        )  # fmt: skip
    if key in (MtrDex.ECDSA_256r1, MtrDex.ECDSA_256r1N):
        return (
            IdrDex.ECDSA_256r1_Sig, IdrDex.ECDSA_256r1_Crt_Sig, IdrDex.ECDSA_256r1_Big_Sig, IdrDex.ECDSA_256r1_Big_Crt_Sig
        )  # fmt: skip
    return ()


def _union(*groups: list[Any]) -> list[Any]:
    """Signatures without repetition, in order."""
    return list({each.qb64: each for group in groups for each in group}.values())


def _by_key(*groups: list[Any]) -> list[Any]:
    """Signatures of several messages of one event: one per key, the first."""
    made: dict[int, Any] = {}
    for group in groups:
        for each in group:
            made.setdefault(each.index, each)
    return list(made.values())
