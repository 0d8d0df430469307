"""Real witnesses in Firefox ESR: the network is turned on, an identifier resolved at a server whose copy is old, and refreshed; one of its
own is made with two witnesses and rotated to one."""

from __future__ import annotations

import json
import urllib.request

import witnesses as kit
from liar import telling
from test_engines import firefox
from walletkit_browser import PASSCODE


def test_the_network_in_firefox(app_url: str) -> None:
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
            given = {"servers": servers, "oobis": oobis, "aid": ben.aid, "passcode": PASSCODE}
            seen = firefox("watching.mjs", f"{app_url}?workers=2", json.dumps(given))
            logs = [urllib.request.urlopen(f"{each.url}log?pre={seen['aid']}").read().decode() for each in witnesses.values()]
    assert asked == [f"/oobi/{ben.aid}?name=Ben"] and seen["resolved"][-1] == "Resolved: Ben", seen
    assert seen["note"] == "1 new event. 2 of 2 hold event 1 as the latest."
    assert seen["witnesses"].count("agrees") == 2 and not seen["errors"], seen
    for told, words in zip(seen["receipts"], ("all 2 have answered for event 0", "it has answered for event 1"), strict=True):
        assert told.startswith(words), seen
    counted = [(text.count('"t":"icp"'), text.count('"t":"rot"')) for text in logs]
    assert sorted(counted) == [(1, 0), (1, 1)], "the one that was cut has not seen the rotation"
