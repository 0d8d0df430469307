"""One round for one identifier: each event that lacks receipts, in the log's order, each witness that lacks it.

All are asked at once, each by keripy's Receiptor, then all are told of each other's receipts. A witness that says nothing for PATIENCE
seconds must not cost the others theirs: these go on without it, and it has its time after that, as have those that gave none the last
time. Receipts are kept once the witnesses that gave them know each other's: when the browser is killed before, they are collected anew.
A witness whose receipt is here is not asked for it again, which may cost a one-time code.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from keriwasm.web.outside import Answer

from slices.kels import timeline
from slices.ledger import book as books

from . import introducing, places, reasons, standing
from .cases import Case
from .receipting import LOOK, NoReceipt, Run, Sheet

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

    from slices.vault.vault import Vault

__all__ = ["Round"]

PATIENCE = 2.5
AT_ONCE = 100
"""Events that are looked at between two yields."""


class Round:
    """Until nothing is missing, or each witness that is missing has said or shown why."""

    def __init__(self, worker: Context, vault: Vault, aid: str, case: Case, codes: dict[str, str], asked: bool) -> None:
        """codes: witness to `code#time`; asked: by the user, so that those are tried as well that would want a code."""
        self.worker, self.vault = worker, vault
        self.aid, self.case, self.codes = aid, case, codes
        self.coded: set[str] = set()
        """Those that have taken their code."""
        self.before = set(case.reasons)
        """Those that had given none the last time."""
        waiting = (each for each, reason in case.reasons.items() if reason.kind in reasons.CODES and each not in codes)
        self.failed: set[str] = set() if asked else set(waiting)
        """Those that have failed in this round: they are asked for no later event either."""
        self.sn = case.complete

    @property
    def hab(self) -> Any:
        """Anew at each use: it may have been made anew."""
        return self.vault.hby.habs[self.aid]

    def go(self) -> Generator[float, float, None]:
        yield from books.of(self.worker).ready()
        self.case.reasons = {aid: reason for aid, reason in self.case.reasons.items() if aid in self.hab.kever.wits}
        while True:
            self.case.seen = self.hab.kever.serder.said
            event = yield from self._next()
            if event is None:
                return
            yield from self._event(event)
            self.sn = event.sn + 1

    def _next(self) -> Generator[float, float, standing.Standing | None]:
        """The first event from `sn` on that somebody lacks who has not failed yet. A log may be long: it gives way in between."""
        hab = self.hab
        db, present = hab.db, tuple(hab.kever.wits)
        complete, found = self.sn, None
        for count, event in enumerate(standing.walk(hab, self.sn), start=1):
            lacking = set(event.lacking(present))
            if not lacking and complete == event.sn:
                complete += 1
            if lacking - self.failed:
                found = event
                break
            if count % AT_ONCE == 0:
                yield 0.0
                if self.hab.db is not db:  # opened anew meanwhile
                    return (yield from self._next())
        if self.sn == self.case.complete:
            self.case.complete = complete
        return found

    def _event(self, event: standing.Standing) -> Generator[float, float, None]:
        sheet = yield from self._sheet(event)
        lacking = [each for each in event.lacking(tuple(self.hab.kever.wits)) if each not in self.failed]
        for aid in [each for each in lacking if not sheet.urls[each]]:
            lacking.remove(aid)
            self._note(aid, reasons.NO_ADDRESS)
        known = standing.receipts(self.hab.db, self.aid, event)
        got: dict[str, bytes] = {}
        fresh = [each for each in lacking if each not in self.before]
        for some, patience in ((fresh if not known else [], PATIENCE), (lacking, 0.0)):
            asked = [each for each in some if each not in got and each not in self.failed]
            came = (yield from self._ask(sheet, asked, patience)) if asked else {}
            if came:
                got |= came
                yield from self._tell(sheet, known | got)
                yield from self._keep(event.sn, came)
        for aid in lacking:
            if aid not in got and aid not in self.failed:
                self._note(aid, reasons.Reason("late", reasons.SHORT["late"]))

    # -- asking -----------------------------------------------------------------------------------------------------

    def _driven(self, run: Run, patience: float = 0.0, alone: bool = False) -> Generator[float, float, bool]:
        """Until it ends, is given up, or a witness answers with what is no receipt."""
        try:
            ended = yield from run.go(patience, alone)
        except NoReceipt:
            self._note(run.last, reasons.NO_RECEIPT)
            ended = False
        fresh = self.case.fresh.setdefault(run.sheet.sn, set())
        for aid in run.receipts:
            fresh.add(aid)
        return ended

    def _ask(self, sheet: Sheet, witnesses: list[str], patience: float) -> Generator[float, float, dict[str, bytes]]:
        """Each by itself, all at once: their receipts. patience: seconds in which none answers, after which who is silent is left."""
        runs = {aid: Run(self.worker, sheet, [aid], self.codes, self._heard) for aid in witnesses}
        yield from self._together([self._driven(run, alone=True) for run in runs.values()], list(runs.values()), patience)
        return {aid: run.receipts[aid] for aid, run in runs.items() if aid in run.receipts}

    def _tell(self, sheet: Sheet, known: dict[str, bytes]) -> Generator[float, float, None]:
        """Have each of these witnesses know the others' receipts."""
        if len(known) > 1:
            runs = [Run(self.worker, sheet, list(known), {}, self._heard, known, tells=aid) for aid in known]
            yield from self._together([self._driven(run, patience=PATIENCE) for run in runs])

    def _together(self, steps: list[Any], runs: list[Run] | None = None, patience: float = 0.0) -> Generator[float, float, None]:
        """All at the same time until each has ended, or for so many seconds nothing was heard by any of the runs."""
        going = list(steps)
        try:
            while going:
                for each in list(going):
                    try:
                        next(each)
                    except StopIteration:
                        going.remove(each)
                if patience and runs and self.worker.doist.now() - max(run.since for run in runs) > patience:
                    return
                if going:
                    yield LOOK
        finally:
            for each in going:
                each.close()

    def _heard(self, aid: str, path: str, answer: Answer) -> None:
        reason = reasons.of(path, answer, "code" if aid not in self.codes else "another" if aid in self.coded else "wrong")
        if reason is None:
            if path == "/receipts":
                self.case.reasons.pop(aid, None)
                self.coded.add(aid)
        elif aid in self.hab.kever.wits:
            self._note(aid, reason)

    def _note(self, aid: str, reason: reasons.Reason) -> None:
        self.failed.add(aid)
        self.case.reasons[aid] = reason

    # -- the database -----------------------------------------------------------------------------------------------

    def _sheet(self, event: standing.Standing) -> Generator[float, float, Sheet]:
        """What is to be sent, and where to."""
        hab = self.hab
        raw = timeline.raw(hab.db, self.aid, event.sn) or b""
        rotates = b'"t":"rot"' in raw[:100] or b'"t":"drt"' in raw[:100]
        before = standing.standing(hab.db, self.aid, event.sn - 1) if rotates else None
        adds = tuple(each for each in event.witnesses if before is not None and each not in before.witnesses)
        delegates = b'"t":"dip"' in raw[:100] or b'"t":"drt"' in raw[:100]
        delegator = hab.kever.delpre if delegates else None
        log = (yield from timeline.messages(lambda: self.hab.db, self.aid)) if adds else []
        theirs = (yield from timeline.messages(lambda: self.hab.db, delegator)) if delegator else []
        hab = self.hab
        found = {aid: places.urls(self.worker, hab.db, aid) for aid in event.witnesses}
        return Sheet(
            alias=hab.name,
            pre=self.aid,
            sn=event.sn,
            said=event.said,
            raw=raw,
            message=bytes(hab.makeOwnEvent(sn=event.sn)),
            urls=found,
            introductions=introducing.replies(self.worker, event.witnesses) if adds or not event.sn else {},
            adds=adds,
            before=tuple(log[: event.sn]),
            delegator=tuple(theirs),
        )

    def _keep(self, sn: int, receipts: dict[str, bytes]) -> Generator[float, float, None]:
        """One transaction of what came; keripy's parser puts each in its place."""
        try:
            if receipts:
                with self.vault.change() as hby:
                    for receipt in receipts.values():
                        hby.habs[self.aid].psr.parseOne(ims=bytearray(receipt))
                yield from self.worker.disk.settle()
        finally:
            self.case.fresh.pop(sn, None)
