"""Rubbish goes in, and the router stays what it was; errors of its own are answered; a long random life leaves nothing behind."""

import json
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routerkit import House
from routerplay import DECK, SMALL, Play

from router.policy import router as module
from router.policy.router import Router, handle_json

LIVES = int(os.environ.get("KERIWASM_ROUTER_LIVES", "12"))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = [
    "init",
    "request",
    "reply",
    "end",
    "cancel",
    "door_closed",
    "progress",
    "ready",
    "heartbeat",
    "cancelled",
    "drained",
    "fault",
]
KINDS += ["resize", "inject", "tick", "what"]
FIELDS = [
    "id",
    "door",
    "worker",
    "generation",
    "method",
    "path",
    "query",
    "headers",
    "body_bytes",
    "deadline",
    "within_ms",
    "parent",
]
FIELDS += [
    "priority",
    "status",
    "stream",
    "timings",
    "error",
    "fatal",
    "workers",
    "kind",
    "ms",
    "slices",
    "stage",
    "done",
    "now",
    "config",
]
KNOWN = {
    "id": st.sampled_from(["page-1/1", "page-1/2", "x"]),
    "door": st.sampled_from(["page-1", "worker:w1", "worker:w9"]),
    "worker": st.sampled_from(["w1", "w2"]),
    "generation": st.just(1),
    "method": st.sampled_from(["GET", "POST"]),
    "path": st.sampled_from(["/app/", "/app/crypto/hash", "/app/pool", "/app/pool/events"]),
    "parent": st.just("page-1/1"),
}


@st.composite
def events(draw):
    """An event of a known kind with fields that are right, wrong or missing."""
    event = {"type": draw(st.sampled_from(KINDS))}
    for name in draw(st.lists(st.sampled_from(FIELDS), unique=True)):
        event[name] = draw(KNOWN[name] | JUNK if name in KNOWN else JUNK)
    return event


@settings(max_examples=150, deadline=None)
@given(st.lists(events() | JUNK, max_size=30), st.booleans())
def test_nothing_raises_and_nothing_fails(given_events, started):
    router = House(2).router if started else Router()
    for event in given_events:
        commands = router.handle(event)
        json.dumps(commands)
        assert not [one for one in commands if one["do"] == "log" and "the router failed" in one["text"]], commands


@pytest.mark.parametrize("kind", [[], {}, ["request"], None, 7, "handle", "__init__"])
def test_a_kind_that_is_none_is_ignored(kind):
    house = House(1)
    commands = house.raw({"type": kind, "now": house.now})
    assert [one["do"] for one in commands] == ["log"] and "an unknown event" in commands[0]["text"]


@settings(max_examples=60, deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_json_is_logged(text):
    commands = json.loads(handle_json(text))
    assert all(one["do"] == "log" for one in commands)


def test_several_events_at_once(monkeypatch):
    monkeypatch.setattr(module, "ROUTER", Router())
    commands = json.loads(
        handle_json(
            json.dumps([{"type": "request", "id": "a", "door": "page-1", "now": 1}, {"type": "tick", "now": 2}])
        )
    )
    assert commands[0]["do"] == "reply" and commands[0]["status"] == 503, "nothing was started yet"


def test_init_comes_once():
    house = House(2)
    house.feed("init", config={}, workers=3, base="/", shell="")
    assert len(house.papers) == 2 and any("init" in text for _, text in house.logs)


def test_an_error_of_our_own_is_answered_and_logged_once(monkeypatch):
    house = House(2)
    router = house.router
    kept = house.ask()
    monkeypatch.setattr(router.admission, "enqueue", lambda task: 1 / 0)
    commands = router.handle(
        {
            "type": "request",
            "id": "e",
            "door": "page-1",
            "origin": "own",
            "method": "POST",
            "path": "/app/crypto/hash",
            "now": house.now,
            "headers": {"accept": "application/json"},
        }
    )
    reply = next(one for one in commands if one["do"] == "reply")
    problem = json.loads(reply["pieces"][0]["text"])
    logs = [one["text"] for one in commands if one["do"] == "log"]
    assert reply["status"] == 500 and len(logs) == 1 and problem["fault"] in logs[0] and "ZeroDivisionError" in logs[0]
    monkeypatch.undo()
    house.serve()
    assert kept.status == 200
    house.settle()


def test_an_error_at_dispatch_is_answered(monkeypatch):
    house = House(2)
    router = house.router
    monkeypatch.setattr(router.state, "report", lambda: 1 / 0)
    event = {
        "type": "request",
        "id": "e",
        "door": "page-1",
        "method": "GET",
        "path": "/app/pool/events",
        "now": house.now,
        "headers": {},
    }
    replies = [one for one in router.handle(event) if one["do"] == "reply"]
    assert [one["status"] for one in replies] == [500]
    monkeypatch.undo()
    assert not house.state.tasks.live and not any(worker.running for worker in house.state.pool.workers)


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_long_life(seed):
    """Thousands of random moves in one house; the hypothesis machine plays many short ones."""
    dice = random.Random(seed)
    house = House(dice.randint(1, 4), pool=SMALL if seed % 2 else None, boot=seed % 3 > 0)
    play = Play(house, dice.randint)
    for _ in range(1500):
        getattr(play, dice.choice(DECK))()
    house.settle()
