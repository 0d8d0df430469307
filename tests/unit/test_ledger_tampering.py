"""A thousand damaged imports: nothing that was not signed gets in, nothing crashes, and each piece has its reason.

What no signature covers can be changed unseen, in keripy as here: the number and date that an exporter notes behind an
event. The streams here carry none, except in one test that shows it does no harm.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from ledgerkit import book, books, habery, messages, unsynced  # noqa: F401 (fixtures)

ROUNDS = 1000


def damaged(rng: random.Random, log: list[bytes]) -> tuple[str, bytes]:
    """A stream made of a log by one act of damage, with its kind."""
    data = b"".join(log)
    kind = rng.choice(["flip", "flip", "flip", "cut", "reorder", "insert", "delete"])
    at = rng.randrange(len(data))
    if kind == "flip":
        return kind, data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    if kind == "cut":
        return kind, data[:at]
    if kind == "insert":
        return kind, data[:at] + bytes([rng.randrange(256)]) + data[at:]
    if kind == "delete":
        return kind, data[:at] + data[at + rng.randrange(1, 200) :]
    order = log[:]
    rng.shuffle(order)
    if rng.random() < 0.5:
        order = order[: rng.randrange(1, len(order))]
    return kind, b"".join(order)


def tamper(log: list[bytes], rounds: int, seed: int) -> dict[str, int]:
    """Verify damaged streams and check every answer. Returns how often each kind came; raises AssertionError."""
    from keriwasm.slices.ledger.checking import check
    from keriwasm.slices.ledger.framing import Broken, frames

    rng = random.Random(seed)
    bodies = [message[: message.rindex(b"}") + 1] for message in log]
    counted: dict[str, int] = {}
    for number in range(rounds):
        kind, data = damaged(rng, log)
        counted[kind] = counted.get(kind, 0) + 1
        where = f"round {number} of seed {seed}: {kind}"
        pieces = list(frames(data))
        covered = b"".join(data[each.offset : each.offset + each.size] for each in pieces)
        assert covered.translate(None, b" \t\r\n") == data.translate(None, b" \t\r\n"), (
            f"{where}: something was dropped"
        )
        whole = [each for each in pieces if not isinstance(each, Broken)]
        assert all(each.reason for each in pieces if isinstance(each, Broken))
        generator = check({"contexts": [], "messages": [(each.raw, each.body, each.ilk) for each in whole]})
        while True:
            try:
                next(generator)
            except StopIteration as stop:
                answer = stop.value
                break
        assert len(answer["verdicts"]) == len(whole)
        for frame, verdict in zip(whole, answer["verdicts"], strict=True):
            if verdict["verdict"] == "accepted":
                assert frame.raw in log, f"{where}: accepted what was changed: {frame.raw!r}"
            elif verdict["verdict"] != "known":
                assert verdict["reason"] and verdict["code"], where
        accepted = [record["raw"] for record in answer["records"]]
        assert accepted == bodies[: len(accepted)], f"{where}: no beginning of the true log"
        for record in answer["records"]:
            assert all(sig.encode() in log[record["sn"]] for sig in record["sigs"]), where
        if kind in ("flip", "insert") and any(each not in data for each in log):
            assert any(each["verdict"] != "accepted" for each in answer["verdicts"]) or len(whole) < len(pieces), where
    return counted


def made(rotations: int = 2) -> list[bytes]:
    """A log with rotations, weights and interactions, its signatures and nothing else attached."""
    with habery("victim") as hby:
        hab = hby.makeHab("multi", isith=["1/2", "1/2", "1/2"], icount=3, nsith=["1/2", "1/2", "1/2"], ncount=3)
        for _ in range(rotations):
            hab.interact(data=[{"pay": "17", "to": "somebody"}])
            hab.rotate(isith="1", ncount=1) if _ else hab.rotate(isith=["1/2", "1/2", "1/2"], nsith="1", ncount=1)
        return messages(hab, replay=False)


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
