"""What no first click needs: fetched after the first answer, on a warm start after the whole pool; again when that fails."""

import pytest
from routerkit import House


def postponed(house):
    return house.state.postponed.report()


def test_they_come_after_the_first_answer():
    house = House(2, boot=False)
    house.advance(5000)
    assert house.fetched == 0 and postponed(house)["state"] == "waiting"
    house.ready("w1")
    asked = house.ask("/app/crypto/hash", "POST", body=10)
    house.advance(250)
    assert house.fetched == 0
    house.reply("w1", asked.id)
    assert house.fetched == 1 and postponed(house) == {"state": "fetching", "reason": None}
    house.feed("postponed")
    house.advance(60000)
    assert house.fetched == 1 and postponed(house) == {"state": "here", "reason": None}
    assert house.ask("/app/pool", "GET", headers={"accept": "application/json"}).json()["postponed"] == postponed(house)


def test_whoever_needs_them_for_the_first_answer_has_them_fetched():
    house = House(1, boot=False)
    house.ready("w1")
    house.ask("/app/crypto/hash", "POST", body=10)
    house.advance(250)
    for _ in range(2):
        house.from_worker("w1", "want")
        assert house.fetched == 1
    house.feed("postponed")
    assert house.fetched == 1 and postponed(house)["state"] == "here"


def test_without_any_request_they_are_fetched_in_the_end():
    house = House(1, boot=False)
    house.ready("w1")
    for _ in range(80):
        house.advance(250)
    assert house.fetched == 1


def test_a_fetch_that_failed_is_tried_again():
    house = House(1, boot=False)
    house.ready("w1")
    house.from_worker("w1", "want")
    house.feed("postponed", reason="keri-1.3.6-py3-none-any.whl could not be fetched")
    assert postponed(house) == {"state": "failed", "reason": "keri-1.3.6-py3-none-any.whl could not be fetched"}
    house.advance(2000)
    assert house.fetched == 1
    house.advance(4000)
    assert house.fetched == 2 and postponed(house)["state"] == "fetching"


def test_on_a_warm_start_they_wait_for_the_whole_pool():
    house = House(2, boot=False, warm=True)
    house.feed("snapshot", state="used", bytes=45 << 20)
    house.ready("w1")
    asked = house.ask("/app/crypto/hash", "POST", body=10)
    house.reply("w1", asked.id)
    house.advance(1000)
    assert house.fetched == 0 and postponed(house)["state"] == "waiting"
    house.ready("w2")
    assert house.fetched == 1 and postponed(house)["state"] == "fetching"
    house.feed("postponed")
    house.advance(10000)
    assert house.fetched == 1 and postponed(house)["state"] == "here"
    house.from_worker("w1", "want")  # its pack was found damaged after all
    assert house.fetched == 2 and postponed(house)["state"] == "fetching"


@pytest.mark.parametrize("wanted", [True, False])
def test_on_a_warm_start_no_worker_that_wants_them_waits_for_the_pool(wanted):
    house = House(2, boot=False, warm=True)
    house.ready("w1")
    if wanted:
        house.from_worker("w1", "want")
    else:
        house.advance(20000)  # w2 never comes
    assert house.fetched == 1
