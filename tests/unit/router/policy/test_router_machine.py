"""Hypothesis plays with the router: any schedule of requests, replies, deaths, cancels, resizes, clock jumps and rubbish.

What must always hold stands in routerkit.House: exactly one final answer by the deadline, bounds and windows kept, nothing forgotten too
early, nothing kept in the end. KERIWASM_ROUTER_EXAMPLES=20000 makes a long run of it.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from routerkit import House
from routerplay import MOVES, SMALL, Play

EXAMPLES = int(os.environ.get("KERIWASM_ROUTER_EXAMPLES", "60"))


class RouterMachine(RuleBasedStateMachine):
    """One house; every rule is a move of Play."""

    @initialize(workers=st.integers(1, 4), boot=st.booleans(), small=st.booleans())
    def open(self, workers, boot, small):
        self.house = House(workers, pool=SMALL if small else None, boot=boot)

    def teardown(self):
        if hasattr(self, "house"):
            self.house.settle()


def move(name, weight):
    """A rule that makes the move; the dice are data, so that hypothesis can shrink them."""

    @rule(data=st.data())
    def step(self, data):
        getattr(Play(self.house, lambda low, high: data.draw(st.integers(low, high))), name)()

    return step


for _name, _weight in MOVES:
    for _copy in range(1 + _weight // 4):  # hypothesis draws rules evenly: the frequent ones are there several times
        setattr(RouterMachine, f"{_name}_{_copy}", move(_name, _weight))

RouterMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestRouter = RouterMachine.TestCase
