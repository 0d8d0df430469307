"""Runs in the Python of the network bench: `receipts.py '["http://.../oobi/...", ...]' ROUNDS TOCK`.

An identifier of native keripy with these witnesses: each rotation with all receipts by keripy's Receiptor over hio's own client, in
milliseconds, as a JSON list. TOCK: of the Doist, in seconds; `kli` runs with 0.03125.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from typing import Any

from hio.base import doing
from keri.app import agenting, habbing
from keri.core import eventing, parsing, routing
from keri.db.dbing import dgKey


def main(oobis: list[str], rounds: int, tock: float) -> None:
    with habbing.openHby(name="native", temp=True) as hby:
        rtr = routing.Router()
        rvy = routing.Revery(db=hby.db, rtr=rtr)
        kvy = eventing.Kevery(db=hby.db, lax=True, local=False, rvy=rvy)
        kvy.registerReplyRoutes(router=rtr)
        for oobi in oobis:
            with urllib.request.urlopen(oobi, timeout=30) as got:
                parsing.Parser(framed=True, kvy=kvy, rvy=rvy).parse(ims=bytearray(got.read()))
        hab = hby.makeHab("native", wits=[oobi.split("/")[-2] for oobi in oobis], toad=len(oobis))
        receiptor = agenting.Receiptor(hby=hby)
        took: list[float] = []

        def act(tymth: Any = None, tock: float = 0.0, **_: Any) -> Any:
            yield tock
            yield from receiptor.receipt(hab.pre)
            for _round in range(rounds):
                began = time.perf_counter()
                hab.rotate()
                yield from receiptor.receipt(hab.pre)
                took.append((time.perf_counter() - began) * 1000)
                count = len(hab.db.getWigs(dgKey(hab.pre.encode(), hab.kever.serder.saidb)))
                if count != len(oobis):
                    raise RuntimeError(f"{count} receipts came")
            return True

        actor = doing.doify(act)
        doist = doing.Doist(tock=tock, real=True, doers=[receiptor, actor])
        doist.enter()
        while not actor.done:
            doist.recur()
            time.sleep(tock)
        doist.exit()
    print(json.dumps(took))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
