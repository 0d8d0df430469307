"""Fault injection, and the report of the pool."""

import pytest
from routerkit import House, report


def inject(house, worker, kind="hang", ms=0, parent=None, door="worker:w1"):
    house.feed("inject", id="i", door=door, worker=worker, kind=kind, ms=ms, parent=parent)


def test_a_fault_reaches_its_worker():
    house = House(2)
    inject(house, "w2", "slow", 500)
    assert house.dones[-1][1]["ok"] is True
    assert house.papers["w2"].messages[-1] == {"v": 1, "type": "worker:inject", "kind": "slow", "ms": 500}


def test_a_fault_waits_until_the_request_that_asked_for_it_is_answered():
    house = House(1)
    asked = house.ask("/app/faults/w1")
    inject(house, "w1", "crash", parent=asked.id)
    assert house.dones[-1][1]["ok"] is True and not house.papers["w1"].messages
    house.reply("w1", asked.id)
    assert asked.status == 200 and house.papers["w1"].messages[-1]["type"] == "worker:inject"
    house.settle()


@pytest.mark.parametrize(
    ("faults", "worker", "kind", "words"),
    [
        (False, "w1", "hang", "not enabled"),
        (True, "w9", "hang", "no worker w9"),
        (True, None, "hang", "no worker"),
        (True, "w1", "explode", "kind must be"),
        (True, "w1", ["hang"], "kind must be"),
    ],
)
def test_faults_that_cannot_be(faults, worker, kind, words):
    house = House(2, faults=faults)
    inject(house, worker, kind)
    assert house.dones[-1][1]["ok"] is False and words in house.dones[-1][1]["error"]


def test_a_page_may_order_too():
    house = House(2)
    commands = house.feed("resize", id="page-1/9", door="page-1", workers=3)
    reply = next(command for command in commands if command["do"] == "reply")
    assert reply["status"] == 200 and '"ok": true' in reply["pieces"][0]["text"]


def test_the_snapshot_is_as_the_contract_has_it():
    house = House(2)
    asked = house.ask()
    house.advance(100)
    given = report(house)
    assert set(given) >= {"state", "router", "workers"}
    assert given["router"]["uptime_ms"] == 100 and given["router"]["inflight"] == 1
    worker = next(one for one in given["workers"] if one["id"] == house.holder(asked.id))
    assert (
        worker["queue"] == 1 and worker["state"] == "ready" and worker["generation"] == 1 and worker["boot_ms"] == 1700
    )
    assert worker["heap_bytes"] == 1 << 25 and worker["python"] == "3.14.2" and "crypto" in worker["slices"]
    assert worker["last_heartbeat_ms"] is None
    house.advance(200)
    assert report(house)["workers"][0]["last_heartbeat_ms"] == 50
    house.serve()
    given = report(house)
    assert sum(one["handled"] for one in given["workers"]) == 1 and given["router"]["handled"] == 3


def test_failures_are_counted():
    house = House(1)
    house.reply("w1", house.ask().id, 500)
    house.reply("w1", house.ask().id, 422)
    assert report(house)["workers"][0]["failed"] == 1 and report(house)["workers"][0]["handled"] == 2


def test_the_pool_page_goes_to_a_worker_with_the_snapreport():
    house = House(1)
    house.ask("/app/pool", "GET")
    assert house.dispatched[-1]["context"]["pool"]["workers"][0]["id"] == "w1"
    house.serve()
    house.ask("/app/crypto", "GET")
    assert house.dispatched[-1]["context"] == {}


def test_the_pool_page_while_nobody_can_render():
    """At the first boot it waits like any page; once the pool was whole, the router says itself how it stands."""
    house = House(1, boot=False)
    first = house.ask("/app/pool", "GET", headers={"hx-request": "true"})
    assert first.status is None
    house.ready("w1")
    house.serve()
    assert first.status == 200
    house.crash("w1")
    asked = house.ask("/app/pool", "GET", headers={"hx-request": "true"})
    assert asked.status == 200 and asked.text().startswith("<title>Pool") and "degraded" in asked.text()
    assert asked.headers["x-worker"] == "router"
    assert house.ask("/app/pool", "GET").text().startswith("<!doctype html>")
    house.settle()
