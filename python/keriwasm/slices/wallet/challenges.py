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
from keriwasm.deeds import deed
from keriwasm.fields import FieldError, Fields
from keriwasm.rendering import answer

from . import view
from .identifiers import Resource

__all__ = ["Challenge", "Respond", "Verify", "known", "read_words", "verify"]

ROUTE = "/challenge/response"
WORDS_LEAST, WORDS_MOST = 6, 48
RESPONSE_MOST = 64 << 10
TITLE = "Challenge · KeriWasm"


class Challenge(Resource):
    """The page, and new words."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{identifiers}: those that can answer."""
        yield from self.vault.ready()
        data = {"identifiers": view.identifiers(self.vault)}
        page = {"token": self.vault.token}
        answer(req, rep, "pages/wallet-challenge.html", {**data, **page}, title=TITLE)

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
        self.hab(aid)
        fields = Fields(req)
        words = read_words(fields)
        recipient = fields.text("recipient", "", max_bytes=200).strip()
        yield
        hab = self.hab(aid)
        message = hab.exchange(route=ROUTE, payload={"i": aid, "words": words}, recipient=recipient or "")
        data = {"aid": aid, "words": words, "response": bytes(message).decode()}
        answer(req, rep, "fragments/wallet/challenge-response.html", {**data, "alias": hab.name})


class Verify(Resource):
    """POST {words, response}."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{valid, aid, reason}: whether the holder of an identifier's current keys signed exactly these words."""
        yield from self.vault.ready()
        fields = Fields(req)
        words = read_words(fields)
        response = fields.text("response", max_bytes=RESPONSE_MOST).strip()
        kevers = yield from known(self.vault)
        answer(req, rep, "fragments/wallet/challenge-verified.html", verify(kevers, response.encode(), words))


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


def known(vault: Any) -> Generator[float, float, dict[str, Any]]:
    """AID -> Kever of what this wallet, if it is open, and the ledger of other people's logs know."""
    kevers: dict[str, Any] = {}
    if "ledger" in vault.worker.slices:
        from keriwasm.slices.ledger import book

        ledger = book.of(vault.worker)
        yield from ledger.ready()
        kevers.update(ledger.kevers)
    if not vault.locked:
        kevers.update(vault.kevers)
    return kevers


class Collector:
    """Stands where keripy's Parser expects an Exchanger: it keeps what was parsed instead of judging and storing it."""

    def __init__(self) -> None:
        self.parsed: list[tuple[Any, list[Any], list[Any]]] = []

    def processEvent(self, *, serder: Any, tsgs: Any = None, cigars: Any = None, **_: Any) -> None:
        self.parsed.append((serder, tsgs or [], cigars or []))


def verify(kevers: Mapping[str, Any], response: bytes, words: list[str]) -> dict[str, Any]:
    """{valid, aid, reason, words} of a response. Raises FieldError for what is no such message."""
    collector = Collector()
    _parse(response, collector)
    if len(collector.parsed) != 1:
        raise FieldError("response", 'is no signed response to a challenge: it begins with {"v":"KERI10JSON')
    serder, groups, cigars = collector.parsed[0]
    if serder.ked.get("r") != ROUTE:
        raise FieldError("response", f"is a message of the route {str(serder.ked.get('r'))[:60]}, not {ROUTE}")
    aid, said = serder.ked["i"], serder.ked.get("a", {}).get("words")
    reason = _unsigned(kevers, serder, groups, cigars)
    if not reason and said != words:
        reason = "It is signed, but for other words."
    return {"valid": not reason, "aid": aid, "reason": reason, "dated": serder.ked.get("dt"), "words": said}


def _parse(stream: bytes, collector: Collector) -> None:
    """keripy's Parser over a stream that is all there is. Its `parse` waits for ever for the rest of a message that was cut
    off; here a step that takes nothing off the stream is the last."""
    from keri.core import parsing

    ims = bytearray(stream)
    parsator = parsing.Parser(framed=True).allParsator(ims=ims, exc=collector)
    left = None
    while ims and len(ims) != left:
        left = len(ims)
        if next(parsator, True):
            break


def _unsigned(kevers: Mapping[str, Any], serder: Any, groups: list[Any], cigars: list[Any]) -> str:
    """Why these signatures do not prove the sender, "" when they do."""
    from keri.core import eventing

    aid = serder.ked["i"]
    kever = kevers.get(aid)
    if kever is None:
        return "The key event log of this identifier is not known here: import it into the ledger first."
    if not kever.transferable:
        good = [each for each in cigars if each.verfer.qb64 == aid and each.verfer.verify(each.raw, serder.raw)]
        return "" if good else "It has no valid signature of this identifier's key."
    for prefixer, seqner, diger, sigers in groups:
        if prefixer.qb64 != aid:
            continue
        if seqner.sn != kever.lastEst.s or diger.qb64 != kever.lastEst.d:
            return "It is signed with keys that are not this identifier's current ones, as far as is known here."
        _, indices = eventing.verifySigs(serder.raw, sigers, kever.verfers)
        if kever.tholder.satisfy(indices):
            return ""
        return "Its valid signatures do not meet the identifier's signing threshold."
    return "It has no signature of this identifier."
