"""The verdicts of an import as they come in: what is told of it, and what it asks to be kept or let go."""

from __future__ import annotations

from typing import Any

from slices.foreign.framing import Broken, Frame, Passed

from .others import other

__all__ = ["Outcome"]


class Outcome:
    """What became of every piece of an import.

    Attributes:
        held: (Frame, entry) of messages that are to wait; proofs: those of duplicity; finished: keys of waiting messages
        waiting_on: (key, entry) of messages that had waited and still do
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.entries: list[dict[str, Any]] = []
        self.others: list[dict[str, Any]] = []
        self.remarks: list[dict[str, Any]] = []
        self.held: list[tuple[Frame, dict[str, Any]]] = []
        self.proofs: list[tuple[Frame, dict[str, Any]]] = []
        self.finished: list[str] = []
        self.waiting_on: list[tuple[str, dict[str, Any]]] = []

    def settled(self, piece: Any, others: list[Frame] | None = None) -> bool:
        """Note a piece on which nothing has to be verified, and why. False for a message that is to be judged.

        others: gets the messages that are no key events."""
        if isinstance(piece, Passed):
            self.passed(piece)
        elif isinstance(piece, Broken):
            self.add(piece, {"verdict": "rejected", "code": piece.code, "reason": piece.reason})
        elif stranger := other(piece):
            self.other(piece, *stranger)
            if others is not None:
                others.append(piece)
        elif not piece.aid:
            self.add(piece, {"verdict": "rejected", "code": "form", "reason": "it names no identifier"})
        else:
            return False
        return True

    def add(self, piece: Frame | Broken, verdict: dict[str, Any], waited: str | None = None) -> None:
        """waited: key of the waiting message that this was; one that waits on is no news."""
        entry = {
            "aid": verdict.get("aid") or piece.aid,
            "sn": verdict.get("sn", piece.sn),
            "said": verdict.get("said") or piece.said,
            "ilk": verdict.get("ilk") or getattr(piece, "ilk", ""),
            **verdict,
            "source": self._name(piece.source),
            "offset": piece.offset,
            "size": piece.size,
            "waited": waited is not None,
        }
        remarks = [*getattr(piece, "remarks", ()), *verdict.get("remarks", ())]
        entry.pop("remarks", None)
        if remarks:
            entry["remarks"] = remarks
        if waited is not None:
            entry["offset"] = None
            if verdict["verdict"] == "escrowed":
                self.waiting_on.append((waited, entry))
                return
            self.finished.append(waited)
        elif verdict["verdict"] == "escrowed":
            self.held.append((piece, entry))  # type: ignore[arg-type]
        if verdict.get("code") == "duplicity":
            self.proofs.append((piece, entry))  # type: ignore[arg-type]
        self.entries.append(entry)

    def apart(self, extra: dict[str, Any], parent: Frame) -> None:
        """A receipt that came attached to a message and is not kept with it."""
        raw, body = extra["raw"], extra["body"]
        verdict = {name: each for name, each in extra.items() if name not in ("raw", "body", "came_with", "remarks")}
        frame = Frame(raw, body, parent.offset, parent.source, extra["aid"], extra["sn"], extra["ilk"], extra["said"])
        self.add(frame, verdict)

    def other(self, frame: Frame, kind: str, where: str) -> None:
        """What is no key event: it is not refused, it belongs elsewhere."""
        self.others.append(
            {
                "kind": kind,
                "where": where,
                "byte": frame.offset,
                "size": frame.size,
                "source": self._name(frame.source),
                "said": frame.said,
                "ilk": frame.ilk,
            }
        )

    def passed(self, piece: Passed) -> None:
        """Bytes between messages that were passed over."""
        self.remarks.append({"remark": piece.remark, "byte": piece.offset, "source": self._name(piece.source)})

    def told(self, workers: list[str], size: int) -> dict[str, Any]:
        """The answer's data: the entries by verdict, and

        other: [{kind, where, byte, size, source, said, ilk}] what is not for the ledger, and where it belongs
        remarks: [{remark, byte, source}] what was passed over between messages
        """
        lists: dict[str, list[dict[str, Any]]] = {"accepted": [], "known": [], "rejected": [], "escrowed": []}
        order = {name: number for number, name in enumerate(self.names)}
        for entry in sorted(self.entries, key=lambda each: (order.get(each["source"], -1), each["offset"] or 0)):
            lists[entry.pop("verdict")].append(entry)
        duplicity = [each for each in lists["rejected"] if each.get("code") == "duplicity"]
        return {
            **lists,
            "other": self.others,
            "remarks": self.remarks,
            "duplicity": duplicity,
            "workers": workers,
            "bytes": size,
            "messages": len(self.entries) + len(self.others),
        }

    def _name(self, source: int) -> str:
        return self.names[source] if source >= 0 else ""
