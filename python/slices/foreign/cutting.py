"""A stream cut into its pieces (framing.py) on a worker that holds no keys, and told to the one that asked, as plain values.

Cutting parses what each message claims to be. What that costs, and what hangs on it, is a stranger's choice; the ledger, which
stands beside the keys, gets the pieces and reads none of their bodies.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from slices.foreign.framing import Broken, Frame, Passed, frames

__all__ = ["PIECES_MOST", "Cut", "cut", "pieces"]

PIECES_MOST = 100_000
"""Pieces of one stream: an import of the largest size has some 20,000 events, or three times as many receipts."""

Cut = dict[str, Any]
Piece = Frame | Broken | Passed


def cut(data: bytes) -> Generator[None, None, Cut]:
    """{pieces, whole}: rows for `pieces`; not whole when there are more than PIECES_MOST. Yields between them."""
    rows: list[list[Any]] = []
    for piece in frames(data):
        if len(rows) == PIECES_MOST:
            return {"pieces": rows, "whole": False}
        rows.append(_row(piece, data))
        yield
    return {"pieces": rows, "whole": True}


def pieces(found: Cut, data: bytes, source: int) -> Iterator[Piece]:
    """The pieces of a stream that was cut elsewhere."""
    for kind, offset, size, *more in found["pieces"]:
        if kind == "passed":
            yield Passed(offset, size, *more, source=source)
        elif kind == "broken":
            reason, code, aid, sn, said = more
            yield Broken(offset, size, reason, source, aid, _whole(sn), said, code)
        else:
            raw, body, texts, sn, seals, receiptors, remarks = more
            frame = Frame(data[offset : offset + raw] if isinstance(raw, int) else raw, body, offset, source, **texts)
            frame.sn, frame.span, frame.remarks = _whole(sn), size, remarks
            frame.seals = [(aid, at, said) for aid, at, said in seals]
            frame.receiptors = [(aid, int(at, 16)) for aid, at in receiptors]
            yield frame


TEXTS = ("aid", "ilk", "said", "delegator", "proto", "route")


def _row(piece: Piece, data: bytes) -> list[Any]:
    """Numbers of events go as text: MessagePack has none of 128 bits. Bytes that stand in the stream as they are go as a length."""
    if isinstance(piece, Passed):
        return ["passed", piece.offset, piece.size, piece.remark]
    if isinstance(piece, Broken):
        said = [piece.aid, _hex(piece.sn), piece.said]
        return ["broken", piece.offset, piece.size, piece.reason, piece.code, *said]
    raw = len(piece.raw) if data.startswith(piece.raw, piece.offset) else piece.raw
    texts = {name: getattr(piece, name) for name in TEXTS}
    receiptors = [(aid, f"{at:x}") for aid, at in piece.receiptors]
    return ["frame", piece.offset, piece.size, raw, piece.body, texts, _hex(piece.sn), piece.seals, receiptors, piece.remarks]


def _hex(number: int | None) -> str | None:
    return None if number is None else f"{number:x}"


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text, 16)
