"""The wheels that no first click needs: fetched after the first answer, again when that fails, never on a warm start."""

from routerkit import House

ACCEPT = {"accept": "application/json"}


def later(house):
    return house.ask("/app/pool", "GET", headers=ACCEPT).json()["later"]


def test_they_come_after_the_first_answer():
    house = House(2, boot=False)
    house.advance(5000)
    assert house.fetched == 0 and later(house)["state"] == "waiting"
    house.ready("w1")
    asked = house.ask("/app/crypto/hash", "POST", body=10)
    house.advance(250)
    assert house.fetched == 0
    house.reply("w1", asked.id)
    assert house.fetched == 1 and later(house) == {"state": "fetching", "reason": None}
    house.feed("later")
    house.advance(60000)
    assert house.fetched == 1 and later(house) == {"state": "here", "reason": None}


def test_whoever_needs_them_for_the_first_answer_does_not_wait_for_ever():
    house = House(1, boot=False)
    house.ready("w1")
    house.ask("/app/crypto/hash", "POST", body=10)
    for _ in range(5):
        house.advance(250)
    assert house.fetched == 1


def test_a_fetch_that_failed_is_tried_again():
    house = House(1, boot=False)
    house.ready("w1")
    house.advance(1500)
    house.feed("later", reason="keri-1.3.6-py3-none-any.whl could not be fetched")
    assert later(house) == {"state": "failed", "reason": "keri-1.3.6-py3-none-any.whl could not be fetched"}
    house.advance(2000)
    assert house.fetched == 1
    house.advance(4000)
    assert house.fetched == 2 and later(house)["state"] == "fetching"


def test_a_warm_start_has_them():
    house = House(1, warm=True)
    house.advance(10000)
    assert house.fetched == 0 and later(house)["state"] == "here"
