"""A log that comes in pieces, in any order, over any number of imports and restarts, ends where keripy ends with all at once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from ledgerkit import books, unsynced  # noqa: F401 (fixtures)
from ledgerpieces import SCENARIOS, kinds, permutations, settled, told


def made(name: str) -> list[bytes]:
    with ExitStack() as stack:
        return kinds(name) if name.isupper() else SCENARIOS[name](stack)


@pytest.mark.parametrize("name", [*SCENARIOS, "CBOR", "MGPK"])
def test_every_order_of_the_pieces(name: str, books: Any) -> None:  # noqa: F811
    """One import a piece, the book closed and opened anew between them."""
    pieces = made(name)
    expected = settled(pieces)
    assert expected and len(pieces) == 5, "the oracle takes all of it"
    for order in permutations(pieces):
        book = books()
        numbers = [pieces.index(each) for each in order]
        for piece in order:
            result = book.ingest(piece)
            assert not result["rejected"], (numbers, result["rejected"])
            book = books(book)
        assert told(book.db) == expected, numbers
        assert not book.notes.pending, (numbers, book.notes.pending)
        book.close()


@pytest.mark.parametrize("name", [*SCENARIOS, "CBOR"])
def test_all_at_once_and_one_by_one_in_shares(name: str, books: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """As several workers have it: each identifier that stands for itself in a share of its own."""
    from slices.ledger.intake import planning

    monkeypatch.setattr(planning, "LEAST", 1)
    pieces = made(name)
    expected = settled(pieces)
    for stream in (b"".join(pieces), b"\n".join(reversed(pieces))):
        book = books()
        assert not book.ingest(stream)["rejected"]
        assert told(book.db) == expected and not book.notes.pending
        again = book.ingest(stream)
        assert not again["accepted"] and not again["escrowed"] and told(book.db) == expected
        for aid in expected:
            exported = books()
            exported.ingest(_all(book.kel(aid)))
            assert told(exported.db)[aid]["events"] == expected[aid]["events"] or any(
                each["vrcs"] for each in expected[aid]["events"]
            ), "what is exported brings all of it along, but for the logs of those who receipt"
            exported.close()


def _all(generator: Any) -> Any:
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value
