"""Where what strangers made is judged: never on w1, in a pool of one on a worker that is lent to it, and only once."""

from __future__ import annotations

import pytest
from routerkit import SLICES, House
from tablekit import TABLE

from router.policy.routing import Table

JUDGE = "/app/judge/presentation"
CHECK, CUT = "/app/ledger/segment", "/app/ledger/cut"


def house(workers=2, **more):
    return House(workers, slices={**SLICES, "verifying": "all"}, **more)


def judge(there, path=JUDGE, **more):
    return there.ask(path, method="POST", door="worker:w1", headers={"accept": "application/json"}, **more)


def gone(there):
    """The lent worker has finished, or the router has seen that it was idle."""
    if "w2" in there.papers and there.papers["w2"].draining:
        there.drained("w2")


def test_it_is_never_given_to_the_worker_of_the_keys():
    there = house(3)
    for _ in range(12):
        asked = judge(there)
        assert there.holder(asked.id) in ("w2", "w3", None)
    there.serve()
    there.settle()


def test_not_even_when_the_asker_names_that_worker():
    there = house()
    asked = judge(there, worker="w1")
    assert there.holder(asked.id) is None
    there.cancel(asked.id)
    there.settle()


def test_nobody_works_beside_it_as_long_as_it_is_at_it():
    there = house()
    asked = judge(there)
    assert there.holder(asked.id) == "w2"
    assert {there.holder(there.ask().id) for _ in range(4)} == {"w1"}
    there.reply("w2", asked.id, stream=True)  # it has told what it begins with
    assert {there.holder(there.ask().id) for _ in range(4)} <= {"w1", None}
    there.end("w2", asked.id)
    assert there.holder(there.ask().id) == "w2"
    there.serve()
    there.settle()


def test_it_is_not_tried_again_when_its_worker_died():
    there = house(3)
    asked = judge(there)
    place = there.holder(asked.id)
    there.crash(place)
    assert asked.status == 502 and there.holder(asked.id) is None
    there.ready(place)
    there.settle()


def test_a_hang_costs_its_worker_after_a_short_patience_and_w1_nothing():
    there = house()
    asked = judge(there)
    there.reply("w2", asked.id, stream=True)
    there.hang("w2")
    there.advance(9000)
    assert there.papers["w2"].generation == 1 and not asked.ended
    there.advance(2500)
    assert there.papers["w2"].generation == 2 and asked.ended and there.papers["w1"].generation == 1
    there.ready("w2")
    there.settle()


def test_a_pool_of_one_gets_a_second_worker_for_it_and_lets_it_go():
    there = house(1)
    asked = judge(there)
    assert there.papers["w2"].state == "booting" and there.holder(asked.id) is None
    assert there.state.report()["size"] == 1
    there.ready("w2")
    assert there.holder(asked.id) == "w2"
    assert "wallet" not in there.state.pool.get("w2").slices
    there.serve()
    there.advance(60000)
    again = judge(there)
    assert there.holder(again.id) == "w2"
    there.serve()
    there.advance(119000)
    assert not there.papers["w2"].draining
    there.advance(3000)
    gone(there)
    assert [each["id"] for each in there.state.report()["workers"]] == ["w1"]
    assert there.papers["w1"].generation == 1
    third = judge(there)  # and once more
    there.ready("w2")
    assert there.holder(third.id) == "w2"
    there.serve()
    there.settle()


def test_wanted_again_while_it_goes():
    there = house(1)
    there.ask()
    judge(there)
    there.ready("w2")
    there.serve()
    streams = there.ask("/app/pool/events", method="GET")  # keeps it from being idle
    there.reply(there.holder(streams.id), streams.id, stream=True)
    there.advance(120100)
    assert there.papers["w2"].draining
    asked = judge(there)
    gone(there)
    there.ready("w2")
    assert there.holder(asked.id) == "w2"
    there.serve()
    there.settle()


def test_a_pool_that_grows_keeps_it_and_one_that_shrinks_lends_anew():
    there = house(1)
    judge(there)
    there.ready("w2")
    there.serve()
    there.feed("resize", id="r", door="page-0", workers=2)
    there.advance(200000)
    assert there.papers["w2"].generation == 1
    there.feed("resize", id="r", door="page-0", workers=1)
    gone(there)
    asked = judge(there)
    there.ready("w2")
    assert there.holder(asked.id) == "w2"
    there.serve()
    there.settle()


def test_when_none_can_be_started_the_answer_says_so():
    there = house(1, pool={"max_boot_failures": 1})
    asked = judge(there)
    there.crash("w2")
    assert asked.status == 503 and "no keys" in asked.json()["detail"]
    assert there.ask().status is None, "w1 serves on"
    again = judge(there)  # another chance, as a person may have closed other tabs
    there.ready("w2")
    assert there.holder(again.id) == "w2"
    there.serve()
    there.settle()


def test_shares_of_an_import_leave_w1_while_it_holds_an_open_wallet():
    there = house()
    assert {there.holder(judge(there, CHECK).id) for _ in range(4)} == {"w1", "w2"}
    there.serve()
    there.heartbeat("w1", held=True)
    assert {there.holder(judge(there, path).id) for path in (CHECK, CUT, CHECK, CUT)} == {"w2"}
    there.serve()
    there.heartbeat("w1", held=False)
    assert {there.holder(judge(there, CHECK).id) for _ in range(4)} == {"w1", "w2"}
    there.serve()
    there.settle()


def test_a_wallet_opened_meanwhile_in_a_pool_of_one():
    there = house(1, pool={"window": 1})
    first, waits = judge(there, CHECK), judge(there, CHECK)
    assert there.holder(first.id) == "w1" and there.holder(waits.id) is None
    there.heartbeat("w1", held=True)
    assert there.papers["w2"].state == "booting"
    there.ready("w2")
    assert there.holder(waits.id) == "w2"
    there.serve()
    there.settle()


def test_what_a_worker_held_is_gone_with_it():
    there = house(1)
    there.heartbeat("w1", held=True)
    there.crash("w1")
    there.ready("w1")
    assert there.holder(judge(there, CHECK).id) == "w1"
    there.serve()
    there.settle()


@pytest.mark.parametrize(
    "path",
    [JUDGE, CHECK, CUT, "/app/ledger", "/app/verify", "/app/credentials/verify", "/app/credentials/receive", "/app/credentials/schemas",
     "/app/credentials/issue", "/app/wallet/challenge/verify", "/app/wallet/restore"],
)  # fmt: skip
def test_no_request_with_a_stranger_s_bytes_is_tried_again(path):
    route, _, _ = Table(TABLE).match("POST", path)
    assert not route.again


def test_a_lost_share_of_an_import_is_told():
    there = house(3)
    there.heartbeat("w1", held=True)
    asked = judge(there, CHECK)
    place = there.holder(asked.id)
    there.crash(place)
    assert asked.status == 502 and there.holder(asked.id) is None
    there.ready(place)
    there.settle()
