"""The page's own judgement of passcodes, and those it makes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python"))

from page import passcode as page
from slices.vault import passcode


def test_what_is_made_is_strong_and_never_the_same() -> None:
    made = {page.generated(os.urandom) for _ in range(200)}
    assert len(made) == 200
    for each in made:
        groups = each.split("-")
        assert [len(group) for group in groups] == [5] * 5
        assert set("".join(groups)) <= set(page.ALPHABET)
        assert page.strength(each)[2] == "ok"
    used = set("".join(made)) - {"-"}
    assert used == set(page.ALPHABET), "every letter comes"


def test_letters_are_equally_likely() -> None:
    """Bytes that would favour the alphabet's beginning are passed over."""
    size = len(page.ALPHABET)
    every = bytes(range(256))
    counts = dict.fromkeys(page.ALPHABET, 0)
    kept = [each for each in every if each < 256 - 256 % size]
    for each in kept:
        counts[page.ALPHABET[each % size]] += 1
    assert len(set(counts.values())) == 1
    stream = iter([bytes([255] * 64), *[every[:64]] * 10])
    assert page.generated(lambda count: next(stream))[0] == page.ALPHABET[0], "255 was passed over"


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("", "bad"), ("short", "bad"), ("x" * 20, "bad"), ("a" * 40, "bad"), ("abababababababababababab", "bad"),
        ("abcdefghijklmnopqrstuvwxyz", "bad"), ("0123456789012345678901234", "bad"),
        ("correct horse battery staple", "warn"),
        ("correct horse battery staple under the green moon at noon", "ok"), ("kT7$w-2Qp!9xZ_4mB@6yR", "ok"),
    ],
)  # fmt: skip
def test_how_strong_it_looks(typed: str, kind: str) -> None:
    bits, words, found = page.strength(typed)
    assert found == kind, (bits, words)
    assert ("more character" in words) == (len(typed) < page.LEAST)


def test_page_and_worker_ask_the_same() -> None:
    assert page.LEAST == passcode.LEAST


def test_what_was_generated_has_the_bits_that_were_drawn() -> None:
    """25 of 57 letters: the dashes between the groups are no bits, and no letter outside of the alphabet was possible."""
    for _ in range(200):
        bits, words, kind = page.strength(page.generated(os.urandom))
        assert (bits, kind) == (145, "ok") and "145 bits" in words
    assert page.strength("Zk4WQ-tP9aB-7mZrC-hHd3F-uN2sO")[0] > 145  # O is none of them: this one was made up otherwise
