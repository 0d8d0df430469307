"""The ledger's verification in Pyodide: damaged imports, and the rate of a long foreign log.

args: {log: [message], rounds, long: [message]}, the messages as text. Returns {counted, events, seconds, alone_seconds}:
the long log by the ledger's Checker, and by keripy's Parser and Kevery alone.
"""

import time
from typing import Any

from keriwasm.imports import native
from ledgerplay import tamper
from slices.foreign.framing import frames


def main(args: Any) -> dict[str, Any]:
    native.keri()
    from keri.core import eventing, parsing
    from slices.ledger.checks.checking import check, scratch

    counted = tamper([each.encode() for each in args["log"]], args["rounds"], seed=args["seed"])

    stream = "".join(args["long"]).encode()
    began = time.perf_counter()
    generator = check({"contexts": [], "messages": [(each.raw, each.body, each.ilk) for each in frames(stream)]})
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            answer = stop.value
            break
    seconds = time.perf_counter() - began
    assert [each["verdict"] for each in answer["verdicts"]] == ["accepted"] * len(args["long"])

    with scratch() as db:
        kevery = eventing.Kevery(db=db, lax=True, local=False)
        began = time.perf_counter()
        parsing.Parser().parse(ims=bytearray(stream), kvy=kevery, local=False)
        alone = time.perf_counter() - began
        assert [kever.sn for kever in db.kevers.values()] == [len(args["long"]) - 1]
    return {"counted": counted, "events": len(args["long"]), "seconds": seconds, "alone_seconds": alone}
