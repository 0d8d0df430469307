"""What a server tells the policy, and a page does not: slices that it does not run, and a pool that is not for others to resize."""

from __future__ import annotations

import json

from routerkit import House

WHY = "Off on this server: it is one person's."


def test_a_slice_that_is_withheld_says_why() -> None:
    house = Served(withheld={"wallet": WHY})
    got = house.ask("/app/wallet", "GET", headers={"accept": "application/json"})
    assert got.status == 501
    told = json.loads(got.pieces[0]["text"])
    assert told["detail"] == WHY and told["title"] == "Not on this server"
    assert all("wallet" not in each["slices"] for each in house.state.report()["workers"])


def test_a_pool_of_fixed_size_is_not_resized() -> None:
    for fixed, change in ((True, 0), (False, 1)):
        house = Served(fixed=fixed)
        size = house.state.pool.target
        house.feed("resize", workers=size + 1)
        assert house.state.pool.target == size + change


def test_what_is_no_table_of_reasons_withholds_nothing() -> None:
    for wrong in (None, [], "wallet", {"wallet": 3}, {4: "x"}):
        assert "wallet" in Served(withheld=wrong).state.slices


class Served(House):
    """A house whose init says what a server's says."""

    def __init__(self, **told: object) -> None:
        self.told = told
        super().__init__()

    def feed(self, type: str, **fields: object) -> list[dict[str, object]]:
        return super().feed(type, **fields, **(self.told if type == "init" else {}))
