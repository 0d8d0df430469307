"""The judgement of a presentation: pure, in a database of its own, and without a wallet.

What is given is a stranger's: nothing of it is believed. What comes out is plain data (JSON), which a worker that holds
keys can compare with what its wallet has seen (see presenting.py) without touching the stream.

The stream is read as a whole (slices/foreign/streams.py); its order does not matter. Key events are verified by the ledger's
Checker, transaction events by Transactions, a credential by the checks below and, when they hold, by keripy's Verifier. A
message that is refused is never passed over: it is a failing check of every credential that may stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from keriwasm.data.words import counted

from slices.credentials import reporting, shapes
from slices.credentials.feeding import feed
from slices.credentials.transactions import Transactions, name
from slices.foreign import kevers
from slices.foreign.attachments import short
from slices.foreign.streams import Message, Unreadable, cut, read
from slices.ledger.checks.checking import Checker
from slices.ledger.checks.reading import EVENTS

__all__ = ["CREDENTIALS_MOST", "MOST", "Place", "judge"]

MOST = 8 << 20
"""Bytes of a presentation."""
CREDENTIALS_MOST = 200
TAKEN = ("accepted", "known")
ELSEWHERE = {
    "rpy": "a reply: for the ledger it is no key event either, and a credential does not need it",
    "qry": "a query", "pro": "a prod", "bar": "a bare message", "exn": "a message from one to another",
}  # fmt: skip


class Place:
    """keripy's readers over a wallet's databases, or over those of a test."""

    def __init__(self, db: Any, reger: Any) -> None:
        import keri.core.eventing  # noqa: F401  (first, see below)
        from keri.core import parsing
        from keri.vdr import eventing as televenting
        from keri.vdr import verifying

        self.db, self.reger = db, reger
        self.kvy = kevers.kevery(db=db, lax=False, local=False)
        self.tvy = televenting.Tevery(reger=reger, db=db, local=False, lax=True)
        hby = SimpleNamespace(db=db, kvy=self.kvy, inited=True, name="presented", temp=True)
        self.vry = verifying.Verifier(hby=hby, reger=reger)
        self.parser = parsing.Parser(framed=True, kvy=self.kvy, tvy=self.tvy, vry=self.vry)

    def take(self, message: bytes) -> None:
        """One message that was judged before."""
        feed(self.parser, message)

    def settle(self) -> None:
        """Let keripy look again at what waits: signatures of one event may come in several messages."""
        for _ in range(3):
            self.kvy.processEscrows()
            self.tvy.processEscrows()
            self.vry.processEscrows()


class Parts:
    """The messages of a stream by what they are."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.keys: list[Message] = []
        self.transactions: list[Message] = []
        self.credentials: list[Message] = []
        self.elsewhere: list[Message] = []
        bodies: set[bytes] = set()
        for message in messages:
            if message.protocol == "ACDC":
                if message.raw not in bodies:
                    self.credentials.append(message)
                bodies.add(message.raw)
            elif message.ilk in EVENTS or message.ilk == "rct":
                self.keys.append(message)
            elif message.ilk in shapes.TRANSACTIONS:
                self.transactions.append(message)
            else:
                self.elsewhere.append(message)

    def empty(self) -> str:
        """Why there is nothing to judge."""
        routes = [str(each.sad.get("r")) for each in self.elsewhere if each.ilk == "exn"]
        if any(each.startswith("/ipex/") for each in routes):
            act = next(each for each in routes if each.startswith("/ipex/"))[6:40]
            return (
                f"is an IPEX {act}: the credential is wrapped in a message that says who gives it to whom. Save the credential "
                "itself with its issuer’s log and registry, as CESR, and send that"
            )
        if self.transactions or self.keys:
            return "holds events of logs, but no credential: a presentation has both"
        if self.elsewhere:
            return f"holds {kind(self.elsewhere[0])}, but no credential"
        return "holds no credential that can be read: a presentation in CESR is wanted"


def kind(message: Message) -> str:
    """What a message is that is neither a key nor a transaction event nor a credential."""
    route = str(message.sad.get("r") or "")[:60]
    told = ELSEWHERE.get(message.ilk, f"a message of type {message.ilk[:20]!r}" if message.ilk else "a message without a type")
    if message.ilk == "exn" and route.startswith("/ipex/"):
        told = f"an IPEX {route[6:]}"
    return f"{told} ({route})" if route and not route.startswith("/ipex/") else told


@contextmanager
def _fresh(known: Iterable[Any]) -> Generator[tuple[Any, Any], None, None]:
    """Databases of their own, with these schemas."""
    import keri.core.eventing  # noqa: F401  (first: keripy's modules import each other in a circle, which opens here only)
    from keri.db import basing
    from keri.vdr import viring

    db = basing.Baser(name="presented", temp=True, reopen=True)
    reger = viring.Reger(name="presented", db=db, temp=True, reopen=True)
    try:
        for schemer in known:
            db.schema.pin(schemer.said, schemer)
        yield db, reger
    finally:
        reger.close(clear=True)
        db.close(clear=True)


def judge(
    data: bytes, known: Iterable[Any], told: Callable[[str], None] = str
) -> Generator[None, None, dict[str, Any]]:
    """What is found of each credential in a stream: {credentials: [{said, state, saved, checks: …, …}], logs, …}.

    known: keripy's Schemers that may be needed. told: called with a credential's SAID before a schema is run over it. Yields
    between pieces of work.
    logs: AID -> the SAIDs of its events, 0 and on, of every log that verifies.
    A credential is good when it is `saved` and every check is ok; whoever has a wallet may know more, and adds checks.
    refused: why nothing is judged, "" when it is. remarks: what was passed over. order: the numbers of the messages that
    were accepted, in an order in which keripy takes them.
    """
    try:
        stream = read(data)
        if stream.messages and short(stream.messages[-1].attached):
            last = stream.messages[-1]
            raise cut(last.number, len(data), last.offset, "within its attachments")
    except Unreadable as ex:
        return _refused(ex.reason)
    parts = Parts(stream.messages)
    if not parts.credentials:
        return _refused(parts.empty())
    if len(parts.credentials) > CREDENTIALS_MOST:
        return _refused(f"holds {len(parts.credentials)} credentials, {CREDENTIALS_MOST} are judged at once: send fewer")
    with _fresh(known) as (db, reger):
        checker = Checker(db)
        verdicts = yield from checker.run((each.raw, each.body, each.ilk) for each in parts.keys)
        events = list(zip(parts.keys, verdicts, strict=True))
        transactions = Transactions(db, reger)
        yield from transactions.run(parts.transactions, reporting.wanted(parts.credentials))
        credentials = yield from reporting.Reports(db, reger, events, transactions, told).run(parts.credentials)
        remarks = [*stream.remarks, *_passed(parts.elsewhere, transactions.other), *_waiting(events)]
        # What is known already may be the same event with more signatures.
        order = [each.number for each, verdict in events if verdict["verdict"] in TAKEN]
        order += [each.number for each in transactions.accepted.values()]
        order += [each["number"] for each in credentials if each["saved"]]
        return {
            "refused": "",
            "credentials": sorted(credentials, key=lambda each: each["number"]),
            "logs": {pre: _saids(db, pre) for pre in _pres(db)},
            "remarks": remarks,
            "order": order,
        }


def _refused(reason: str) -> dict[str, Any]:
    return {"refused": reason, "credentials": [], "logs": {}, "remarks": [], "order": []}


def _passed(elsewhere: list[Message], unneeded: list[Message]) -> list[str]:
    """What is not needed here: no fault of the file."""
    told = [f"Message {each.number} is {kind(each)}: not needed here." for each in elsewhere]
    told += [f"Message {each.number} ({each.ilk}) is of a registry that no credential here names: not needed." for each in unneeded]
    return [*told[:20], f"Not needed here: {counted(len(told) - 20, 'more message')}."] if len(told) > 20 else told


def _waiting(events: list[tuple[Message, dict[str, Any]]]) -> list[str]:
    told = [f"{name(each)[0].upper()}{name(each)[1:]} waits: {verdict['reason']}." for each, verdict in events
            if verdict["verdict"] == "escrowed"]  # fmt: skip
    return [*told[:20], f"{len(told) - 20} more wait."] if len(told) > 20 else told


def _pres(db: Any) -> Iterable[str]:
    return [pre for (pre,), _ in db.states.getItemIter()]


def _saids(db: Any, pre: str) -> list[str]:
    """By sequence number, the SAID of the event that counts there: of several, as after a recovery, the last."""
    from keri.db import dbing

    return [bytes(db.getKeLast(dbing.snKey(pre, sn))).decode() for sn in range(db.kevers[pre].sner.num + 1)]
