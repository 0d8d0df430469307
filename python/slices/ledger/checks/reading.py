"""Read one message by keripy's own Parser: verified body and attachments, or the reason why not.

keripy's Parser logs what it cannot read and goes on. Its generator for one message, `msgParsator`, raises instead: that is
what is driven here, with a recorder in the place of its Kevery, so that nothing is processed yet and nothing is swallowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from keriwasm.data import guarding

from slices.foreign import attachments, bodies

__all__ = ["EVENTS", "Message", "Refused", "driven", "in_words", "read", "spelled"]

EVENTS = ("icp", "rot", "ixn", "dip", "drt")
KEYS_MOST = 5000
"""Keys, promised keys or witnesses of one event. What keripy makes of them it makes anew whenever a key state is read."""
DIGITS_MOST = 2000
"""Digits of all different weights of a threshold: keripy adds them up as fractions, whose common denominator may have as many."""


class Refused(Exception):
    """A message or event that is not accepted. `code` is one word for programs, the text is for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = bodies.safe(reason)


@dataclass
class Message:
    """A message whose SAID is verified, with its attachments parsed; signatures are not verified yet.

    Attributes:
        sigers, wigers: of the controller, of witnesses; cigars: receipts by a key that comes along
        endorsements: receipts by transferable identifiers: (prefixer, seqner and saider of the event that gives the keys, sigers)
        sn: the event's number, read once: keripy's Serder makes two objects for each look at it
    """

    serder: Any
    sigers: list[Any] = field(default_factory=list)
    wigers: list[Any] = field(default_factory=list)
    cigars: list[Any] = field(default_factory=list)
    endorsements: list[tuple[Any, Any, Any, list[Any]]] = field(default_factory=list)
    delseqner: Any = None
    delsaider: Any = None
    remarks: list[str] = field(default_factory=list)

    @cached_property
    def sn(self) -> int:
        return self.serder.sn

    def remark(self, words: str) -> None:
        """Something to be told with the verdict, once."""
        if words not in self.remarks:
            self.remarks.append(words)


class Recorder:
    """Takes what the Parser would have its Kevery process."""

    def __init__(self) -> None:
        self.message: Message | None = None

    def processEvent(self, *, serder: Any, sigers: Any, wigers: Any, delseqner: Any, delsaider: Any, **_: Any) -> None:
        self.message = Message(serder, list(sigers), list(wigers or ()), delseqner=delseqner, delsaider=delsaider)

    def processAttachedReceiptCouples(self, serder: Any, cigars: Any, **_: Any) -> None:
        assert self.message is not None
        self.message.cigars = list(cigars)

    def processAttachedReceiptQuadruples(self, serder: Any, trqs: Any, **_: Any) -> None:
        assert self.message is not None
        self.message.endorsements = [(prefixer, seqner, saider, [siger]) for prefixer, seqner, saider, siger in trqs]

    def processReceipt(self, *, serder: Any, cigars: Any, tsgs: Any, wigers: Any, **_: Any) -> None:
        self.message = Message(
            serder, wigers=list(wigers or ()), cigars=list(cigars or ()), endorsements=list(tsgs or ())
        )


def read(raw: bytes, body: int, ilk: str) -> Message:
    """Read a whole message (`body` bytes of it are its body). Raises Refused."""
    if ilk and ilk not in (*EVENTS, "rct"):
        raise Refused("kind", "this is no key event; the ledger keeps key event logs only")
    if len(raw) == body:
        raise Refused("signature", "no signature is attached to it")
    if (found := attachments.unfit(raw, body)) is not None:
        raise Refused(*found)
    recorder = Recorder()
    driven(raw, kvy=recorder)
    if recorder.message is None:
        raise Refused("kind", "it is no key event")
    if reason := _toil(recorder.message.serder.sad):
        raise Refused("size", reason)
    return recorder.message


def _toil(sad: dict[str, Any]) -> str:
    """Why the keys and thresholds of an event would hold whoever reads them, in words that follow "it"; "" when not."""
    for name in ("k", "n", "b", "br", "ba"):
        listed = sad.get(name)
        if isinstance(listed, list) and len(listed) > KEYS_MOST:
            return f"it lists {len(listed):,} keys in {name}: at most {KEYS_MOST:,} are taken"
    for name in ("kt", "nt"):
        sith = sad.get(name)
        if isinstance(sith, str) and sith.startswith("["):  # keripy takes a list as a text, too
            try:
                sith = guarding.json_value(sith, guarding.EVENT, strict=False)
            except guarding.Unfit as ex:
                return f"its threshold {name} {ex.reason}"
        count, weights = 0, set()
        for _, each in guarding.walk(sith):
            count += 1
            weights.update(each if isinstance(each, dict) else (str(each),) if not isinstance(each, list) else ())
        if count > 2 * KEYS_MOST:
            return f"its threshold {name} has {count:,} weights: at most {2 * KEYS_MOST:,} are taken"
        if (digits := sum(len(str(each)) for each in weights)) > DIGITS_MOST:
            return f"its threshold {name} has different weights of {digits:,} digits: at most {DIGITS_MOST:,} are added up"
    return ""


def driven(raw: bytes, **takers: Any) -> None:
    """Have keripy's Parser read one whole message; `takers` (kvy, rvy) get what it finds. Raises Refused."""
    from keri import kering
    from keri.core import parsing

    ims = bytearray(raw)
    try:
        parsing.Parser(**takers).msgParsator(ims=ims, framed=True, local=False, **takers).__next__()
    except StopIteration:
        pass
    except kering.ValidationError as ex:
        raise _refusal(ex) from ex
    except kering.SizedGroupError as ex:
        raise Refused("attachments", f"its group of attachments is damaged: {in_words(ex)}") from ex
    except (kering.ShortageError, kering.ExtractionError, kering.ColdStartError, kering.KeriError) as ex:
        raise Refused("attachments", f"its attachments cannot be read: {in_words(ex)}") from ex
    except Exception as ex:  # keripy raises all of Python's own errors on odd input: every one is a refusal here
        raise Refused("form", f"it cannot be read: {in_words(ex)}") from ex
    else:
        raise Refused("truncated", "the stream ends within its attachments (truncated)")
    if ims:
        raise Refused("attachments", f"{len(ims)} bytes after its attachments belong to nothing")


def _refusal(ex: Exception) -> Refused:
    words = in_words(ex.__cause__ or ex)  # keripy puts a dump of the event around the cause
    low = words.lower()
    if "invalid said field" in low or "invalid round trip" in low or ("prefix" in low and "said" in low):
        return Refused("said", f"its SAID does not fit its content: it was changed after it was made ({words})")
    if "missing attached signature" in low:
        return Refused("signature", "no signature by its controller is attached to it")
    return Refused("form", f"it breaks the rules of its kind: {words}")


def in_words(ex: BaseException) -> str:
    """keripy's own words, without the dump of the whole event that follows them."""
    words = " ".join(str(ex.args[0] if ex.args else ex).split()) or type(ex).__name__
    for mark in (
        " for evt = {",
        " for evt={",
        " evt = {",
        " for event={",
        "= {'v'",
        " in ked = {",
        "ked={",
        " in sad",
        " of {",
    ):
        words = words.split(mark)[0]
    return f"{type(ex).__name__}: {words[:300]}"


def spelled(sith: Any) -> str:
    """A threshold in a sentence: "2", "weights 1/2, 1/2", "weights 1/2 of (1/2, 1/2), 1/2", "weights (1/2, 1/2) and (1)"."""
    if isinstance(sith, str):
        return str(int(sith, 16))
    if sith and all(isinstance(group, list) for group in sith):
        return "weights " + " and ".join(f"({_weights(group)})" for group in sith)
    return f"weights {_weights(sith)}"


def _weights(listed: list[Any]) -> str:
    told = []
    for each in listed:
        told += [each] if isinstance(each, str) else [f"{weight} of ({', '.join(of)})" for weight, of in each.items()]
    return ", ".join(told)
