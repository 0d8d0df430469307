"""The book: other people's key event logs, verified, in a Baser of their own on this worker. Public data: no passcode.

    book = book.of(worker)
    yield from book.ready()
    result = yield from book.importing([("name.cesr", data)])      # verified by the whole pool
    result = book.ingest(data)                                      # the same, here and now

An import changes nothing until all of it is verified; then its accepted events are appended in whole steps, each of them
one IndexedDB transaction. First seen wins. Two imports never overlap.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.disk import places
from keriwasm.imports import native
from keriwasm.web.form.errors import FieldError

from slices.foreign import cutting
from slices.foreign.framing import Frame
from slices.kels import timeline
from slices.ledger import mending
from slices.ledger.intake.known import is_known
from slices.ledger.intake.outcome import Outcome
from slices.ledger.intake.settling import settle
from slices.ledger.notes import Notes
from slices.ledger.roll import AT_ONCE, Roll

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

    from slices.ledger.intake.planning import Unit

__all__ = ["HEAD", "Book", "of"]

HEAD = places.place("/keriwasm/ledger")
NAME = "ledger"
SEGMENT = "/app/ledger/segment"
CUT = "/app/ledger/cut"

STEP = 500
"""Events merged in one transaction, while nothing else runs on this worker."""

Source = tuple[str, bytes]


def of(worker: Context) -> Book:
    """The one book of this worker."""
    return worker.shared(Book)


class Book:
    """Verified key event logs, contacts, messages that wait, proofs of duplicity.

    Attributes:
        progress: {done, total} messages of the import that runs, else None
    """

    def __init__(self, worker: Context) -> None:
        self.worker = worker
        self.head = HEAD
        self.progress: dict[str, int] | None = None
        self._db: Any = None
        self._notes: Any = None
        self._busy = False
        self._undone = 0
        self._heads: dict[str, dict[str, Any]]
        self._accused: set[str]
        self._next: bytes
        self._known: bool
        self._forget()

    def _gather(self) -> None:
        """One step of reading the key states; `_known` when there are no more."""
        if not self._heads:
            self._accused = {proof["aid"] for proof in self._notes.duplicity()}
        with self._db.env.begin(db=self._db.states.sdb, buffers=False) as txn:
            cursor = txn.cursor()
            some = list(islice(cursor.iternext(), AT_ONCE)) if cursor.set_range(self._next) else []
        for key, raw in some:
            aid = key.decode()
            self._heads[aid] = {**json.loads(raw), "duplicitous": aid in self._accused}
        if some:
            self._next = some[-1][0] + b"\0"
        self._known = len(some) < AT_ONCE

    def _touch(self) -> None:
        """After a change: what is kept in memory of those whom it touched is made anew."""
        touched, self._notes.touched = self._notes.touched, set()
        for aid in touched if self._known else ():
            raw = self._db.getVal(self._db.states.sdb, aid.encode())
            self._heads.pop(aid, None)
            if raw is not None:
                self._heads[aid] = {**json.loads(bytes(raw)), "duplicitous": bool(self._notes.duplicity(aid))}
            if self._roll is not None:
                self._roll.touch(aid)
        if not self._known:
            self._forget()

    def _forget(self) -> None:
        """Nothing is kept in memory of who is here."""
        self._heads, self._next, self._known, self._accused = {}, b"", False, set()
        self._roll: Roll | None = None

    def begun(self) -> Generator[float, float, bool]:
        """Wait until the disk is mounted; False while nobody ever opened the ledger here. Raises what the disk raises."""
        yield from self.worker.disk.mount()
        return self.head.exists()

    def ready(self) -> Generator[float, float, None]:
        """Wait until the disk is mounted, keripy is there and the databases are open. Raises what the disk raises."""
        yield from self.worker.disk.mount()
        if (
            self._undone != self.worker.disk.undone
        ):  # the disk went back to an earlier state: what is in memory is not there
            self.close()
        if self._db is None:
            yield  # a first import of keripy takes a second or two: in steps, so that the worker is not taken for hung
            yield from native.keri_steps()
            self._open()
            if self.worker.disk.trouble is None and not self._notes.mended(mending.MARK):
                with self._change():
                    self._notes.mark(mending.MARK, mending.witnesses(self._db))
        while not self._known:
            self._gather()
            yield 0.0
            if self._db is None:  # a restore has closed it meanwhile
                yield from self.ready()

    def memo(self) -> Generator[float, float, Any]:
        """The notes alone, without keripy; None while nobody ever opened the ledger here. Raises what the disk raises."""
        if not (yield from self.begun()):
            return None
        if self._undone != self.worker.disk.undone:
            self.close()
        if self._notes is None:
            self._open_notes()
        return self._notes

    @property
    def db(self) -> Any:
        """keripy's Baser."""
        return self._db

    def source(self) -> Any:
        """The Baser, for who gives way while reading it. Raises 503 when it was closed meanwhile, as a restore does."""
        if self._db is None:
            raise falcon.HTTPServiceUnavailable(description="The ledger was replaced meanwhile. Try again.", retry_after=1)
        return self._db

    @property
    def notes(self) -> Any:
        """Contacts, waiting messages and proofs: see notes.Notes."""
        return self._notes

    @property
    def kevers(self) -> Mapping[str, Any]:
        """AID -> Kever, read from the database as they are asked for."""
        return self._db.kevers

    # -- reading ----------------------------------------------------------------------------------------------------

    def heads(self) -> dict[str, dict[str, Any]]:
        """AID -> its current key state as keripy's KeyStateRecord in a dict, plus `duplicitous`; kept in memory."""
        while not self._known:
            self._gather()
        return self._heads

    def roll(self) -> Generator[float, float, Roll]:
        """Who is in the ledger, in the order of its list; read in steps, the first time. Raises 503 as `source`."""
        while True:
            self.source()
            if self._roll is None:
                self._roll = Roll(self)
            if self._roll.whole:
                return self._roll
            self._roll.gather()
            yield 0.0

    def log(self, aid: str) -> list[dict[str, Any]]:
        """The accepted events of an AID in first-seen order: see records.kept; plus `seen` (ISO 8601)."""
        from keri.db.dbing import dgKey

        from slices.ledger.checks.records import kept

        return [
            {**record, "seen": bytes(self._db.getDts(dgKey(aid.encode(), record["said"].encode()))).decode()}
            for record in kept(self._db, aid)
        ]

    def kel(self, aid: str) -> Generator[float, float, bytes]:
        """The log of an AID as keripy replays it, behind the logs of its delegators. b"" when there is none."""
        heads, chain = self.heads(), []
        each = aid
        while each in heads and each not in chain:
            chain.append(each)
            each = heads[each]["di"]
        made: list[bytes] = []
        for each in reversed(chain):
            made += yield from timeline.messages(self.source, each)
        return b"".join(made)

    # -- importing --------------------------------------------------------------------------------------------------

    def ingest(self, data: bytes, name: str = "") -> dict[str, Any]:
        """Verify and merge a stream on this worker, without giving way. Returns {accepted, known, rejected, escrowed, …}.

        For small streams and for tests; `importing` spreads over the pool and can be cancelled.
        """
        from slices.ledger.checks.checking import check

        generator = self._import([(name, data)], _cut_here, lambda payloads: _here(check, payloads))
        return _exhaust(generator)

    def cut(self, data: bytes) -> Generator[float, float, cutting.Cut]:
        """A stream cut into its pieces on a worker without keys, for `importing`. Raises pool.PartFailed."""
        return (yield from self._cut_elsewhere(data))

    def importing(
        self, sources: Sequence[Source], others: list[Frame] | None = None, cuts: Sequence[cutting.Cut] | None = None
    ) -> Generator[float, float, dict[str, Any]]:
        """Verify streams over the whole pool and merge what is accepted.

        Returns {accepted, known, rejected, escrowed, other, remarks, duplicity, workers, bytes, messages}: lists of {aid, sn,
        said, ilk, reason, code, source, offset, size}; see outcome.Outcome.told. Closing this generator (a cancelled request)
        before the merge changes nothing. others: takes the messages that are no key events, for who has a use for them.
        cuts: of each source, where it was cut before.
        """
        while self._busy:
            yield 0.05
        self._busy = True
        self.progress = {"done": 0, "total": 0}
        given = iter(cuts or ())
        cut = self._cut_elsewhere if cuts is None else lambda data: _given(next(given))
        try:
            return (yield from self._import(sources, cut, self._ask_pool, others))
        finally:
            self._busy = False
            self.progress = None

    def remove(self, aid: str) -> Generator[float, float, int]:
        """Forget the log of an AID, what waits in it and the proofs against it. Returns how many events there were."""
        while self._busy:
            yield 0.05
        with self._change():
            count = self._remove(aid)
        return count

    @contextmanager
    def change(self) -> Iterator[Any]:
        """One transaction over database and notes, for contacts; gives the Notes."""
        with self._change():
            yield self._notes

    # -- private ----------------------------------------------------------------------------------------------------

    def _import(self, sources: Sequence[Source], cut: Any, verify: Any, others: Any = None) -> Generator[float, float, dict[str, Any]]:
        from slices.ledger.intake.planning import Plan

        outcome = Outcome([name for name, _ in sources])
        undone = self.worker.disk.undone
        fresh: list[Frame] = []
        for number, (name, data) in enumerate(sources):
            found = yield from cut(data)
            if not found["whole"]:
                reason = f"has more than {cutting.PIECES_MOST:,} messages, damaged ones included: cut it into several files"
                raise FieldError("file", f"{name} {reason}" if name else reason)
            for count, piece in enumerate(cutting.pieces(found, data, number)):
                if count % 100 == 99:
                    yield 0.0
                if outcome.settled(piece, others):
                    continue
                if is_known(self._db, piece):
                    outcome.add(piece, {"verdict": "known", "aid": piece.aid, "sn": piece.sn, "said": piece.said})
                else:
                    fresh.append(piece)
        plan = Plan(self._db, self._notes, fresh)
        self.progress = {"done": 0, "total": plan.total}
        answers: list[dict[str, Any]] = []
        workers: set[str] = set()
        for wave in plan.waves(self.worker.pool.size()):
            replies = yield from verify([payload for payload, _ in wave])
            for (payload, parts), (answer, worker) in zip(wave, replies, strict=True):
                workers.add(worker)
                answers.append(answer)
                sent = [frame for _, segment in parts for frame in segment]
                for frame, verdict in zip(sent, answer["verdicts"], strict=True):
                    outcome.add(frame, verdict, plan.released.get(id(frame)))
                for extra in answer["extra"]:
                    outcome.apart(extra, sent[extra["came_with"]])
                for unit, _ in parts:
                    _follow(unit, answer)
                self.progress["done"] += len(payload["messages"])
        if self.worker.disk.undone != undone:
            raise falcon.HTTPServiceUnavailable(
                title="The disk went back",
                description="While this was verified another change could not be saved, and the disk is in an earlier state. "
                "Nothing was imported: import it again.",
            )
        if answers or outcome.held:  # what is known already, or cannot be read, changes nothing
            yield from self._merge(answers, outcome)
        return outcome.told(sorted(workers - {""}), sum(len(data) for _, data in sources))

    def _cut_elsewhere(self, data: bytes) -> Generator[float, float, cutting.Cut]:
        import msgpack

        headers = {"content-type": "application/msgpack"}
        reply = yield from self.worker.pool.request("POST", CUT, msgpack.packb({"data": data}), headers=headers)
        return msgpack.unpackb(reply.check().body, strict_map_key=False)

    def _ask_pool(self, payloads: list[dict[str, Any]]) -> Generator[float, float, list[tuple[dict[str, Any], str]]]:
        import msgpack

        headers = {"content-type": "application/msgpack"}
        packed = (msgpack.packb(payload) for payload in payloads)
        replies = yield from self.worker.pool.map("POST", SEGMENT, packed, headers=headers)
        return [(msgpack.unpackb(reply.check().body, strict_map_key=False), reply.worker) for reply in replies]

    def _merge(self, answers: list[dict[str, Any]], outcome: Outcome) -> Generator[float, float, None]:
        """Append what was verified. Each transaction holds whole answers, so that every log ends at a state."""
        steps: list[list[dict[str, Any]]] = [[]]
        for answer in answers:
            if steps[-1] and sum(len(each["records"]) for each in steps[-1]) + len(answer["records"]) > STEP:
                steps.append([])
            steps[-1].append(answer)
        for number, step in enumerate(steps, start=1):
            with self._change():
                for answer in step:
                    self._append(answer)
                if number == len(steps):
                    settle(self._db, self._notes, outcome)
            if number < len(steps):
                yield from self.worker.disk.settle()
                yield 0.0

    def _append(self, answer: dict[str, Any]) -> None:
        from keri.help import helping

        from slices.ledger.checks import records as logs

        stamp = helping.nowIso8601()
        ordinals = {record["aid"]: logs.write(self._db, record, stamp) for record in answer["records"]}
        for aid, state in answer["states"].items():
            logs.pin(self._db, {**state, "f": f"{ordinals[aid]:x}", "dt": stamp})
            self._notes.touched.add(aid)
        for late in answer["late"]:
            logs.add_signatures(self._db, late)

    def _open(self) -> None:
        from keri.db import basing

        if self._notes is None:
            self._open_notes()
        with self.worker.disk.unkept():
            self._db = basing.Baser(name=NAME, headDirPath=str(self.head), reopen=True)
        self._forget()

    def _open_notes(self) -> None:
        self._undone = self.worker.disk.undone
        with self.worker.disk.unkept():
            self._notes = Notes(self.head / "notes")

    def close(self) -> None:
        """Close the databases; `ready` opens them again. For whoever replaces or deletes them."""
        if self._db is not None:
            self._db.close()
        if self._notes is not None:
            self._notes.close()
        self._db = self._notes = None
        self._forget()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """A synchronous section in one IndexedDB transaction; after an exception all is as it was before."""
        try:
            with self.worker.disk.batch():
                yield
        except BaseException:
            self.close()
            self._open()
            raise
        self._touch()

    def _remove(self, aid: str) -> int:
        from slices.ledger.checks import records as logs

        log = self.log(aid)
        for fn, record in enumerate(log):
            logs.forget(self._db, record, fn)
        self._db.states.rem(keys=aid)
        self._db.kevers.pop(aid, None)
        self._notes.forget(aid)
        return len(log)

    def destroy(self) -> None:
        """Delete the whole ledger with contacts and proofs."""
        self.close()
        try:
            with self.worker.disk.batch():
                shutil.rmtree(self.head, ignore_errors=True)
        finally:
            self._open()


def _follow(unit: Unit, answer: dict[str, Any]) -> None:
    if unit.simple and unit.done < len(unit.frames):
        unit.follow(answer)


def _given(cut: cutting.Cut) -> Generator[float, float, cutting.Cut]:
    return cut
    yield


def _cut_here(data: bytes) -> Generator[float, float, cutting.Cut]:
    return (yield from cutting.cut(data))  # type: ignore[misc]


def _here(check: Any, payloads: list[dict[str, Any]]) -> Generator[float, float, list[tuple[dict[str, Any], str]]]:
    """`verify` of an import on this worker alone."""
    made = []
    for payload in payloads:
        made.append(((yield from check(payload)), ""))
    return made


def _exhaust(generator: Generator[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value
