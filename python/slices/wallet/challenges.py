"""Challenge words: proof, in a call or a chat, that who answers holds the keys of an identifier now.

One side makes words and says them over another way than the answer will come; the other signs them with the current keys of
an identifier (keripy's exn message of the route /challenge/response); the first checks words and signatures against
the key state that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.foreign import strangers, streams
from slices.foreign.attachments import short
from slices.vault import choosing

from . import view
from .identifiers import PER_ANSWER, Resource

__all__ = ["Answer", "Challenge", "Newest", "Respond", "Verify", "known", "read_words", "verify"]

ROUTE = "/challenge/response"
WORDS_LEAST, WORDS_MOST = 6, 48
RESPONSE_MOST = 64 << 10
TITLE = "Challenge · KeriWasm"
AID = re.compile(rb"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{44})(?![A-Za-z0-9_-])")
"""What may be an identifier, in any serialization: a signature is longer. A response of 64 KiB has at most 1,500."""


class Challenge(Resource):
    """The page, and new words."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{identifiers, total, found, from, next}: those that can answer, as `GET /app/identifiers` tells them."""
        yield from self.vault.ready()
        if wants_json(req):
            answer(req, rep, "", (yield from view.part(self.vault, 0, PER_ANSWER)))
            return
        page = {"token": self.vault.token, "people": (yield from choosing.offered(self.vault))}
        answer(req, rep, "pages/wallet/challenge.html", page, title=TITLE)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{words: [12 words]} of BIP 39's English list: 128 random bits. Needs no open wallet."""
        yield from self.vault.ready()
        import mnemonic

        words = mnemonic.Mnemonic("english").generate(strength=128).split()
        answer(req, rep, "fragments/wallet/challenge-words.html", {"words": words})


class Respond(Resource):
    """POST {words, recipient?}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response, aid: str) -> Iterator[Any]:
        """{aid, words, response}: the signed answer in CESR."""
        yield from self.vault.ready()
        yield from self.respond(req, rep, Fields(req), aid)

    def respond(self, req: falcon.Request, rep: falcon.Response, fields: Fields, aid: str) -> Iterator[Any]:
        """The words of the form, signed. Raises NoIdentifier, FieldError."""
        self.hab(aid)
        words = read_words(fields)
        recipient = fields.text("recipient", "", max_bytes=200).strip()
        yield
        hab = self.hab(aid)
        message = hab.exchange(route=ROUTE, payload={"i": aid, "words": words}, recipient=recipient or "")
        data = {"aid": aid, "words": words, "response": bytes(message).decode()}
        answer(req, rep, "fragments/wallet/challenge-response.html", {**data, "alias": hab.name})


class Answer(Respond):
    """POST {identifier, words, recipient?}: the same, of an identifier by its alias or AID."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{aid, words, response}. 422 for one that is none of this wallet's."""
        yield from self.vault.ready()
        fields = Fields(req)
        yield from self.respond(req, rep, fields, choosing.chosen(self.vault, fields, "identifier"))


class Verify(Resource):
    """POST {words, response}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{valid, aid, reason}: whether the holder of an identifier's current keys signed exactly these words."""
        yield from self.vault.ready()
        fields = Fields(req)
        words = read_words(fields)
        response = fields.text("response", max_bytes=RESPONSE_MOST).strip()
        sent = response.encode()
        kevers = yield from known(self.vault)
        unit = {"response": sent, "words": words, "states": states(kevers, sent)}
        result = yield from strangers.judged(self.vault.worker, "answer", unit)
        answer(req, rep, "fragments/wallet/challenge-verified.html", result)


def read_words(fields: Fields) -> list[str]:
    """The field `words`: a text or a list of words, compared without regard to case and space. Raises FieldError."""
    value = fields.json("words") if fields.typed else fields.text("words", max_bytes=4096)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = " ".join(value)
    if not isinstance(value, str):
        raise FieldError("words", "must be words")
    words = re.findall(r"\w+", value[:4096].lower())
    if not WORDS_LEAST <= len(words) <= WORDS_MOST:
        raise FieldError("words", f"has {len(words)} words; {WORDS_LEAST} to {WORDS_MOST} are accepted, 12 are usual")
    return words


class Newest:
    """Key states of several databases: of an identifier that more than one has, the state that has come furthest.

    keripy's `kevers` read a Kever from their database when it is asked for, and list only those that were: they can be
    looked into, not copied.
    """

    def __init__(self, *kevers: Mapping[str, Any]) -> None:
        self.kevers = kevers

    def get(self, aid: str) -> Any:
        """The Kever, None when none has it."""
        found = [each[aid] for each in self.kevers if aid in each]
        return max(found, key=lambda kever: kever.sner.num, default=None)


def known(vault: Any) -> Generator[float, float, Newest]:
    """What this wallet, if it is open, and the ledger of other people's logs know."""
    kevers = [] if vault.locked else [vault.kevers]
    if "ledger" in vault.worker.slices:
        from slices.ledger import book

        ledger = book.of(vault.worker)
        yield from ledger.ready()
        kevers.append(ledger.kevers)
    return Newest(*kevers)


def states(kevers: Newest, response: bytes) -> dict[str, dict[str, Any]]:
    """Key states of the identifiers that stand in a response, as plain data; it is not parsed here, only searched."""
    found = {}
    bare = b"".join(response.split())  # a mail program may have broken its lines anywhere
    for aid in {each[1].decode() for text in (response, bare) for each in AID.finditer(text)}:
        kever = kevers.get(aid)
        if kever is not None:
            found[aid] = {
                "sn": kever.sner.num,
                "transferable": kever.transferable,
                "keys": [each.qb64 for each in kever.verfers],
                "threshold": kever.tholder.sith,
                "established": [f"{kever.lastEst.s:x}", kever.lastEst.d],
            }
    return found


class Collector:
    """Stands where keripy's Parser expects an Exchanger: it keeps what was parsed instead of judging and storing it."""

    def __init__(self) -> None:
        self.serder: Any = None
        self.groups: list[Any] = []
        self.cigars: list[Any] = []

    def processEvent(self, *, serder: Any, tsgs: Any = None, cigars: Any = None, **_: Any) -> None:
        self.serder = serder
        self.groups += tsgs or []
        self.cigars += cigars or []


def verify(kevers: Any, response: bytes, words: list[str]) -> dict[str, Any]:
    """{valid, aid, reason, words} of a response; kevers: has `get`. Raises FieldError for what is no such message."""
    answered = _read(response)
    sad = answered.serder.sad
    if sad.get("r") != ROUTE:
        raise FieldError("response", f"is a message of the route {str(sad.get('r'))[:60]!r}, not {ROUTE}")
    content = sad.get("a")
    said = content.get("words") if isinstance(content, dict) else None
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise FieldError("response", "is signed, but has no list of words in `a`: it answers no challenge")
    dated = sad.get("dt")
    reason = _unsigned(kevers, answered.serder, answered.groups, answered.cigars)
    if not reason and said != words:
        reason = "It is signed, but for other words."
    dated = dated if isinstance(dated, str) else ""
    return {"valid": not reason, "aid": sad["i"], "reason": reason, "dated": dated, "words": said}


def _read(response: bytes) -> Collector:
    """The one message of a response, its SAID verified by keripy, its signatures not yet. Raises FieldError."""
    from keri.core import parsing

    try:
        messages = streams.read(response).messages
    except streams.Unreadable as ex:
        raise FieldError("response", ex.reason) from ex
    if not messages:
        raise FieldError("response", "is empty")
    if len(messages) != 1:
        raise FieldError("response", f"holds {len(messages)} messages: send one answer")
    (message,) = messages
    if message.protocol != "KERI" or message.ilk != "exn":
        what = f"a message of type {message.ilk[:20]!r}" if message.protocol == "KERI" else "a credential"
        raise FieldError("response", f"is {what}, no signed answer to a challenge")
    if short(message.attached):
        raise FieldError("response", streams.cut(1, len(response), message.offset).reason)
    collector = Collector()
    ims = bytearray(message.raw)
    try:
        next(parsing.Parser(framed=True).msgParsator(ims=ims, framed=True, exc=collector))
    except StopIteration:
        pass
    except Exception as ex:  # keripy raises all of Python's own errors on odd input: every one is a refusal here
        raise FieldError("response", f"was changed or damaged: {streams.plainly(ex)}") from ex
    if collector.serder is None:
        raise FieldError("response", "is not signed: no signature of an identifier is attached to it")
    return collector


def _unsigned(kevers: Any, serder: Any, groups: list[Any], cigars: list[Any]) -> str:
    """Why these signatures do not prove the sender, "" when they do."""
    from keri.core import eventing

    aid = serder.ked["i"]
    kever = kevers.get(aid)
    if kever is None:
        return "The key event log of this identifier is not known here: import it into the ledger first."
    if not kever.transferable and kever.sner.num > 0:
        return f"This identifier ended with event {kever.sner.num} of its log: it has no keys any more."
    if not kever.transferable:
        good = [each for each in cigars if each.verfer.qb64 == aid and each.verfer.verify(each.raw, serder.raw)]
        return "" if good else "It has no valid signature of this identifier's key."
    for prefixer, seqner, diger, sigers in groups:
        if prefixer.qb64 != aid:
            continue
        if seqner.sn != kever.lastEst.s or diger.qb64 != kever.lastEst.d:
            return "It is signed with keys that are not this identifier's current ones, as far as is known here."
        try:
            _, indices = eventing.verifySigs(serder.raw, sigers, kever.verfers)
        except IndexError:  # keripy logs an index that is too large, and uses it
            return "It is signed with a key that this identifier does not have."
        # Each key once: CESR has two codes for one signature, and keripy counts them both.
        if kever.tholder.satisfy(sorted(set(indices))):
            return ""
        return "Its valid signatures do not meet the identifier's signing threshold."
    return "It has no signature of this identifier."
