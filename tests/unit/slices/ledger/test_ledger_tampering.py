"""A thousand damaged imports: nothing that was not signed gets in, nothing crashes, and each piece has its reason.

What no signature covers can be changed unseen, in keripy as here: the number and date that an exporter notes behind an
event. The streams here carry none, except in one test that shows it does no harm.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from ledgerkit import book, books, habery, made, messages, unsynced  # noqa: F401 (fixtures)
from ledgerplay import damaged, tamper

ROUNDS = 1000


@pytest.mark.usefixtures("unsynced")
def test_a_thousand_damaged_imports() -> None:
    counted = tamper(made(), ROUNDS, seed=20261125)
    assert sum(counted.values()) == ROUNDS and min(counted.values()) > 50, counted


def test_what_a_book_keeps_of_damaged_imports(books: Any) -> None:  # noqa: F811
    """The whole way, again and again into one ledger: it only ever holds a beginning of the true log."""
    log, rng = made(), random.Random(7)
    bodies = [message[: message.rindex(b"}") + 1] for message in log]
    ledger = books()
    for number in range(60):
        result = ledger.ingest(damaged(rng, log)[1])
        for each in (*result["rejected"], *result["escrowed"]):
            assert (each["reason"] and each["offset"] is not None) or each.get("waited"), number
        for aid in ledger.heads():
            held = [record["raw"] for record in ledger.log(aid)]
            assert held == bodies[: len(held)]
    assert not ledger.notes.duplicity()
    assert ledger.ingest(b"".join(log))["rejected"] == [] and len(ledger.log(next(iter(ledger.heads())))) == len(log)


def test_what_no_signature_covers_is_not_kept(book: Any) -> None:  # noqa: F811
    with habery("victim") as hby:
        hab = hby.makeHab("one")
        (message,) = messages(hab)
        changed = message[:-30] + message[-30:].replace(b"T", b"T", 1).replace(b"0", b"1")
        assert changed != message
        result = book.ingest(changed)
        (record,) = book.log(hab.pre)
        assert len(result["accepted"]) == 1 and record["raw"] in message
        assert record["seen"][:4] == "2026" or record["seen"] > "2026", "our own date, not the stream's"
