"""POST /app/verify: is a message signed by an identifier whose key state we hold? Signature by signature, and in all."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer

from slices.kels import timeline
from slices.kels.thresholds import readable
from slices.ledger import book as books
from slices.ledger.contacts import check_aid
from slices.vault import vault as vaults

if TYPE_CHECKING:
    pass

__all__ = ["Verify", "signatures_of"]

MOST = 256
"""Signatures of one message."""
TRIES_MOST = 20_000
"""Of keys for signatures that do not say which of them is theirs: a foreign log may have keys by the thousand."""
PIECE = 0.01
"""Seconds of work between two turns of the scheduler."""

Parsed = tuple[str, Any, bool]
"""qb64, keripy's Siger or Cigar, whether it names its key by an index."""


class Unknown(falcon.HTTPNotFound):
    """404: no key state of that identifier is held here."""

    def __init__(self, aid: str, locked: bool) -> None:
        wallet = " If it is one of your own, unlock the wallet." if locked else ""
        super().__init__(
            title="No key state for this identifier",
            description=f"Nothing is known of {aid[:80]} here, so its keys are not known. Import its key event log first.{wallet}",
        )
        self.extra = {"aid": aid, "import": "app/ledger"}


LISTED = 100
"""Identifiers that the form offers at most."""


def freshness(book: books.Book, aid: str) -> dict[str, Any] | None:
    """{when, sn, agreed, of}: when its witnesses were asked last and how many held event `sn`, then its latest; None: never."""
    told = book.notes.watched(aid)
    return None if told is None else {name: told[name] for name in ("when", "sn", "agreed", "of")}


class Verify(Resource):
    """GET: the form. POST {aid, text | data | file, signatures, sn?}: the verdict."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """The form; `aid` in the query fills it in."""
        book = books.of(self.worker)
        yield from book.ready()
        roll = yield from book.roll()
        shown = [place[-1] for place in roll.order if roll.rows[place[-1]].known][:LISTED]
        known = [{"aid": aid, "alias": (book.notes.contact(aid) or {}).get("alias", "")} for aid in shown]
        data = {"aid": Fields(req).text("aid", "", max_bytes=200), "known": known, "more": len(book.heads()) - len(known)}
        answer(req, rep, "pages/ledger/verify.html", data, title="Verify · KeriWasm")

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        """{valid, aid, sn, digest, source, threshold, signatures: [{signature, index, key, valid, reason}], as_of, duplicitous}.

        Against the current keys, or with `sn` against those that were current after that event. valid: all signatures
        verify, no key twice, and they meet the signing threshold. Raises 404 when nothing is known of the identifier.
        """
        book = books.of(self.worker)
        yield from book.ready()
        fields = Fields(req)
        aid = check_aid(fields.text("aid", max_bytes=200).strip())
        message = fields.message()
        parsed = signatures_of(fields)
        yield from vaults.of(self.worker).mounted()
        _, kever, source = self._held(book, aid)
        sn = fields.integer("sn", 0, 1 << 53, default=None)
        yield
        state = kever.state()._asdict()
        if sn is not None and sn > kever.sn:
            raise FieldError("sn", f"is beyond the log: its events are 0 to {kever.sn}")
        look = timeline.survey(lambda: self._held(book, aid)[0], aid, kever.sn)  # at the whole log, so only if need be
        if sn is not None and sn != kever.sn:
            log = yield from look
            state = keys_of(log.established(log.source(), sn + 1))
        unnamed = sum(not indexed for _, _, indexed in parsed)
        if unnamed * len(state["k"]) > TRIES_MOST:
            raise FieldError(
                "signatures",
                f"has {unnamed} that do not say by their index which of the {len(state['k']):,} keys is theirs: that is more than "
                f"{TRIES_MOST:,} tries. Send fewer at once, or such as have an index",
            )
        told = yield from judge(state, message, parsed)
        told["earlier"] = None
        if not told["valid"] and sn is None:
            told["earlier"] = yield from earlier((yield from look), state, message, parsed)
        data = {"aid": aid, "source": source, "bytes": len(message), **told}
        data |= {"as_of": freshness(book, aid), "duplicitous": bool(book.notes.duplicity(aid))}
        contact = book.notes.contact(aid) or {}
        answer(
            req,
            rep,
            "fragments/ledger/verified.html",
            {**data, "alias": contact.get("alias", "")},
            title="Verify · KeriWasm",
        )

    def _held(self, book: books.Book, aid: str) -> tuple[Any, Any, str]:
        """The database and Kever that know an identifier: the wallet's own when it is open, then the ledger's."""
        vault = vaults.of(self.worker)
        open_wallet = vault.exists and not vault.locked
        if open_wallet and aid in vault.kevers:
            return vault.hby.db, vault.kevers[aid], "wallet"
        if aid in book.kevers:
            return book.db, book.kevers[aid], "ledger"
        raise Unknown(aid, vault.exists and not open_wallet)


def signatures_of(fields: Fields) -> list[Parsed]:
    """The field `signatures`: a JSON list of qb64, or texts between white space or commas. Raises FieldError."""
    if fields.typed:
        listed = fields.json("signatures")
        if isinstance(listed, str):
            listed = listed.split()
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise FieldError("signatures", "must be a list of texts (qb64)")
    else:
        listed = re.split(r"[\s,;\"'\[\]]+", fields.text("signatures"))
    texts = [each for each in (each.strip() for each in listed) if each]
    if not texts:
        raise FieldError("signatures", "is empty")
    if len(texts) > MOST:
        raise FieldError("signatures", f"has {len(texts)} elements, {MOST} are accepted", status=413)
    return [_parsed(number, text) for number, text in enumerate(texts, start=1)]


def _parsed(number: int, text: str) -> Parsed:
    from keri.core import coring, indexing

    for kind, indexed in ((indexing.Siger, True), (coring.Cigar, False)):
        try:
            made = kind(qb64=text)
        except Exception:  # keripy raises many kinds for a text that is of neither kind
            continue
        if made.qb64 == text and (
            indexed
            or made.code in (coring.MtrDex.Ed25519_Sig, coring.MtrDex.ECDSA_256k1_Sig, coring.MtrDex.ECDSA_256r1_Sig)
        ):
            return text, made, indexed
    raise FieldError(
        "signatures", f"number {number} is no signature in CESR (qb64): {text[:24]}… ({len(text)} characters)"
    )


def judge(
    state: Mapping[str, Any], message: bytes, parsed: list[Parsed]
) -> Generator[float | None, float, dict[str, Any]]:
    """Signatures on a message against a key state: {valid, sn, digest, threshold, reason, signatures}. Gives way."""
    from keri.core import coring

    verfers: list[Any] = []
    until = time.perf_counter() + PIECE
    for key in state["k"]:
        verfers.append(coring.Verfer(qb64=key))
        if time.perf_counter() > until:
            yield
            until = time.perf_counter() + PIECE
    verdicts, counted = [], set()
    for text, made, indexed in parsed:
        candidates = range(len(verfers)) if not indexed else [made.index] if made.index < len(verfers) else []
        index = None
        for each in candidates:
            if _verifies(verfers[each], made.raw, message):
                index = each
                break
            if time.perf_counter() > until:
                yield
                until = time.perf_counter() + PIECE
        if time.perf_counter() > until:
            yield
            until = time.perf_counter() + PIECE
        reason = ""
        if index is None and indexed and not candidates:
            reason = f"names key {made.index}, but there are {len(verfers)}"
        elif index is None:
            reason = "fits another message or another key"
        elif index in counted:
            reason = "is the second one by this key: a key counts once"
        valid = index is not None and not reason
        if valid:
            counted.add(index)
        shown = index if index is not None else (made.index if indexed else None)
        key = state["k"][shown] if shown is not None and shown < len(verfers) else ""
        verdicts.append({"signature": text, "index": shown, "key": key, "valid": valid, "reason": reason})
    met = bool(counted) and bool(coring.Tholder(sith=state["kt"]).satisfy(sorted(counted)))
    every = all(each["valid"] for each in verdicts)
    reason = (
        ""
        if every and met
        else "a signature does not verify"
        if not every
        else "too few keys have signed for the threshold"
    )
    return {
        "valid": every and met,
        "reason": reason,
        "sn": int(state["ee"]["s"], 16),
        "digest": state["ee"]["d"],
        "threshold": readable(state["kt"]),
        "keys": len(verfers),
        "signatures": verdicts,
    }


def _verifies(verfer: Any, raw: bytes, message: bytes) -> bool:
    """keripy's verdict; a signature of another length than the key's kind needs is a wrong one, not a fault."""
    try:
        return bool(verfer.verify(raw, message))
    except (ValueError, TypeError):
        return False


def keys_of(serder: Any) -> dict[str, Any]:
    """What `judge` asks of a key state, as an establishment event made it."""
    ked = serder.ked
    return {"k": ked["k"], "kt": ked["kt"], "ee": {"s": ked["s"], "d": ked["d"]}}


def earlier(
    log: timeline.Log, state: Mapping[str, Any], message: bytes, parsed: list[Parsed]
) -> Generator[float, float, int | None]:
    """The establishment event, before the current one, whose keys did sign this; None when none of the last hundred did."""
    sn = int(state["ee"]["s"], 16)
    for _ in range(100):
        serder = log.established(log.source(), sn)
        if serder is None:
            return None
        sn = serder.sn
        if (yield from judge(keys_of(serder), message, parsed))["valid"]:
            return sn
        yield
    return None
