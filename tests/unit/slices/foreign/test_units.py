"""What workers ask each other, sent by somebody else: of another shape, or of values that mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import pytest
from backupkit import place, quick, unsynced  # noqa: F401 (fixtures)
from hostile import fuzzkit
from slicekit import problem
from slices.foreign import units
from slices.verifying import judges
from workerkit import run, running

SHAPE = {"a": [(int, str)], "b": {str: bytes}, "c": units.ANY}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [[1, "x"]], "b": {"n": b""}, "c": None}, ""),
        ({"a": [], "b": {}, "c": 1, "more": 2}, ""),
        ([], "it must be an object"),
        ({"a": [], "b": {}}, "it has no 'c'"),
        ({"a": [[1, "x"], [True, "x"]], "b": {}, "c": 0}, "it.a[1][0] must be a whole number"),
        ({"a": [[1]], "b": {}, "c": 0}, "it.a[0] must have 2 values"),
        ({"a": {}, "b": {}, "c": 0}, "it.a must be a list"),
        ({"a": [], "b": {"n": "x"}, "c": 0}, "it.b['n'] must be bytes"),
        ({"a": [], "b": {1: b""}, "c": 0}, "a name of it.b must be a text"),
    ],
)
def test_a_misfit_is_told_with_its_place(value: Any, said: str) -> None:
    assert units.misfit(value, SHAPE) == said


def test_each_judge_has_a_unit_that_fits_in_the_kit() -> None:
    from slices.verifying import SHAPE as CHECK

    sent = msgpack.unpackb(msgpack.packb(fuzzkit.UNITS))
    assert [units.misfit(sent, shape) for _, shape in judges.JUDGES.values()] == [""] * len(judges.JUDGES)
    assert units.misfit(sent, CHECK) == ""


@run
async def test_units_of_strangers_are_the_senders_fault(place: Path) -> None:  # noqa: F811
    """Values left out, of another type, or such as keripy refuses: 400 or a refusal with the field, no fault of the worker."""
    paths = ["/app/ledger/cut", "/app/ledger/segment", *(f"/app/judge/{what}" for what in judges.JUDGES)]
    async with running(slices={"verifying": {}}) as kit:
        for body in (b"", b"\xc1", b"\x80", msgpack.packb([]), msgpack.packb(dict.fromkeys(fuzzkit.UNITS, 3))):
            for path in paths:
                problem(await kit.ask("POST", path, body=body), 400)
        for path in paths:
            answer = await kit.ask("POST", path, body=msgpack.packb(fuzzkit.UNITS))
            told = b"no message begins here" if path.endswith("cut") else b'"field":'
            assert answer.status in (200, 422) and told in answer.body, (path, answer.status, answer.body)
        for name in fuzzkit.UNITS:
            for odd in (None, [], {}, "x", b"x", [[1, 2, 3]], {"E": {}}, -1):
                body = msgpack.packb({**fuzzkit.UNITS, name: odd})
                for path in paths:
                    assert (await kit.ask("POST", path, body=body)).status in (200, 400, 422), (path, name, odd)
        assert not kit.faults(), kit.faults()[0]["error"]["traceback"]
