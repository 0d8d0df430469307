"""What is found of each credential of a presentation: its checks, one after the other, each with its reason in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from keriwasm.data.words import counted, moment

from slices.credentials import chains, schemas, shapes
from slices.credentials.lookup import found
from slices.credentials.transactions import Transactions, name, opened
from slices.foreign.attachments import codes
from slices.foreign.streams import Message, plainly

__all__ = ["Reports", "anchors", "later", "wanted"]

SIGNED = ("-F", "-A", "-H")
REVOKED = ("rev", "brv")
AHEAD = timedelta(days=1)
"""A clock may be wrong by as much before a date is called one of the future."""


def wanted(credentials: Iterable[Message]) -> dict[str, str]:
    """SAID -> the registry that the credential names, where both are texts."""
    pairs = ((each.said, each.sad.get("ri")) for each in credentials)
    return {said: regi for said, regi in pairs if said and isinstance(regi, str)}


@dataclass
class Found:
    """One credential, as far as it has been judged."""

    message: Message
    checks: list[dict[str, Any]] = field(default_factory=list)
    serder: Any = None
    sealed: tuple[Any, ...] = ()
    schemer: Any = None
    state: str = "unknown"
    revoked: str = ""
    saved: bool = False
    stands_on: list[str] = field(default_factory=list)

    def note(self, about: str, ok: bool, detail: str) -> bool:
        """Add a check; gives whether it holds."""
        self.checks.append({"name": about, "ok": ok, "detail": detail})
        return ok

    @property
    def good(self) -> bool:
        """Whether everything but its state holds."""
        return self.serder is not None and all(each["ok"] for each in self.checks if each["name"] != "State")

    @property
    def holder(self) -> str | None:
        given = self.message.sad.get("a")
        told = given.get("i") if isinstance(given, dict) else None
        return told if isinstance(told, str) else None

    @property
    def schema(self) -> str:
        return _text(self.message.sad.get("s"))

    def report(self) -> dict[str, Any]:
        """Plain data: whatever the message holds, each value has the type that it always has."""
        sad = self.message.sad
        given = sad.get("s")
        said = self.schema or (_text(given.get("$id")) if isinstance(given, dict) else "")
        attributes = sad.get("a")
        return {
            "number": self.message.number,
            "said": self.message.said,
            "schema": {"said": said, "title": schemas.title(self.schemer.sed) if self.schemer is not None else ""},
            "issuer": _text(sad.get("i")),
            "holder": self.holder,
            "registry": _text(sad.get("ri")),
            "state": self.state,
            "attributes": attributes if isinstance(attributes, dict) else {},
            "sad": sad,
            "checks": self.checks,
            "saved": self.saved,
            "edges": chains.saids(sad.get("e")),
            "stands_on": self.stands_on,
        }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class Reports:
    """Judges credentials over databases in which the key events and transaction events of their stream are.

    events: each key event with the Checker's verdict. told: called with a credential's SAID before a schema is run over it.
    """

    def __init__(
        self,
        db: Any,
        reger: Any,
        events: list[tuple[Message, dict[str, Any]]],
        transactions: Transactions,
        told: Callable[[str], None] = str,
    ) -> None:
        from types import SimpleNamespace

        from keri.vdr import verifying

        self.db, self.reger = db, reger
        self.transactions, self.told = transactions, told
        # A receipt that waits, as of an event or by somebody that the file does not have, takes nothing away.
        failed = [each for each in events if each[1]["verdict"] in ("rejected", "escrowed")]
        self.failed = [each for each in failed if each[0].ilk != "rct" or each[1]["verdict"] == "rejected"]
        self._anchors: dict[str, dict[str, list[tuple[int, int]]]] = {}
        hby = SimpleNamespace(db=db, kvy=None, inited=True, name="presented", temp=True)
        self.verifier = verifying.Verifier(hby=hby, reger=reger)

    def run(self, messages: Iterable[Message]) -> Generator[None, None, list[dict[str, Any]]]:
        """The reports, those first that others refer to; of equals in the stream's order. Yields after each."""
        each = [Found(message) for message in messages]
        done: dict[str, Found] = {}
        ordered: list[Found] = []
        left = each
        while left:
            names = {one.message.said for one in left}
            free = [one for one in left if not names & set(chains.saids(one.message.sad.get("e"))) - {one.message.said}]
            for one in free or left:  # a circle of digests cannot be made; a circle of claims can
                self._judge(one, done)
                ordered.append(one)
                yield
                if one.serder is not None:
                    done.setdefault(one.message.said, one)
            left = [one for one in left if one not in free] if free else []
        return [one.report() for one in ordered]

    # -- private ----------------------------------------------------------------------------------------------------

    def _judge(self, one: Found, done: dict[str, Found]) -> None:
        sad = one.message.sad
        if faults := shapes.faults(sad):
            for fault in faults:
                one.note("Fields", False, fault)
            return
        if "t" in sad:
            one.note("Fields", False, f"It has a type, {shapes.shown(sad['t'])}: keripy 1.3.6 judges credentials without one.")
            return
        try:
            taken = opened(one.message)
        except ValueError as ex:
            one.note("Content", False, f"It cannot be believed: {ex}.")
            return
        one.serder, one.sealed = taken.serder, taken.sealed
        one.note("Content", True, f"Its digest is its SAID, {one.message.said}.")
        if one.message.said in done:
            one.note("Content", False, "The same credential stands in the file once more, with another seal.")
        self._issuer(one)
        issued = self._registry(one)
        self._schema(one, issued)
        self._chain(one, done)
        self._others(one)
        self._saved(one)

    def _issuer(self, one: Found) -> None:
        issuer = one.serder.issuer
        kever = found(self.db.kevers, issuer)
        if kever is None:
            reason = self._why(issuer)
            one.note("Issuer", False, f"The issuer’s key event log is not in the file, or does not verify.{reason}")
            return
        up = kever
        while up is not None and up.prefixer.qb64 not in one.stands_on:
            one.stands_on.append(up.prefixer.qb64)
            up = found(self.db.kevers, up.delpre) if up.delpre else None
        reasons = "".join(self._why(pre) for pre in one.stands_on)
        one.note("Issuer", not reasons, f"The log of {issuer} verifies up to event {kever.sner.num}.{reasons}")

    def _why(self, aid: str) -> str:
        """What was refused of an identifier's log, and what waits."""
        told = [f" {name(each).capitalize()}: {verdict['reason']}." for each, verdict in self.failed if each.sad.get("i") == aid]
        return "".join(told[:3]) + (f" Not accepted of it are {counted(len(told) - 3, 'more event')}." if len(told) > 3 else "")

    def _registry(self, one: Found) -> bool:
        """Registry, issuance, state; gives whether an issuer is known to have issued it."""
        said, regi, issuer = one.serder.said, one.serder.regi, one.serder.issuer
        tever = found(self.reger.tevers, regi)
        troubles = "".join(f" {each}." for each in self.transactions.troubles(regi))
        own = tever is not None and tever.pre == issuer
        if tever is None:
            one.note("Registry", False, f"The registry is not in the file, or the issuer’s log does not anchor it.{troubles}")
        elif not own:
            one.note("Registry", False, "It belongs to another identifier than the issuer.")
        else:
            missing = self._later(issuer, regi, tever.sn)
            more = f" Event {missing} of the issuer’s log anchors a later change of it, which is not in the file." if missing else ""
            words = f"The issuer’s log anchors it.{more}{troubles}"
            one.note("Registry", not missing and not troubles, words)
        events = self.transactions.events(said) if own else []
        troubles = "".join(f" {each}." for each in self.transactions.troubles(said))
        if not events:
            one.note("Issuance", False, f"No event that issues it is anchored in the issuer’s log.{troubles}")
            return False
        one.note("Issuance", not troubles, f"Issued in that registry, last event {moment(events[-1].sad['dt'])}.{troubles}")
        self._seal(one, events[0])
        self._state(one, events)
        return own

    def _seal(self, one: Found, issuance: Message) -> None:
        """The attachment that says where the issuance is to be found: by its own event, or by the issuer's that anchors it."""
        from keri.core import coring
        from keri.db.dbing import dgKey

        couple = bytearray(self.reger.getAnc(dgKey(one.serder.said, issuance.said)))
        anchor = (one.serder.issuer, coring.Seqner(qb64b=couple, strip=True).sn, coring.Saider(qb64b=couple, strip=True).qb64)
        if not one.sealed:
            if one.message.attached[:2].decode() in SIGNED:
                words = "Signatures are attached (-F…), where the seal of its issuance belongs (-I…): keripy 1.3.6 wants that."
            else:
                words = "The seal of its issuance (-I…) is not attached."
            one.note("Seal", False, words)
            return
        if not set(codes(one.message.attached)) <= {"I"}:
            one.note("Seal", True, "What else is attached to it, such as signatures, was not looked at: the seal is what counts.")
        prefixer, seqner, saider = one.sealed
        told = (prefixer.qb64, seqner.sn, saider.qb64)
        if told not in ((one.serder.said, 0, issuance.said), anchor):
            one.note("Seal", False, "The seal that is attached to it names another event than the one that issues it.")

    def _state(self, one: Found, events: list[Message]) -> None:
        last = events[-1]
        missing = self._later(one.serder.issuer, one.serder.said, len(events) - 1)
        if last.ilk in REVOKED:
            one.state, one.revoked = "revoked", f"on {last.sad['dt'][:10]}"
            one.note("State", False, f"Revoked on {last.sad['dt'][:10]}.")
            return
        one.state = "issued"
        if missing:
            one.state, one.revoked = "revoked", "at a time that the file does not tell"
            words = f"Revoked: event {missing} of the issuer’s log anchors a later event of it, which is not in the file."
            one.note("State", False, words)
            one.note("Issuance", False, "Its events are not all in the file.")
            return
        ahead = ", at a time that this device’s clock has yet to reach" if _ahead(last.sad["dt"]) else ""
        one.note("State", True, f"Issued, not revoked{ahead}.")

    def _later(self, aid: str, pre: str, sn: int) -> int:
        """The first event of a log that anchors an event of a registry or credential with a higher number; 0: none."""
        if aid not in self._anchors:
            self._anchors[aid] = anchors(self.db, aid)
        return later(self._anchors[aid], pre, sn)

    def _schema(self, one: Found, issued: bool) -> None:
        # Behind the issuance, because a schema is a program of a kind: nobody's is run over what nobody has issued.
        one.schemer = schemer = self.db.schema.get(one.serder.schema)
        if schemer is None:
            one.note("Schema", False, f"The schema {one.serder.schema} is not known here: add it, or give it along.")
            return
        title = schemas.title(schemer.sed)
        if not issued:
            one.note("Schema", False, f"“{title}”: not looked at, as nothing proves that it was issued.")
            return
        self.told(one.serder.said)
        reason = _unfit(schemer, one.serder)
        one.note("Schema", not reason, f"It fits the schema “{title}”." if not reason else f"It does not fit the schema “{title}”{reason}.")

    def _chain(self, one: Found, done: dict[str, Found]) -> None:
        known = list(chains.edges(one.serder.edge))
        if not known:
            return
        wrong = [(each, reason) for each in known if (reason := chains.judge(each, one.serder.issuer, done.get(each.said)))]
        for each, reason in wrong[: shapes.MOST]:
            one.note("Chain", False, f"Its edge “{each.label}” does not hold: {reason}.")
        if not wrong:
            one.note("Chain", True, "What it refers to verifies.")

    def _others(self, one: Found) -> None:
        """What was refused in the file of others than its issuer: nobody should build on a file with forged parts."""
        for each, verdict in self.failed:
            if verdict["verdict"] == "rejected" and each.sad.get("i") not in (*one.stands_on, one.serder.issuer):
                one.note("File", False, f"{name(each).capitalize()} in it was refused: {verdict['reason']}.")
                return
        own = (one.serder.said, one.serder.regi)
        for each, reason in self.transactions.refused:
            if each.sad.get("i") not in own:
                one.note("File", False, f"{name(each).capitalize()} in it was refused: {reason}.")
                return

    def _saved(self, one: Found) -> None:
        """keripy's own verdict; it keeps what is revoked as well."""
        from keri.core import coring

        if not one.good:
            return
        prefixer, seqner, saider = one.sealed or (coring.Prefixer(qb64=one.serder.said), coring.Seqner(sn=0), None)
        self.told(one.serder.said)  # keripy runs the schema once more
        try:
            self.verifier.processCredential(one.serder, prefixer, seqner, saider)
        except Exception as ex:  # keripy raises all of Python's own errors on odd input: every one is a refusal here
            one.note("keripy", False, f"keripy 1.3.6 refuses it: {plainly(ex)}.")
            return
        one.saved = self.reger.saved.get(keys=one.serder.said) is not None
        if not one.saved:
            one.note("keripy", False, "keripy 1.3.6 did not save it, without a reason.")


def anchors(db: Any, aid: str, first: int = 0) -> dict[str, list[tuple[int, int]]]:
    """What the events of an accepted log, from `first` on, seal: identifier, registry or credential -> [(number, event)]."""
    from keri.core import serdering
    from keri.db.dbing import dgKey, snKey

    told: dict[str, list[tuple[int, int]]] = {}
    kever = found(db.kevers, aid)
    for at in range(first, kever.sner.num + 1 if kever is not None else 0):
        digest = db.getKeLast(key=snKey(pre=aid, sn=at))
        raw = db.getEvt(key=dgKey(pre=aid, dig=bytes(digest))) if digest is not None else None
        seals = serdering.SerderKERI(raw=bytes(raw), verify=False).sad.get("a") if raw is not None else None
        for seal in seals if isinstance(seals, list) else []:
            if isinstance(seal, dict) and isinstance(seal.get("i"), str) and not shapes.number(seal.get("s")):
                told.setdefault(seal["i"], []).append((int(seal["s"], 16), at))
    return told


def later(told: dict[str, list[tuple[int, int]]], pre: str, sn: int) -> int:
    """The first event that seals an event of `pre` with a number above `sn`; 0: none."""
    return next((at for number, at in told.get(pre, ()) if number > sn), 0)


def _ahead(when: str) -> bool:
    return datetime.fromisoformat(when) > datetime.now(UTC) + AHEAD


def _unfit(schemer: Any, serder: Any) -> str:
    """Where a credential does not fit its schema; "" when it does."""
    from keri import kering

    if serder.kind != "JSON":
        return ": keripy 1.3.6 compares credentials in JSON only"
    try:
        return "" if schemer.verify(serder.raw) else ", without a reason"
    except kering.ValidationError as ex:
        cause = ex.__cause__ or ex.__context__
        path = "/".join(str(each) for each in getattr(cause, "absolute_path", ()))[:100]
        told = getattr(cause, "message", None) or json.dumps(str(cause or ex))
        return f": at {path or 'its top'}, {str(told)[:200]}"
