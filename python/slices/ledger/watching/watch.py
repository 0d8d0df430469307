"""Refreshing: all witnesses of an identifier are asked, what is new is verified and kept, and what each of them said is remembered.

    watch = watches.of(worker)
    told = yield from watch.refresh(aid)         # {aid, alias, witnesses, agreed, of, added, ...}
    told = yield from watch.refresh_all()

No keys are needed, and no open wallet. Every answer is imported as any other stream is: verified by a worker without keys, first seen
wins, a contradiction is kept as its proof. What most of the witnesses say comes first, so that one of them cannot be first with
a history of its own while the others are there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.runtime.together import together
from keriwasm.web.form.errors import FieldError
from keriwasm.web.pool_client import PartFailed

from slices.foreign.framing import Frame
from slices.ledger import book as books
from slices.ledger import endpoints
from slices.ledger.watching import asking, comparing

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["AT_ONCE", "Watch", "of"]

AT_ONCE = 4
"""Identifiers of a round that are asked about at the same time: with six witnesses each, 24 requests."""
TOGETHER = 300
"""Messages of all answers on one identifier that are verified in one go; more of them go answer by answer."""
TURNS = 3
"""Times that new witnesses are asked, when what came has changed who they are."""
ROUND, PLAN = "round", "plan"


def of(worker: Context) -> Watch:
    """The one of this worker."""
    return worker.shared(Watch)


class Watch:
    """Attributes:

    progress: {done, total} identifiers of the round that runs, else None
    doer: the one that asks by itself, woken when what is set changes
    """

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.progress: dict[str, int] | None = None
        self.doer: Any = None
        self._not_before = 0

    @property
    def book(self) -> books.Book:
        return books.of(self.worker)

    def can_be(self) -> list[str]:
        """The identifiers that can have news: those with a log that may go on. A witness's own cannot."""
        return [aid for aid, head in self.book.heads().items() if head["n"]]

    def refresh(self, aid: str, questions: asking.Round | None = None) -> Generator[float, float, dict[str, Any]]:
        """{aid, alias, when, sn, said, witnesses: [{aid, role, url, state, sn, said, behind, agrees, reason}], agreed, of, added, …}.

        Raises 404 and 409 for an identifier without a log.
        """
        book = self.book
        yield from book.ready()
        state = self._state(aid)
        name = (book.notes.contact(aid) or {}).get("alias") or f"{aid[:12]}…"
        questions = questions or asking.Round(book)
        heard: dict[str, asking.Heard] = {}
        added = 0
        for _ in range(TURNS):
            places = [each for each in asking.places(book, aid) if each.eid not in heard][: asking.MOST]
            if not places:
                break
            sn, said = int(state.s, 16), state.d
            came = yield from together(questions.hear(each, aid, name, sn, said) for each in places)
            yield from book.ready()
            heard |= {each.place.eid: each for each in came}
            added += yield from self._take(aid, came)
            state = self._state(aid)
        told = self._told(aid, state, heard, added)
        told |= {"aid": aid, "alias": (book.notes.contact(aid) or {}).get("alias", "")}
        if told["asked"]:
            with book.change() as notes:
                kept = ("when", "sn", "said", "witnesses", "agreed", *comparing.summed(()))
                notes.set_watched(aid, {key: told[key] for key in kept})
        return told

    def refresh_all(self) -> Generator[float, float, dict[str, Any]]:
        """{contacts: [{aid, alias, sn, agreed, of, added, duplicity, …}], added, agreed, duplicity, when}; waits for a round that runs."""
        book = self.book
        yield from book.ready()
        while self.progress is not None:
            yield 0.1
        aids = self.can_be()
        self.progress = {"done": 0, "total": len(aids)}
        questions = asking.Round(book)
        try:
            told = yield from together((self._one(aid, questions) for aid in aids), AT_ONCE)
        finally:
            self.progress = None
            self._not_before = now_ms() + self.planned(book.notes)["every"] * 1000 if book.notes is not None else 0
        contacts = [each for each in told if each is not None]
        when = now_ms()
        if any(each["asked"] for each in contacts):
            with book.change() as notes:
                notes.set_setting(ROUND, {"when": when})
        for each in contacts:
            del each["witnesses"]
        return {
            "contacts": contacts,
            "when": when,
            "added": sum(each["added"] for each in contacts),
            "duplicity": sum(bool(each["duplicity"]) for each in contacts),
            "requests": questions.sent,
        }

    # -- by itself ---------------------------------------------------------------------------------------------------

    def plan(self) -> Generator[float, float, dict[str, Any] | None]:
        """{every, unlock, last, next}: seconds between two rounds (0: none), whether one follows each unlocking, when the last one was
        and the next one is due. None while there is no ledger."""
        notes = yield from self.book.memo()
        if notes is None:
            return None
        return self.planned(notes)

    def planned(self, notes: Any) -> dict[str, Any]:
        """The same, from notes that are open."""
        kept = notes.setting(PLAN) or {}
        every, unlock = kept.get("every", 0), kept.get("unlock", False)
        last = (notes.setting(ROUND) or {}).get("when")
        due = max((last or 0) + every * 1000, self._not_before) if every else None
        return {"every": every, "unlock": unlock, "last": last, "next": due}

    def set_plan(self, every: int, unlock: bool) -> None:
        """Keep it, and have the Doer look."""
        with self.book.change() as notes:
            notes.set_setting(PLAN, {"every": every, "unlock": unlock})
        self._not_before = 0
        if self.doer is not None:
            self.worker.doist.wake(self.doer)

    def failed(self, ms: int) -> None:
        """No round by itself for so long."""
        self._not_before = now_ms() + ms

    # -- private ----------------------------------------------------------------------------------------------------

    def _state(self, aid: str) -> Any:
        """The key state that is held. Raises 404 when nothing is known of it, 409 when it has no event yet."""
        state = self.book.source().states.get(keys=aid)
        if state is not None:
            return state
        if self.book.notes.contact(aid) is None and not self.book.notes.waiting(aid):
            raise falcon.HTTPNotFound(title="Not in the ledger", description=f"Nothing is known of {aid[:80]} here.")
        raise falcon.HTTPConflict(
            title="Nobody to ask",
            description="No event of this identifier is verified yet, so its witnesses are not known. Resolve its OOBI, or import its log.",
        )

    def _one(self, aid: str, questions: asking.Round) -> Generator[float, float, dict[str, Any] | None]:
        """One of a round; None when it was forgotten meanwhile."""
        try:
            return (yield from self.refresh(aid, questions))
        except falcon.HTTPNotFound:
            return None
        finally:
            if self.progress is not None:
                self.progress["done"] += 1

    def _take(self, aid: str, came: Sequence[asking.Heard]) -> Generator[float, float, int]:
        """Import what can be imported, and put into each what became of it. Returns how many events are new."""
        added = 0
        others: list[Frame] = []
        fons = self.book.source().fons
        ordered = in_order(aid, came, lambda said: fons.get(keys=(aid, said)) is not None)
        small = sum(each.messages for each in ordered) <= TOGETHER
        if small and (told := (yield from self._import(ordered, others))) is not None:
            added += sum(entry["aid"] == aid and entry["ilk"] != "rct" for entry in told)
            ordered = []
        for each in ordered:  # one that is refused as a whole, or ends the worker that looks at it, costs itself only
            if each.state:
                continue
            told = yield from self._import([each], others)
            added += sum(entry["aid"] == aid and entry["ilk"] != "rct" for entry in told or ())
        yield from endpoints.learn(self.book, [piece for piece in others if endpoints.is_word(piece)])
        return added

    def _import(self, some: list[asking.Heard], others: list[Frame]) -> Generator[float, float, list[dict[str, Any]] | None]:
        """Import answers; what was accepted of them. None, and nothing done, when they are refused as a whole: of one it is told why."""
        yield from self.book.ready()  # a restore may have put another ledger here
        names = {f"{each.place.role} {each.place.eid}": each for each in some}
        sources = [(name, each.data) for name, each in names.items()]
        beside: list[Frame] = []
        try:
            result = yield from self.book.importing(sources, beside, [each.cut for each in some if each.cut is not None])
        except (FieldError, PartFailed) as ex:
            if len(some) == 1:
                some[0].state, some[0].problem = "garbage", getattr(ex, "reason", "") or str(ex.description)
            return None
        others += beside
        for verdict in ("accepted", "known", "rejected", "escrowed"):
            for entry in result[verdict]:
                if not entry["waited"]:
                    names[entry["source"]].entries.append({**entry, "verdict": verdict})
        return list(result["accepted"])

    def _told(self, aid: str, state: Any, heard: dict[str, asking.Heard], added: int) -> dict[str, Any]:
        from keri.db.dbing import snKey

        db, top = self.book.source(), int(state.s, 16)
        numbers = {entry["sn"] for each in heard.values() for entry in each.entries if entry["sn"] is not None and entry["sn"] <= top}
        held = {sn: bytes(db.getKeLast(snKey(aid, sn)) or b"").decode() for sn in numbers}
        witnesses = []
        current = asking.places(self.book, aid)
        for place in current:
            each = heard.get(place.eid)
            if each is None:
                found = _unheard("unasked", f"More than {asking.MOST} witnesses: this one was not asked.")
            elif each.state:
                found = {**_unheard(each.state, each.problem), "outside": each.kind}
            else:
                found = comparing.judged(aid, top, held, each.entries)
            witnesses.append({"aid": place.eid, "role": place.role, "url": place.url, **found})
        shown = {place.eid for place in current}
        for eid, each in heard.items():  # one that is a witness no more: only what it has proven is still of interest
            found = comparing.judged(aid, top, held, each.entries)
            if eid not in shown and found["state"] == "duplicity":
                witnesses.append({"aid": eid, "role": each.place.role, "url": each.place.url, **found})
        agreed = sum(each["agrees"] for each in witnesses)
        return {
            "when": now_ms(), "sn": top, "said": state.d, "witnesses": witnesses, "agreed": agreed, "added": added,
            **comparing.summed(witnesses),
        }  # fmt: skip


def in_order(aid: str, came: Sequence[asking.Heard], known: Callable[[str], bool]) -> list[asking.Heard]:
    """Those with something to import; first those whose news most of the others tell as well, then those that tell more."""
    whole = [each for each in came if each.cut is not None and not each.state]
    news = {id(each): {(sn, said) for who, sn, said in each.claims if who == aid and not _odd(said) and not known(said)} for each in whole}
    votes = Counter(claim for each in news.values() for claim in each)

    def rank(each: asking.Heard) -> tuple[Any, ...]:
        mine = news[id(each)]
        return -min((votes[claim] for claim in mine), default=0), -max((sn for sn, _ in mine), default=-1), each.place.eid

    return sorted(whole, key=rank)


def _odd(said: str) -> bool:
    """Whether a claim cannot be the key of anything."""
    return not said or len(said) > 128


def now_ms() -> int:
    """Milliseconds since 1970."""
    return round(time.time() * 1000)


def _unheard(state: str, reason: str) -> dict[str, Any]:
    return {"state": state, "sn": None, "said": "", "behind": 0, "agrees": False, "reason": reason}
