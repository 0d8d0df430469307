"""Whatever comes in: every byte of an import is accounted for, its answer is JSON, and nothing that was changed is kept."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import book, books, unsynced  # noqa: F401 (fixtures)
from ledgerpieces import kinds

CASES = Path(__file__).resolve().parents[3] / "cases"
ROUNDS = 100
ODD = [
    b"-_AAABAA", b"--AAACAA", b"\xef\xbb\xbf", b"\r\n", b" ", b"\xff\xfe{\x00\"\x00", b"-VAA", b"-FAB", b"-0VAAAAA", b"{}",
    b"[", b"\x00", b"-CAB",
    b'{"v":"KERI10JSON', b'{"v":"KERICAACAAJSONAAAd."}', b"\xa1avqKERI10CBOR000020_", b"-CAAKERICAACAACESRAAAA.",
    b"\xfb\xf0\x00\x00\x10\x00",
]  # fmt: skip


def streams() -> list[bytes]:
    made = [b"".join(kinds(kind)) for kind in ("JSON", "CBOR", "MGPK")]
    names = ("00-good-presentation", "33-ipex-grant", "70-1-delegator-and-dip", "70-2-drt-with-couple", "30a-drt1b")
    return made + [(CASES / f"{name}.cesr").read_bytes() for name in names]


def mixed(rng: random.Random, sources: list[bytes]) -> bytes:
    """A stream of several, damaged in some places."""
    data = b"".join(rng.sample(sources, rng.randrange(1, 4)))
    for _ in range(rng.randrange(4)):
        at, until = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
        act = rng.randrange(5)
        if act == 0:
            data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        elif act == 1:
            data = data[:at] + rng.choice(ODD) + data[at:]
        elif act == 2:
            data = data[:at] + data[min(until, at + 300) :]
        elif act == 3:
            data = data[:at] + data[at:until] + data[at:]
        else:
            width = rng.choice([60, 76, 998])
            data = b"\n".join(data[place : place + width] for place in range(0, len(data), width))
    return data


@pytest.mark.parametrize("seed", [1, 2])
def test_every_byte_is_accounted_for(books: Any, seed: int) -> None:  # noqa: F811
    from slices.foreign.framing import frames

    rng = random.Random(seed)
    sources = streams()
    true = b"".join(sources).translate(None, b"\r\n")
    book = books()  # noqa: F811
    for number in range(ROUNDS):
        data = mixed(rng, sources)
        where = f"round {number} of seed {seed}"
        at = 0
        for piece in frames(data):
            assert piece.offset >= at and piece.size > 0, where
            between = data[at : piece.offset].replace(b"\xef\xbb\xbf", b"")
            assert not between.strip(b" \t\r\n\v\f"), (where, between)
            at = piece.offset + piece.size
        assert not data[at:].replace(b"\xef\xbb\xbf", b"").strip(b" \t\r\n\v\f"), where
        result = book.ingest(data)
        json.dumps(result, allow_nan=False).encode()
        json.dumps(result, allow_nan=False, ensure_ascii=False).encode()
        assert all(each["reason"] and each["code"] for each in (*result["rejected"], *result["escrowed"])), where
        if number % 30 == 29:
            for aid in book.heads():
                for event in book.log(aid):
                    assert event["raw"] in b"".join(sources) or event["raw"].translate(None, b"\r\n") in true, where
            book = books()
