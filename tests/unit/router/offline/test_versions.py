"""router/offline/versions.js and router/offline/whole.js: which kept version is served, and what no file of the app can be. Run by Node."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
Play = list[list[str]]

PLAYER = """
const {NOTHING, ...changes} = globalThis.keriwasmVersions;
const legacy = {current: 'old', next: null, waiting: null, network: 'old', dev: false};
const all = JSON.parse(require('fs').readFileSync(0, 'utf8')).map(({start, play}) => {
  let state = {...NOTHING, ...(start ? legacy : {})};
  return play.map(([name, ...given]) => {
    const args = given.map(each => each === '$current' ? state.current : each);
    const named = ['sent', 'alive', 'giveUp', 'proven'].includes(name);
    if (!named || args[0]) state = {...state, ...changes[name](state, ...args)};
    return state;
  });
});
console.log(JSON.stringify(all));
"""


def play_all(plays: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    source = (ROOT / "router/offline/versions.js").read_text() + PLAYER
    done = subprocess.run(["node", "-e", source], input=json.dumps(plays), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def states(*play: list[str], start: bool = True) -> dict[str, Any]:
    return play_all([{"start": start, "play": list(play)}])[0][-1]


def test_a_state_of_an_app_before_is_proven() -> None:
    state = states(["sent", "old"], ["giveUp", "old", "slip"])
    assert state["current"] == "old" and state["unproven"] is None
    assert state["failed"] == {"old": "slip"}, "the server is asked first; there is nothing before it"


def test_the_one_before_stays_until_the_new_one_was_ready() -> None:
    taken = states(["found", "new"], ["advance"])
    assert (taken["current"], taken["before"], taken["unproven"]) == ("new", "old", "new")
    assert states(["found", "new"], ["advance"], ["proven", "new"])["before"] is None
    back = states(["found", "new"], ["advance"], ["giveUp", "new", "slip"])
    assert (back["current"], back["before"], back["unproven"], back["failed"]) == ("old", None, None, {"new": "slip"})
    assert states(["found", "new"], ["advance"], ["giveUp", "new", "slip"], ["found", "new"])["next"] is None


def test_the_repaired_one_is_taken() -> None:
    late = states(["found", "bad"], ["advance"], ["found", "good"], ["giveUp", "bad", "slip"])
    assert (late["current"], late["before"], late["unproven"]) == ("good", "old", "good")
    dead = states(["giveUp", "old", "slip"], ["found", "good"])
    assert dead["current"] == "good" and dead["unproven"] == "good"


def test_one_that_says_nothing_is_given_up_after_some_loads() -> None:
    loads = [["sent", "new"]] * 3
    assert states(["found", "new"], ["advance"], *loads)["current"] == "new"
    assert states(["found", "new"], ["advance"], *loads, ["sent", "new"])["current"] == "old"
    assert states(["found", "new"], ["advance"], ["proven", "new"], *loads, *loads)["current"] == "new"
    answered = [*loads, ["alive", "new"], *loads]
    assert states(["found", "new"], ["advance"], *answered)["current"] == "new", "loaded anew in a hurry"


def test_what_ran_from_the_server_is_tried_again() -> None:
    bad = [["found", "bad"], ["advance"], ["giveUp", "bad", "slip"]]
    assert states(*bad, ["ran", "bad"])["failed"] == {}
    assert states(*bad, ["ran", "bad"], ["found", "bad"])["next"] == "bad"
    assert states(*bad, ["again"])["failed"] == {}
    first = states(["found", "a"], ["giveUp", "a", "slip"], ["ran", "a"], start=False)
    assert first["failed"] == {} and first["unproven"] == "a"


def test_whatever_happens_in_whatever_order() -> None:
    """Never without a version that was ready once if there was one; a page that fails ends somewhere, and stays there."""
    chance = random.Random(20261129)
    ids = ["a", "b", "c", "d"]
    plays = []
    for number in range(3000):
        play = []
        for _ in range(chance.randint(1, 25)):
            name = chance.choice(["found", "found", "advance", "sent", "alive", "giveUp", "proven", "ran", "again"])
            which = {"found": [chance.choice(ids)], "ran": [chance.choice(ids)], "giveUp": ["$current", "slip"]}
            play.append([name, *which.get(name, ["$current"] if name in ("sent", "alive", "proven") else [])])
        plays.append({"start": number % 2 == 0, "play": play + [["giveUp", "$current", "slip"]] * 6})
    for one, seen in zip(plays, play_all(plays), strict=True):
        ready = {"old"} if one["start"] else set()
        before: dict[str, Any] = {"current": "old" if one["start"] else None, "unproven": None}
        for (name, *_), state in zip(one["play"], seen, strict=True):
            if name == "proven":
                ready.add(state["current"])
            if state["current"] != before["current"] and state["current"] in before.get("failed", {}):
                assert state["current"] in state["failed"], "what failed is not taken as good: the server is asked first"
            if state["current"] != before["current"] and state["unproven"] and before["current"]:
                assert state["before"] not in (None, state["current"]), (one, state)
                assert before["current"] not in ready or before["unproven"] or state["before"] == before["current"]
            assert len(state["failed"]) <= 8 and state["next"] not in state["failed"]
            before = state
        assert seen[-1] == seen[-2], "no page is loaded anew for ever"


FAULT = """
const given = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));
console.log(JSON.stringify(given.map(([path, type, text]) => fault(path, type, new TextEncoder().encode(text).buffer))));
"""

PAGE = "<!-- a --> \n<!DOCTYPE html><title>Welcome</title>"
SHELL = (ROOT / "index.html").read_text()


@pytest.mark.parametrize(("path", "type", "text", "said"), [
    ("router/tabs/own-router.js", "text/javascript", "let a;", ""),
    ("router/tabs/own-router.js", "application/javascript; charset=utf-8", "let a;", ""),
    ("router/tabs/own-router.js", "text/html", "let a;", "router/tabs/own-router.js came as text/html"),
    ("router/tabs/own-router.js", "text/plain", "let a;", "router/tabs/own-router.js came as text/plain"),
    ("router/tabs/own-router.js", "", "let a;", "without a media type"),
    ("router/tabs/own-router.js", "text/javascript", PAGE, "holds a whole page"),
    ("router/tabs/own-router.js", "text/javascript", "", "router/tabs/own-router.js is empty"),
    ("static/css/app.css", "text/css", "a {}", ""), ("static/css/app.css", "text/html", "a {}", "came as text/html"),
    ("x.wasm", "application/wasm", "x", ""), ("x.wasm", "text/html", "x", "came as text/html"),
    ("x.whl", "application/octet-stream", "x", ""), ("x.whl", "text/html; charset=utf-8", "x", "came as text/html"),
    ("pyscript.toml", "application/octet-stream", "a = 1", ""), ("pyscript.toml", "text/html", "a = 1", "came as text/html"),
    ("python/page/main.py", "text/x-python", PAGE, "holds a whole page"), ("python/page/main.py", "text/plain", "a = 1", ""),
    ("templates/pages/pool/index.html", "text/html", "<title>a</title>", ""),
    ("templates/pages/pool/index.html", "text/html", PAGE, "holds a whole page"),
    ("index.html", "text/html", SHELL, ""), ("index.html", "text/html", SHELL[: len(SHELL) // 2], "is not whole"),
    ("index.html", "text/html", "", "is empty"),
])  # fmt: skip
def test_what_no_file_can_be(path: str, type: str, text: str, said: str) -> None:
    source = (ROOT / "router/offline/whole.js").read_text() + FAULT
    done = subprocess.run(
        ["node", "--input-type=module", "-e", source], input=json.dumps([[path, type, text]]), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (reason,) = json.loads(done.stdout)
    assert said in reason if said else reason == ""


def test_every_own_file_of_this_checkout_may_be() -> None:
    """As serve.py sends them."""
    import serve

    paths = [path for room in ("router", "python", "templates", "workers") for path in (ROOT / room).rglob("*")]
    given = [
        [str(path.relative_to(ROOT)), serve.MEDIA_TYPES[path.suffix], path.read_text()]
        for path in paths
        if path.suffix in (".js", ".py", ".html") and "__pycache__" not in path.parts
    ]
    assert len(given) > 200
    source = (ROOT / "router/offline/whole.js").read_text() + FAULT
    done = subprocess.run(
        ["node", "--input-type=module", "-e", source], input=json.dumps(given), capture_output=True, text=True
    )
    assert [reason for reason in json.loads(done.stdout) if reason] == []


def test_a_version_that_is_asked_for_first_is_not_free() -> None:
    source = (ROOT / "router/offline/versions.js").read_text() + """
    const { free, take, advance, NOTHING } = globalThis.keriwasmVersions;
    const state = {...NOTHING, current: 'old', next: 'new'};
    console.log(JSON.stringify([free(state), free({...state, ask: true}), free({...state, ask: true, accepted: 'new'}),
      free({...state, ask: true, accepted: 'older'}), advance({...state, ask: true, accepted: 'new'}).accepted]));
    """
    done = subprocess.run(["node", "-e", source], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, False, True, False, None]
