"""Work that names its worker, that says how long it may block it, and that another request stops."""

from __future__ import annotations

from routerkit import SLICES, House
from tablekit import TABLE

from router.policy.routes import Route
from router.policy.routing import Table

PATH = "/app/suites/runs/r1/chunks"
CANCEL = "/app/suites/runs/r1/cancel"


def house(workers=2, **more):
    return House(workers, slices={**SLICES, "suites": "all"}, **more)


def chunk(there, to, **more):
    return there.ask(PATH, door="worker:w1", worker=to, headers={"accept": "application/json"}, **more)


def test_it_goes_to_the_worker_that_it_names_and_to_no_other():
    there = house()
    busy = [chunk(there, "w2") for _ in range(3)]
    assert {there.holder(one.id) for one in busy} == {"w2"}
    assert there.holder(chunk(there, "w1").id) == "w1"
    there.serve()
    there.settle()


def test_what_waits_for_one_worker_keeps_nobody_from_another():
    there = house(pool={"window": 2})
    waits = [chunk(there, "w2") for _ in range(6)]
    assert [there.holder(one.id) for one in waits][-1] is None
    assert there.holder(chunk(there, "w1").id) == "w1"
    there.serve()
    there.settle()


def test_a_worker_that_is_named_and_one_that_is_not_wait_side_by_side():
    there = house(pool={"window": 1})
    waits = [chunk(there, to) for to in ("w1", "w2", "w2", None)]
    assert [there.holder(one.id) for one in waits] == ["w1", "w2", None, None]
    assert not [text for _, text in there.logs if "failed" in text]
    there.serve()
    there.settle()


def test_a_page_cannot_choose():
    there = house()
    placed = {there.holder(there.ask(worker="w2").id) for _ in range(2)}
    assert placed == {"w1", "w2"}
    there.serve()
    there.settle()


def test_it_may_block_as_long_as_it_says():
    there = house()
    asked = chunk(there, "w2", may_block_ms=20000)
    there.reply("w2", asked.id, stream=True)
    there.hang("w2")
    there.advance(15000)
    assert there.papers["w2"].generation == 1
    there.advance(6000)
    assert there.papers["w2"].generation == 2 and asked.ended
    there.ready("w2")
    there.settle()


def test_cancelling_a_run_ends_its_chunks_on_every_worker():
    there = house()
    chunks = [chunk(there, "w1"), chunk(there, "w2")]
    other = there.ask("/app/suites/runs/r2/chunks", door="worker:w1", worker="w2")
    for one in (*chunks, other):
        there.reply(there.holder(one.id), one.id, stream=True)
    there.ask(CANCEL)
    assert all(one.ended for one in chunks) and not other.ended
    assert [len(there.papers[id].cancels) for id in ("w1", "w2")] == [1, 1]
    there.cancel(other.id)
    there.serve()
    there.settle()


def test_a_chunk_that_blocks_its_worker_costs_it_that_worker():
    there = house()
    asked = chunk(there, "w1", may_block_ms=60000)
    there.reply("w1", asked.id, stream=True)
    there.hang("w1")
    there.advance(1000)
    cancel = there.ask(CANCEL)
    there.advance(500)
    assert there.papers["w1"].generation == 2, "although it might block for a minute, and at once: a person waits"
    there.ready("w1")
    there.serve()
    assert cancel.status == 200
    there.settle()


def test_what_has_no_answer_yet_gets_one():
    there = house(pool={"window": 1})
    waits = [chunk(there, "w2") for _ in range(2)]
    there.ask(CANCEL)
    assert [one.status for one in waits] == [409, 409]
    there.serve()
    there.settle()


def test_stops_names_a_route_with_the_same_parameters():
    table = Table(TABLE)
    for route in TABLE:
        if route.stops:
            stopped, params, _ = table.match("POST", route.stops.replace("{id}", "x"))
            assert stopped is not None and stopped.pattern == route.stops and params == {"id": "x"}
    assert Route("GET", "/app/x", slice="x").stops == ""
