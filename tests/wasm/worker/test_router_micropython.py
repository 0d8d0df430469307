"""The router's policy decides the same on MicroPython (in the browser) and on CPython (in the tests), command by command.

A house full of random play writes down its events on CPython; MicroPython under Node gets the same events, once as a first visit has it
and once from the memory that a warm visit puts back.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

from gatekit import SITE, Gatehouse  # noqa: E402
from routerkit import House  # noqa: E402
from routerplay import DECK, SMALL, Play  # noqa: E402
from vendoring import node  # noqa: E402

SEEDS = range(int(os.environ.get("KERIWASM_ROUTER_LIVES", "6")))
MOVES = 500


def plain(value):
    """A command with the order of its parts taken out: dicts have none on MicroPython, JSON bodies neither."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    return value


def play(seed: int) -> tuple[list, list]:
    """`(events, commands)` of a random life."""
    dice = random.Random(seed)
    house = House(dice.randint(1, 4), pool=SMALL if seed % 2 else None, boot=seed % 3 > 0)
    player = Play(house, dice.randint)
    for _ in range(MOVES):
        getattr(player, dice.choice(DECK))()
    house.settle()
    return house.trace, house.commands


def write(events: list, folder: Path) -> tuple[Path, Path]:
    """The files of events and of commands to be."""
    given, made = folder / "events.jsonl", folder / "commands.jsonl"
    # handle_json takes a list for a batch of events: an event that is itself a list (rubbish) goes in a batch of one
    lines = [json.dumps([event] if isinstance(event, list) else event) for event in events]
    given.write_text("\n".join(lines) + "\n")
    return given, made


def micropython(events: list, folder: Path, host: str = "router_host.mjs") -> list:
    """What MicroPython makes of the events."""
    given, made = write(events, folder)
    node.run(ROOT / "tests" / "wasm" / host, ROOT, given, made, folder / "report.json")
    return [json.loads(line) for line in made.read_text().splitlines()]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_interpreters_decide_the_same(seed, tmp_path):
    events, commands = play(seed)
    assert len(events) > MOVES
    answers = micropython(events, tmp_path, "kept_policy_host.mjs" if seed % 2 else "router_host.mjs")
    assert len(answers) == len(commands)
    kinds = set()
    for event, here, there in zip(events, commands, answers, strict=True):
        assert plain(there) == plain(here), f"they differ at {event}"
        kinds |= {command["do"] for command in here}
    assert kinds >= {"spawn", "dispatch", "reply", "send", "kill", "forget", "wake", "status", "log"}
    print(f"{len(events)} events, {sum(map(len, commands))} commands alike")


@pytest.mark.parametrize("spoil", ["", "size"])
def test_a_kept_memory_that_is_of_no_use_is_told_and_compiled_anew(spoil, tmp_path):
    """Alone it decides everything; another MicroPython's is not run on."""
    events, commands = play(1)
    given, made = write(events[:50], tmp_path)
    report = tmp_path / "report.json"
    node.run(ROOT / "tests" / "wasm" / "kept_policy_host.mjs", ROOT, given, made, report, *([spoil] if spoil else []))
    assert [plain(json.loads(line)) for line in made.read_text().splitlines()] == [plain(each) for each in commands[:50]]
    told = json.loads(report.read_text())
    assert 100_000 < told["bytes"] < 1 << 20 < told["size"], "a pack is to carry what is used of it"
    assert told["again"] is (not spoil)
    assert [("kept memory" in line, "compiled" in line) for line in told["warned"]] == ([(True, True)] if spoil else [])


def through_the_gate(dice: random.Random) -> Gatehouse:
    """Consent given and taken, requests of every fate, a gateway that dies."""
    house = Gatehouse(dice.randint(1, 3))
    servers = [SITE, "https://wil.example", "http://127.0.0.1:5642", "http://nobody.example"]
    kinds = ["", "", "", "html", "large", "unreachable", "late", "redirect", "odd"]
    for _ in range(300):
        move = dice.randrange(12)
        if move < 6:
            house.send(f"{dice.choice(servers)}/oobi", within=dice.choice([50, 5000]), body=dice.choice([0, 9]), who="ledger" * move)
        elif move < 9 and house.outside:
            kind = dice.choice(kinds)
            house.come(dice.choice(sorted(house.outside)), status=dice.choice([200, 406, 599]) if not kind else 404, kind=kind)
        elif move == 9:
            house.consent(dice.random() > 0.2, origins={each: dice.choice([True, True, False, None]) for each in servers[:3]})
        elif move == 10 and house.gateway:
            house.feed("gateway_lost", generation=house.gateway, reason="out of memory")
        else:
            house.advance(dice.choice([1, 80, 3000]))
    return house


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gate_decides_the_same(seed, tmp_path):
    house = through_the_gate(random.Random(seed))
    kinds = set()
    for event, here, there in zip(house.trace, house.commands, micropython(house.trace, tmp_path), strict=True):
        assert plain(there) == plain(here), f"they differ at {event}"
        kinds |= {command["do"] for command in here}
    assert kinds >= {"gateway_start", "gateway_send", "gateway_stop", "outside_answer", "network"}
