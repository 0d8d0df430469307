"""The Doer that collects what receipts are missing, for every identifier of the open wallet.

What is missing is read from the database (standing.py): so nothing is lost with a browser that was killed, and each kind of event is
seen to, whoever made it. It looks whenever the wallet was changed, opened, or the user said something about the network, when it is
asked to, and by itself after PAUSES. In memory are only the reasons of witnesses that gave none, until the wallet is locked.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from hio.base import doing
from keriwasm.runtime.scheduling import WAIT

from slices.network import consent as consents
from slices.network import outbox
from slices.vault import vault as vaults

from . import places, standing
from .cases import Case
from .reasons import CODES
from .rounds import Round

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["CollectDoer", "Collector", "of"]

AT_ONCE = 4
"""Identifiers that are seen to at the same time."""
PAUSES = (15.0, 60.0, 300.0, 1800.0)
"""Seconds until the next try by itself, after each that left something open; the last one again and again."""


def of(worker: Context) -> Collector:
    """The one of this worker."""
    return worker.shared(Collector)


class Collector:
    """What is under way, and why some receipts are missing."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.vault = vaults.of(worker)
        self.cases: dict[str, Case] = {}
        self.doer: Any = None
        self._look = False
        self._epoch = -1

    def look(self, consent: bool = False) -> None:
        """Something has changed. consent: it was the user's word about the network."""
        if consent:
            for case in self.cases.values():
                case.asked = case.asked or any(reason.allowed for reason in case.reasons.values())
        self._look = True
        if self.doer is not None:
            self.worker.doist.wake(self.doer)

    def back(self) -> None:
        """There is a line again."""
        for case in self.cases.values():
            case.asked = case.asked or any(reason.kind == "offline" for reason in case.reasons.values())
        self.look()

    def waiting(self) -> list[dict[str, str]]:
        """What the network page says of receipts that are missing, while the wallet is open: {what, waits, why, path}."""
        found = []
        for aid in () if self.vault.locked else self.cases:
            if (hab := self.vault.hby.habs.get(aid)) is None:
                continue
            event = standing.latest(hab)
            missing = len(event.witnesses) - len(event.receipted)
            if missing:
                reasons = [reason for each, reason in self.cases[aid].reasons.items() if each not in event.receipted]
                word, line = any(each.allowed for each in reasons), any(each.kind == "offline" for each in reasons)
                what = {"what": f"receipts of {hab.name}’s event {event.sn}", "waits": "word" if word else "line" if line else "server"}
                found.append({**what, "why": f"{missing} of {len(event.witnesses)} are missing.", "path": f"app/identifiers/{aid}"})
        return found

    def ask(self, aid: str, codes: dict[str, str]) -> None:
        """Try again for this identifier now. codes: witness -> its one-time code."""
        from keri.help import helping

        case = self.cases.setdefault(aid, Case())
        case.asked = True
        case.codes |= {witness: f"{code}#{helping.nowIso8601()}" for witness, code in codes.items()}
        self.look()

    def busy(self, hab: Any) -> bool:
        """Whether something is, or will be at once, under way for this identifier: also for an event that was made just now."""
        case = self.cases.get(hab.pre)
        return bool(hab.kever.wits) and (case is None or case.asked or case.round is not None or case.seen != hab.kever.serder.said)

    def told(self, hab: Any) -> dict[str, Any]:
        """{witnesses: [{aid, url, name, receipted, problem, kind, code}], toad, receipts, busy, again_s} of the latest event."""
        event = standing.latest(hab)
        case = self.cases.get(hab.pre, Case())
        receipted = event.receipted | (case.fresh.get(event.sn, set()) & set(event.witnesses))
        found = []
        for aid in event.witnesses:
            reason = None if aid in receipted else case.reasons.get(aid)
            found.append(
                {
                    "aid": aid,
                    "url": places.schemes(places.urls(self.worker, hab.db, aid)),
                    "name": places.named(self.worker, aid),
                    "receipted": aid in receipted,
                    "problem": reason.words if reason is not None else None,
                    "kind": reason.kind if reason is not None else None,
                    "code": reason is not None and reason.kind in CODES,
                }
            )
        return {
            "witnesses": found,
            "toad": event.toad,
            "receipts": len(receipted),
            "busy": self.busy(hab),
            "again_s": round(max(0.0, case.due - self.worker.doist.now())) if case.due is not None else None,
        }

    # -- the Doer's -------------------------------------------------------------------------------------------------

    def known(self) -> Generator[float, float, None]:
        """Wait until it is known who has witnesses, in steps; a wallet that is locked meanwhile has none."""
        while not self.vault.locked and not self.vault.hby.habs.whole:
            self.vault.hby.habs.gather()
            yield 0.0

    def step(self) -> float:
        """Go on with all that is under way, begin what is due. Returns the seconds until there is something to do again."""
        if self.vault.locked or self._epoch != self.vault.epoch:
            self.close()
            self._epoch = self.vault.epoch
        if self.vault.locked:
            return WAIT
        now = self.worker.doist.now()
        self._begin(now)
        pause: float = WAIT
        for aid, case in list(self.cases.items()):
            if case.round is not None:
                pause = min(pause, self._go_on(aid, case))
            elif case.due is not None:
                pause = min(pause, max(0.05, case.due - now))
        return 0.0 if self._look else pause

    def close(self) -> None:
        """Stop what is under way and forget the reasons."""
        cases, self.cases = self.cases, {}
        self._look = True
        for case in cases.values():
            if case.round is not None:
                case.round.close()

    def _begin(self, now: float) -> None:
        """Begin rounds for identifiers whose log has grown, that are asked for, or whose time has come."""
        running = sum(case.round is not None for case in self.cases.values())
        looking, self._look = self._look, False
        own = self.vault.hby.habs
        for aid in self.cases.keys() - own.witnessed:
            del self.cases[aid]
        for aid in sorted(own.witnessed) if looking or any(map(_waits(now), self.cases.values())) else ():
            hab = own[aid]
            case = self.cases.setdefault(aid, Case())
            if case.round is None and (case.asked or case.seen != hab.kever.serder.said or _waits(now)(case)):
                if running >= AT_ONCE:
                    self._look = True  # whoever ends wakes us
                    break
                running += 1
                if case.seen != hab.kever.serder.said:
                    case.tries = 0
                case.round = Round(self.worker, self.vault, aid, case, case.codes, case.asked).go()
                case.asked, case.due, case.codes = False, None, {}
                case.seen = hab.kever.serder.said

    def _go_on(self, aid: str, case: Case) -> float:
        """A step of one round."""
        try:
            assert case.round is not None
            return next(case.round) or 0.0
        except StopIteration:
            pass
        except Exception as ex:  # nothing that a round meets may end those of others
            self.worker.fault(ex, about={"type": "witnesses:collect"})
        case.round = None
        if case.reasons and any(reason.passes for reason in case.reasons.values()):
            case.due = self.worker.doist.now() + PAUSES[min(case.tries, len(PAUSES) - 1)]
            case.tries += 1
        else:
            case.tries = 0
        self._look = True  # an event may have come meanwhile, or others wait for this place
        return 0.0


def _waits(now: float) -> Any:
    return lambda case: case.due is not None and case.due <= now and case.round is None


class CollectDoer(doing.Doer):
    """Runs as long as the worker; what it reads is no use of the wallet, which locks itself all the same."""

    quiet = True

    def __init__(self, worker: Context) -> None:
        super().__init__()
        self.collector = of(worker)
        self.collector.doer = self
        vault = vaults.of(worker)
        vault.watchers.add(self)
        vault.listeners.add(self.collector.look)
        consents.of(worker).listeners.add(lambda: self.collector.look(consent=True))
        line = outbox.of(worker)
        line.listeners.add(self.collector.back)
        line.others.add(self.collector.waiting)

    def recur(self, tock: float = 0.0):
        yield WAIT
        try:
            while True:
                yield from self.collector.known()
                yield self.collector.step()
        finally:
            self.collector.close()
