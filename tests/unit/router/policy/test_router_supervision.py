"""Workers boot, beat, hang, crash, drain; the pool stays whole and every request is answered."""

import pytest
from routerkit import House
from tablekit import POOL

ACCEPT = {"accept": "application/json"}


def state(house, worker):
    return next(one["state"] for one in house.status["workers"] if one["id"] == worker)


def shot(house):
    asked = house.ask("/app/pool", "GET", headers=ACCEPT)
    assert asked.status == 200
    return asked.json()


def test_boot_is_told_step_by_step():
    house = House(2, boot=False, warm=True)
    assert house.status == {
        "state": "booting",
        "size": 2,
        "ready": 0,
        "workers": [{"id": id, "state": "booting", "stage": stage, "done": None, "total": None}
                    for id, stage in (("w1", None), ("w2", "waiting"))],
    }  # fmt: skip
    house.from_worker("w1", "progress", stage="fetch", done=10, total=100)
    assert house.status["workers"][0] == {"id": "w1", "state": "booting", "stage": "fetch", "done": 10, "total": 100}
    house.ready("w1")
    assert house.status["state"] == "booting" and house.status["ready"] == 1
    house.ready("w2")
    assert house.status["state"] == "ready" and house.status["ready"] == 2


def test_progress_is_not_told_more_often_than_ten_times_a_second():
    house = House(1, boot=False)
    house.from_worker("w1", "progress", stage="fetch", done=0, total=1000)
    before = len(house.commands)
    for done in range(1, 1000):
        house.advance(1)
        house.from_worker("w1", "progress", stage="fetch", done=done, total=1000)
    house.advance(200)
    told = sum(command["do"] == "status" for commands in house.commands[before:] for command in commands)
    assert 5 <= told <= 11 and house.status["workers"][0]["done"] == 999


@pytest.mark.parametrize(
    ("given", "cores", "size"),
    [
        (3, 8, 3),
        ("4", 2, 4),
        (None, 4, 4),
        (None, 1, 2),
        (None, 64, 8),
        (None, None, 2),
        (0, 4, 4),
        (17, 4, 4),
        ("x", 4, 4),
        (2.5, 3, 3),
    ],
)
def test_the_size_of_the_pool(given, cores, size):
    house = House(2, boot=False)
    from router.policy.router import Router

    house.router = Router()
    house.papers.clear()
    house.generations.clear()
    house.feed("init", config={"pool": POOL, "slices": {}}, workers=given, cores=cores, faults=False, base="/", shell="",
               warm=True)  # fmt: skip
    assert [worker.id for worker in house.state.pool.workers] == [f"w{n}" for n in range(1, size + 1)]
    assert len(house.papers) == min(size, max(1, (cores or 2) // 2)), "half of the cores boot first"


def test_the_rest_of_the_pool_starts_when_the_first_can_answer():
    house = House(4, boot=False, warm=True)
    for done in range(3):
        house.advance(80_000)
        house.from_worker("w1", "progress", stage="install", done=done, total=9)
    assert sorted(house.papers) == ["w1"] and state(house, "w4") == "booting", "those that wait are not given up"
    house.ready("w1")
    assert sorted(house.papers) == ["w1", "w2", "w3", "w4"]


def test_the_rest_of_the_pool_leaves_the_processor_to_the_first_answer():
    house = House(4, boot=False, warm=True)
    asked = house.ask("/app/crypto", "GET")
    house.ready("w1")
    assert sorted(house.papers) == ["w1"]
    house.advance(250)
    assert sorted(house.papers) == ["w1"]
    house.reply("w1", asked.id)
    assert asked.status == 200 and sorted(house.papers) == ["w1", "w2", "w3", "w4"]


def test_a_slow_first_answer_holds_up_nobody():
    house = House(4, boot=False, warm=True)
    asked = house.ask("/app/crypto", "GET")
    house.ready("w1")
    house.advance(350)
    assert asked.status is None and sorted(house.papers) == ["w1", "w2", "w3", "w4"]


def test_what_the_first_cannot_answer_waits_for_the_rest():
    house = House(2, boot=False, warm=True)
    house.ask("/app/crypto", "GET")
    house.ready("w1", slices=["home", "pool"])
    assert sorted(house.papers) == ["w1", "w2"]


def test_the_rest_of_the_pool_starts_when_the_first_fails():
    house = House(3, boot=False, warm=True)
    house.crash("w1", "no wheel")
    assert {"w2", "w3"} <= set(house.papers)
    house.ready("w2")
    assert house.status["ready"] == 1


def test_what_waits_can_be_taken_back():
    house = House(4, boot=False, warm=True)
    house.feed("resize", id="r", door="page-1", workers=2)
    assert [worker.id for worker in house.state.pool.workers] == ["w1", "w2"]
    house.ready("w1")
    house.ready("w2")
    assert house.status["state"] == "ready"


def test_slices_of_workers():
    house = House(2)
    commands = [command for commands in house.commands for command in commands]
    spawns = {command["worker"]: command["slices"] for command in commands if command["do"] == "spawn"}
    assert "wallet" in spawns["w1"] and "wallet" not in spawns["w2"] and "crypto" in spawns["w2"]


def test_a_slice_that_did_not_mount_is_not_asked():
    house = House(2, boot=False)
    house.ready("w1", slices=["home", "pool", "crypto"])
    house.ready("w2")
    assert any("lacks the slices" in text and "pq" in text for _, text in house.logs)
    for _ in range(4):
        house.ask("/app/pq", "GET")
    assert {message["worker"] for message in house.dispatched} == {"w2"}


def test_a_slice_that_nobody_has_is_answered_at_once():
    house = House(2, boot=False)
    waiting = house.ask("/app/pq", "GET", headers=ACCEPT)
    for worker in ("w1", "w2"):
        house.ready(worker, slices=["home", "pool", "crypto"])
    asked = house.ask("/app/pq", "GET", headers=ACCEPT)
    for one in (waiting, asked):
        assert one.status == 503 and "No worker can serve the slice pq" in one.json()["detail"]
    house.settle()


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
    assert shot(house)["workers"][0]["restarts"] == 1 and "hung" in shot(house)["workers"][0]["last_error"]
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
    assert shot(house)["router"]["retried"] > 0
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


def test_boots_that_fail_wait_longer_and_longer_and_are_given_up():
    house = House(2, boot=False)
    for _ in range(5):
        house.crash("w1", "no wheel")
        if state(house, "w2") == "booting":
            house.ready("w2")
        house.advance(9000)
    waits = [
        command["generation"]
        for commands in house.commands
        for command in commands
        if command["do"] == "spawn" and command["worker"] == "w1"
    ]
    assert waits == [1, 2, 3, 4, 5]
    assert state(house, "w1") == "failed" and house.status["state"] == "degraded"
    assert any("given up" in text for _, text in house.logs)
    asked = house.ask("/app/wallet/panel", "GET", headers=ACCEPT)
    assert asked.status == 503 and "no wheel" in asked.json()["detail"]
    house.feed("resize", id="r", door="page-1", workers=2)
    assert state(house, "w1") == "booting", "a resize gives it another chance"
    house.ready("w1")
    assert house.status["state"] == "ready"


def test_backoff_doubles():
    house = House(1, boot=False)
    waits = []
    for _ in range(4):
        house.crash("w1")
        died = house.now
        while "w1" not in house.papers:
            house.advance(10)
        waits.append(round(house.now - died, -1))
    assert waits == [500, 1000, 2000, 4000]


def test_a_pool_that_failed_says_so_at_once():
    house = House(1, boot=False)
    early = house.ask(headers=ACCEPT)
    for _ in range(5):
        house.advance(20_000) if "w1" not in house.papers else None
        house.crash("w1", "blocked")
    assert house.status["state"] == "failed"
    assert early.status in (503, 504)
    asked = house.ask(headers=ACCEPT)
    assert (
        asked.status == 503
        and "no worker could start" in asked.json()["detail"]
        and "blocked" in asked.json()["detail"]
    )
    page = house.ask("/app/pool", "GET")
    assert page.status == 200 and "The pool is failed" in page.text() and "blocked" in page.text()


def test_a_boot_without_progress_is_given_up():
    house = House(1, boot=False)
    for _ in range(5):
        house.advance(80_000)
        house.from_worker("w1", "progress", stage="fetch", done=house.now, total=1e15)
    assert house.generations["w1"] == 1, "slow is not stuck"
    house.advance(92_000)
    assert house.generations["w1"] == 2


def test_the_same_progress_again_is_no_progress():
    house = House(1, boot=False)
    for _ in range(9):
        house.from_worker("w1", "progress", stage="fetch", done=1, total=2)
        house.advance(10_000)
    house.advance(1000)
    assert house.generations["w1"] == 2


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


# --- size ---------------------------------------------------------------------------------------------------------------


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


# --- faults -------------------------------------------------------------------------------------------------------------


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


# --- the snapshot -------------------------------------------------------------------------------------------------------


def test_the_snapshot_is_as_the_contract_has_it():
    house = House(2)
    asked = house.ask()
    house.advance(100)
    given = shot(house)
    assert set(given) >= {"state", "router", "workers"}
    assert given["router"]["uptime_ms"] == 100 and given["router"]["inflight"] == 1
    worker = next(one for one in given["workers"] if one["id"] == house.holder(asked.id))
    assert (
        worker["queue"] == 1 and worker["state"] == "ready" and worker["generation"] == 1 and worker["boot_ms"] == 1700
    )
    assert worker["heap_bytes"] == 1 << 25 and worker["python"] == "3.14.2" and "crypto" in worker["slices"]
    assert worker["last_heartbeat_ms"] is None
    house.advance(200)
    assert shot(house)["workers"][0]["last_heartbeat_ms"] == 50
    house.serve()
    given = shot(house)
    assert sum(one["handled"] for one in given["workers"]) == 1 and given["router"]["handled"] == 3


def test_failures_are_counted():
    house = House(1)
    house.reply("w1", house.ask().id, 500)
    house.reply("w1", house.ask().id, 422)
    assert shot(house)["workers"][0]["failed"] == 1 and shot(house)["workers"][0]["handled"] == 2


def test_the_pool_page_goes_to_a_worker_with_the_report():
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
