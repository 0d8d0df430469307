"""keripy's Receiptor for one event and some of its witnesses, over what it needs to know and no more.

    run = Run(worker, sheet, [witness], auths, heard)
    ended = yield from run.go(patience)         # run.receipts: AID -> what that witness has signed, verified
    run = Run(worker, sheet, list(receipts), {}, heard, known=receipts, tells=witness)      # the witness is told of the others'

keripy asks one witness after the other, then tells one after the other. Here a Run lets through what is for one of them and answers the
rest itself, from what is known; so all are asked, and all are told, at the same time, each by keripy's own code.

The Receiptor gets no Habery but a sheet of public bytes: the event, the addresses, the witnesses to ask. So a lock never waits for a
witness, and nothing that it could send is a secret. It is keripy's own, but for `catchup`, which waits here until a new witness has
taken in what came before: keripy's sends the log and goes on at once, and a witness that is not through with it refuses the event.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from keriwasm.web.hio_client import Outgoing, Purpose
from keriwasm.web.outside import Answer, Request

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["NoReceipt", "Run", "Sheet"]

DEADLINE = 10.0
"""Seconds for a witness's answer to one request."""
LOOK = 0.25
"""Seconds between two looks, when no answer wakes the Doer before."""
TRIES = 12
"""Looks at whether a new witness is through with the log that was sent to it."""


class NoReceipt(Exception):
    """A witness answered with something else than its receipt of the event."""


@dataclass(frozen=True)
class Sheet:
    """An event as witnesses get it. before: messages of the log before it; delegator: messages of the delegator's log."""

    alias: str
    pre: str
    sn: int
    said: str
    raw: bytes
    message: bytes
    urls: dict[str, dict[str, str]]
    introductions: dict[tuple[str, str], tuple[Any, Any, Any]] = field(default_factory=dict)
    adds: tuple[str, ...] = ()
    before: tuple[bytes, ...] = ()
    delegator: tuple[bytes, ...] = ()

    @property
    def purpose(self) -> str:
        return f"to collect receipts for {self.alias} from its witnesses"


class Run:
    """One round trip: witnesses are asked for what is not known, and one of them is told of it all."""

    def __init__(
        self,
        worker: Context,
        sheet: Sheet,
        witnesses: list[str],
        auths: dict[str, str],
        heard: Callable[[str, str, Answer], None],
        known: dict[str, bytes] | None = None,
        tells: str = "",
    ) -> None:
        """auths: witness to what goes into its `Authorization`; heard: called with (witness, path, answer) for each answer, before what
        it says is looked at; known: receipts that are here already, by witness: these are not asked; tells: who is told of the others'
        receipts, one or nobody."""
        self.worker, self.sheet, self.witnesses, self.auths, self.heard = worker, sheet, witnesses, auths, heard
        self.known, self.tells = known or {}, tells
        self.receipts: dict[str, bytes] = {}
        self.failed = False
        self.last = ""
        self.since = worker.doist.now()

    def go(self, patience: float = 0.0, alone: bool = False) -> Generator[float, float, bool]:
        """True when keripy came to its end. patience: seconds of silence after which it is given up; alone: at the first answer
        that is no success as well. What lets a witness receive is sent by then, or goes out still. Raises NoReceipt."""
        receiptor = _receiptor(self)
        deed = receiptor(tymth=self.worker.doist.tymen(), tock=0.0)
        next(deed)
        purpose = Purpose("wallet", self.sheet.purpose, deadline=DEADLINE, heard=self._heard, known=self._known)
        steps = self.worker.shared(Outgoing).within(purpose, self._steps(receiptor))
        try:
            while True:
                try:
                    next(steps)
                except StopIteration:
                    return True
                if alone and self.failed:
                    return False
                if patience and self.worker.doist.now() - self.since > patience:
                    return False
                yield LOOK
        finally:
            steps.close()
            deed.close()

    def parseOne(self, ims: bytes | bytearray) -> None:
        """What keripy's Receiptor has its Hab's parser take in: a receipt. Raises NoReceipt."""
        told = bytes(ims)
        self.receipts[self.last] = told if self.known.get(self.last) == told else self._verified(told)

    # -- private ----------------------------------------------------------------------------------------------------

    def _steps(self, receiptor: Any) -> Generator[Any, Any, None]:
        asked = [each for each in self.witnesses if each not in self.known]
        for witness in asked if self.sheet.delegator else ():
            yield from receiptor.deliver(witness, b"".join(self.sheet.delegator))
        if self.sheet.adds and b'"t":"rot"' not in self.sheet.raw[:100]:  # keripy does it for a rotation only
            for witness in set(self.sheet.adds) & set(asked):
                yield from receiptor.catchup(self.sheet.pre, witness)
        yield from receiptor.receipt(self.sheet.pre, self.sheet.sn, self.auths)

    def _known(self, request: dict[str, Any]) -> Answer | None:
        """The answer to what need not be sent."""
        whom = _whom(request)
        if request["path"] == "/receipts" and whom in self.known:
            self.last = whom
            return Answer(200, [], self.known[whom])
        untold = (request["method"], request["path"]) == ("POST", "/") and whom != self.tells
        return Answer(204, [], b"") if untold else None

    def _heard(self, request: dict[str, Any], answer: Answer) -> None:
        self.since = self.worker.doist.now()
        self.last = _whom(request)
        self.failed = self.failed or not answer.ok or (request["path"] == "/receipts" and answer.status != 200)
        self.heard(self.last, request["path"], answer)

    def _verified(self, told: bytes) -> bytes:
        """A receipt of this event by the witness that was asked. Raises NoReceipt."""
        from keri import core, kering
        from keri.core import coring, serdering

        try:
            rest = bytearray(told)
            serder = serdering.SerderKERI(raw=rest)
            del rest[: serder.size]
            counter = core.Counter(qb64b=rest, strip=True, gvrsn=kering.Vrsn_1_0)
            verfer = coring.Verfer(qb64b=rest, strip=True)
            cigar = coring.Cigar(qb64b=rest, strip=True)
            told_of = (serder.ilk, serder.pre, serder.sn, serder.said)
            alone = (counter.code, counter.count) == ("-C", 1)
            good = told_of == ("rct", self.sheet.pre, self.sheet.sn, self.sheet.said) and alone and not rest
            good = good and verfer.qb64 == self.last and verfer.verify(cigar.raw, self.sheet.raw)
        except Exception as ex:  # a stranger's bytes: whatever keripy raises about them
            raise NoReceipt from ex
        if not good:
            raise NoReceipt
        return told


def _whom(request: dict[str, Any]) -> str:
    """The witness that a request is for."""
    return next((_text(value) for name, value in request["headers"] if name.upper() == "CESR-DESTINATION"), "")


def _text(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, bytearray)) else str(value)


def _receiptor(run: Run) -> Any:
    """keripy's Receiptor over the sheet of a run."""
    from hio.help import Mict
    from keri.app import agenting

    sheet = run.sheet

    class Hab:
        """What keripy's functions ask of a Hab."""

        pre = sheet.pre
        psr = run
        kever = SimpleNamespace(sner=SimpleNamespace(num=sheet.sn), wits=list(run.witnesses))

        @staticmethod
        def makeOwnEvent(sn: int) -> bytearray:
            assert sn == sheet.sn
            return bytearray(sheet.message)

        @staticmethod
        def fetchUrls(eid: str, scheme: str = "") -> Any:
            return Mict([each for each in sheet.urls.get(eid, {}).items() if scheme in ("", each[0])])

    class Receipting(agenting.Receiptor):
        """See the module."""

        def catchup(self, pre: str, wit: str) -> Generator[float, float, None]:
            if wit in run.witnesses and wit not in run.known:
                yield from self.deliver(wit, b"".join(sheet.before), sheet.sn - 1)

        def deliver(self, wit: str, messages: bytes, last: int = -1) -> Generator[float, float, None]:
            """Send a log; then wait until the witness knows event `last` of the identifier's own."""
            client, doer = agenting.httpClient(Hab, wit)
            self.extend([doer])
            headers = {"Content-Type": "application/cesr", "CESR-DESTINATION": wit}
            client.request(method="PUT", path="/", headers=headers, body=messages)
            while not client.responses:
                yield LOOK
            client.respond()
            self.remove([doer])
            if run.failed or last < 0:
                return
            for _ in range(TRIES):
                url = f"{client.base}/receipts?pre={sheet.pre}&sn={last}"
                asked = Request("GET", url, deadline=DEADLINE, who="wallet", reason=sheet.purpose)
                if (yield from run.worker.outside.ask(asked)).status != 404:
                    return
                yield LOOK

    # Its addresses of the others go to a new witness with their receipts, where they came signed.
    db = SimpleNamespace(
        lans=SimpleNamespace(get=lambda keys: SimpleNamespace(qb64=keys) if keys in sheet.introductions else None),
        rpys=SimpleNamespace(get=lambda keys: sheet.introductions[keys[0]][0]),
        scgs=SimpleNamespace(get=lambda keys: [sheet.introductions[keys[0]][1:]]),
    )
    return Receipting(hby=SimpleNamespace(prefixes=(sheet.pre,), habs={sheet.pre: Hab}, db=db))
