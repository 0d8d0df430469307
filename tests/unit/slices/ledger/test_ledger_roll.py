"""The list of a ledger of many: read in steps, then kept up by what a change touches, and never other than what the database says."""

from __future__ import annotations

from typing import Any

import pytest
from ledgerkit import book, books, habery, messages, unsynced  # noqa: F401 (fixtures)
from slices.ledger import book as module
from slices.ledger import roll as rolls
from slices.ledger import viewing

MANY = 120


def do(generator: Any) -> tuple[Any, int]:
    """What a Doer would `yield from`, and how often it gave way."""
    steps = 0
    while True:
        try:
            next(generator)
            steps += 1
        except StopIteration as stop:
            return stop.value, steps


def afresh(book: Any) -> Any:  # noqa: F811
    """The roll as the database alone says."""
    made = rolls.Roll(book)
    while not made.whole:
        made.gather()
    return made


def same(book: Any) -> None:  # noqa: F811
    """What is kept up is what is there."""
    kept, now = do(book.roll())[0], afresh(book)
    assert kept.rows == now.rows and kept.order == now.order
    assert (kept.events, kept.contacts, kept.duplicitous) == (now.events, now.contacts, now.duplicitous)
    listed = [each["aid"] for each in viewing.listing(book, kept, page=1)["identifiers"]]
    assert listed == [place[-1] for place in now.order[:50]]


def test_the_list_is_read_in_steps_and_kept_up(book: Any, books: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(rolls, "AT_ONCE", 10)
    monkeypatch.setattr(module, "AT_ONCE", 10)
    with habery() as hby:
        habs = [hby.makeHab(f"no {number}", transferable=number % 3 != 0) for number in range(MANY)]
        book.ingest(b"".join(messages(hab)[0] for hab in habs))
        later = books(book)
        later.close()
        assert do(later.ready())[1] >= MANY // 10, "opening gives way"
        roll, steps = do(later.roll())
        assert steps >= MANY // 10 and len(roll.order) == MANY == roll.events
        assert do(later.roll()) == (roll, 0)
        gathered: list[int] = []
        gather = rolls.Roll.gather
        monkeypatch.setattr(rolls.Roll, "gather", lambda self: gathered.append(1) or gather(self))
        monkeypatch.setattr(later, "_gather", lambda: gathered.append(2))

        with later.change() as notes:
            notes.set_contact(habs[7].pre, {"alias": "Seven", "notes": "a note", "changed": 1})
        assert viewing.listing(later, roll)["identifiers"][0]["alias"] == "Seven"
        habs[1].rotate()
        habs[2].interact()
        later.ingest(b"".join(messages(habs[1])) + messages(habs[4])[0])
        habs[4].interact()
        habs[4].interact()
        later.ingest(messages(habs[4])[2])  # waits for the one before
        stranger = hby.makeHab("stranger")
        stranger.rotate()
        later.ingest(messages(stranger)[1])  # nothing but a message that waits
        do(later.remove(habs[9].pre))
        with pytest.raises(ZeroDivisionError), later.change() as notes:
            notes.set_contact(habs[8].pre, {"alias": "undone", "notes": "", "changed": 1})
            raise ZeroDivisionError
        assert not gathered, "a change reads nobody whom it does not touch"
        monkeypatch.undo()
        same(later)
        roll = do(later.roll())[0]
        waiting = viewing.listing(later, roll, kind="waiting")
        assert {each["aid"] for each in waiting["identifiers"]} == {habs[4].pre, stranger.pre}
        found = viewing.listing(later, roll, q="A NOTE")
        assert [each["aid"] for each in found["identifiers"]] == [habs[7].pre] and found["total"] == MANY
        assert viewing.listing(later, roll, page=99)["page"] == 3
        later.ingest(messages(habs[4])[1] + messages(stranger)[0])
        same(later)
        do(later.remove(stranger.pre))
        do(later.remove(habs[7].pre))
        same(later)


def test_a_change_while_the_list_is_read_is_in_it(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(rolls, "AT_ONCE", 2)
    with habery() as hby:
        habs = [hby.makeHab(f"no {number}") for number in range(9)]
        book.ingest(b"".join(messages(hab)[0] for hab in habs))
        reading = book.roll()
        next(reading)
        do(book.remove(habs[0].pre))
        do(book.remove(habs[8].pre))
        with book.change() as notes:
            notes.set_contact(habs[5].pre, {"alias": "Five", "notes": "", "changed": 1})
        assert len(do(reading)[0].order) == 7
        same(book)
