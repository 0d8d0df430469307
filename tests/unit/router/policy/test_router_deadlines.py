"""Deadlines, cancels, and workers that do not let go."""

import pytest
from routerkit import House

JSON = {"accept": "application/json"}


def test_504_names_the_worker_and_the_time():
    house = House(1)
    asked = house.ask(within=3000, headers=JSON)
    house.advance(2999)
    assert asked.status is None
    house.advance(2)
    assert asked.status == 504 and asked.answered_at == asked.at + 3000
    problem = asked.json()
    assert problem["worker"] == "w1" and problem["spent_ms"] == 3000
    assert "Worker w1" in problem["detail"] and "3.0 s" in problem["detail"]
    assert asked.headers["x-worker"] == "w1" and "run;dur=3000.0" in asked.headers["server-timing"]
    assert house.papers["w1"].cancels == [asked.id]
    house.let_go("w1", asked.id)
    house.settle()


def test_waiting_counts():
    house = House(1, pool={"window": 1})
    first = house.ask(within=10000)
    second = house.ask(within=10000, headers=JSON)
    house.advance(4000)
    house.reply("w1", first.id)
    house.advance(7000)
    assert second.status == 504
    assert "10.0 s after the request came, 4.0 s of it in the queue" in second.json()["detail"]
    assert "queue;dur=4000.0, run;dur=6000.0" in second.headers["server-timing"]


def test_504_in_the_queue():
    house = House(1, pool={"window": 1})
    house.ask(within=10000)
    asked = house.ask(within=2000, headers=JSON)
    house.advance(2001)
    assert (
        asked.status == 504 and "No worker was free" in asked.json()["detail"] and asked.headers["x-worker"] == "router"
    )
    house.settle()


def test_503_when_nobody_was_ready_in_time():
    house = House(2, boot=False)
    asked = house.ask(within=2000, headers=JSON)
    house.advance(2001)
    assert asked.status == 503 and "booting" in asked.json()["detail"] and int(asked.headers["retry-after"]) >= 1
    house.settle()


def test_requests_that_come_while_booting_wait():
    house = House(2, boot=False)
    asked = [house.ask() for _ in range(3)]
    house.advance(4000)
    house.ready("w1")
    assert {house.holder(one.id) for one in asked} == {"w1"}, "the first usable answer comes with the first worker"
    house.serve()
    assert "queue;dur=4000.0" in asked[0].headers["server-timing"]
    house.settle()


@pytest.mark.parametrize(("given", "meant"), [(None, 30000), (10, 10), (1e9, 300000), ("x", 30000), (-5, 30000)])
def test_deadlines_are_filled_in_and_bounded(given, meant):
    house = House(1)
    house.ask(within_ms=given)
    assert house.dispatched[-1]["deadline"] == house.now + meant


def test_a_deadline_in_the_past_is_answered_at_once():
    house = House(1)
    asked = house.ask(within=0, headers=JSON)
    assert asked.status == 504 and not house.dispatched
    house.settle()


def test_a_cancel_in_the_queue_leaves_nothing():
    house = House(1, pool={"window": 1})
    house.ask()
    asked = house.ask(size=100)
    assert asked.id in house.bodies
    house.cancel(asked.id)
    assert len(house.state.queue) == 0 and asked.id not in house.bodies and not house.papers["w1"].messages
    house.settle()


def test_a_cancel_goes_to_the_worker():
    house = House(1)
    asked = house.ask()
    house.cancel(asked.id, "element removed")
    assert house.papers["w1"].messages[-1] == {
        "v": 1,
        "type": "http:cancel",
        "id": asked.id,
        "reason": "element removed",
    }
    house.let_go("w1", asked.id)
    house.advance(10_000)
    assert house.generations["w1"] == 1
    house.settle()


def test_a_late_reply_confirms_a_cancel():
    house = House(1)
    asked = house.ask(size=10)
    house.cancel(asked.id)
    house.papers["w1"].cancels.remove(asked.id)
    house.reply("w1", asked.id)
    assert not house.replies and not house.bodies
    house.advance(10_000)
    assert house.generations["w1"] == 1
    house.settle()


def test_a_worker_that_does_not_let_go_is_replaced():
    house = House(2)
    asked, innocent = house.ask(), None
    worker = house.holder(asked.id)
    while innocent is None or house.holder(innocent.id) != worker:
        innocent = house.ask()
    house.cancel(asked.id)
    house.advance(1400)
    assert house.generations[worker] == 1
    house.advance(400)
    assert house.generations[worker] == 2
    assert any("did not let go" in text for level, text in house.logs if level == "error")
    assert innocent.status is None and house.holder(innocent.id) not in (None, worker), "its other work goes elsewhere"
    house.serve()
    assert innocent.status == 200
    house.settle()


def test_a_504_that_is_not_let_go_of_is_killed_as_well():
    house = House(1)
    asked = house.ask(within=1000)
    house.advance(3000)
    assert asked.status == 504 and house.generations["w1"] == 2
    house.settle()


def test_a_worker_may_be_deaf_while_another_task_of_it_blocks():
    house = House(1)
    asked = house.ask()
    blocking = house.ask("/app/crypto/argon2id")
    house.hang("w1")
    house.cancel(asked.id)
    house.advance(20_000)
    assert house.generations["w1"] == 1, "Argon2 may block: the cancel is heard afterwards"
    house.papers["w1"].state = "up"
    house.heartbeat("w1")
    house.let_go("w1", asked.id)
    house.reply("w1", blocking.id)
    assert blocking.status == 200
    house.settle()


def test_but_not_for_ever():
    house = House(1)
    asked = house.ask()
    house.ask("/app/crypto/argon2id", within=100_000)
    house.hang("w1")
    house.cancel(asked.id)
    house.advance(61_000)
    assert house.generations["w1"] == 2
    house.settle()


def test_a_cancelled_one_that_blocks_is_not_excused():
    house = House(1)
    asked = house.ask("/app/crypto/argon2id")
    house.hang("w1")
    house.cancel(asked.id)
    house.advance(2500)
    assert house.generations["w1"] == 2
    house.settle()


def test_a_cancelled_one_that_blocks_does_not_cost_what_its_worker_holds():
    """An unlocked wallet outlives a click elsewhere while keys are derived, which cancels that and a stream with it."""
    house = House(1)
    stream = house.ask("/app/pool/events", "GET")
    house.reply("w1", stream.id, stream=True, body=0)
    deriving = house.ask("/app/crypto/argon2id", within=100_000)
    house.heartbeat("w1", held=True)
    house.hang("w1")
    house.cancel(deriving.id)
    house.cancel(stream.id)
    house.advance(20_000)
    assert house.generations["w1"] == 1
    house.advance(45_000)
    assert house.generations["w1"] == 2, "not for ever"
    house.settle()


def test_a_closed_door_cancels_all_of_its_own():
    house = House(1, pool={"window": 2})
    mine = [house.ask(door="page-7") for _ in range(3)]
    other = house.ask(door="page-8")
    stream = house.ask("/app/pool/events", "GET", door="page-7")
    house.close_door("page-7")
    assert house.papers["w1"].cancels == [mine[0].id, mine[1].id]
    for one in mine[:2]:
        house.let_go("w1", one.id)
    house.serve()
    assert other.status == 200 and stream.status is None
    house.settle()


def test_a_closed_door_ends_its_streams():
    house = House(1)
    stream = house.ask("/app/pool/events", "GET", door="page-7")
    house.reply("w1", stream.id, stream=True, body=0)
    house.close_door("page-7")
    assert house.papers["w1"].cancels == [stream.id]
    house.let_go("w1", stream.id)
    house.settle()


def test_a_cancel_by_a_stranger_is_nothing():
    house = House(1)
    asked = house.ask()
    house.feed("cancel", id=asked.id, door="page-99", reason="")
    house.feed("cancel", id="nobody", door="page-1", reason="")
    house.serve()
    assert asked.status == 200
    house.settle()


def test_streams_have_no_deadline_once_open():
    house = House(1)
    stream = house.ask("/app/pool/events", "GET", within=5000)
    house.reply("w1", stream.id, stream=True, body=0)
    house.advance(400_000)
    assert stream.streaming and house.generations["w1"] == 1
    house.end("w1", stream.id)
    house.settle()


def test_a_stream_that_does_not_open_has_one():
    house = House(1)
    stream = house.ask("/app/pool/events", "GET", within=5000)
    house.advance(5001)
    assert stream.status == 504
    house.settle()


def test_a_worker_that_gives_up_unasked():
    house = House(1)
    asked = house.ask(headers=JSON)
    house.let_go("w1", asked.id)
    assert asked.status == 502 and "gave the request up" in asked.json()["detail"]
    stream = house.ask("/app/pool/events", "GET")
    house.reply("w1", stream.id, stream=True, body=0)
    house.let_go("w1", stream.id)
    assert stream.ended
    house.settle()


def test_the_alarms_do_not_pile_up():
    house = House(2)
    house.keep = True
    for _ in range(3000):
        house.ask()
        house.serve()
    assert len(house.state.tasks.alarms) <= 130
    house.settle()


def test_an_alarm_that_rings_early_is_set_again():
    house = House(1)
    asked = house.ask(within=2000)
    house.advance(1990)
    house.wake = None
    house.now += 0.5
    assert any(command["do"] == "wake" for command in house.feed("tick"))
    house.advance(20)
    assert asked.status == 504
    house.settle()
