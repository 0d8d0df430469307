"""Registries and the events that issue and revoke, of one stream: which of them are needed, and what became of each.

keripy's Tevery is the judge. Around it stand, as around its Kevery in the ledger,

* the choice: keripy keeps a credential's events by the credential alone, whatever registry they are of. A stranger's registry
  could so issue or revoke what is not its own. Only events of the registry that the credential itself names are let through.
* the order: registries first, then by sequence number, whatever the order of the stream.
* reasons, in words; and that each backer counts once, in whichever of CESR's two codes its signature comes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from slices.credentials import shapes
from slices.credentials.lookup import registry_of
from slices.foreign.streams import Message, plainly

__all__ = ["Transactions", "opened"]

ORDER = {"vcp": 0, "vrt": 1, "iss": 2, "bis": 2, "rev": 3, "brv": 3}


class Opened:
    """A message as keripy's Parser hands it on: its SAID verified, its attachments read. `sealed`: what its seal says."""

    def __init__(self) -> None:
        self.serder: Any = None
        self.sealed: tuple[Any, ...] = ()
        self.wigers: list[Any] = []

    def processEvent(self, *, serder: Any, seqner: Any, saider: Any, wigers: Any = None, **_: Any) -> None:
        self.serder, self.wigers = serder, list(wigers or ())
        self.sealed = (seqner, saider) if seqner is not None and saider is not None else ()

    def processCredential(self, *, creder: Any, prefixer: Any, seqner: Any, saider: Any) -> None:
        self.serder = creder
        self.sealed = (prefixer, seqner, saider) if prefixer is not None else ()


def opened(message: Message) -> Opened:
    """A transaction event or a credential. Raises ValueError with the reason."""
    from keri.core import parsing, serdering

    taken = Opened()
    ims = bytearray(message.raw)
    try:
        if message.attached:
            next(parsing.Parser(framed=True).msgParsator(ims=ims, framed=True, tvy=taken, vry=taken))
        else:  # keripy's parser would wait for attachments
            taken.serder = serdering.Serdery().reap(ims)
    except StopIteration:
        pass
    except Exception as ex:  # keripy raises all of Python's own errors on odd input: every one is a refusal here
        words = plainly(ex)
        if "said" in words.lower() or "round trip" in words.lower():
            words = f"its SAID is not the digest of its content: it was changed after it was made ({words})"
        raise ValueError(words) from ex
    else:
        if message.attached:
            raise ValueError("its attachments end too soon")
    if ims:
        raise ValueError(f"{len(ims)} bytes of its attachments belong to nothing")
    if taken.serder is None:
        raise ValueError("keripy has read nothing of it")
    return taken


class Transactions:
    """Takes in the transaction events that a set of credentials needs, over databases in which the key events are."""

    def __init__(self, db: Any, reger: Any) -> None:
        from keri.vdr import eventing

        self.db, self.reger = db, reger
        self.tevery = eventing.Tevery(reger=reger, db=db, local=False, lax=True)
        self.accepted: dict[str, Message] = {}
        """SAID of an event -> the message."""
        self.refused: list[tuple[Message, str]] = []
        self.other: list[Message] = []
        """Of registries and credentials that are not asked for."""

    def run(self, messages: Iterable[Message], wanted: dict[str, str]) -> Generator[None, None, None]:
        """Take in what is needed; yields after each. wanted: SAID of a credential -> the registry that it names."""
        needed = []
        for message in messages:
            if shapes.faults(message.sad, message.ilk):
                told = " ".join(shapes.faults(message.sad, message.ilk))
                self.refused.append((message, told.removesuffix(".")))
            elif registry_of(message.sad) in self._asked(message, wanted):
                needed.append(message)
            else:
                self.other.append(message)
        for message in sorted(needed, key=lambda each: (ORDER[each.ilk], int(each.sad["s"], 16), each.number)):
            self._take(message)
            yield

    @staticmethod
    def _asked(message: Message, wanted: dict[str, str]) -> Iterable[str]:
        if message.ilk in ("vcp", "vrt"):
            return set(wanted.values())
        return (wanted[message.sad["i"]],) if message.sad["i"] in wanted else ()

    def events(self, pre: str) -> list[Message]:
        """The accepted events of a registry or a credential, in order."""
        found = [each for each in self.accepted.values() if each.sad["i"] == pre]
        return sorted(found, key=lambda each: int(each.sad["s"], 16))

    def troubles(self, *pres: str) -> list[str]:
        """Why events of these registries and credentials were refused."""
        return [f"{name(message).capitalize()}: {reason}" for message, reason in self.refused if message.sad.get("i") in pres]

    def _take(self, message: Message) -> None:
        try:
            taken = opened(message)
            if message.said in self.accepted:  # the same once more
                return
            self._judge(taken)
        except ValueError as ex:
            self.refused.append((message, str(ex)))
        else:
            self.accepted[message.said] = message

    def _judge(self, taken: Opened) -> None:
        """keripy's verdict. Raises ValueError with the reason."""
        from keri import kering

        serder = taken.serder
        if not taken.sealed:
            raise ValueError("no seal (-GAB) is attached that says which event of the issuer’s log anchors it")
        if "ra" in serder.sad and serder.sad["ra"]["d"] not in self.accepted:
            # keripy takes the backers of any event that it has stored, also of one that waits
            raise ValueError("the registry’s event that it names for its backers is not in the file, or was refused")
        seqner, saider = taken.sealed
        wigers = list({each.index: each for each in taken.wigers}.values())
        try:
            self.tevery.processEvent(serder=serder, seqner=seqner, saider=saider, wigers=wigers)
        except (kering.MissingAnchorError, KeyError, IndexError, TypeError) as ex:  # a seal may have any shape
            raise ValueError(self._unanchored(serder, seqner.sn, saider.qb64)) from ex
        except kering.MissingWitnessSignatureError as ex:
            raise ValueError("fewer of the registry’s backers have signed it than the registry asks for") from ex
        except kering.LikelyDuplicitousError as ex:
            raise ValueError("another event of that number was there before it: duplicity") from ex
        except kering.OutOfOrderError as ex:
            raise ValueError("what must come before it is not in the file, or was refused") from ex
        except Exception as ex:  # as in `opened`
            raise ValueError(plainly(ex)) from ex

    def _unanchored(self, serder: Any, sn: int, said: str) -> str:
        """Why keripy finds no anchor at the place that the event's own seal names."""
        from keri.core import serdering
        from keri.db.dbing import dgKey, snKey

        registry = serder.sad if serder.ilk == "vcp" else None
        tever = None if registry is not None else self.reger.tevers[registry_of(serder.sad)]
        pre = registry["ii"] if registry is not None else tever.pre
        digest = self.db.getKeLast(key=snKey(pre=pre, sn=sn))
        if digest is None:
            return f"event {sn} of the issuer’s log, which should anchor it, is not in the file or was refused"
        if bytes(digest).decode() != said:
            return f"event {sn} of the issuer’s log is another one than its seal names"
        event = serdering.SerderKERI(raw=bytes(self.db.getEvt(key=dgKey(pre=pre, dig=bytes(digest)))))
        seals = event.sad.get("a") or []
        if len(seals) > 1:
            return f"event {sn} of the issuer’s log has {len(seals)} seals: keripy 1.3.6 takes an anchor that stands alone"
        return f"event {sn} of the issuer’s log does not anchor it"


def name(message: Message) -> str:
    """What is said of a message in a list of several."""
    return f"message {message.number} ({message.ilk or 'credential'})"
