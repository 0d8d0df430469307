"""The memory snapshot: made once, when the pool is whole and idle; what became of it is told."""

import pytest
from routerkit import House

ACCEPT = {"accept": "application/json"}


class Studio(House):
    """A house whose host can make images."""

    def __init__(self, *args, **more):
        self.made = 0
        super().__init__(*args, **more)

    def do_make_snapshot(self):
        self.made += 1


def snapshot(house):
    return house.ask("/app/pool", "GET", headers=ACCEPT).json()["snapshot"]


def idle(house, ms=17000):
    """Time passes with heartbeats, and nobody asks for anything."""
    for _ in range(ms // 250):
        house.advance(250)


def test_one_is_made_when_the_pool_is_whole_and_idle():
    house = Studio(2, boot=False)
    house.feed("snapshot", state="none")
    house.ready("w1")
    idle(house)
    assert house.made == 0  # w2 still boots
    house.ready("w2")
    idle(house, 2000)
    assert house.made == 0
    idle(house)
    assert house.made == 1 and snapshot(house)["state"] == "making"
    house.feed("snapshot", state="kept", bytes=45 << 20, ms=9000.5)
    idle(house, 40000)
    assert house.made == 1
    assert snapshot(house) == {"state": "kept", "reason": None, "bytes": 45 << 20, "ms": 9000.5}


def test_work_puts_it_off():
    house = Studio(2)
    house.feed("snapshot", state="none")
    asked = house.ask("/app/crypto/hash", "POST", body=10)
    idle(house, 20000)
    assert house.made == 0
    house.reply(house.holder(asked.id), asked.id)
    idle(house)
    assert house.made == 1


@pytest.mark.parametrize("state", ["used", "off", None])
def test_none_is_made_where_none_is_wanted(state):
    house = Studio(1)
    if state:
        house.feed("snapshot", state=state, bytes=1)
    idle(house, 40000)
    assert house.made == 0 and snapshot(house)["state"] == state


def test_a_refused_one_is_told_and_replaced():
    house = Studio(1)
    house.feed("snapshot", state="used", bytes=1)
    house.feed("snapshot", state="refused", reason="w1 did not start from it")
    assert house.logs == [("warn", "memory snapshot refused: w1 did not start from it")]
    house.feed("snapshot", state="used", bytes=1)  # from a worker that had started before
    assert snapshot(house)["reason"] == "w1 did not start from it"
    idle(house)
    assert house.made == 1
    house.feed("snapshot", state="failed", reason="no room")
    idle(house, 40000)
    assert house.made == 1 and snapshot(house)["state"] == "failed"


def test_nonsense_is_ignored():
    house = Studio(1)
    house.feed("snapshot", state="splendid", bytes=-1)
    assert snapshot(house)["state"] is None and house.logs[-1][0] == "warn"


def grown(house, id, heap, **more):
    house.from_worker(id, "heartbeat", tyme=1.5, inflight=[], heap_bytes=heap, handled=1, failed=0, **more)


def test_a_worker_that_has_grown_is_replaced_when_it_is_idle():
    house = Studio(2)
    grown(house, "w2", 600 << 20, held=True)
    assert house.status["state"] == "ready"  # an unlocked wallet is not thrown away
    grown(house, "w2", 600 << 20, held=False)
    assert [one["state"] for one in house.status["workers"]] == ["ready", "draining"]
    grown(house, "w1", 600 << 20)  # one at a time
    assert [one["state"] for one in house.status["workers"]] == ["ready", "draining"]
    house.drained("w2")
    house.advance(1)
    house.ready("w2")
    assert house.status["state"] == "ready" and house.papers["w2"].generation == 2
    assert not [line for level, line in house.logs if level == "error"]


def test_an_open_wallet_spares_its_worker_for_a_while_only():
    """A backup that makes the keys' worker grow to the end of its memory costs a new unlock, not a crash under way."""
    house = Studio(2)
    grown(house, "w1", 2 << 30, held=True)
    assert [one["state"] for one in house.status["workers"]] == ["ready", "ready"]
    grown(house, "w1", (2 << 30) + 65536, held=True)
    assert [one["state"] for one in house.status["workers"]] == ["draining", "ready"]
    house.drained("w1")
    house.advance(1)
    house.ready("w1")
    assert house.status["state"] == "ready" and house.papers["w1"].generation == 2
