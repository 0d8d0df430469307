"""The router's wall: over the whole table, nothing that a page of ours has not sent changes anything or gets a file."""

from __future__ import annotations

import re

import pytest
from routerkit import House
from tablekit import TABLE

JSON = {"accept": "application/json"}
PAGE = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ALL = {route.slice: "one" if route.where == "one" else "all" for route in TABLE if route.slice}
UNSAFE = [route for route in TABLE if route.method != "GET"]
GUARDED = [route for route in TABLE if route.guarded]
SEEN = {
    "another site": {"origin": "foreign", "navigated": True},
    "nobody says": {"origin": "unknown", "navigated": True},
    "a frame": {"origin": "foreign", "navigated": True, "framed": True},
    "our own page's frame": {"origin": "own", "navigated": True, "framed": True},
    "a door that says nothing": {"origin": None, "navigated": None, "framed": None},
    "a door that says nonsense": {"origin": ["own"], "navigated": "no", "framed": 1},
}


def path(route) -> str:
    return re.sub(r"\{\w+\}", "x", route.pattern)


@pytest.fixture(scope="module")
def house() -> House:
    return House(2, slices=ALL)


def test_the_table_has_what_is_to_be_walled():
    assert len(UNSAFE) > 50
    assert {route.pattern for route in GUARDED} == {
        "/app/wallet/backup/files/{token}",
        "/app/identifiers/{aid}/kel",
        "/app/ledger/{aid}/kel",
        "/app/credentials/{said}/cesr",
    }
    # A GET that is not to be tried again changes something: it is guarded, or asks for a page when it is navigated to.
    assert {route.pattern for route in TABLE if route.method == "GET" and not route.again and not route.guarded} == {
        "/app/wallet/backup"
    }


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: f"{route.method} {route.pattern}")
def test_nothing_is_changed_from_elsewhere(house, route, seen):
    before = len(house.dispatched), house.state.counts["refused"]
    told = house.ask(path(route), route.method, headers=JSON, size=4, **seen)
    assert told.status == 403 and "Nothing was done" in told.json()["detail"] + " Nothing was done" * bool(seen.get("framed"))
    assert told.headers["content-type"] == "application/problem+json"
    shown = house.ask(path(route), route.method, headers=PAGE, size=4, **seen)
    assert shown.status == 403 and 'role="alert"' in shown.text()
    assert (len(house.dispatched), house.state.counts["refused"]) == (before[0], before[1] + 2)
    assert not [id for id in house.state.tasks.live if id in (told.id, shown.id)]


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.pattern)
def test_no_file_is_given_elsewhere(house, route, seen):
    before = len(house.dispatched)
    assert house.ask(path(route), "GET", headers=PAGE, **seen).status == 403
    assert house.ask(path(route), "HEAD", headers=PAGE, **seen).status == 403
    assert len(house.dispatched) == before


@pytest.mark.parametrize("query", ["download=1", "download", "a=b&download=0", "%64ownload=1", "down%6Coad"])
def test_no_download_is_given_elsewhere(house, query):
    for seen in ("another site", "nobody says"):
        assert house.ask("/app/wallet", "GET", headers=PAGE, query=query, **SEEN[seen]).status == 403
    assert house.ask("/app/wallet", "GET", headers=PAGE, query=query).waiting


@pytest.mark.parametrize("route", [route for route in TABLE if route.method == "GET"], ids=lambda route: route.pattern)
def test_no_page_is_given_to_a_frame(house, route):
    before = len(house.dispatched)
    told = house.ask(path(route), "GET", headers=PAGE, **SEEN["a frame"])
    assert told.status == 403 and "tab of its own" in told.text()
    assert "<html" not in told.text() and len(house.dispatched) == before  # no app inside of the frame either


def test_a_typed_address_gets_its_page_and_does_not_count_as_use():
    house = House(1, slices=ALL)
    for seen in ("nobody says", "another site"):
        told = house.ask("/app/wallet", "GET", headers=PAGE, **SEEN[seen])
        assert told.waiting and house.dispatched[-1]["quiet"] and house.dispatched[-1]["navigated"]
        house.serve()
    house.ask("/app/wallet", "GET", headers={**PAGE, "x-opening": "1", "hx-request": "true"})
    assert house.dispatched[-1]["quiet"]
    house.ask("/app/wallet", "GET", headers=PAGE)
    assert not house.dispatched[-1]["quiet"]
    house.ask("/app/wallet/backup/reminder", "GET", headers=JSON)
    assert house.dispatched[-1]["quiet"]  # pages ask for it by themselves


def test_parts_of_a_page_and_requests_of_workers_are_as_quiet_as_what_asked_for_them():
    house = House(1, slices=ALL)
    house.ask("/app/", "GET", headers=PAGE, **SEEN["nobody says"])
    assert len(house.dispatched) > 3 and all(each["quiet"] for each in house.dispatched)
    house = House(2, slices=ALL)
    parent = house.ask("/app/crypto/hash-many", "POST", headers=JSON)
    worker = house.holder(parent.id)
    child = house.ask_child(worker, parent.id, origin="foreign", navigated=True, framed=True)  # nothing that it says counts
    assert child.status is None and not house.dispatched[-1]["quiet"] and not house.dispatched[-1]["navigated"]


def test_own_forms_of_all_kinds_are_let_in():
    house = House(2, slices=ALL)
    for seen in ({}, {"origin": "own", "navigated": True, "framed": False}):
        told = house.ask("/app/wallet/lock", "POST", headers=PAGE, size=4, **seen)
        assert told.waiting and house.dispatched[-1]["navigated"] == bool(seen)
        house.serve()
        assert told.status == 200
