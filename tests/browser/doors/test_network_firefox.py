"""Real witnesses in Firefox ESR: the network is turned on, an identifier resolved at a server whose copy is old, and refreshed."""

from __future__ import annotations

import json
import urllib.request

import witnesses as kit
from liar import telling
from test_engines import firefox


def test_a_refresh_in_firefox(app_url: str) -> None:
    with kit.running(("wan", "wil")) as witnesses:
        wan = witnesses["wan"]
        ben = witnesses.incept("ben", ("wan", "wil"))
        with urllib.request.urlopen(f"{wan.url}query?typ=kel&pre={ben.aid}") as got:
            old = got.read()
        witnesses.kli("rotate", "--name", "ben", "--alias", "ben", "--receipt-endpoint")
        [port] = kit.free(1)
        with telling(port, old) as asked:
            mirror = f"http://127.0.0.1:{port}"
            oobis = [*(each.oobi for each in witnesses.values()), f"{mirror}/oobi/{ben.aid}?name=Ben"]
            servers = [mirror, *(each.url for each in witnesses.values())]
            seen = firefox("watching.mjs", f"{app_url}?workers=2", json.dumps({"servers": servers, "oobis": oobis, "aid": ben.aid}))
    assert asked == [f"/oobi/{ben.aid}?name=Ben"] and seen["resolved"][-1] == "Resolved: Ben", seen
    assert seen["note"] == "1 new event. 2 of 2 hold event 1 as the latest."
    assert seen["witnesses"].count("agrees") == 2 and not seen["errors"], seen
