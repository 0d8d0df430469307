"""What witnesses told, compared: any order gives the same verdict, and each state is what it says."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slices.ledger.watching import comparing

AID = "E" + "a" * 43
VERDICTS = st.sampled_from([("accepted", ""), ("known", ""), ("escrowed", "witnesses"), ("rejected", "signature"),
                            ("rejected", "duplicity"), ("rejected", "superseded"), ("rejected", "conflict")])  # fmt: skip
ENTRIES = st.builds(
    lambda verdict, sn, fork, who: {"verdict": verdict[0], "code": verdict[1], "reason": verdict[1], "aid": who, "sn": sn,
                                    "said": f"{'f' if fork else 'h'}{sn}", "ilk": "ixn"},
    VERDICTS, st.one_of(st.none(), st.integers(0, 4)), st.booleans(), st.sampled_from([AID, AID, AID, "", "E" + "b" * 43]),
)  # fmt: skip
HELD = {sn: f"h{sn}" for sn in range(4)}


def entry(verdict: str, sn: int | None, said: str = "", code: str = "", ilk: str = "ixn") -> dict[str, Any]:
    return {"verdict": verdict, "code": code, "reason": code, "aid": AID, "sn": sn, "said": said or f"h{sn}", "ilk": ilk}


@given(st.lists(ENTRIES, max_size=8), st.randoms(use_true_random=False))
def test_any_order_of_what_came_gives_the_same_verdict(entries: list[dict[str, Any]], shuffle: random.Random) -> None:
    told = comparing.judged(AID, 3, HELD, entries)
    again = list(entries)
    shuffle.shuffle(again)
    assert comparing.judged(AID, 3, HELD, again) == told
    own = [each for each in entries if each["aid"] in (AID, "")]
    proven = any(each["code"] == "duplicity" and each["sn"] is not None for each in own)
    assert (told["state"] == "duplicity") == proven, "nothing but a proof is called so, and a proof is never called otherwise"
    assert not (told["agrees"] and proven) and (told["state"] != "behind" or told["behind"] > 0)


@pytest.mark.parametrize(
    ("entries", "state", "sn", "behind", "agrees"),
    [
        ([entry("known", 2), entry("known", 3)], "agrees", 3, 0, True),
        ([entry("escrowed", 3)], "agrees", 3, 0, True),  # its receipts came with another one's answer
        ([entry("known", 1)], "behind", 1, 2, False),
        ([entry("known", 3), entry("escrowed", 4)], "ahead", 4, 0, True),
        ([entry("known", 3), entry("rejected", 4, code="signature")], "garbage", 3, 0, False),
        ([entry("known", 3), entry("rejected", 3, "f3", "duplicity")], "duplicity", 3, 0, False),
        ([entry("known", 0), entry("rejected", 1, "f1", "conflict")], "garbage", 0, 0, False),
        ([entry("known", 0), entry("known", 1, "f1"), entry("rejected", 2, "f2", "superseded")], "behind", 0, 3, False),
        ([entry("known", 2), entry("known", 4, "f4")], "behind", 2, 1, False),  # as before, further on
        ([entry("known", 1, "f1")], "behind", 1, 2, False),  # before the rotation that overruled it
        ([entry("rejected", 1, code="receipt", ilk="rct")], "unknown", None, 0, False),
        ([], "unknown", None, 0, False),
    ],
)
def test_states(entries: list[dict[str, Any]], state: str, sn: int | None, behind: int, agrees: bool) -> None:
    told = comparing.judged(AID, 3, HELD, entries)
    assert (told["state"], told["sn"], told["behind"], told["agrees"]) == (state, sn, behind, agrees), told
