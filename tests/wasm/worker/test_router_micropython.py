"""The router's policy decides the same on MicroPython (in the browser) and on CPython (in the tests), command by command.

A house full of random play writes down its events on CPython; MicroPython under Node gets the same events.
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


def micropython(events: list, folder: Path) -> list:
    """What MicroPython makes of the events."""
    given, made = folder / "events.jsonl", folder / "commands.jsonl"
    # handle_json takes a list for a batch of events: an event that is itself a list (rubbish) goes in a batch of one
    lines = [json.dumps([event] if isinstance(event, list) else event) for event in events]
    given.write_text("\n".join(lines) + "\n")
    node.run(ROOT / "tests" / "wasm" / "router_host.mjs", ROOT, given, made)
    return [json.loads(line) for line in made.read_text().splitlines()]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_interpreters_decide_the_same(seed, tmp_path):
    events, commands = play(seed)
    assert len(events) > MOVES
    answers = micropython(events, tmp_path)
    assert len(answers) == len(commands)
    kinds = set()
    for event, here, there in zip(events, commands, answers, strict=True):
        assert plain(there) == plain(here), f"they differ at {event}"
        kinds |= {command["do"] for command in here}
    assert kinds >= {"spawn", "dispatch", "reply", "send", "kill", "forget", "wake", "status", "log"}
    print(f"{len(events)} events, {sum(map(len, commands))} commands alike")


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
