"""Who is next and where to: balance, windows, bounds, priorities, work that does not give way, children."""

from collections import Counter

import pytest
from routerkit import House
from tablekit import TABLE

from router.policy.routes import Route

JSON = {"accept": "application/json"}
ARGON = "/app/crypto/argon2id"


def spread(house):
    return Counter(message["worker"] for message in house.dispatched)


def test_least_loaded_first_and_equally():
    house = House(4)
    for _ in range(8):
        house.ask()
    assert spread(house) == {"w1": 2, "w2": 2, "w3": 2, "w4": 2}
    house.serve()
    house.dispatched.clear()
    for _ in range(40):
        house.ask()
        house.serve()
    assert spread(house) == {"w1": 10, "w2": 10, "w3": 10, "w4": 10}, "idle workers take turns"
    house.settle()


def test_the_busier_worker_waits():
    house = House(2)
    first, second = house.ask(), house.ask()
    house.reply(house.holder(second.id), second.id)
    idle = ({"w1", "w2"} - {house.holder(first.id)}).pop()
    assert [house.holder(house.ask().id) for _ in range(1)] == [idle]


def test_window_and_queue():
    house = House(2, pool={"window": 3})
    asked = [house.ask() for _ in range(10)]
    assert spread(house) == {"w1": 3, "w2": 3} and len(house.state.queue) == 4
    house.reply("w1", next(iter(house.papers["w1"].work)))
    assert len(house.state.queue) == 3 and house.holder(asked[6].id) == "w1", "first come, first served"
    house.serve()
    assert all(one.status == 200 for one in asked)
    house.settle()


def test_a_full_queue_says_when_to_come_back():
    house = House(1, pool={"window": 1, "max_queue": 5})
    for _ in range(6):
        assert house.ask().status is None
    asked = house.ask(headers=JSON)
    assert asked.status == 503 and asked.headers["retry-after"] == "1" and asked.json()["retry_after"] == 1
    assert house.state.report()["router"]["refused"] == 1
    house.serve()
    assert house.ask().status is None
    house.settle()


def test_a_fan_out_is_let_in_whole_or_not_at_all():
    house = House(1, pool={"window": 1, "max_queue": 5})
    for _ in range(3):
        house.ask()
    assert house.ask("/app/", "GET", headers=JSON).status == 503
    assert len(house.state.queue) == 2
    house.settle()


def test_bodies_that_wait_are_bounded_too():
    house = House(1, pool={"window": 1, "max_queue_bytes": 1000})
    house.ask(size=900)
    house.ask(size=900)
    assert house.ask(size=200).status == 503
    assert house.ask(size=50).status is None and house.ask(size=0).status is None
    house.settle()


def test_a_click_passes_background():
    house = House(1, pool={"window": 4})
    house_background = [house.ask(priority="background") for _ in range(6)]
    assert len(house.papers["w1"].work) == 2, "background takes half a window"
    click = house.ask(priority="click")
    assert house.holder(click.id) == "w1"
    house.serve()
    assert click.answered_at <= min(one.answered_at for one in house_background)
    house.settle()


def test_a_click_waits_before_background_that_came_first():
    house = House(1, pool={"window": 1})
    house.ask()
    background, click = house.ask(priority="background"), house.ask()
    house.reply("w1", next(iter(house.papers["w1"].work)))
    assert house.holder(click.id) == "w1" and house.holder(background.id) is None


def test_background_is_not_starved():
    house = House(1, pool={"window": 1})
    house.ask()
    background = house.ask(priority="background")
    for _ in range(100):
        house.ask()
        house.advance(50)
        house.reply("w1", next(iter(house.papers["w1"].work)))
        if background.status or house.holder(background.id):
            break
    waited = house.now - background.at
    assert 2000 <= waited <= 2500, waited


def test_the_last_quarter_of_the_queue_is_for_clicks():
    house = House(1, pool={"window": 1, "max_queue": 8})
    asked = [house.ask(priority="background") for _ in range(8)]
    assert [one.status for one in asked].count(503) == 1
    assert house.ask().status is None and house.ask().status is None and house.ask().status == 503
    house.settle()


def test_one_heavy_at_a_time_on_a_worker():
    house = House(2)
    heavy = [house.ask(ARGON) for _ in range(4)]
    assert spread(house) == {"w1": 1, "w2": 1}
    house.reply("w1", heavy[0].id)
    assert house.holder(heavy[2].id) == "w1"
    house.serve()
    assert all(one.status == 200 for one in heavy)
    house.settle()


def test_one_worker_of_three_stays_free_of_heavy_ones():
    house = House(3)
    for _ in range(5):
        house.ask(ARGON)
    assert len(house.dispatched) == 2
    light = [house.ask() for _ in range(3)]
    free = ({"w1", "w2", "w3"} - {message["worker"] for message in house.dispatched[:2]}).pop()
    assert {house.holder(one.id) for one in light} == {free}, "nobody waits behind what does not give way"
    house.serve()
    house.settle()


def test_two_heavy_ones_run_beside_each_other():
    house = House(2)
    one, two = house.ask(ARGON), house.ask(ARGON)
    assert {house.holder(one.id), house.holder(two.id)} == {"w1", "w2"}


def test_light_before_heavy_and_heavy_not_for_ever():
    house = House(1, pool={"window": 8})
    first = house.ask(ARGON)
    second, light = house.ask(ARGON), house.ask()
    house.reply("w1", first.id)
    assert list(house.papers["w1"].work) == [light.id, second.id]
    house.settle()


def test_open_streams_cost_nothing():
    house = House(1, pool={"window": 1})
    streams = [house.ask("/app/pool/events", "GET") for _ in range(1)]
    house.reply("w1", streams[0].id, stream=True, body=0)
    for _ in range(3):
        streams.append(house.ask("/app/pool/events", "GET"))
        house.reply("w1", streams[-1].id, stream=True, body=0)
    asked = house.ask()
    assert house.holder(asked.id) == "w1" and all(one.streaming for one in streams)
    house.settle()


@pytest.mark.parametrize("size", [1, 2, 4])
def test_parents_that_fill_every_window_cannot_lock_their_children_out(size):
    house = House(size, pool={"window": 2})
    parents = [house.ask("/app/crypto/hash-many") for _ in range(2 * size + 3)]
    children = {}
    for _ in range(100):
        for paper in list(house.papers.values()):
            for id, message in list(paper.work.items()):
                if message["parent"] is not None:
                    house.reply(paper.id, id)
                elif id not in children:
                    children[id] = [house.ask_child(paper.id, id, "/app/crypto/hash-batch") for _ in range(3)]
                elif all(child.status for child in children[id]):
                    house.reply(paper.id, id)
        if all(parent.status for parent in parents):
            break
    assert all(parent.status == 200 for parent in parents)
    assert len(children) == len(parents)
    assert parents[0].headers["x-worker"].split(",")[0] == next(
        one["worker"] for one in house.dispatched if one["id"] == parents[0].id
    )
    house.settle()


def test_children_run_rather_beside_their_parent_than_on_its_worker():
    house = House(2)
    parent = house.ask("/app/crypto/hash-many")
    worker = house.holder(parent.id)
    child = house.ask_child(worker, parent.id)
    assert house.holder(child.id) != worker
    house.reply(house.holder(child.id), child.id)
    house.reply(worker, parent.id)
    assert parent.headers["x-worker"] == f"{worker},{'w2' if worker == 'w1' else 'w1'}"
    house.settle()


def test_children_inherit_priority_and_deadline():
    house = House(2)
    parent = house.ask("/app/crypto/hash-many", priority="background", within=5000)
    worker = house.holder(parent.id)
    for priority in (None, "click"):
        house.ask_child(worker, parent.id, within=20000, priority=priority)
        assert house.dispatched[-1]["priority"] == "background"
        assert house.dispatched[-1]["deadline"] == parent.at + 5000
    house.ask_child(worker, parent.id, within=100)
    assert house.dispatched[-1]["deadline"] == house.now + 100
    assert house.dispatched[-1]["parent"] == parent.id
    house.settle()


def test_children_end_with_their_parent():
    house = House(2)
    parent = house.ask("/app/crypto/hash-many")
    worker = house.holder(parent.id)
    child = house.ask_child(worker, parent.id, "/app/crypto/hash-many")
    other = house.holder(child.id)
    grandchild = house.ask_child(other, child.id)
    house.cancel(parent.id)
    assert parent.id in house.papers[worker].cancels and child.id in house.papers[other].cancels
    assert grandchild.id in house.papers[worker].cancels + house.papers[other].cancels
    late = house.ask_child(worker, parent.id)
    assert late.status == 409, "a parent that has ended has no children"
    house.settle()


def test_families_are_not_too_deep():
    house = House(2, pool={"max_depth": 3})
    asked = house.ask("/app/crypto/hash-many")
    depth = 0
    while asked.status is None:
        holder = house.holder(asked.id)
        asked = house.ask_child(holder, asked.id, "/app/crypto/hash-many")
        depth += 1
    assert asked.status == 508 and depth == 4 and asked.json()["fault"]
    house.settle()


def test_many_children_leave_room_for_clicks():
    house = House(2, pool={"window": 4})
    parent = house.ask("/app/crypto/hash-many")
    worker = house.holder(parent.id)
    for _ in range(50):
        house.ask_child(worker, parent.id)
    click = house.ask()
    assert house.holder(click.id) is not None
    house.serve()
    house.settle()


def test_children_are_bounded_too():
    house = House(1, pool={"window": 1, "max_queue": 2})
    parent = house.ask("/app/crypto/hash-many")
    asked = [house.ask_child("w1", parent.id) for _ in range(12)]
    assert [one.status for one in asked].count(503) == 3
    house.settle()


def test_a_stream_may_ask_long_after_its_opening():
    house = House(1)
    stream = house.ask("/app/pool/events", "GET", within=1000)
    house.reply("w1", stream.id, stream=True, body=0)
    house.advance(60_000)
    look = house.ask_child("w1", stream.id, "/app/pool", method="GET", within=None, deadline=stream.at + 1000)
    assert look.status == 200 and look.json()["state"] == "ready"
    child = house.ask_child("w1", stream.id, deadline=stream.at + 1000)
    assert child.status is None and house.holder(child.id) == "w1"
    house.serve()
    assert child.status == 200
    house.settle()


def test_lanes_do_not_wait_for_each_other():
    table = [Route("POST", "/app/pinned", slice="wallet", where="all"), *TABLE]
    house = House(2, pool={"window": 1}, table=table)
    pinned = [house.ask("/app/pinned") for _ in range(3)]
    free = house.ask()
    assert house.holder(free.id) == "w2" and house.holder(pinned[0].id) == "w1"
    house.settle()


def test_a_silent_worker_gets_nothing_new():
    house = House(2)
    house.hang("w1")
    house.advance(1000)
    assert house.status["workers"][0]["state"] == "busy" and house.status["state"] == "ready"
    asked = [house.ask() for _ in range(12)]
    assert spread(house) == {"w2": 8}
    house.papers["w1"].state = "up"
    house.heartbeat("w1")
    assert spread(house) == {"w1": 4, "w2": 8}, "it is back with its first beat"
    house.serve()
    assert all(one.status == 200 for one in asked)
    house.settle()


def test_parents_and_streams_that_wait_are_bounded():
    house = House(1, pool={"window": 1})
    for _ in range(12):
        parent = house.ask("/app/crypto/hash-many")
        if house.holder(parent.id) is None:
            break
        house.ask_child("w1", parent.id)
    assert len([1 for message in house.dispatched if message["parent"] is None]) == 8
    house.settle()
    house = House(1, pool={"window": 1})
    for _ in range(12):
        stream = house.ask("/app/pool/events", "GET")
        if house.holder(stream.id) is not None:
            house.reply("w1", stream.id, stream=True, body=0)
    assert len(house.papers["w1"].streams) == 4
    asked = house.ask()
    assert house.holder(asked.id) == "w1", "streams that wait keep nobody else out"
    house.settle()
