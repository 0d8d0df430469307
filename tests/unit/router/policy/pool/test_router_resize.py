"""The pool grows and shrinks: work is finished first, drains are bounded, sizes that cannot be."""

import pytest
from routerkit import House, state


def resize(house, workers, **more):
    house.feed("resize", id="r", door="page-1", workers=workers, **more)


def test_growing():
    house = House(2)
    resize(house, 4)
    assert sorted(house.papers) == ["w1", "w2", "w3", "w4"] and house.status["size"] == 4
    house.ready("w3")
    house.ready("w4")
    assert house.status["state"] == "ready"
    for _ in range(4):
        house.ask()
    assert {message["worker"] for message in house.dispatched} == {"w1", "w2", "w3", "w4"}
    house.settle()


def test_shrinking_finishes_the_work_first():
    house = House(4)
    asked = [house.ask() for _ in range(8)]
    resize(house, 1)
    assert house.papers["w4"].messages == [{"v": 1, "type": "worker:drain"}]
    assert state(house, "w4") == "draining" and house.status["state"] == "ready" and house.status["size"] == 1
    more = [house.ask() for _ in range(6)]
    assert {house.holder(one.id) for one in more} == {"w1"}
    house.serve()
    assert all(one.status == 200 for one in asked + more)
    for worker in ("w2", "w3", "w4"):
        house.drained(worker)
    assert sorted(house.papers) == ["w1"] and len(house.status["workers"]) == 1
    house.settle()


def test_a_drain_that_is_never_confirmed_ends_as_well():
    house = House(2)
    resize(house, 1)
    house.advance(5000)
    assert sorted(house.papers) == ["w1"]


def test_a_drain_is_bounded_by_the_deadlines_of_its_work():
    house = House(2)
    asked = [house.ask(within=5000) for _ in range(2)]
    resize(house, 1)
    house.advance(10_000)
    assert sorted(house.papers) == ["w1"] and all(one.status == 504 for one in asked)
    house.settle()


def test_a_drain_ends_streams():
    house = House(2)
    streams = [house.ask("/app/pool/events", "GET") for _ in range(2)]
    for stream in streams:
        house.reply(house.holder(stream.id), stream.id, stream=True, body=0)
    on_second = next(one for one in streams if house.holder(one.id) == "w2")
    resize(house, 1)
    assert on_second.streaming, "the worker ends them itself"
    house.advance(10_000)
    assert on_second.ended and sorted(house.papers) == ["w1"]
    house.settle()


def test_a_worker_that_hangs_while_draining():
    house = House(2)
    asked = [house.ask() for _ in range(2)]
    resize(house, 1)
    house.hang("w2")
    house.advance(6000)
    assert sorted(house.papers) == ["w1"] and house.generations["w2"] == 1
    house.serve()
    assert all(one.status == 200 for one in asked)
    house.settle()


def test_growing_again_while_draining():
    house = House(2)
    asked = [house.ask() for _ in range(2)]
    resize(house, 1)
    resize(house, 3)
    assert state(house, "w2") == "draining" and "w3" in house.papers
    house.serve()
    house.drained("w2")
    assert house.generations["w2"] == 2, "the place is taken by a fresh one"
    house.ready("w2")
    house.ready("w3")
    assert house.status["state"] == "ready" and all(one.status == 200 for one in asked)
    house.settle()


def test_shrinking_while_booting_and_while_replaced():
    house = House(4, boot=False)
    house.ready("w1")
    house.crash("w2")
    resize(house, 1)
    assert sorted(house.papers) == ["w1"] and [one["id"] for one in house.status["workers"]] == ["w1"]
    assert house.status["state"] == "ready"
    house.advance(10_000)
    assert sorted(house.papers) == ["w1"]


def test_generations_go_on_after_a_place_was_given_up():
    house = House(2)
    resize(house, 1)
    house.drained("w2")
    resize(house, 2)
    assert house.generations["w2"] == 2
    house.feed("ready", worker="w2", generation=1)
    assert state(house, "w2") == "booting"


@pytest.mark.parametrize("workers", [0, 17, -1, 2.5, "3", None, True, [], 1e400])
def test_sizes_that_cannot_be(workers):
    house = House(2)
    asked = house.ask("/app/pool/size")
    worker = house.holder(asked.id)
    house.feed("resize", id="q", door=f"worker:{worker}", workers=workers, parent=asked.id)
    assert house.dones[-1][0] == worker and house.dones[-1][1]["ok"] is False
    assert "from 1 to 16" in house.dones[-1][1]["error"] and len(house.papers) == 2


def test_a_resize_is_answered_to_who_asked_even_if_that_one_goes():
    house = House(2)
    asked = house.ask("/app/pool/size")
    other = house.ask("/app/pool/size")
    second = asked if house.holder(asked.id) == "w2" else other
    house.feed("resize", id="q", door="worker:w2", workers=1, parent=second.id)
    worker, done = house.dones[-1]
    assert worker == "w2" and done["ok"] is True and done["id"] == "q" and done["pool"]["size"] == 1
    house.serve()
    assert asked.status == other.status == 200
    house.drained("w2")
    house.settle()
