"""What a slice says of its routes, and what the router says of a slice or a [pool] that is not as it must be."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from paperkit import Broken
from routerkit import House
from tablekit import POOL

from router.policy.envelope import NUMBERS
from router.policy.routes import OPTIONS, Route, Slice, gather
from router.policy.routing import Table


def only(slice: Slice, workers: str = "all") -> Route:
    (route,) = slice.routes(workers)
    return route


def test_the_kinds_of_rows_say_whether_a_request_may_be_tried_again() -> None:
    hello = Slice("hello")
    hello.get("/app/hello")
    hello.compute("/app/hello/sum")
    hello.change("/app/hello")
    hello.delete("/app/hello/{id}")
    hello.change("/app/hello/{id}", again=True)
    hello.get("/app/hello/secret", again=False)
    said = [(route.method, route.pattern, route.again) for route in hello.routes("all")]
    assert said == [
        ("GET", "/app/hello", True), ("POST", "/app/hello/sum", True), ("POST", "/app/hello", False),
        ("DELETE", "/app/hello/{id}", False), ("POST", "/app/hello/{id}", True), ("GET", "/app/hello/secret", False),
    ]  # fmt: skip
    assert [route.changes for route in hello.routes("all")] == [False, False, True, True, True, False]
    assert {route.slice for route in hello.routes("all")} == {"hello"}


def test_where_comes_from_the_manifest_unless_slice_or_row_say_it() -> None:
    plain, own = Slice("plain"), Slice("own", where="one")
    plain.get("/app/a")
    own.get("/app/b")
    assert [only(plain, each).where for each in ("all", "one", "all")] == ["all", "one", "all"]  # a table leaves no trace
    assert only(own).where == "one"
    own.get("/app/c", where="all")
    assert [route.where for route in own.routes("one")] == ["one", "all"]


def test_a_row_outranks_its_slice_and_seconds_become_milliseconds() -> None:
    ledger = Slice("ledger", blocks=30, deadline=60)
    ledger.get("/app/a")
    ledger.get("/app/b", blocks=0, deadline=None, heavy=True)
    first, second = ledger.routes("all")
    assert first.cost({}, 0) == (False, 30_000, 60_000) and second.cost({}, 0) == (True, 0, None)
    assert second.cost({}, 10_000_000)[1] == 2000  # a large body takes its time


def test_costs_of_a_call_come_from_a_function() -> None:
    pq = Slice("pq")
    pq.compute("/app/pq/{alg}/sign", costs=lambda params, operation: {"blocks": 9} if (params["alg"], operation) == ("x", "sign") else {})
    assert only(pq).cost({"alg": "x"}, 0)[1] == 9000 and only(pq).cost({"alg": "y"}, 0)[1] == 0


def test_a_misspelt_option_is_told_where_it_stands() -> None:
    with pytest.raises(ValueError, match="POST /app/x: a route has no option block"):
        Slice("x").change("/app/x", block=60)
    assert "blocks" in OPTIONS



def test_a_slice_without_routes_is_told_and_the_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    good, twin = Slice("good"), Slice("twin")
    good.get("/app/good")
    twin.get("/app/good")
    for name, attributes in {"good": {"good": good}, "twin": {"twin": twin}, "bare": {}}.items():
        monkeypatch.setitem(sys.modules, f"given.{name}.routes", ModuleType("routes"))
        vars(sys.modules[f"given.{name}.routes"]).update(attributes)
    table = Table([])
    slices = {name: {"module": f"given.{name}"} for name in ("good", "twin", "bare", "absent")}
    complaints = gather(slices, table.add)
    assert table.match("GET", "/app/good")[0].slice == "good"
    said = "\n".join(complaints)
    assert len(complaints) == 3 and "slice good" not in said
    assert "slice absent lacks routes: given.absent.routes" in said and "two routes for GET /app/good" in said


@pytest.mark.parametrize("key", sorted(NUMBERS))
@pytest.mark.parametrize("wrong", ["gone", 0, "8", True, None])
def test_each_number_of_the_pool_stands_in_the_manifest(key: str, wrong: object) -> None:
    assert set(POOL) >= set(NUMBERS)
    pool = {name: value for name, value in POOL.items() if name != key} if wrong == "gone" else {**POOL, key: wrong}
    house = House(boot=False)
    router = type(house.router)()
    commands = router.handle({"type": "init", "now": 1, "config": {"pool": pool, "slices": {}}})
    assert [command["do"] for command in commands] == ["fail"]
    assert commands[0]["reason"] == f"pyscript.toml: [pool] {key} is {'missing' if wrong == 'gone' else 'not a number from 1 upward'}"
    later = router.handle({"type": "request", "id": "a", "door": "page-1", "method": "GET", "path": "/app/", "now": 2})
    assert "503" in json.dumps(later)


def test_the_house_notices_a_router_that_does_not_start() -> None:
    with pytest.raises(Broken, match="window is not a number"):
        House(pool={"window": -1})
