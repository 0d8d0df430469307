"""Damage done to key event logs, and what must hold of every answer to it. Runs on CPython and in Pyodide."""

from __future__ import annotations

import random


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
    from slices.foreign.framing import Broken, frames
    from slices.ledger.checks.checking import check

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
