"""Workers that are busy, hang, crash, come back; what becomes of their work; clocks that jump."""

from routerkit import House, report, state

ACCEPT = {"accept": "application/json"}


def test_busy_is_not_hung():
    house = House(2)
    house.hang("w1")
    house.advance(1000)
    assert state(house, "w1") == "busy" and house.status["state"] == "ready"
    house.papers["w1"].state = "up"
    house.heartbeat("w1")
    assert state(house, "w1") == "ready"


def test_a_hung_worker_is_replaced():
    house = House(2)
    asked = [house.ask() for _ in range(4)]
    house.hang("w1")
    house.advance(4900)
    assert house.generations["w1"] == 1
    house.advance(600)
    assert house.generations["w1"] == 2 and house.status["state"] == "degraded"
    states = [c["status"]["workers"][0]["state"] for cs in house.commands for c in cs if c["do"] == "status"]
    assert "hung" in states
    house.serve()
    assert all(one.status == 200 for one in asked)
    assert sum("hung" in text for _, text in house.logs) == 1, "the cause is logged once"
    house.ready("w1")
    assert house.status["state"] == "ready"
    assert report(house)["workers"][0]["restarts"] == 1 and "hung" in report(house)["workers"][0]["last_error"]
    house.settle()


def test_while_others_boot_silence_counts_less():
    """Few cores: a boot beside it keeps a worker from its beats; killing it for that makes one more boot."""
    house = House(2)
    house.crash("w2")
    house.hang("w1")
    house.advance(14_000)
    assert house.generations["w1"] == 1
    house.advance(1_500)
    assert house.generations["w1"] == 2, "but not for ever"

    house = House(2)
    house.crash("w2")
    asked = house.ask("/app/wallet", "GET")
    house.hang("w1")
    house.advance(1_000)
    house.cancel(asked.id)
    house.advance(8_000)
    assert house.generations["w1"] == 1, "a cancel that it cannot have heard"
    house.ready("w2")
    house.advance(1_600)
    assert house.generations["w1"] == 2


def test_what_may_block_is_not_hung():
    house = House(2)
    asked = house.ask("/app/crypto/argon2id")
    worker = house.holder(asked.id)
    house.hang(worker)
    house.advance(50_000)
    assert house.generations[worker] == 1 and state(house, worker) == "busy"
    house.papers[worker].state = "up"
    house.reply(worker, asked.id)
    assert asked.status == 200 and state(house, worker) == "ready"
    house.settle()


def test_a_crash_answers_everybody():
    house = House(2, faults=True)
    gets = [house.ask() for _ in range(6)]
    fault = house.ask("/app/faults/w9", headers=ACCEPT)
    worker = house.holder(fault.id)
    stream = house.ask("/app/pool/events", "GET")
    while house.holder(stream.id) != worker:
        stream = house.ask("/app/pool/events", "GET")
    house.reply(worker, stream.id, stream=True, body=0)
    house.crash(worker, "<b>boom</b>")
    assert fault.status == 502 and fault.json()["worker"] == worker and "may or may not" in fault.json()["detail"]
    assert stream.ended
    house.serve()
    assert all(one.status == 200 for one in gets)
    assert house.generations[worker] == 2
    errors = [text for level, text in house.logs if level == "error"]
    assert len(errors) == 1 and "<b>boom</b>" in errors[0] and errors[0].startswith("f-")
    assert report(house)["router"]["retried"] > 0
    house.settle()


def test_the_cause_of_a_502_is_escaped():
    house = House(1, faults=True)
    asked = house.ask("/app/faults/w1", headers={"hx-request": "true"})
    house.crash("w1", "<script>alert(1)</script>")
    assert asked.status == 502 and "&lt;script&gt;" in asked.text() and "<script>" not in asked.text()


def test_a_request_that_kills_two_workers_is_not_tried_again():
    house = House(3)
    poison = house.ask(headers=ACCEPT)
    for _ in range(2):
        house.crash(house.holder(poison.id))
    assert poison.status == 502 and "Two workers" in poison.json()["detail"]
    house.settle()


def test_a_suspect_is_alone():
    house = House(1)
    asked = [house.ask() for _ in range(4)]
    house.crash("w1")
    house.ready("w1")
    assert len(house.papers["w1"].work) == 1
    house.crash("w1")
    assert [one.status for one in asked] == [502, None, None, None], "the innocent ones are tried again"
    house.ready("w1")
    house.serve()
    assert [one.status for one in asked] == [502, 200, 200, 200]
    house.settle()


def test_a_retry_keeps_its_deadline_and_its_place():
    house = House(1, pool={"window": 1})
    first, second = house.ask(within=20_000, size=10), house.ask(within=20_000)
    house.advance(5000)
    house.crash("w1")
    house.advance(1000)
    house.ready("w1")
    assert house.dispatched[-1]["id"] == first.id and house.dispatched[-1]["source"] == first.id
    assert house.dispatched[-1]["deadline"] == first.at + 20_000
    house.serve()
    assert first.status == second.status == 200
    house.settle()


def test_children_of_a_dead_worker_are_dropped_and_children_on_one_are_tried_again():
    house = House(2)
    parent = house.ask("/app/crypto/hash-many")
    worker = house.holder(parent.id)
    child = house.ask_child(worker, parent.id)
    other = house.holder(child.id)
    house.crash(other)
    assert house.holder(child.id) == worker
    house.ready(other)
    house.crash(worker)
    assert child.status is None and house.holder(child.id) is None
    assert house.holder(parent.id) == other, "the parent itself is tried again"
    house.serve()
    assert parent.status == 200
    house.settle()


def test_old_generations_are_not_heard():
    house = House(2)
    asked = house.ask()
    worker = house.holder(asked.id)
    house.crash(worker)
    for type, more in (
        ("ready", {}),
        ("heartbeat", {}),
        ("fault", {"fatal": True, "error": {}}),
        ("reply", {"id": asked.id, "status": 418, "headers": {}, "stream": False, "body_bytes": 0}),
        ("cancelled", {"id": asked.id}),
        ("drained", {}),
        ("end", {"id": asked.id}),
    ):
        house.feed(type, worker=worker, generation=1, **more)
    assert asked.status is None and state(house, worker) == "booting" and house.generations[worker] == 2
    house.serve()
    assert asked.status == 200
    house.settle()


def test_crash_after_crash_is_slowed_down():
    house = House(1)
    times = []
    for _ in range(8):
        times.append(house.now)
        house.crash("w1")
        while "w1" not in house.papers:
            house.advance(20)
        house.ready("w1")
    assert times[4] == times[0], "a few are replaced at once"
    assert times[7] - times[5] > 500 and house.status["state"] == "ready"


def test_a_fault_that_is_not_fatal_is_only_logged():
    house = House(1)
    asked = house.ask()
    house.from_worker("w1", "fault", error={"type": "ValueError", "message": "x", "traceback": "line 7"}, fatal=False)
    assert house.generations["w1"] == 1 and any("ValueError: x" in text and "line 7" in text for _, text in house.logs)
    house.serve()
    assert asked.status == 200


def test_a_laptop_that_slept_kills_nobody():
    house = House(4)
    asked = house.ask(within=10_000)
    long = house.ask(within=300_000)
    house.cancel(house.ask().id)
    house.sleep(200_000)
    house.feed("tick")
    assert asked.status == 504
    assert all(house.generations[f"w{n}"] == 1 for n in range(1, 5))
    assert any("slept" in text for _, text in house.logs)
    house.advance(500)
    house.serve()
    house.advance(10_000)
    assert long.status == 200 and all(house.generations[f"w{n}"] == 1 for n in range(1, 5))
    assert house.status["state"] == "ready"


def test_who_really_hangs_after_a_sleep_is_found():
    house = House(2)
    house.hang("w1")
    house.advance(3000)
    house.sleep(100_000)
    house.feed("tick")
    house.advance(4000)
    assert house.generations["w1"] == 1
    house.advance(2000)
    assert house.generations == {"w1": 2, "w2": 1}


def test_a_clock_that_goes_back_stops_nothing():
    house = House(2)
    asked = house.ask()
    house.now -= 3_600_000
    house.feed("tick")
    house.serve()
    assert asked.status == 200
    house.now += 3_600_000


def one(house: House) -> list[str]:
    return [worker["id"] for worker in house.status["workers"] if worker["one"]]


def test_where_nothing_is_pinned_another_worker_is_the_one_at_once():
    """An app whose slices are everywhere keeps nothing at w1 but what died with it: nobody waits for its boot."""
    house = House(2, slices={"hello": "all", "crypto": "all", "wallet": "all"})
    assert one(house) == ["w1"]
    house.hang("w1")
    asked = house.ask("/app/wallet", "GET")
    house.advance(5_600)
    assert state(house, "w1") == "booting" and one(house) == ["w2"]
    house.serve()
    assert asked.status == 200, "w1 still boots"
    house.crash("w2")
    assert one(house) == ["w2"], "nobody serves: it stays, and its place boots"
    house.ready("w1")
    house.ready("w2")
    house.crash("w1")
    assert one(house) == ["w2"], "the other's end changes nothing"
    house.ready("w1")
    house.feed("resize", workers=1)
    house.settle()
    assert one(house) == ["w1"], "where the one is retired, one is left"

    house = House(2)  # the wallet is pinned
    house.crash("w1")
    assert one(house) == ["w1"]


def test_what_cannot_be_repeated_is_not_given_to_a_worker_that_may_be_replaced():
    """A cell that is run at once after one that does not stop: it went down with its worker (502), or was lost in the page."""
    house = House(2, slices={"notebook": "all"})
    first = house.ask("/app/run", "POST")
    house.reply("w1", first.id, stream=True, body=0)
    house.cancel(first.id)
    second = house.ask("/app/run", "POST")
    assert house.holder(second.id) is None, "it waits"
    house.advance(1_600)
    assert state(house, "w1") == "booting" and house.holder(second.id) == "w2"
    house.serve()
    assert second.status == 200

    house = House(1, slices={"notebook": "all"})
    first = house.ask("/app/run", "POST")
    house.cancel(first.id)
    second = house.ask("/app/run", "POST")
    assert house.holder(second.id) is None
    house.let_go("w1", first.id)
    assert house.holder(second.id) == "w1", "it was let go: on at once"
