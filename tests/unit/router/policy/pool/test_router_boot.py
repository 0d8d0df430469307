"""Boots: told step by step, the size of the pool, the first worker before the rest, slices, boots that fail."""

import pytest
from routerkit import House, state
from tablekit import POOL

ACCEPT = {"accept": "application/json"}


def test_boot_is_told_step_by_step():
    house = House(2, boot=False, warm=True)
    assert house.status == {
        "state": "booting",
        "size": 2,
        "ready": 0,
        "workers": [{"id": id, "state": "booting", "stage": stage, "done": None, "total": None, "one": id == "w1"}
                    for id, stage in (("w1", None), ("w2", "waiting"))],
    }  # fmt: skip
    house.from_worker("w1", "progress", stage="fetch", done=10, total=100)
    assert house.status["workers"][0] == {"id": "w1", "state": "booting", "stage": "fetch", "done": 10, "total": 100, "one": True}
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
    house.advance(2050)
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
